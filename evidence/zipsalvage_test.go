package evidence

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// salvaged returns the members of an archive that has lost its directory.
func salvaged(tb testing.TB, data []byte) (names []string, o outer) {
	tb.Helper()
	o, err := openZip(context.Background(), bytes.NewReader(data), int64(len(data)), io.NopCloser(nil))
	if err != nil {
		return nil, nil
	}
	if err := o.walk(func(name string) error { names = append(names, name); return nil }); err != nil {
		tb.Error(err)
	}
	return names, o
}

// randomText returns text that is compressed little.
func randomText(seed uint64, n int) []byte {
	rnd := rand.New(rand.NewPCG(seed, 1))
	var b []byte
	for len(b) < n {
		b = fmt.Appendf(b, "%08x line\n", rnd.Uint32())
	}
	return b[:n]
}

// rawZip writes members as tools do that know the sizes before they write.
func rawZip(tb testing.TB, list []member, method uint16) []byte {
	tb.Helper()
	var out bytes.Buffer
	packed := zipBytes(tb, list, method)
	r, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		tb.Fatal(err)
	}
	w := zip.NewWriter(&out)
	for _, f := range r.File {
		h := f.FileHeader
		h.Flags &^= flagDescriptor
		src, err := f.OpenRaw()
		if err != nil {
			tb.Fatal(err)
		}
		dst, err := w.CreateRaw(&h)
		if err != nil {
			tb.Fatal(err)
		}
		_, _ = io.Copy(dst, src)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// TestSalvage cuts archives at many places: every member that is there whole is
// read, and of the one that is cut what is there.
func TestSalvage(t *testing.T) {
	t.Parallel()
	inner := zipBytes(t, []member{{name: "x", data: []byte("inner")}, {name: "y", data: []byte("inner too")}}, zip.Store)
	list := []member{{name: "a.txt", data: randomText(1, 3000)}, {name: "b/nested.zip", data: inner}, {name: "c.txt", data: randomText(2, 90_000)}, {name: "empty"}, {name: "d.txt", data: []byte("d")}}
	for name, data := range map[string][]byte{
		"deflate, descriptors": zipBytes(t, list, zip.Deflate), "stored, descriptors": zipBytes(t, list, zip.Store),
		"deflate": rawZip(t, list, zip.Deflate), "stored": rawZip(t, list, zip.Store),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			full, _ := salvaged(t, data)
			if len(full) != len(list) {
				t.Fatalf("%q", full)
			}
			for cut := len(data) - 1; cut > 100; cut -= 1 + cut/40 {
				names, o := salvaged(t, data[:cut])
				if len(names) == 0 {
					t.Errorf("cut at %d: nothing is read", cut)
					continue
				}
				for i, name := range names {
					if name != list[i].name {
						t.Fatalf("cut at %d: %q", cut, names)
					}
					f, err := o.open(name)
					if err != nil {
						t.Fatalf("cut at %d: %v", cut, err)
					}
					got, err := io.ReadAll(f.reader())
					if err != nil || !bytes.HasPrefix(list[i].data, got) || i < len(names)-1 && len(got) != len(list[i].data) {
						t.Errorf("cut at %d: %s: %d of %d bytes, %v", cut, name, len(got), len(list[i].data), err)
					}
					if len(got) < len(list[i].data) && !slices.ContainsFunc(f.allNotes(), func(n Note) bool { return n.Code == "member-cut" }) {
						t.Errorf("cut at %d: %s is cut, and no note says so", cut, name)
					}
				}
				if notes := o.notes(); len(notes) == 0 || notes[0].Code != "directory-absent" || !notes[0].Incomplete() ||
					!strings.Contains(notes[0].Detail, fmt.Sprintf("%d members read from local headers", len(names))) {
					t.Errorf("cut at %d: notes %+v", cut, notes)
				}
			}
		})
	}
}

// TestSalvageDamage overwrites headers: the members after them are found again.
func TestSalvageDamage(t *testing.T) {
	t.Parallel()
	list := []member{{name: "a", data: randomText(1, 5000)}, {name: "b", data: randomText(2, 5000)}, {name: "c", data: randomText(3, 5000)}}
	data := rawZip(t, list, zip.Deflate)
	data = data[:bytes.Index(data, []byte(sigMember))]
	second := bytes.Index(data[4:], []byte(sigLocal)) + 4
	copy(data[second:], "XXXX")
	names, o := salvaged(t, data)
	if want := []string{"a", "c"}; !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
	if detail := o.notes()[0].Detail; !strings.Contains(detail, "1 places") {
		t.Error(detail)
	}
	if got, _ := salvaged(t, []byte("PK\x03\x04 and nothing else")); got != nil {
		t.Errorf("got %q", got)
	}
}

// TestSalvageReport cuts a bug report and an AndroidQF acquisition.
func TestSalvageReport(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		list []member
		kind Kind
	}{
		{"report.zip", []member{{name: "version.txt", data: []byte("2.0")}, {name: "FS/data/anr/anr_1", data: []byte("anr")}, {name: "bugreport-x.txt", data: []byte(testDump + strings.Repeat("line\n", 9000))}, {name: "main_entry.txt", data: []byte("bugreport-x.txt")}}, AndroidBugreport},
		{"qf.zip", testQF(t), AndroidQF},
	} {
		data := zipBytes(t, c.list, zip.Deflate)
		for _, cut := range []int{len(data) - 10, bytes.Index(data, []byte(sigMember)), bytes.LastIndex(data, []byte(sigLocal)) + 20} {
			list := openAll(t, writeTemp(t, c.name, data[:cut]), Options{})
			if list[0].Kind != c.kind || !slices.Contains(noteCodesOf(list[0]), "directory-absent") {
				t.Errorf("%s cut at %d: %v, notes %q", c.name, cut, list[0].Kind, noteCodesOf(list[0]))
			}
			checkSource(t, list[0])
		}
	}
}

func TestZipTimes(t *testing.T) {
	t.Parallel()
	local := func(s string) EntryTime {
		at, err := time.Parse(time.DateTime, s)
		if err != nil {
			t.Fatal(err)
		}
		return EntryTime{Time: at, Local: true, Step: 2 * time.Second}
	}
	for _, tt := range []struct {
		clock uint32
		extra string
		want  EntryTime
	}{
		{0, "", EntryTime{}},
		{0x5b7755c8, "", local("2025-11-23 10:46:16")},
		{0x5b7755c8, "UT\x05\x00\x01\x2c\xf0\x22\x69", EntryTime{Time: time.Unix(0x6922f02c, 0).UTC(), Step: time.Second}},
		{0x5b7755c8, "UT\x05\x00\x02\x2c\xf0\x22\x69", local("2025-11-23 10:46:16")},
		{0x5b7755c8, "UT\xff\xff\x01", local("2025-11-23 10:46:16")},
		{0x5b775fff, "", EntryTime{}},
		{0x0000ffff, "", EntryTime{}},
		{0, "\x0a\x00\x20\x00\x00\x00\x00\x00\x01\x00\x18\x00\x01\x80\x3e\xd5\xde\xb1\x9d\x01" + strings.Repeat("\x00", 16), EntryTime{Time: time.Unix(0, 100).UTC(), Step: 100}},
	} {
		m := zipMember{clock: tt.clock, extra: []byte(tt.extra)}
		if got := m.modified(); got != tt.want {
			t.Errorf("%#x %q: got %+v, want %+v", tt.clock, tt.extra, got, tt.want)
		}
	}
}

func FuzzSalvage(f *testing.F) {
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		data := zipBytes(f, []member{{name: "a", data: randomText(1, 300)}, {name: "b", data: []byte("b")}}, method)
		f.Add(data[:bytes.Index(data, []byte(sigMember))])
		f.Add(data[:200])
		raw := rawZip(f, []member{{name: "a", data: randomText(1, 300)}, {name: "b", data: []byte("b")}}, method)
		f.Add(raw[:300])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		names, o := salvaged(t, data)
		for _, name := range names {
			if s, err := o.open(name); err == nil && s.size < 1<<20 {
				_, _ = io.Copy(io.Discard, s.reader())
			}
		}
	})
}

// TestSalvageHostile reads archives that would take very long if each header were
// looked for anew.
func TestSalvageHostile(t *testing.T) {
	t.Parallel()
	header := func(flags, method byte) string {
		return "PK\x03\x04\x14\x00" + string([]byte{flags, 0, method, 0}) + strings.Repeat("\x00", 16) + "\x01\x00\x00\x00a"
	}
	const size = 4 << 20
	for name, data := range map[string]string{
		"signatures":  header(0, 0) + strings.Repeat("PK\x03\x04", size/4),
		"descriptors": header(flagDescriptor, 0) + strings.Repeat("PK\x07\x08", size/4),
		"headers":     strings.Repeat(header(flagDescriptor, 8), size/32),
		"nested":      strings.Repeat(header(flagDescriptor, 8)+"\x00\x00\xf0\xff\x0f", size/36),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			salvaged(t, []byte(data))
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("took %v", took)
			} else {
				t.Log(took)
			}
		})
	}
}
