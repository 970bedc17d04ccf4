package unifiedlog

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// group builds a catalog chunk and chunksets; the process of seedPage is pid 7.
func groupOf(chunksets ...[]byte) []byte {
	le := binary.LittleEndian
	proc := le.AppendUint16(nil, 3)
	proc = append(proc, 0, 0, 0xff, 0xff, 0xff, 0xff)
	proc = le.AppendUint32(le.AppendUint64(proc, 1), 2)
	proc = le.AppendUint32(le.AppendUint32(proc, 7), 501)
	proc = append(proc, make([]byte, 12)...)
	proc = le.AppendUint64(proc, 1)
	proc = append(proc, 1, 0, 0, 0, 4, 0, 0, 0)
	texts := []byte("sub\x00cat\x00")
	var subs []byte
	for _, c := range chunksets {
		subs = le.AppendUint64(le.AppendUint64(subs, 0), 100)
		subs = le.AppendUint32(le.AppendUint32(subs, uint32(len(c))), 0x700)
		subs = append(le.AppendUint32(subs, 1), 3, 0)
		subs = append(le.AppendUint32(subs, 2), 0, 0, 4, 0)
		subs = append(subs, make([]byte, pad8(len(subs)))...)
	}
	cat := le.AppendUint16(nil, 0)
	cat = le.AppendUint16(le.AppendUint16(cat, uint16(len(texts))), 1)
	cat = le.AppendUint16(le.AppendUint16(cat, uint16(len(texts)+len(proc))), uint16(len(chunksets)))
	cat = append(cat, make([]byte, 14)...)
	out := outer(tagCatalog, slices.Concat(cat, texts, proc, subs))
	for _, c := range chunksets {
		out = append(out, outer(tagChunkset, c)...)
	}
	return out
}

func outer(tag uint32, data []byte) []byte {
	b := binaryPreamble(tag, len(data))
	b[4] = subTag
	b = append(b, data...)
	return append(b, make([]byte, pad8(len(data)))...)
}

// stored returns a chunkset of pages, uncompressed.
func stored(pages ...[]byte) []byte {
	c := inner(pages...)
	z := binary.LittleEndian.AppendUint32([]byte("bv4-"), uint32(len(c)))
	return append(append(z, c...), "bv4$"...)
}

func inner(pages ...[]byte) (c []byte) {
	for _, p := range pages {
		c = append(append(c, binaryPreamble(tagFirehose, len(p))...), p...)
		c = append(c, make([]byte, pad8(len(p)))...)
	}
	return c
}

func headerOf(boot byte) []byte {
	b := make([]byte, 40)
	b[0], b[4] = 125, 3
	binary.LittleEndian.PutUint64(b[16:], 1_700_000_000)
	b = append(b, 0, 0x61, 0, 0, 8, 0, 0, 0, 24, 0, 0, 0, 0, 0, 0, 0)
	b = append(b, 2, 0x61, 0, 0, 24, 0, 0, 0, boot)
	return outer(tagHeader, append(b, make([]byte, 23)...))
}

// readStore returns the entries of files, in order, and the errors.
func readStore(tb testing.TB, fsys fs.FS, f Filter) (texts []string, errs []error) {
	tb.Helper()
	a, err := Open(fsys)
	if err != nil {
		tb.Fatal(err)
	}
	defer a.Close()
	for e, err := range a.Entries(context.Background(), f) {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		texts = append(texts, strings.Join([]string{decimal(e.Process.PID), e.Subsystem, e.Category, e.Message()}, " "))
	}
	return texts, errs
}

const seedText = "7 sub cat <format unknown place: +0x4000> 7, ab"

// TestDamage damages one chunk after the other; the others must still be read.
func TestDamage(t *testing.T) {
	t.Parallel()
	page := seedPage()
	good := slices.Concat(headerOf(1), groupOf(stored(page), stored(page, page)), groupOf(stored(page)))
	read := func(data []byte) (int, []error) {
		texts, errs := readStore(t, fstest.MapFS{"Persist/1.tracev3": {Data: data}}, Filter{})
		n := 0
		for _, s := range texts {
			if s == seedText {
				n++
			}
		}
		return n, errs
	}
	if n, errs := read(good); n != 4 || errs != nil {
		t.Fatalf("%d entries, %v", n, errs)
	}
	at := func(tag uint32, nth int) int {
		for off := 0; off < len(good); {
			p := parsePreamble(good[off:])
			if p.tag == tag {
				if nth--; nth < 0 {
					return off
				}
			}
			off += preambleSize + int(p.size)
			off += pad8(off)
		}
		t.Fatal("no such chunk")
		return 0
	}
	for name, c := range map[string]struct {
		change func(b []byte) []byte
		least  int
	}{
		"first chunkset: magic":  {func(b []byte) []byte { b[at(tagChunkset, 0)+preambleSize] = 'x'; return b }, 3},
		"first chunkset: size":   {func(b []byte) []byte { b[at(tagChunkset, 0)+12] = 0x7f; return b }, 2},
		"first chunkset: tag":    {func(b []byte) []byte { b[at(tagChunkset, 0)] = 0x77; return b }, 3},
		"second chunkset: bytes": {func(b []byte) []byte { clear(b[at(tagChunkset, 1)+60:][:40]); return b }, 2},
		"first catalog: size":    {func(b []byte) []byte { b[at(tagCatalog, 0)+15] = 0xff; return b }, 1},
		"first catalog: tables":  {func(b []byte) []byte { b[at(tagCatalog, 0)+preambleSize+6] = 0xff; return b }, 1},
		"header: size":           {func(b []byte) []byte { b[8] = 0xf0; b[15] = 0xff; return b }, 4},
		"cut":                    {func(b []byte) []byte { return b[:len(b)-50] }, 3},
	} {
		n, errs := read(c.change(slices.Clone(good)))
		if n < c.least || len(errs) == 0 {
			t.Errorf("%s: %d entries as they should be, want %d; errors %v", name, n, c.least, errs)
		}
		for _, err := range errs {
			var d *DamageError
			if !errors.As(err, &d) || d.File != "Persist/1.tracev3" {
				t.Errorf("%s: %v names no part", name, err)
			}
		}
	}
}

// TestEveryByte changes each byte of a store; nothing may panic or hang.
func TestEveryByte(t *testing.T) {
	t.Parallel()
	page := seedPage()
	good := slices.Concat(headerOf(1), groupOf(stored(page)))
	for i := range good {
		for _, v := range []byte{0xff, 0x80} {
			b := slices.Clone(good)
			b[i] ^= v
			readStore(t, fstest.MapFS{"Persist/1.tracev3": {Data: b}}, Filter{})
		}
	}
}

// TestLZBitmapChunkset reads a chunkset as iOS 27 has them: with stored chunks,
// since no encoder is at hand, and the flags seen there.
func TestLZBitmapChunkset(t *testing.T) {
	t.Parallel()
	data := inner(seedPage())
	z := []byte("ZBM\x0c")
	n := len(data)
	z = append(z, byte(n+6), byte((n+6)>>8), 0, byte(n), byte(n>>8), 0)
	z = append(append(z, data...), 6, 0, 0, 0, 0, 0)
	texts, errs := readStore(t, fstest.MapFS{"Persist/1.tracev3": {Data: slices.Concat(headerOf(1), groupOf(z))}}, Filter{})
	if !slices.Equal(texts, []string{seedText}) || errs != nil {
		t.Errorf("got %q, %v", texts, errs)
	}
}

// TestPersona parses the body of an entry of iOS 27 that has the flag of a
// persona and no persona, and one that has it.
func TestPersona(t *testing.T) {
	t.Parallel()
	items := []byte{0x22, 1, 0x22, 4, 0, 0, 3, 0, 'a', 'b', 0}
	without := slices.Concat([]byte{0xe5, 0x57, 1, 0, 0, 0, 0, 0x80, 0x34, 0xc4, 0x4c, 0x0d, 0x32, 0, 7}, items)
	with := slices.Concat(without[:8], []byte{0xc7, 0, 0, 0}, without[8:])
	for _, c := range []struct {
		data    []byte
		persona uint32
	}{{without, 0}, {with, 199}} {
		var b body
		tp := tracepoint{record: uint8(TypeLog), flags: 0x0645&^0x4 | stringsMain, data: c.data}
		if !parseBody(&tp, &b) || b.persona != c.persona || b.pc != 0x0d4cc434 || b.subsystem != 0x32 || b.rules != 7 {
			t.Errorf("got %+v", b)
		}
	}
	activity := []byte{1, 0, 0, 0, 0, 0, 0, 0x80, 2, 0, 0, 0, 0, 0, 0, 0x80, 0x11, 0, 0, 0}
	moved := slices.Concat(activity[:8], []byte{0xc8, 0, 0, 0}, activity[8:])
	for _, data := range [][]byte{activity, moved} {
		var b body
		tp := tracepoint{record: uint8(TypeActivity), level: 1, flags: 0x0043, data: data}
		if !parseBody(&tp, &b) || b.created&activityMask != 2 || b.pc != 0x11 {
			t.Errorf("got %+v", b)
		}
	}
}

// plainFS hides that files can be read at an offset.
type plainFS struct{ fs.FS }

func (p plainFS) Open(name string) (fs.File, error) {
	f, err := p.FS.Open(name)
	if err != nil {
		return nil, err
	}
	if d, ok := f.(fs.ReadDirFile); ok {
		return d, nil
	}
	return struct{ fs.File }{f}, nil
}

func TestLayouts(t *testing.T) {
	t.Parallel()
	log := slices.Concat(headerOf(1), groupOf(stored(seedPage())))
	for _, name := range []string{
		"Persist/0000000000000001.tracev3", "logdata.LiveData.tracev3", "Special/2.tracev3",
		"private/var/db/diagnostics/HighVolume/1.tracev3", "var/db/Diagnostics/Signpost/1.tracev3", "Diagnostics/Persist/1.tracev3",
	} {
		fsys := fstest.MapFS{name: {Data: log}, "Persist/._1.tracev3": {Data: []byte("\x00\x05\x16\x07")}}
		for _, f := range []fs.FS{fsys, plainFS{fsys}} {
			if texts, errs := readStore(t, f, Filter{}); !slices.Equal(texts, []string{seedText}) || errs != nil {
				t.Errorf("%s: got %q, %v", name, texts, errs)
			}
		}
	}
	if _, err := Open(fstest.MapFS{"a.txt": {}}); !errors.Is(err, ErrNoLogs) {
		t.Errorf("got %v", err)
	}
}

// TestClocks checks each way to find a time, and the order of boots.
func TestClocks(t *testing.T) {
	t.Parallel()
	boot := make([]byte, bootSize)
	copy(boot, []byte{0xb0, 0xbb, bootSize})
	boot[8], boot[24], boot[28] = 1, 125, 3
	binary.LittleEndian.PutUint64(boot[32:], 1_000_000_000)
	sync := func(ct, wall uint64) []byte {
		b := make([]byte, syncSize)
		copy(b, []byte{'T', 's', syncSize})
		binary.LittleEndian.PutUint64(b[8:], ct)
		binary.LittleEndian.PutUint64(b[16:], wall)
		return b
	}
	boots, err := ParseTimesync(slices.Concat(boot, sync(24, 5_000_000_000), sync(48, 3_000_000_000)))
	if err != nil {
		t.Fatal(err)
	}
	b := &boots[0]
	for _, c := range []struct {
		ct    uint64
		want  int64
		clock Clock
	}{
		{0, 1_000_000_000, ClockEarly}, {3, 1_000_000_125, ClockEarly}, {24, 5_000_000_000, ClockSynced},
		{25, 5_000_000_041, ClockSynced}, {47, 5_000_000_958, ClockSynced}, {48, 3_000_000_000, ClockSynced},
	} {
		if got, clock := b.At(c.ct); got != c.want || clock != c.clock {
			t.Errorf("at %d: %d %s, want %d %s", c.ct, got, clock, c.want, c.clock)
		}
	}
	if lo, hi, ok := b.between(3, 50); lo != 1_000_000_125 || hi != 5_000_001_000 || !ok {
		t.Errorf("between %d and %d", lo, hi)
	}
	// The second file is of a boot that timesync does not have.
	fsys := fstest.MapFS{
		"timesync/1.timesync": {Data: boot},
		"Persist/1.tracev3":   {Data: slices.Concat(headerOf(2), groupOf(stored(seedPage())))},
		"Persist/2.tracev3":   {Data: slices.Concat(headerOf(1), groupOf(stored(seedPage())))},
		"Persist/3.tracev3":   {Data: groupOf(stored(seedPage()))},
	}
	a, err := Open(fsys)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for e, err := range a.Entries(context.Background(), Filter{}) {
		if errors.Is(err, errNoHeader) {
			continue // of the third
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e.File.Name+" "+e.Clock.String()+" "+e.Time().Format("2006-01-02T15:04:05.000000000"))
	}
	want := []string{
		"Persist/2.tracev3 boot only 1970-01-01T00:00:01.000000250",
		"Persist/1.tracev3 header 2023-11-14T22:13:19.999999250",
		"Persist/3.tracev3 none 0001-01-01T00:00:00.000000000",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestOversizeElsewhere puts the arguments of an entry into another file, with
// others of the same number in another boot.
func TestOversizeElsewhere(t *testing.T) {
	t.Parallel()
	le := binary.LittleEndian
	body := []byte{0x78, 0x56, 0x34, 0x12, 9, 0, 0, 0}
	tp := append([]byte{4, 0, 0x02, 0x08, 0, 0x40, 0, 0}, make([]byte, 14)...)
	tp = append(append(tp, byte(len(body)), 0), body...)
	page := append(slices.Clone(seedPage()[:pageHead]), tp...)
	le.PutUint16(page[16:], uint16(len(tp)+16))
	le.PutUint16(page[18:], pageSize)
	oversize := func(text string, continuous uint64) []byte {
		items := append([]byte{2, 1, 0x22, 4, 0, 0, byte(len(text) + 1), 0}, text...)
		b := le.AppendUint32(le.AppendUint64(nil, 1), 2)
		b = le.AppendUint64(append(b, 0, 0, 0, 0), continuous)
		b = le.AppendUint32(b, 9)
		b = append(le.AppendUint32(b, uint32(len(items)+1)), items...)
		b = append(b, 0)
		c := append(binaryPreamble(tagOversize, len(b)), b...)
		z := le.AppendUint32([]byte("bv4-"), uint32(len(c)))
		return append(append(z, c...), "bv4$"...)
	}
	fsys := fstest.MapFS{
		"Persist/1.tracev3":    {Data: slices.Concat(headerOf(1), groupOf(stored(page)))},
		"Special/1.tracev3":    {Data: slices.Concat(headerOf(1), groupOf(oversize("far", 90), oversize("near", 2)))},
		"HighVolume/1.tracev3": {Data: slices.Concat(headerOf(2), groupOf(oversize("another boot", 1)))},
	}
	texts, errs := readStore(t, fsys, Filter{})
	if len(texts) != 1 || !strings.HasSuffix(texts[0], "> near") || errs != nil {
		t.Errorf("got %q, %v", texts, errs)
	}
	delete(fsys, "Special/1.tracev3")
	var stats Stats
	if texts, _ = readStore(t, fsys, Filter{Stats: &stats}); len(texts) != 1 || stats.MissingOversize != 1 {
		t.Errorf("got %q, %+v", texts, stats)
	}
}

// TestChunksetBomb checks that sizes in a chunkset are not believed.
func TestChunksetBomb(t *testing.T) {
	t.Parallel()
	for _, z := range [][]byte{
		[]byte("bv41\xff\xff\xff\x7f\x04\x00\x00\x00abcdbv4$"),
		[]byte("bv4-\xff\xff\xff\xffabc"),
		[]byte("ZBM\x09\x20\x00\x00\xff\xff\xff" + strings.Repeat("a", 40)),
	} {
		if out, err := decompress(nil, z, 0); err == nil || cap(out) > 1<<16 {
			t.Errorf("%q: %d bytes, %v", z, cap(out), err)
		}
	}
	if out, err := decompress(nil, bytes.Repeat([]byte("bv4-\x00\x00\x00\x00"), 1000), 0); err == nil || len(out) > 0 {
		t.Errorf("%d bytes, %v", len(out), err)
	}
}
