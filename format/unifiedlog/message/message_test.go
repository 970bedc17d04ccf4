package message

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// i32 is a scalar of 4 bytes, i64 one of 8, as clang stores int and long.
func i32(n int64) Item {
	return Item{Type: 0x00, Data: binary.LittleEndian.AppendUint32(nil, uint32(n))}
}

func i64(n int64) Item {
	return Item{Type: 0x00, Data: binary.LittleEndian.AppendUint64(nil, uint64(n))}
}

func i8(n uint8) Item { return Item{Type: 0x00, Data: []byte{n}} }

func f64(f float64) Item { return i64(int64(math.Float64bits(f))) }

// of is a scalar given by its bytes as a number.
func bits(n int64) Item { return i64(n) }

func str(s string) Item { return Item{Type: 0x22, Data: append([]byte(s), 0)} }

func obj(s string) Item { return Item{Type: 0x42, Data: append([]byte(s), 0)} }

func raw(b ...byte) Item { return Item{Type: 0x32, Data: b} }

func count(n int32) Item {
	return Item{Type: 0x12, Data: binary.LittleEndian.AppendUint32(nil, uint32(n))}
}

func mask() Item { return Item{Type: 0x72, Data: []byte("hash\x00\x00\x00\x00")} }

func compose(format string, items ...Item) string {
	return string(Compile([]byte(format)).Append(nil, items, nil))
}

type messageCase struct {
	format string
	items  []Item
	want   string
}

func testCases(t *testing.T, cases []messageCase) {
	t.Helper()
	for _, c := range cases {
		if got := compose(c.format, c.items...); got != c.want {
			t.Errorf("%q:\n got %q\nwant %q", c.format, got, c.want)
		}
	}
}

// TestNumbers has the facts of Apple's and C's formatting. The comments say what
// the Rust reader prints instead, where it differs.
func TestNumbers(t *testing.T) {
	t.Parallel()
	testCases(t, []messageCase{
		{"%u", []Item{i32(0xffffffff)}, "4294967295"}, // -1
		{"%d", []Item{i32(0xffffffff)}, "-1"},
		{"%x", []Item{i32(10)}, "a"},        // A
		{"%x", []Item{i32(-2)}, "fffffffe"}, // 16 digits
		{"%X", []Item{i32(-2)}, "FFFFFFFE"},
		{"%p", []Item{i64(0x7fae25804f50)}, "0x7fae25804f50"}, // 7FAE25804F50
		{"%p", []Item{i64(0)}, "0x0"},
		{"%#x", []Item{i32(2)}, "0x2"},
		{"%#x", []Item{i32(0)}, "0"},
		{"%#X", []Item{i32(171)}, "0XAB"},
		{"%#4x", []Item{i32(2)}, " 0x2"},
		{"%-#6x|", []Item{i32(2)}, "0x2   |"}, // filled with zeros
		{"%#04o", []Item{i32(100)}, "0144"},   // 0o144
		{"%07o", []Item{i32(100)}, "0000144"}, // same
		{"%f", []Item{f64(-2)}, "-2.000000"},  // -2
		{"%.0f", []Item{f64(2.5)}, "2"},       // precision ignored
		{"%.0f", []Item{f64(3.5)}, "4"},       //
		{"%6.6d", []Item{i32(42)}, "000042"},  // precision ignored
		{"%3.3d", []Item{i32(7)}, "007"},      //
		{"%e", []Item{f64(12345.678)}, "1.234568e+04"},
		{"%E", []Item{f64(12345.678)}, "1.234568E+04"},
		{"%g", []Item{f64(0.00001234)}, "1.234e-05"},
		{"%g", []Item{f64(100000)}, "100000"},
		{"%g", []Item{f64(1000000)}, "1e+06"},
		{"%G", []Item{f64(1e-10)}, "1E-10"},
		{"%a", []Item{f64(1.5)}, "0x1.8p+0"},
		{"%a", []Item{f64(1024)}, "0x1p+10"},
		{"%A", []Item{f64(0)}, "0X0P+0"},
		{"%08a", []Item{f64(1)}, "0x001p+0"},
		{"%f %F", []Item{f64(math.Inf(-1)), f64(math.NaN())}, "-inf NAN"},
		{"%06f", []Item{f64(math.Inf(1))}, "   inf"},
		{"%*d|", []Item{i32(5), i32(42)}, "   42|"}, // star lost
		{"%*d|", []Item{count(5), i32(42)}, "   42|"},
		{"%*d|", []Item{i32(-5), i32(42)}, "42   |"},
		{"%*.*f|", []Item{i32(8), count(2), f64(3.14159)}, "    3.14|"},
		{"%.*f", []Item{count(-1), f64(1)}, "1.000000"},
		{"%.2f", []Item{f64(483.7)}, "483.70"},
		{"%+04d", []Item{i32(2)}, "+002"},
		{"%04d", []Item{i32(2)}, "0002"},
		{"%04d", []Item{i32(-2)}, "-002"},
		{"%-04d|", []Item{i32(2)}, "2   |"},
		{"% d", []Item{i32(2)}, " 2"},
		{"%05.1d", []Item{i32(2)}, "    2"},
		{"%.0d", []Item{i32(0)}, ""},
		{"%#.0o", []Item{i32(0)}, "0"},
		{"%+09.4f", []Item{bits(4570111009880014848)}, "+000.0035"},
		{"%9.4f", []Item{bits(4570111009880014848)}, "   0.0035"},
		{"%-8.4f", []Item{bits(4570111009880014848)}, "0.0035  "},
		{"%f", []Item{bits(4614286721111404799)}, "3.154944"},
		{"%f", []Item{bits(-4611686018427387904)}, "-2.000000"}, // -2
		{"%f", []Item{bits(-4484628366119329180)}, "-650937839.633862"},
		{"%f", []Item{{Data: binary.LittleEndian.AppendUint32(nil, math.Float32bits(0.5))}}, "0.500000"},
		{"%hhd %hhu", []Item{i32(0x1ff), i32(0x1ff)}, "-1 255"},
		{"%hd %hx", []Item{i32(0x18000), i32(0x18000)}, "-32768 8000"},
		{"%lld %zu %qd %I64u", []Item{i64(-1), i64(-1), i64(5), i64(6)}, "-1 18446744073709551615 5 6"},
		{"%ld", []Item{i64(math.MinInt64)}, "-9223372036854775808"},
		{"%10ld", []Item{i64(math.MinInt64)}, "-9223372036854775808"},
		{"%d", []Item{i8(200)}, "-56"},
		{"%u", []Item{i8(200)}, "200"},
		{"%d", []Item{{Data: []byte{1, 2, 3}}}, "<decode: unsupported value>"},
		{"%f", []Item{i8(1)}, "<decode: unsupported value>"},
		{"%c%c", []Item{i32('A'), i32(0xe9)}, "A\ufffd"},
		{"%3c|%-3C|", []Item{i32('A'), i32(0x20ac)}, "  A|€|"},
		{"%'d", []Item{i32(1000000)}, "1000000"},
		{"%D %U %O", []Item{i32(-1), i32(1), i32(8)}, "-1 1 10"},
	})
}

// TestText has texts, objects, data, and what stands for missing ones.
func TestText(t *testing.T) {
	t.Parallel()
	private := Item{Type: 0x21, Missing: true}
	testCases(t, []messageCase{
		{"", nil, ""},
		{"", []Item{str("alone")}, "alone"},
		{"", []Item{count(1), i32(7)}, "7"},
		{"100%% of %s%%", []Item{str("it")}, "100% of it%"},
		{"%s and %@", []Item{str("a"), obj("b")}, "a and b"},
		{"%s", []Item{str("%d %s")}, "%d %s"}, // replaced by position, not by search
		{"%10s", []Item{str("hi")}, "        hi"},
		{"%-5s|", []Item{str("hi")}, "hi   |"},
		{"%.2s", []Item{str("aaabbbb")}, "aa"},
		{"%.2@", []Item{obj("aaabbbb")}, "aaabbbb"}, // aa
		{"%.16s", []Item{count(16), str("short")}, "short"},
		{"%.*s", []Item{count(3), str("abcdef")}, "abc"},
		{"%.*s", []Item{i32(3), str("abcdef")}, "abc"},
		{"%.2s", []Item{str("aé")}, "a"},
		{`{"msg%{public}.0s":%d}`, []Item{count(0), str("unseen"), i32(1)}, `{"msg":1}`},
		{"%s", []Item{{Type: 0x22}}, "(null)"},
		{"%@", []Item{{Type: 0x42}}, "(null)"},
		{"%s", []Item{str("")}, ""},
		{"%s", []Item{str("a\xffb")}, "a\ufffdb"},
		{"%s", []Item{{Type: 0x82, Data: []byte("new\x00")}}, "new"},
		{"%S", []Item{{Type: 0x52, Data: []byte("h\x00\x00\x00\xac\x20\x00\x00\x00\x00\x00\x00")}}, "h€"},
		{"%.4P", []Item{count(4), raw(0xde, 0xad, 0xbe, 0xef)}, "deadbeef"},
		{"%.*P", []Item{count(2), raw(0xde, 0xad, 0xbe, 0xef)}, "dead"},
		{"%.0P", []Item{count(0), {Type: 0x32}}, "(null)"},
		{"%s", []Item{private}, "<private>"},
		{"%s", []Item{{Type: 0x21, Data: []byte("kept\x00")}}, "kept"},
		{"%s", []Item{{Type: 0x25}}, "<private>"},
		{"%s", []Item{{Type: 0x25, Data: []byte("kept\x00")}}, "kept"},
		{"%{private}d", []Item{{Type: 0x01, Missing: true}}, "<private>"},
		{"%{private}lld", []Item{{Type: 0x01, Data: i64(7021802828932469564).Data}}, "7021802828932469564"},
		{"%{sensitive}@", []Item{{Type: 0x45}}, "<private>"},
		{"%s", []Item{{Type: 0x22, Missing: true}}, "<decode: missing data>"},
		{"%s %d", []Item{str("a")}, "a <decode: missing data>"},
		{"%{mask.hash}s", []Item{mask(), {Type: 0xf2, Data: []byte("\x01\x02\x03\x04")}}, "<mask.hash: 'AQIDBA=='>"},
		{"%{sensitive, mask.hash, mdnsresponder:domain_name}.*P %d", []Item{mask(), count(16), {Type: 0xf2}, i32(1)}, "<mask.hash: (null)> 1"},
		{"%{mask.hash}s", []Item{mask(), {Type: 0xf1, Missing: true}}, "<private>"},
		{"%s", []Item{i32(1)}, "<decode: mismatch for [%s] got [INT sz:4]>"},
		{"%{public}u", []Item{str("12345678")}, "<decode: mismatch for [%u] got [STRING public sz:9]>"},
		{"%-5d", []Item{{Type: 0x61, Data: []byte{1, 0, 0, 0}}}, "1    "},
		{"%lu", []Item{{Type: 0x51, Data: []byte("a\x00\x00\x00")}}, "<decode: mismatch for [%lu] got [5 private sz:4]>"},
		{"%m", []Item{{Type: 0x60, Data: []byte{32, 0, 0, 0}}}, "Broken pipe"},
		{"%m", []Item{i32(159)}, "Unknown error: 159"},
		{"trailing\x00\x00", nil, "trailing"},
	})
}

// TestGrammar has formats that are no conversions, and annotations.
func TestGrammar(t *testing.T) {
	t.Parallel()
	testCases(t, []messageCase{
		{"100% ", nil, "100% "},
		{"100%", nil, "100%"},
		{"%", nil, "%"},
		{"%%%%", nil, "%%"},
		{"%{public}", []Item{i32(1)}, "%{public}"},
		{"%{public", []Item{i32(1)}, "%{public"},
		{"%y %d", []Item{i32(1)}, "%y 1"},
		{"%n", nil, "%n"},
		{"%{}d", []Item{i32(1)}, "1"},
		{"%{ public , name=bool }d", []Item{i32(1)}, "1"}, // true: R looks for substrings
		{"%{public, darwin.errno}d", []Item{i32(32)}, "[32: Broken pipe]"},
		{"%{name=errno,errno}d", []Item{i32(2)}, "[2: No such file or directory]"},
		{"%{Name:x}lu", []Item{i64(3)}, "3"},
		{"%{somebody's}d", []Item{i32(3)}, "3"},
		{"%{public}.f", []Item{f64(1.6)}, "2"},
		{"%jd %Lf %td %hi", []Item{i64(1), f64(1), i64(2), i32(3)}, "1 1.000000 2 3"},
		{"\xff%d", []Item{i32(1)}, "\ufffd1"},
	})
	p := Compile([]byte("%{public,foo:bar}d %{foo:bar}s %{baz}d"))
	if got, want := p.Undecoded(), []string{"foo:bar", "baz"}; !slices.Equal(got, want) {
		t.Errorf("Undecoded: got %q, want %q", got, want)
	}
	var s Stats
	p.Append(nil, []Item{i32(1), i32(2), {Type: 0x01}, i32(4), i32(5)}, &Options{Stats: &s})
	want := Stats{Messages: 1, Arguments: 3, Private: 1, Mismatched: 1, Undecoded: 3, Surplus: 2}
	if s != want {
		t.Errorf("Stats: got %+v, want %+v", s, want)
	}
	s.Add(&want)
	if s.Surplus != 4 || s.Messages != 2 {
		t.Errorf("Add: got %+v", s)
	}
}

// TestKernelMessage has the message that plaso expects of its test log; the Rust
// reader and plaso show the digits in upper case.
func TestKernelMessage(t *testing.T) {
	t.Parallel()
	testCases(t, []messageCase{{
		"initialize_screen: b=%08lX, w=%08X, h=%08X, r=%08X, d=%08X\n",
		[]Item{i64(0xbe3a18000), i32(0x280), i32(0x470), i32(0xa00), i32(0)},
		"initialize_screen: b=BE3A18000, w=00000280, h=00000470, r=00000A00, d=00000000\n",
	}})
}

func TestMayContain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		format, needle string
		want           Answer
	}{
		{"started %s now", "start", Always},
		{"started %s now", "now", Always},
		{"started %s now", "other", Maybe},
		{"started", "art", Always},
		{"started", "startedd", Never},
		{"started", "", Always},
		{"", "x", Maybe},
		{"50%%", "50%", Always},
		{"aab", "ab", Always},
	} {
		if got := Compile([]byte(c.format)).MayContain([]byte(c.needle)); got != c.want {
			t.Errorf("%q in %q: got %d, want %d", c.needle, c.format, got, c.want)
		}
	}
	if got, want := Compile([]byte("a%sb%d%dc")).Literals(), []string{"a", "b", "c"}; !slices.Equal(got, want) {
		t.Errorf("Literals: got %q, want %q", got, want)
	}
}

// TestBounds has hostile widths, counts and sizes.
func TestBounds(t *testing.T) {
	t.Parallel()
	var s Stats
	o := &Options{Stats: &s}
	for _, c := range []struct {
		format string
		items  []Item
		most   int
	}{
		{"%999999999999d", []Item{i32(1)}, maxWidth},
		{"%.999999999999d", []Item{i32(1)}, maxWidth},
		{"%*d", []Item{i32(math.MaxInt32), i32(1)}, maxWidth},
		{"%*d", []Item{i64(math.MinInt64), i32(1)}, maxWidth},
		{"%.*d", []Item{count(math.MaxInt32), i32(1)}, maxWidth},
		{"%.*f", []Item{count(math.MaxInt32), f64(1e308)}, maxWidth + 400},
		{"%.*a", []Item{count(math.MaxInt32), f64(1e308)}, maxWidth + 20},
		{"%P", []Item{raw(make([]byte, 1<<16)...)}, 2*maxData + 40},
		{strings.Repeat("%d", 4000), []Item{i32(1)}, 22*maxConversions + 8000},
		{"%s%s%s%s", slices.Repeat([]Item{str(strings.Repeat("x", 1<<20))}, 4), maxMessage + 1<<20 + 100},
	} {
		if got := len(Compile([]byte(c.format)).Append(nil, c.items, o)); got > c.most {
			t.Errorf("%.20q: %d bytes, want at most %d", c.format, got, c.most)
		}
	}
	if s.Clamped == 0 {
		t.Error("nothing was counted as clamped")
	}
}

func TestZone(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", 2*3600)
	p := Compile([]byte("%{time_t}d"))
	if got := string(p.Append(nil, []Item{i32(1452627697)}, &Options{Zone: zone})); got != "2016-01-12 21:41:37" {
		t.Errorf("got %q", got)
	}
}

// TestAllocations holds Append to what its comment promises.
func TestAllocations(t *testing.T) {
	p := Compile([]byte("%{public}s[%d] opened %@ mode %{darwin.mode}o after %.3f s: %{darwin.errno}d %{uuid_t}.16P %*x"))
	items := []Item{
		str("lockdownd"), i32(77), obj("<Thing: 0x1>"), i32(0x81a4), f64(0.25), i32(2),
		count(16), raw(make([]byte, 16)...), i32(9), i32(255),
	}
	dst := make([]byte, 0, 4096)
	var s Stats
	o := &Options{Stats: &s}
	if n := testing.AllocsPerRun(100, func() { dst = p.Append(dst[:0], items, o) }); n != 0 {
		t.Errorf("%v allocations for %q", n, dst)
	}
	want := "lockdownd[77] opened <Thing: 0x1> mode -rw-r--r-- after 0.250 s: " +
		"[2: No such file or directory] 00000000-0000-0000-0000-000000000000        ff"
	if string(dst) != want {
		t.Errorf("got  %q\nwant %q", dst, want)
	}
}

// unbase64 decodes a vector.
func unbase64(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
