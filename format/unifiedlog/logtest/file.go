package logtest

import (
	"fmt"
	"path"
	"slices"

	"github.com/vigie-project/vigie/format/unifiedlog"
)

// Tags of chunks.
const (
	tagHeader     = 0x1000
	tagCatalog    = 0x600b
	tagChunkset   = 0x600d
	tagFirehose   = 0x6001
	tagOversize   = 0x6002
	tagStatedump  = 0x6003
	tagSimpledump = 0x6004
)

const (
	chunksetSize = 64 << 10
	groupSize    = 8 // chunksets of a catalog
)

// A chunkset collects chunks.
type chunkset struct {
	data       []byte
	start, end uint64
	procs      []*process
	names      []names
}

// A group collects the chunksets of a catalog.
type group struct {
	sets  []chunkset
	bytes [][]byte // compressed
}

func appendChunk(dst []byte, tag, sub uint32, data ...[]byte) []byte {
	n := 0
	for _, d := range data {
		n += len(d)
	}
	dst = le.AppendUint64(le.AppendUint32(le.AppendUint32(dst, tag), sub), uint64(n))
	for _, d := range data {
		dst = append(dst, d...)
	}
	return append(dst, make([]byte, -n&7)...)
}

// flushPage moves the page of a process into the chunkset.
func (w *Writer) flushPage(p *process) error {
	g := &p.page
	if len(g.public) == 0 {
		return nil
	}
	head := le.AppendUint32(le.AppendUint64(nil, p.unique), p.generation)
	head = append(head, 0, 1, 0, 0)
	head = le.AppendUint16(head, uint16(len(g.public)+16))
	head = le.AppendUint16(head, uint16(pageSize-len(g.private)))
	head = append(head, 0, 2, 0, 3)
	head = le.AppendUint64(head, g.base)
	err := w.chunkInto(tagFirehose, p, g.base, g.last, g.used, head, g.public, g.private)
	g.public, g.private, g.used = g.public[:0], nil, nil
	return err
}

// chunkInto adds a chunk to the chunkset.
func (w *Writer) chunkInto(tag uint32, p *process, start, end uint64, used []names, data ...[]byte) error {
	n := 32
	for _, d := range data {
		n += len(d)
	}
	if len(w.chunk.data) > 0 && len(w.chunk.data)+n > chunksetSize {
		if err := w.flushChunkset(); err != nil {
			return err
		}
	}
	c := &w.chunk
	if len(c.data) == 0 {
		c.start, c.end = start, end
	}
	c.start, c.end = min(c.start, start), max(c.end, end)
	c.data = appendChunk(c.data, tag, 0, data...)
	if !slices.Contains(c.procs, p) {
		c.procs = append(c.procs, p)
	}
	for _, n := range used {
		if !slices.Contains(c.names, n) {
			c.names = append(c.names, n)
		}
	}
	return nil
}

func (w *Writer) putOversize(p *process, continuous uint64) error {
	a := &w.args
	items := a.appendItems(nil)
	b := le.AppendUint32(le.AppendUint64(nil, p.unique), p.generation)
	b = le.AppendUint64(append(b, 0, 0, 0, 0), continuous)
	b = le.AppendUint32(b, w.oversize)
	b = le.AppendUint16(le.AppendUint16(b, uint16(len(items))), uint16(len(a.private)))
	return w.chunkInto(tagOversize, p, continuous, continuous, nil, b, items, a.private)
}

func (w *Writer) dump(tag uint32, data []byte, p *process, continuous uint64) error {
	return w.chunkInto(tag, p, continuous, continuous, nil, data)
}

func simpledump(e *Entry, p *process, continuous uint64) []byte {
	b := le.AppendUint32(le.AppendUint64(nil, p.unique), p.generation)
	b = le.AppendUint64(append(b, 0, byte(e.Level), 0, 0), continuous)
	b = le.AppendUint64(le.AppendUint64(b, e.Thread), 0x1000)
	b = append(append(b, p.image.uuid[:]...), make([]byte, 16)...)
	b = le.AppendUint32(b, 1)
	b = le.AppendUint32(le.AppendUint32(b, uint32(len(e.Subsystem)+1)), uint32(len(e.Format)+1))
	b = append(append(b, e.Subsystem...), 0)
	return append(append(b, e.Format...), 0)
}

func statedump(e *Entry, p *process, continuous uint64) []byte {
	var data []byte
	if len(e.Args) > 0 {
		data, _ = e.Args[0].([]byte)
	}
	b := le.AppendUint32(le.AppendUint64(nil, p.unique), p.generation)
	b = le.AppendUint64(append(b, 0, 0, 0, 0), continuous)
	b = le.AppendUint64(b, e.Activity|activityMarker)
	b = append(b, p.image.uuid[:]...)
	b = le.AppendUint32(le.AppendUint32(b, 1), uint32(len(data)))
	b = append(b, make([]byte, 128)...)
	title := make([]byte, 64)
	copy(title[:63], e.Format)
	return append(append(b, title...), data...)
}

// flushChunkset moves the chunkset into the group.
func (w *Writer) flushChunkset() error {
	c := w.chunk
	if len(c.data) == 0 {
		return nil
	}
	var b []byte
	if w.o.Stored {
		b = le.AppendUint32([]byte("bv4-"), uint32(len(c.data)))
		b = append(b, c.data...)
	} else {
		z := compressLZ4(c.data)
		b = le.AppendUint32(le.AppendUint32([]byte("bv41"), uint32(len(c.data))), uint32(len(z)))
		b = append(b, z...)
	}
	w.group.bytes = append(w.group.bytes, append(b, "bv4$"...))
	w.group.sets = append(w.group.sets, c)
	w.chunk = chunkset{data: make([]byte, 0, chunksetSize)}
	if len(w.group.sets) == groupSize {
		return w.flushGroup()
	}
	return nil
}

// flushGroup writes the catalog of the group and its chunksets.
func (w *Writer) flushGroup() error {
	if len(w.group.sets) == 0 {
		return nil
	}
	if w.out != nil && w.written > w.o.FileSize {
		if err := w.out.Close(); err != nil {
			return err
		}
		w.out = nil
	}
	first := w.group.sets[0].start
	var b []byte
	if w.out == nil {
		w.files++
		f, err := w.create(path.Join(w.root, "Persist", fmt.Sprintf("%016x.tracev3", w.files)))
		if err != nil {
			return err
		}
		w.out, w.written = f, 0
		b = appendChunk(b, tagHeader, 0x11, w.header(first))
	}
	c, err := w.catalog()
	if err != nil {
		return err
	}
	b = appendChunk(b, tagCatalog, 0x11, c)
	for _, z := range w.group.bytes {
		b = appendChunk(b, tagChunkset, 0x11, z)
	}
	w.group = group{}
	n, err := w.out.Write(b)
	w.written += n
	return err
}

// header returns the data of a header chunk.
func (w *Writer) header(continuous uint64) []byte {
	wall := w.wall(continuous)
	b := le.AppendUint32(le.AppendUint32(nil, numer), denom)
	b = le.AppendUint64(le.AppendUint64(b, continuous), uint64(wall/1e9))
	b = le.AppendUint32(b, uint32(wall%1e9/1000))
	b = le.AppendUint32(le.AppendUint32(le.AppendUint32(b, 0), 0), 1)
	part := func(tag uint32, data []byte) {
		b = append(le.AppendUint32(le.AppendUint32(b, tag), uint32(len(data))), data...)
	}
	part(0x6100, le.AppendUint64(nil, continuous))
	cpu := le.AppendUint32(le.AppendUint32(nil, 0x0100000c), 1)
	part(0x6101, append(append(cpu, text("23A340", 16)...), text("D83AP", 32)...))
	boot := w.bootUUID()
	part(0x6102, le.AppendUint32(le.AppendUint32(boot[:], 42), 0))
	part(0x6103, text("/var/db/timezone/zoneinfo/Etc/UTC", 48))
	return b
}

func text(s string, n int) []byte {
	b := make([]byte, n)
	copy(b, s)
	return b
}

func (w *Writer) bootUUID() unifiedlog.UUID {
	return uuidOf("boot " + w.o.Boot.UTC().String())
}

// wall returns nanoseconds since 1970 at a continuous time.
func (w *Writer) wall(continuous uint64) int64 {
	return w.o.Boot.UnixNano() + int64(continuous/denom*numer+continuous%denom*numer/denom)
}

// timesync returns a boot record and a sync record for each hour.
func (w *Writer) timesync() []byte {
	boot := w.bootUUID()
	b := []byte{0xb0, 0xbb, 48, 0, 0, 0, 0, 0}
	b = le.AppendUint32(le.AppendUint32(append(b, boot[:]...), numer), denom)
	b = le.AppendUint64(le.AppendUint64(b, uint64(w.o.Boot.UnixNano())), 0)
	const hour = 3600 * 1e9 / numer * denom
	for at := uint64(20 * 1e9 / numer * denom); ; at += hour {
		b = append(b, 'T', 's', 32, 0, 0, 0, 0, 0)
		b = le.AppendUint64(le.AppendUint64(le.AppendUint64(b, at), uint64(w.wall(at))), 0)
		if at > w.last {
			return b
		}
	}
}
