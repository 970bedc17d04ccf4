package logtest

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"path"
	"slices"

	"github.com/vigie-project/vigie/format/unifiedlog"
)

var le = binary.LittleEndian

// A process is one process of the store and its page that is being filled.
type process struct {
	path       string
	pid, euid  uint32
	unique     uint64
	generation uint32
	image      *image
	subsystems map[names]uint16
	list       []names
	page       page
}

type names struct{ subsystem, category string }

// A page collects the tracepoints of a process.
type page struct {
	base, last uint64
	public     []byte
	private    []byte // backwards: the last part comes first in the page
	used       []names
}

// process returns the process of an entry.
func (w *Writer) process(e *Entry) *process {
	k := procKey{e.Process, e.PID}
	p := w.procs[k]
	if p == nil {
		n := uint32(len(w.order) + 1)
		p = &process{path: e.Process, pid: e.PID, euid: e.EUID, unique: uint64(n) + 100, generation: n,
			image: w.image(e.Process), subsystems: map[names]uint16{}}
		w.procs[k] = p
		w.order = append(w.order, p)
	}
	return p
}

// subsystem returns the number of names in a process.
func (p *process) subsystem(n names) uint16 {
	id, ok := p.subsystems[n]
	if !ok {
		p.list = append(p.list, n)
		id = uint16(len(p.list))
		p.subsystems[n] = id
	}
	return id
}

// An image is an executable with strings.
type image struct {
	path    string
	uuid    unifiedlog.UUID
	strings []byte
	offsets map[string]uint32
}

const firstString = 0x4000 // offset of the first string of an image

func (w *Writer) image(path string) *image {
	m := w.images[path]
	if m == nil {
		m = &image{path: path, uuid: uuidOf(path), offsets: map[string]uint32{}}
		w.images[path] = m
	}
	return m
}

// ref returns the reference to a string, which is added if need be.
func (m *image) ref(s string) uint32 {
	off, ok := m.offsets[s]
	if !ok {
		off = firstString + uint32(len(m.strings))
		m.offsets[s] = off
		m.strings = append(append(m.strings, s...), 0)
	}
	return off
}

// A sharedCache collects the strings of libraries in the shared cache.
type sharedCache struct {
	uuid   unifiedlog.UUID
	images map[string]*image
	order  []*image
}

// sharedSpan is how far apart the images of the shared cache are, so that some
// are beyond 31 bits.
const sharedSpan = 0x30000000

func (c *sharedCache) init() {
	c.uuid = uuidOf("dsc")
	c.images = map[string]*image{}
}

// ref returns the reference to a string of a library.
func (c *sharedCache) ref(library, s string) uint64 {
	m := c.images[library]
	if m == nil {
		m = &image{path: library, uuid: uuidOf(library), offsets: map[string]uint32{}}
		c.images[library] = m
		c.order = append(c.order, m)
	}
	return uint64(slices.Index(c.order, m)+1)*sharedSpan + uint64(m.ref(s))
}

// strings writes the files of strings.
func (w *Writer) strings() error {
	list := make([]*image, 0, len(w.images))
	for _, m := range w.images {
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b *image) int { return cmp.Compare(a.path, b.path) })
	for _, m := range list {
		b := le.AppendUint32(nil, 0x66778899)
		for _, v := range []uint32{2, 1, 1, firstString, uint32(len(m.strings))} {
			b = le.AppendUint32(b, v)
		}
		b = append(append(append(b, m.strings...), m.path...), 0)
		hex := fmt.Sprintf("%X", m.uuid[:])
		if err := w.file(path.Join(w.texts, hex[:2], hex[2:]), b); err != nil {
			return err
		}
	}
	if len(w.shared.order) == 0 || w.o.NoSharedCache {
		return nil
	}
	return w.file(path.Join(w.texts, "dsc", fmt.Sprintf("%X", w.shared.uuid[:])), w.shared.bytes())
}

// bytes returns the dsc file, version 2.
func (c *sharedCache) bytes() []byte {
	const head, rangeSize, imageSize = 16, 24, 32
	n := len(c.order)
	at := head + n*(rangeSize+imageSize)
	b := append([]byte("hcsd"), 2, 0, 0, 0)
	b = le.AppendUint32(le.AppendUint32(b, uint32(n)), uint32(n))
	for i, m := range c.order {
		b = le.AppendUint64(b, uint64(i+1)*sharedSpan+firstString)
		b = le.AppendUint32(le.AppendUint32(b, uint32(at)), uint32(len(m.strings)))
		b = le.AppendUint64(b, uint64(i))
		at += len(m.strings)
	}
	for i, m := range c.order {
		b = le.AppendUint64(b, uint64(i+1)*sharedSpan)
		b = le.AppendUint32(b, firstString+uint32(len(m.strings)))
		b = le.AppendUint32(append(b, m.uuid[:]...), uint32(at))
		at += len(m.path) + 1
	}
	for _, m := range c.order {
		b = append(b, m.strings...)
	}
	for _, m := range c.order {
		b = append(append(b, m.path...), 0)
	}
	return b
}
