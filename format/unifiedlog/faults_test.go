package unifiedlog

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// The tests of this file are about what other readers have been seen to get wrong,
// as far as no other test shows it.

// TestTimesyncResumes checks that a damaged record costs itself, or the sync records
// of the boot that it may have been.
func TestTimesyncResumes(t *testing.T) {
	t.Parallel()
	boot := func(id byte) []byte {
		b := make([]byte, bootSize)
		copy(b, []byte{0xb0, 0xbb, bootSize})
		b[8], b[24], b[28] = id, 1, 1
		return b
	}
	sync := func(ct byte) []byte {
		b := make([]byte, syncSize)
		copy(b, []byte{'T', 's', syncSize})
		b[8] = ct
		return b
	}
	good := [][]byte{boot(1), sync(1), sync(2), sync(3), boot(2), sync(1), sync(2)}
	for damaged, want := range []string{"2:1,2", "1:2,3 2:1,2", "1:1,3 2:1,2", "1:1,2 2:1,2", "1:1,2,3", "1:1,2,3 2:2", "1:1,2,3 2:1"} {
		list := slices.Clone(good)
		list[damaged] = bytes.Repeat([]byte{0xee}, len(list[damaged]))
		boots, err := ParseTimesync(slices.Concat(list...))
		var got []string
		for _, b := range boots {
			var syncs []string
			for _, s := range b.Syncs {
				syncs = append(syncs, decimal(uint32(s.Continuous)))
			}
			got = append(got, decimal(uint32(b.UUID[0]))+":"+strings.Join(syncs, ","))
		}
		if s := strings.Join(got, " "); s != want || err == nil {
			t.Errorf("record %d: got %q, %v; want %q", damaged, s, err, want)
		}
	}
}

// TestLargeOffsets checks that the high part of a reference counts for each place
// where a format string can be.
func TestLargeOffsets(t *testing.T) {
	t.Parallel()
	u := UUID{7}
	proc := &Process{UUID: UUID{1}, SharedCache: UUID{2}, images: []image{{load: 0x500000000, size: 0x1000, uuid: UUID{3}}}}
	for flags, want := range map[uint16]formatKey{
		stringsMain | flagLargeOffset:     {uuid: UUID{1}, ref: 0x180000010},
		stringsShared | flagLargeOffset:   {uuid: UUID{2}, ref: 0x180000010, shared: true},
		stringsUUID | flagLargeOffset:     {uuid: u, ref: 0x180000010},
		stringsAbsolute | flagLargeOffset: {uuid: UUID{3}, ref: 0x180000010},
		stringsLarge | flagLargeOffset:    {uuid: UUID{2}, ref: 0x280000010, shared: true}, // has a high part of its own
		stringsLarge:                      {uuid: UUID{2}, ref: 0x280000010, shared: true},
		stringsMain:                       {uuid: UUID{1}, ref: 0x10},
	} {
		data := []byte{4, 0, 0, 0}
		if flags&flagLargeOffset != 0 {
			data = append(data, 3, 0)
		}
		switch flags & flagStrings {
		case stringsUUID:
			data = append(data, u[:]...)
		case stringsAbsolute:
			data = append(data, 5, 0)
		case stringsLarge:
			data = append(data, 5, 0)
		}
		e := &Entry{Type: TypeLog, Flags: flags, Process: proc, ref: 0x10}
		if !parseBody(&tracepoint{record: uint8(TypeLog), flags: flags, data: data}, &e.body) || e.key() != want {
			t.Errorf("flags %#x: got %+v, want %+v", flags, e.key(), want)
		}
	}
}

// tracepointOf builds a tracepoint without padding.
func tracepointOf(record EventType, flags uint16, delta byte, body ...byte) []byte {
	b := []byte{byte(record), 0, byte(flags), byte(flags >> 8), 0, 0x40, 0, 0}
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0, delta, 0, 0, 0, 0, 0, byte(len(body)), byte(len(body)>>8))
	return append(b, body...)
}

// pageOf builds a page of tracepoints, with private data at its end.
func pageOf(private []byte, tracepoints ...[]byte) []byte {
	b := slices.Clone(seedPage()[:pageHead])
	for _, tp := range tracepoints {
		b = append(b, tp...)
		b = append(b, make([]byte, pad8(len(tp)))...)
	}
	binary.LittleEndian.PutUint16(b[16:], uint16(len(b)-pageHead+pageStart))
	binary.LittleEndian.PutUint16(b[18:], uint16(pageSize-len(private)))
	return append(b, private...)
}

// TestUnknownFlags checks that an entry whose flags are not known costs no other,
// and is given itself.
func TestUnknownFlags(t *testing.T) {
	t.Parallel()
	one := []byte{0x11, 0, 0, 0, 1, 1, 0, 4, 7, 0, 0, 0}
	page := pageOf(nil, tracepointOf(TypeLog, stringsMain, 1, one...), tracepointOf(TypeLog, 0x6, 2, one...),
		tracepointOf(TypeLog, 0xe, 3, one...), tracepointOf(TypeLog, stringsMain, 4, one[:2]...), tracepointOf(TypeLog, stringsMain, 5, one...))
	var s Stats
	texts, errs := readStore(t, fstest.MapFS{"Persist/1.tracev3": {Data: slices.Concat(headerOf(1), groupOf(stored(page)))}}, Filter{Stats: &s})
	if len(texts) != 5 || errs != nil || s.BadBodies == 0 || !strings.HasSuffix(texts[4], "> 7") || s.NoStrings != 5 {
		t.Errorf("got %q, %v, %+v", texts, errs, s)
	}
}

// TestUnknownItems checks that items of an unknown kind are passed over by their
// size.
func TestUnknownItems(t *testing.T) {
	t.Parallel()
	items, bad := appendItems(nil, []byte{0, 3, 0x92, 3, 1, 2, 3, 0xd2, 0, 0x22, 4, 1, 0, 2, 0, 'x', 'o', 'k'}, nil)
	if bad != 0 || len(items) != 3 || string(items[2].Data) != "ok" {
		t.Errorf("got %v, %d bad", items, bad)
	}
}

// TestPrivateItems checks that private texts are found by their place, with zeros
// before them, and in signposts too.
func TestPrivateItems(t *testing.T) {
	t.Parallel()
	private := []byte{0, 0, 0, 'l', 'a', 't', 'e', 0, 'f', 'i', 'r', 's', 't', 0}
	start := uint16(pageSize - len(private))
	at := []byte{byte(start), byte(start >> 8), byte(len(private)), 0}
	items := []byte{0, 2, 0x21, 4, 8, 0, 6, 0, 0x21, 4, 3, 0, 5, 0}
	log := slices.Concat(at, []byte{0x11, 0, 0, 0}, items)
	signpost := slices.Concat(at, []byte{0x11, 0, 0, 0}, []byte{9, 0, 0, 0, 0, 0, 0, 0}, items)
	page := pageOf(private, tracepointOf(TypeLog, flagPrivate|stringsMain, 1, log...), tracepointOf(TypeSignpost, flagPrivate|stringsMain, 2, signpost...))
	texts, errs := readStore(t, fstest.MapFS{"Persist/1.tracev3": {Data: slices.Concat(headerOf(1), groupOf(stored(page)))}}, Filter{})
	if len(texts) != 2 || errs != nil || !strings.HasSuffix(texts[0], "> first, late") || !strings.HasSuffix(texts[1], "> first, late") {
		t.Errorf("got %q, %v", texts, errs)
	}
}

// TestOversizeSizes checks that sizes whose sum does not fit 16 bits are none too many.
func TestOversizeSizes(t *testing.T) {
	t.Parallel()
	b := make([]byte, oversizeHead+10)
	b[28], b[29], b[30], b[31] = 0xff, 0xff, 0xff, 0xff
	if public, private := parseOversize(b); len(public) != 10 || len(private) != 0 {
		t.Errorf("%d and %d bytes", len(public), len(private))
	}
	b[28], b[29] = 4, 0
	if public, private := parseOversize(b); len(public) != 4 || len(private) != 6 {
		t.Errorf("%d and %d bytes", len(public), len(private))
	}
}

// TestDynamicWithoutCache checks that a message without constant format is given
// although the strings of the shared cache are missing.
func TestDynamicWithoutCache(t *testing.T) {
	t.Parallel()
	tp := tracepointOf(TypeLog, stringsShared, 1, []byte{0x11, 0, 0, 0, 0, 1, 0x22, 4, 0, 0, 3, 0, 'o', 'k', 0}...)
	tp[7] = 0x80
	var s Stats
	texts, errs := readStore(t, fstest.MapFS{"Persist/1.tracev3": {Data: slices.Concat(headerOf(1), groupOf(stored(pageOf(nil, tp))))}}, Filter{Stats: &s})
	if len(texts) != 1 || errs != nil || !strings.HasSuffix(texts[0], " ok") || s.NoStrings != 0 {
		t.Errorf("got %q, %v, %+v", texts, errs, s)
	}
}

// TestStringWithoutEnd checks that a string ends with its range.
func TestStringWithoutEnd(t *testing.T) {
	t.Parallel()
	le := binary.LittleEndian
	b := le.AppendUint32(le.AppendUint32(le.AppendUint32(le.AppendUint32(nil, uuidtextMagic), 2), 1), 2)
	for _, at := range []uint32{0x100, 0x200} {
		b = le.AppendUint32(le.AppendUint32(b, at), 4)
	}
	f, err := openText(UUID{}, readerOf(append(b, "abcdefgh/usr/x\x00"...)))
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := f.text(0x101); !ok || string(got) != "bcd" {
		t.Errorf("got %q", got)
	}
	if got, ok := f.text(0x300); ok {
		t.Errorf("got %q", got)
	}
	if f.image.Path != "/usr/x" {
		t.Errorf("path %q", f.image.Path)
	}
}

// TestSeveralBlocks reads a chunkset of several blocks, under a catalog whose word
// for the compression is not known.
func TestSeveralBlocks(t *testing.T) {
	t.Parallel()
	c := inner(seedPage())
	z := []byte{}
	for _, part := range [][]byte{c[:20], c[20:]} {
		z = append(binary.LittleEndian.AppendUint32(append(z, "bv4-"...), uint32(len(part))), part...)
	}
	group := groupOf(append(z, "bv4$"...))
	group = bytes.Replace(group, []byte{0, 7, 0, 0, 1, 0, 0, 0}, []byte{0x99, 9, 0, 0, 1, 0, 0, 0}, 1)
	texts, errs := readStore(t, fstest.MapFS{"Persist/1.tracev3": {Data: slices.Concat(headerOf(1), group)}}, Filter{})
	if !slices.Equal(texts, []string{seedText}) || errs != nil {
		t.Errorf("got %q, %v", texts, errs)
	}
}

// TestNoHeader reads a log file that begins with a catalog: what cannot be dated is
// given without time.
func TestNoHeader(t *testing.T) {
	t.Parallel()
	a, err := Open(fstest.MapFS{"Persist/1.tracev3": {Data: groupOf(stored(seedPage()))}})
	if err != nil {
		t.Fatal(err)
	}
	n, told := 0, false
	for e, err := range a.Entries(t.Context(), Filter{}) {
		if err != nil {
			told = true
			continue
		}
		if n++; e.Clock != ClockNone || !e.Time().IsZero() || e.Process.PID != 7 {
			t.Errorf("%v %v of %d", e.Clock, e.Time(), e.Process.PID)
		}
	}
	if n != 1 || !told {
		t.Errorf("%d entries, error %t", n, told)
	}
}
