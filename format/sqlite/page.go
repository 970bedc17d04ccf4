package sqlite

import (
	"errors"
	"fmt"
	"io"
	"maps"
)

// The size of the page cache. Reads of the file are whole chunks at multiples of
// their size, which suits a reader that decrypts.
const (
	chunkSize = 64 << 10
	maxChunks = 64
)

// A FileKind names one of the files of a database.
type FileKind uint8

// The files that hold pages.
const (
	MainFile    FileKind = iota // the database itself
	WALFile                     // its write-ahead log, the file with "-wal"
	JournalFile                 // its rollback journal, the file with "-journal"
)

// String returns the usual ending of the file's name.
func (k FileKind) String() string {
	switch k {
	case WALFile:
		return "wal"
	case JournalFile:
		return "journal"
	}
	return "db"
}

// place is where the bytes of a page lie.
type place struct {
	off  int64
	file FileKind
}

// pager reads pages of the files through one cache. Buffers are not reused but
// while scanning, so a slice of a page stays valid for as long as somebody holds
// it.
type pager struct {
	files    [3]io.ReaderAt
	sizes    [3]int64
	pageSize int
	usable   int // bytes of a page that hold data
	slots    [maxChunks]chunk
	last     *chunk
	clock    uint64
	scanning bool // nobody holds on to what is read
}

// chunk is a piece of a file in the cache.
type chunk struct {
	place
	b    []byte
	used uint64 // the clock when it was last asked for
	free bool   // loaded while scanning: nobody holds on to b
}

// scan calls f, which must not hold on to pages that it reads, nor to parts of
// them: their memory is used again.
func (p *pager) scan(f func()) {
	was := p.scanning
	p.scanning = true
	f()
	p.scanning = was
	for i := range p.slots {
		p.slots[i].free = p.slots[i].free && was
	}
}

// errEnd says that a page lies outside of its file.
var errEnd = errors.New("beyond the end of the file")

// at returns the page whose bytes begin at a place. A page that the file cuts
// short is filled up with zeros, as SQLite does.
func (p *pager) at(at place) ([]byte, error) {
	if at.off < 0 || at.off >= p.sizes[at.file] {
		return nil, errEnd
	}
	start := at.off &^ (chunkSize - 1)
	in := int(at.off - start)
	if c := p.last; c != nil && c.file == at.file && c.off == start && in+p.pageSize <= len(c.b) {
		return c.b[in : in+p.pageSize : in+p.pageSize], nil
	}
	if in+p.pageSize > chunkSize {
		return p.straddling(at)
	}
	c, err := p.chunk(place{start, at.file})
	if err != nil || in+p.pageSize > len(c.b) {
		return p.straddling(at) // the damage may lie elsewhere in the chunk
	}
	return c.b[in : in+p.pageSize : in+p.pageSize], nil
}

// chunk returns the chunk of a file that starts at a place.
func (p *pager) chunk(at place) (*chunk, error) {
	p.clock++
	oldest := &p.slots[0]
	for i := range p.slots {
		c := &p.slots[i]
		if c.b != nil && c.place == at {
			c.used, p.last = p.clock, c
			return c, nil
		}
		if c.used < oldest.used {
			oldest = c
		}
	}
	var b []byte
	if size := min(chunkSize, p.sizes[at.file]-at.off); p.scanning && oldest.free {
		b = oldest.b[:cap(oldest.b)]
		*oldest = chunk{}
		if int64(len(b)) >= size {
			b = b[:size]
		} else {
			b = make([]byte, size)
		}
	} else {
		b = make([]byte, size)
	}
	if _, err := readFull(p.files[at.file], b, at.off); err != nil {
		return nil, err
	}
	*oldest = chunk{place: at, b: b, used: p.clock, free: p.scanning}
	p.last = oldest
	return oldest, nil
}

// straddling reads a page that does not lie within one chunk.
func (p *pager) straddling(at place) ([]byte, error) {
	b := make([]byte, p.pageSize)
	have := min(int64(len(b)), p.sizes[at.file]-at.off)
	for n := int64(0); n < have; {
		start := (at.off + n) &^ (chunkSize - 1)
		c, err := p.chunk(place{start, at.file})
		if err != nil {
			_, err = readFull(p.files[at.file], b[:have], at.off)
			return b, err
		}
		m := copy(b[n:have], c.b[at.off+n-start:])
		if m == 0 {
			return nil, errEnd
		}
		n += int64(m)
	}
	return b, nil
}

// readFull fills b from offset off. It goes on after a short read.
func readFull(r io.ReaderAt, b []byte, off int64) (n int, err error) {
	for n < len(b) {
		m, err := r.ReadAt(b[n:], off+int64(n))
		if m > 0 {
			n += m
			continue
		}
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return n, err
	}
	return n, nil
}

// view says which version of each page counts: those of the main file, overlaid
// by pages that lie elsewhere.
type view struct {
	*pager
	over  map[uint32]place
	pages uint32 // size of the database in pages
	// past is set in a view of an earlier time: the log counts up to frame limit.
	past  *history
	limit int
}

// where returns the place of page n.
func (v *view) where(n uint32) place {
	if len(v.over) > 0 {
		if at, ok := v.over[n]; ok {
			return at
		}
	}
	if v.past != nil {
		if at, ok := v.past.find(n, v.limit); ok {
			return at
		}
	}
	return place{int64(n-1) * int64(v.pageSize), MainFile}
}

// exists reports whether page n can lie in a file.
func (v *view) exists(n uint32) bool {
	if n == 0 || n > v.pages {
		return false
	}
	at := v.where(n)
	return at.off < v.sizes[at.file]
}

// page reads page n.
func (v *view) page(n uint32) ([]byte, place, error) {
	if n == 0 || n > v.pages {
		return nil, place{}, fmt.Errorf("%w: no page %d in a database of %d", ErrFormat, n, v.pages)
	}
	at := v.where(n)
	b, err := v.pager.at(at)
	if err != nil {
		return nil, at, fmt.Errorf("read page %d: %w", n, err)
	}
	return b, at, nil
}

// with returns a view with more pages laid over it.
func (v *view) with(over map[uint32]place, pages uint32) *view {
	all := make(map[uint32]place, len(v.over)+len(over))
	maps.Copy(all, v.over)
	maps.Copy(all, over)
	return &view{pager: v.pager, over: all, pages: pages}
}

// pageSet is a set of page numbers that grows only with the pages put in.
type pageSet struct {
	blocks map[uint32]*[512]uint64
	last   *[512]uint64
	lastN  uint32
}

// add puts a page in and reports whether it was absent.
func (s *pageSet) add(n uint32) bool {
	b := s.block(n >> 15)
	word, bit := &b[n>>6&511], uint64(1)<<(n&63)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	return true
}

func (s *pageSet) block(i uint32) *[512]uint64 {
	if s.last != nil && s.lastN == i {
		return s.last
	}
	b := s.blocks[i]
	if b == nil {
		if s.blocks == nil {
			s.blocks = map[uint32]*[512]uint64{}
		}
		b = new([512]uint64)
		s.blocks[i] = b
	}
	s.last, s.lastN = b, i
	return b
}
