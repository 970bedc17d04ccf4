package plist

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	reference "howett.net/plist"
)

// list writes a binary list of the given objects; the first one is the top.
func list(offSize, refSize int, objects ...string) []byte {
	b := []byte("bplist00")
	offsets := make([]int, len(objects))
	for i, o := range objects {
		offsets[i] = len(b)
		b = append(b, o...)
	}
	table := len(b)
	for _, off := range offsets {
		for i := offSize - 1; i >= 0; i-- {
			b = append(b, byte(off>>(8*i)))
		}
	}
	return append(b, trailer(offSize, refSize, uint64(len(objects)), 0, uint64(table))...)
}

func trailer(offSize, refSize int, count, top, table uint64) []byte {
	t := make([]byte, trailerSize)
	t[6], t[7] = byte(offSize), byte(refSize)
	binary.BigEndian.PutUint64(t[8:], count)
	binary.BigEndian.PutUint64(t[16:], top)
	binary.BigEndian.PutUint64(t[24:], table)
	return t
}

func TestBinaryObjects(t *testing.T) {
	t.Parallel()
	be := binary.BigEndian
	tests := []struct{ object, want string }{
		{"\x00", "null"},
		{"\x08", "bool false"},
		{"\x09", "bool true"},
		{"\x10\xff", "int 255"},
		{"\x11\xff\xff", "int 65535"},
		{"\x12\xff\xff\xff\xff", "int 4294967295"},
		{"\x13\xff\xff\xff\xff\xff\xff\xff\xfe", "int -2"},
		{"\x14\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff", "uint 18446744073709551615"},
		{"\x14\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "int -1"},
		{"\x14\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x02", "int128 18446744073709551618"},
		{"\x22\x3f\xc0\x00\x00", "real 1.5"},
		{"\x23" + string(be.AppendUint64(nil, math.Float64bits(math.Inf(-1)))), "real -Inf"},
		{"\x33" + string(be.AppendUint64(nil, math.Float64bits(0.25))), "date 2001-01-01T00:00:00.25Z"},
		{"\x33" + string(be.AppendUint64(nil, math.Float64bits(math.NaN()))), "date 0001-01-01T00:00:00Z"},
		{"\x33" + string(be.AppendUint64(nil, math.Float64bits(1e300))), "date 0001-01-01T00:00:00Z"},
		{"\x33" + string(be.AppendUint64(nil, math.Float64bits(-63114076800))), "date 0001-01-01T00:00:00Z"},
		{"\x42\x01\x02", "data 0102"},
		{"\x4f\x10\x01a", "data 61"},
		{"\x52hi", `string "hi"`},
		{"\x53h\xffi", `string "h�i"`},
		{"\x52\xc3\xa9", `string "é"`},
		{"\x63\x00h\xd8\x3d\xde\x00", `string "h😀"`},
		{"\x62\xd8\x3d\x00h", `string "�h"`},
		{"\x61\xd8\x3d", `string "�"`},
		{"\x72\xc3\xa9", `string "é"`},
		{"\x80\x07", "uid 7"},
		{"\x83\xff\xff\xff\xff", "uid 4294967295"},
		{"\xa0", "array 0"},
		{"\xc0", "set 0"},
		{"\xd0", "dict 0"},
		{"\x01", "read object 0 at offset 8: unknown marker 0x01"},
		{"\xe0", "read object 0 at offset 8: unknown marker 0xe0"},
		{"\x15", "read object 0 at offset 8: unsupported width"},
		{"\x21\x00\x00", "read object 0 at offset 8: unsupported width"},
		{"\x32\x00\x00\x00\x00", "read object 0 at offset 8: unsupported width"},
		{"\x8f" + strings.Repeat("\x00", 16), "read object 0 at offset 8: unsupported width"},
		{"\x13\x00", "read object 0 at offset 8: content beyond the object area"},
		{"\x4f", "read object 0 at offset 8: unreadable count"},
		{"\x4f\x20a", "read object 0 at offset 8: unreadable count"},
		{"\x4f\x13\x00", "read object 0 at offset 8: unreadable count"},
		{"\x4f\x14" + strings.Repeat("\x00", 16), "read object 0 at offset 8: unreadable count"},
		{"\xaf\x13\x00\x00\x01\x00\x00\x00\x00\x00", "read object 0 at offset 8: content beyond the object area"},
		{"\xdf\x13\x80\x00\x00\x00\x00\x00\x00\x00", "read object 0 at offset 8: content beyond the object area"},
		{"\x6f\x13\x80\x00\x00\x00\x00\x00\x00\x01", "read object 0 at offset 8: content beyond the object area"},
		{"\x4f\x13\xff\xff\xff\xff\xff\xff\xff\xff", "read object 0 at offset 8: content beyond the object area"},
	}
	for _, test := range tests {
		v, err := Parse(list(1, 1, test.object))
		got := ""
		if err != nil {
			got = strings.TrimPrefix(err.Error(), "parse property list: ")
		} else {
			got = show(v)
		}
		if got != test.want {
			t.Errorf("%q: got %s, want %s", test.object, got, test.want)
		}
	}
}

// show writes one value out.
func show(v Value) string {
	switch v.Kind() {
	case Bool:
		return fmt.Sprint("bool ", v.Bool())
	case Int, Uint, Int128:
		return v.Kind().String() + " " + integer(v).String()
	case UID:
		return fmt.Sprint("uid ", v.Uint())
	case Real:
		return fmt.Sprint("real ", v.Float())
	case Date:
		return "date " + v.Time().Format(time.RFC3339Nano)
	case String:
		return fmt.Sprintf("string %q", v.String())
	case Data:
		return fmt.Sprintf("data %x", v.Data())
	case Array, Set, Dict:
		return fmt.Sprint(v.Kind().String(), " ", v.Len())
	case Invalid:
		return fmt.Sprint("invalid ", v.Err())
	}
	return v.Kind().String()
}

func TestDamagedParts(t *testing.T) {
	t.Parallel()
	v, err := Parse(list(2, 1, "\xd4\x01\x02\x01\x03\x05\x04\x05\xff", "\x51a", "\x61\x00b", "\x10\x07", "\x15", "\x51c"))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(v.Keys()); got != "[a b a <int>]" && got != "[a b a 7]" {
		t.Errorf("keys: %s", got)
	}
	if v.Get("a").String() != "c" || v.Get("b").Err() == nil || v.Get("none").Err() != nil || v.Get("none").Kind() != Invalid {
		t.Errorf("values: %v %v", show(v.Get("a")), show(v.Get("b")))
	}
	if got := v.Get("a").Offset(); got != 25 {
		t.Errorf("offset: got %d", got)
	}
	var seen []string
	err = Walk(v, func(path string, v Value) bool {
		seen = append(seen, path+"="+show(v))
		return true
	})
	want := []string{"=dict 4", `/a="c"`}
	if err != nil || len(seen) != 6 || seen[0] != want[0] || !strings.Contains(seen[4], "/7=int 7") || !strings.Contains(seen[5], "out of range") {
		t.Errorf("walk: %q, %v", seen, err)
	}
}

func TestTrailer(t *testing.T) {
	t.Parallel()
	good := list(1, 1, "\x09")
	cut := len(good) - trailerSize
	for name, tr := range map[string][]byte{
		"no offsets":         trailer(0, 1, 1, 0, 9),
		"wide offsets":       trailer(9, 1, 1, 0, 9),
		"no references":      trailer(1, 0, 1, 0, 9),
		"no objects":         trailer(1, 1, 0, 0, 9),
		"objects 2^40":       trailer(1, 1, 1<<40, 0, 9),
		"objects overflow":   trailer(8, 1, 1<<61+1, 0, 9),
		"top":                trailer(1, 1, 1, 1, 9),
		"table in header":    trailer(1, 1, 1, 0, 7),
		"table beyond end":   trailer(1, 1, 1, 0, 11),
		"table overflow":     trailer(1, 1, 1, 0, 1<<64-1),
		"table over trailer": trailer(8, 1, 1, 0, 9),
	} {
		if _, err := Parse(append(good[:cut:cut], tr...)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, data := range []string{"", "bplist00", "bplist15" + strings.Repeat("x", 40), "bplist00" + strings.Repeat("\xff", 33)} {
		if _, err := Parse([]byte(data)); err == nil {
			t.Errorf("%q: no error", data)
		}
	}
}

// TestHostileBinary holds documents that other readers die of.
func TestHostileBinary(t *testing.T) {
	t.Parallel()
	self, err := Parse(list(1, 1, "\xa1\x00"))
	if err != nil || self.Index(0) != self {
		t.Errorf("self reference: %v, %v", show(self), err)
	}
	if err := Walk(self, func(string, Value) bool { return true }); !errors.Is(err, ErrCycle) {
		t.Errorf("self reference: %v", err)
	}

	const depth = 1 << 20
	objects := make([]string, depth)
	for i := range objects {
		objects[i] = "\xa1" + string([]byte{byte((i + 1) >> 24), byte((i + 1) >> 16), byte((i + 1) >> 8), byte(i + 1)})
	}
	objects[depth-1] = "\x09"
	deep, err := Parse(list(4, 4, objects...))
	if err != nil {
		t.Fatal(err)
	}
	if err := Walk(deep, func(string, Value) bool { return true }); !errors.Is(err, ErrTooDeep) {
		t.Errorf("nesting: %v", err)
	}

	laughs := make([]string, 31)
	for i := range laughs {
		laughs[i] = "\xa2" + string([]byte{byte(i + 1), byte(i + 1)})
	}
	laughs[30] = "\x09"
	shared, err := Parse(list(1, 1, laughs...))
	if err != nil || shared.Index(0) != shared.Index(1) {
		t.Errorf("shared arrays: %v", err)
	}
	if err := walkWithin(shared, 1<<16, func(string, Value) bool { return true }); !errors.Is(err, ErrTooMany) {
		t.Errorf("shared arrays: %v", err)
	}
}

// TestOverlap reads long texts that overlap: a small file must not become much
// text.
func TestOverlap(t *testing.T) {
	t.Parallel()
	const n = 2000
	var body strings.Builder
	for range n {
		body.WriteString("\x6f\x11\x7f\xff") // UTF-16 of 32767 units
	}
	pad := strings.Repeat("\x00a", 1<<15)
	data := append([]byte("bplist00\xaf\x11\x07\xd0"), make([]byte, 2*n)...)
	for i := range n {
		binary.BigEndian.PutUint16(data[12+2*i:], uint16(i+1))
	}
	first := len(data)
	data = append(append(data, body.String()...), pad...)
	table := len(data)
	data = binary.BigEndian.AppendUint32(data, 8)
	for i := range n {
		data = binary.BigEndian.AppendUint32(data, uint32(first+4*i))
	}
	data = append(data, trailer(4, 2, n+1, 0, uint64(table))...)
	v, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	total, cut := 0, 0
	for el := range v.Elems() {
		s := el.String()
		if total += len(s); strings.HasSuffix(s, overlapMark) {
			cut++
		}
	}
	if total > 50*len(data) || cut < n/2 {
		t.Errorf("%d bytes of text from %d bytes, %d cut", total, len(data), cut)
	}
}

func TestDetect(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]Format{
		"": None, "bplist00": Binary, "bplist15": None, "<plist/>": XML, "\ufeff <?xml?><plist>": XML,
		"<\x00p\x00l\x00i\x00s\x00t\x00": XML, "{a=b;}": OpenStep, "// x": OpenStep, "(a)": OpenStep, "<html>": None, "hello": None,
	} {
		if got := Detect([]byte(in)); got != want {
			t.Errorf("%q: got %v, want %v", in, got, want)
		}
	}
	if _, err := Parse([]byte("{a=b;}")); !errors.Is(err, ErrOpenStep) {
		t.Errorf("OpenStep: %v", err)
	}
	if _, err := Parse([]byte("hello")); !errors.Is(err, ErrFormat) {
		t.Errorf("text: %v", err)
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	data := list(1, 1, "\x09")
	if v, err := Read(bytes.NewReader(data), int64(len(data))); !v.Bool() || err != nil {
		t.Errorf("got %v, %v", show(v), err)
	}
	if _, err := Read(bytes.NewReader(data), int64(len(data))+1); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("short file: %v", err)
	}
	for _, size := range []int64{-1, MaxSize + 1} {
		if _, err := Read(bytes.NewReader(data), size); !errors.Is(err, ErrTooLarge) {
			t.Errorf("size %d: %v", size, err)
		}
	}
}

func TestEmbedded(t *testing.T) {
	t.Parallel()
	inner := list(1, 1, "\x10\x2a")
	data, err := reference.Marshal(map[string]any{"x": inner}, reference.BinaryFormat)
	if err != nil {
		t.Fatal(err)
	}
	xml, _ := reference.Marshal(map[string]any{"x": inner}, reference.XMLFormat)
	for _, d := range [][]byte{data, xml} {
		v, err := Parse(d)
		if err != nil {
			t.Fatal(err)
		}
		if in, err := v.Get("x").Embedded(); in.Int() != 42 || err != nil {
			t.Errorf("got %v, %v", show(in), err)
		}
	}
}

// FuzzParse also checks that a document which two readers understand has the
// same shape for both.
func FuzzParse(f *testing.F) {
	f.Add(list(1, 1, "\xd1\x01\x02", "\x51a", "\xa2\x03\x04", "\x13\xff\xff\xff\xff\xff\xff\xff\xff", "\x62\xd8\x3d\xde\x00"))
	f.Add([]byte(xmlList(`<dict><key>a</key><array><integer>0x1f</integer><real>nan</real><date>2001-01-01T00:00:00Z</date></array></dict>`)))
	f.Add([]byte(xmlList(`<dict><key>CF$UID</key><integer>1</integer></dict>`)))
	f.Add([]byte("<plist><array><data>AA==</data><true/><string>&lt;<![CDATA[x]]></string></array></plist>"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		exercise(data)
	})
}
