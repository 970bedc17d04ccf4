package logtest

import (
	"fmt"
	"slices"

	"github.com/vigie-project/vigie/format/unifiedlog"
)

// A catalog is the catalog of a group while it is written.
type catalog struct {
	uuids, texts, procs, subs []byte
	offsets                   map[string]uint16
	list                      []*process
}

// uuid returns the index of a UUID in the table.
func (c *catalog) uuid(u unifiedlog.UUID) uint16 {
	for i := 0; i < len(c.uuids); i += len(u) {
		if unifiedlog.UUID(c.uuids[i:i+len(u)]) == u {
			return uint16(i / len(u))
		}
	}
	c.uuids = append(c.uuids, u[:]...)
	return uint16(len(c.uuids)/len(u) - 1)
}

// text returns the offset of a string in the table.
func (c *catalog) text(s string) uint16 {
	off, ok := c.offsets[s]
	if !ok {
		off = uint16(len(c.texts))
		c.offsets[s] = off
		c.texts = append(append(c.texts, s...), 0)
	}
	return off
}

// process adds process i.
func (c *catalog) process(i int, p *process, shared unifiedlog.UUID) {
	e := le.AppendUint16(le.AppendUint16(nil, uint16(i)), 0)
	e = le.AppendUint16(le.AppendUint16(e, c.uuid(p.image.uuid)), c.uuid(shared))
	e = le.AppendUint32(le.AppendUint64(e, p.unique), p.generation)
	e = le.AppendUint32(le.AppendUint32(e, p.pid), p.euid)
	e = append(e, make([]byte, 12)...)
	e = le.AppendUint64(e, uint64(len(p.list)))
	for id, n := range p.list {
		e = le.AppendUint16(le.AppendUint16(le.AppendUint16(e, uint16(id+1)), c.text(n.subsystem)), c.text(n.category))
	}
	c.procs = append(append(c.procs, e...), make([]byte, -len(e)&7)...)
}

// chunkset adds what a chunkset holds.
func (c *catalog) chunkset(set *chunkset) {
	s := le.AppendUint64(le.AppendUint64(nil, set.start), set.end)
	s = le.AppendUint32(le.AppendUint32(s, uint32(len(set.data))), 0x100)
	s = le.AppendUint32(s, uint32(len(set.procs)))
	for _, p := range set.procs {
		s = le.AppendUint16(s, uint16(slices.Index(c.list, p)))
	}
	var used []uint16
	for _, n := range set.names {
		for _, off := range []uint16{c.text(n.subsystem), c.text(n.category)} {
			if !slices.Contains(used, off) {
				used = append(used, off)
			}
		}
	}
	s = le.AppendUint32(s, uint32(len(used)))
	for _, off := range used {
		s = le.AppendUint16(s, off)
	}
	c.subs = append(append(c.subs, s...), make([]byte, -len(s)&7)...)
}

// catalog returns the data of the catalog of the group.
func (w *Writer) catalog() ([]byte, error) {
	c := &catalog{offsets: map[string]uint16{}}
	for i := range w.group.sets {
		for _, p := range w.group.sets[i].procs {
			if !slices.Contains(c.list, p) {
				c.list = append(c.list, p)
			}
		}
	}
	for i, p := range slices.Backward(c.list) {
		c.process(i, p, w.shared.uuid)
	}
	for i := range w.group.sets {
		c.chunkset(&w.group.sets[i])
	}
	c.texts = append(c.texts, make([]byte, -len(c.texts)&7)...)
	texts, procs, subs := len(c.uuids), len(c.uuids)+len(c.texts), len(c.uuids)+len(c.texts)+len(c.procs)
	if n := subs + len(c.subs); n > 0xffff {
		return nil, fmt.Errorf("write catalog: %d bytes of processes and names", n)
	}
	b := le.AppendUint16(le.AppendUint16(nil, uint16(texts)), uint16(procs))
	b = le.AppendUint16(le.AppendUint16(b, uint16(len(c.list))), uint16(subs))
	b = le.AppendUint16(b, uint16(len(w.group.sets)))
	b = append(b, make([]byte, 6)...)
	b = le.AppendUint64(b, w.group.sets[0].start)
	return slices.Concat(b, c.uuids, c.texts, c.procs, c.subs), nil
}
