package unifiedlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
)

// maxCatalog is the size in bytes of the largest catalog that is read. Its
// tables are addressed by 16-bit offsets, so real ones are under 64 KiB.
const maxCatalog = 1 << 20

const catalogFixed = 24 // size of the fixed fields, from which offsets count

// A Process is one process of a log file, as a catalog describes it.
type Process struct {
	PID         uint32
	EUID        uint32 // effective user
	Unique      uint64 // number of the process, not used again during a boot
	Generation  uint32 // with Unique, the key of the process in the log
	UUID        UUID   // of the main executable; zero if none is recorded
	SharedCache UUID   // of the strings of its shared cache; zero if none is recorded
	Persona     uint32 // iOS 27 and macOS 27; 0 before
	Known       bool   // false if the catalog does not list the process: only Unique and Generation are set
	index       uint16 // by which sub-chunks refer to it
	images      []image
	subsystems  []subsystem // in the order of their numbers
	store       *stringStore
	path        atomic.Pointer[string]
	wanted      bool // by the query for which the catalog was read
}

// An image is a piece of code loaded into a process, for absolute references.
type image struct {
	load uint64
	size uint32
	uuid UUID
}

// A subsystem is what a process calls one of its logs.
type subsystem struct {
	id                  uint16
	subsystem, category string
	wanted              bool // by the query for which the catalog was read
}

// Path returns the path of the main executable, or "" if its file of strings is
// missing or none is recorded.
func (p *Process) Path() string {
	if s := p.path.Load(); s != nil {
		return *s
	}
	var s string
	if p.store != nil && !p.UUID.IsZero() {
		s = p.store.imagePath(p.UUID)
	}
	p.path.Store(&s)
	return s
}

// Name returns the last element of the path.
func (p *Process) Name() string { return baseName(p.Path()) }

func baseName(s string) string {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == '/' {
			return s[i+1:]
		}
	}
	return s
}

// subsystem returns the names that an identifier has in the process.
func (p *Process) subsystem(id uint16) (*subsystem, bool) {
	if len(p.subsystems) > 0 { // most lists have no gaps
		if i := int(id) - int(p.subsystems[0].id); i >= 0 && i < len(p.subsystems) && p.subsystems[i].id == id {
			return &p.subsystems[i], true
		}
	}
	i, ok := slices.BinarySearchFunc(p.subsystems, id, func(s subsystem, id uint16) int { return int(s.id) - int(id) })
	if !ok {
		return nil, false
	}
	return &p.subsystems[i], true
}

// image returns the image that holds an address.
func (p *Process) image(pc uint64) (*image, bool) {
	for i := range p.images {
		if m := &p.images[i]; m.load <= pc && pc-m.load <= uint64(m.size) {
			return m, true
		}
	}
	return nil, false
}

// procKey is what log data name a process by.
type procKey struct {
	unique     uint64
	generation uint32
}

// A subChunk is what a catalog says of one of the chunksets that follow it.
type subChunk struct {
	start, end  uint64 // continuous times
	size        uint32 // uncompressed
	compression uint32 // 0x100 LZ4, 0x700 and 0x701 LZBITMAP; advisory
	processes   []byte // indexes, 2 bytes each
	strings     []byte // offsets of subsystems and categories used, 2 bytes each
}

// A catalog describes the chunksets that follow it.
type catalog struct {
	earliest  uint64
	data      []byte // from which offsets count
	texts     []byte
	procs     []*Process
	byKey     map[procKey]*Process
	subChunks []subChunk
}

var errCatalog = errors.New("read catalog: truncated")

// parseCatalog decodes the data of a catalog chunk. What can be read of a
// damaged one is returned with the error.
func parseCatalog(b []byte, store *stringStore) (*catalog, error) {
	c := &catalog{byKey: map[procKey]*Process{}}
	if len(b) < catalogFixed {
		return c, errCatalog
	}
	u16 := binary.LittleEndian.Uint16
	texts, procs, nProcs := int(u16(b)), int(u16(b[2:])), int(u16(b[4:]))
	subs, nSubs := int(u16(b[6:])), int(u16(b[8:]))
	c.earliest = binary.LittleEndian.Uint64(b[16:])
	c.data = b[catalogFixed:]
	if texts > procs || procs > subs || subs > len(c.data) {
		return c, fmt.Errorf("read catalog: tables at %d, %d and %d of %d bytes", texts, procs, subs, len(c.data))
	}
	c.texts = c.data[texts:procs]
	uuids := c.data[:texts]
	var errs error
	for rest, i := c.data[procs:subs], 0; i < nProcs; i++ {
		p, n := c.parseProcess(rest, uuids)
		if p == nil {
			errs = fmt.Errorf("read catalog: process %d of %d: truncated", i, nProcs)
			break
		}
		p.store = store
		c.procs = append(c.procs, p)
		c.byKey[procKey{p.Unique, p.Generation}] = p
		rest = rest[n:]
	}
	for rest, i := c.data[subs:], 0; i < nSubs; i++ {
		s, n := parseSubChunk(rest)
		if n == 0 {
			return c, errors.Join(errs, fmt.Errorf("read catalog: sub-chunk %d of %d: truncated", i, nSubs))
		}
		c.subChunks = append(c.subChunks, s)
		rest = rest[n:]
	}
	return c, errs
}

// parseProcess decodes one process entry and returns its size, padding included.
func (c *catalog) parseProcess(b, uuids []byte) (*Process, int) {
	const fixed, imageSize, subsystemSize = 40, 16, 6
	if len(b) < fixed {
		return nil, 0
	}
	u16, u32 := binary.LittleEndian.Uint16, binary.LittleEndian.Uint32
	p := &Process{
		Known: true, index: u16(b),
		UUID: uuidAt(uuids, u16(b[4:])), SharedCache: uuidAt(uuids, u16(b[6:])),
		Unique: binary.LittleEndian.Uint64(b[8:]), Generation: u32(b[16:]),
		PID: u32(b[20:]), EUID: u32(b[24:]), Persona: u32(b[28:]),
	}
	n := int(u32(b[32:]))
	at := fixed
	if n < 0 || n > (len(b)-at)/imageSize {
		return nil, 0
	}
	p.images = make([]image, n)
	for i := range p.images {
		e := b[at:]
		load := uint64(u32(e[10:])) | uint64(u16(e[14:]))<<32
		p.images[i] = image{load: load, size: u32(e), uuid: uuidAt(uuids, u16(e[8:]))}
		at += imageSize
	}
	if len(b)-at < 8 {
		return nil, 0
	}
	n = int(u32(b[at:]))
	at += 8
	if n < 0 || n > (len(b)-at)/subsystemSize {
		return nil, 0
	}
	p.subsystems = make([]subsystem, n)
	for i := range p.subsystems {
		e := b[at:]
		p.subsystems[i] = subsystem{id: u16(e), subsystem: c.text(u16(e[2:])), category: c.text(u16(e[4:]))}
		at += subsystemSize
	}
	slices.SortStableFunc(p.subsystems, func(x, y subsystem) int { return int(x.id) - int(y.id) })
	return p, min(at+pad8(at), len(b))
}

// text returns a string of the table of subsystems.
func (c *catalog) text(off uint16) string {
	if int(off) >= len(c.texts) {
		return ""
	}
	return cstring(c.texts[off:])
}

func uuidAt(table []byte, i uint16) (u UUID) {
	if at := int(i) * len(u); at+len(u) <= len(table) {
		copy(u[:], table[at:])
	}
	return u
}

// parseSubChunk decodes one sub-chunk entry and returns its size, or 0.
func parseSubChunk(b []byte) (s subChunk, size int) {
	const fixed = 24
	list := func(at int) ([]byte, int) {
		if at < 0 || len(b)-at < 4 {
			return nil, -1
		}
		n := binary.LittleEndian.Uint32(b[at:])
		at += 4
		if uint64(n) > uint64(len(b)-at)/2 {
			return nil, -1
		}
		return b[at : at+int(n)*2], at + int(n)*2
	}
	if len(b) < fixed {
		return s, 0
	}
	s.start, s.end = binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
	s.size, s.compression = binary.LittleEndian.Uint32(b[16:]), binary.LittleEndian.Uint32(b[20:])
	var at int
	s.processes, at = list(fixed)
	s.strings, at = list(at)
	if at < 0 {
		return s, 0
	}
	return s, min(at+pad8(at), len(b))
}

// process returns the process of a key; one that the catalog does not list is
// made, so that nothing is lost for want of it.
func (c *catalog) process(k procKey) *Process {
	if p := c.byKey[k]; p != nil {
		return p
	}
	return &Process{Unique: k.unique, Generation: k.generation}
}
