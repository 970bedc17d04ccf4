package unifiedlog

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// A group is a catalog and the chunksets that follow it.
type group struct {
	catalog chunkRef // size 0 if there is none
	chunks  []chunkRef
	shifted bool // a chunkset may be missing, so that the catalog's list does not tell which is which
}

// A chunkRef is the place of a chunk's data in its file.
type chunkRef struct {
	at   int64
	size uint32
}

// Limits of the survey, far above real stores.
const (
	maxChunks  = 1 << 22 // catalogs and chunksets of an archive
	maxResyncs = 1 << 12 // times that the next chunk is looked for in a file
)

// maxHeader is the size in bytes of the largest header that is read.
const maxHeader = 64 << 10

// survey reads the header of a file and notes where its chunks are, without
// decompressing them. After bytes that are no chunk it looks for the next one.
func (a *Archive) survey(f *File) {
	h, err := a.cache.acquire(f.Name)
	if err != nil {
		a.damage(f.Name, -1, err)
		return
	}
	defer a.cache.release(h)
	f.Size = h.size
	var b [preambleSize]byte
	resyncs := 0
	for off := int64(0); off+preambleSize <= f.Size; {
		if err := readFull(h, b[:], off); err != nil {
			a.damage(f.Name, off, err)
			return
		}
		p := parsePreamble(b[:])
		rest := uint64(f.Size - off - preambleSize)
		known := p.tag == tagHeader || p.tag == tagCatalog || p.tag == tagChunkset
		if !known && off == 0 && binary.BigEndian.Uint32(b[:]) == appleDouble {
			return
		}
		if p.size > rest || !known && p.sub != subTag {
			a.damage(f.Name, off, fmt.Errorf("no chunk: tag %#x, size %d", p.tag, p.size))
			if p.tag == tagChunkset {
				f.addChunkset(chunkRef{off + preambleSize, uint32(min(rest, maxStored))})
			}
			if n := len(f.groups); n > 0 {
				f.groups[n-1].shifted = true
			}
			if resyncs++; resyncs > maxResyncs {
				a.damage(f.Name, off, fmt.Errorf("no chunk in %d places, the rest is not read", resyncs))
				return
			}
			if off = nextChunk(h, off+8, f.Size); off < 0 {
				return
			}
			continue
		}
		if a.chunks++; a.chunks > maxChunks {
			a.damage(f.Name, off, fmt.Errorf("more than %d chunks, the rest is not read", maxChunks))
			return
		}
		a.surveyChunk(f, h, p, off)
		off += preambleSize + int64(p.size)
		off += int64(pad8(int(p.size & 7)))
	}
}

// appleDouble is the magic number of a file that carries extended attributes.
const appleDouble = 0x00051607

// subTag follows the tag of all outer chunks.
const subTag = 0x11

func (a *Archive) surveyChunk(f *File, h *handle, p preamble, off int64) {
	ref := chunkRef{off + preambleSize, uint32(min(p.size, 1<<32-1))}
	switch p.tag {
	case tagHeader:
		data := make([]byte, min(p.size, maxHeader))
		err := readFull(h, data, ref.at)
		if err == nil && f.Header == nil {
			f.Header, err = ParseHeader(data)
		}
		if err != nil {
			a.damage(f.Name, off, err)
		}
	case tagCatalog:
		f.groups = append(f.groups, group{catalog: ref})
	case tagChunkset:
		f.addChunkset(ref)
	default:
		a.damage(f.Name, off, fmt.Errorf("unknown chunk: tag %#x, %d bytes", p.tag, p.size))
	}
}

func (f *File) addChunkset(ref chunkRef) {
	if len(f.groups) == 0 {
		f.groups = append(f.groups, group{})
	}
	g := &f.groups[len(f.groups)-1]
	g.chunks = append(g.chunks, ref)
}

// nextChunk returns where the next preamble of a catalog or a chunkset is, at or
// after off, or -1.
func nextChunk(h *handle, off, size int64) int64 {
	const most = 1 << 20
	var buf []byte
	step := int64(4 << 10)
	for off = (off + 7) &^ 7; off+preambleSize <= size; off += step {
		if len(buf) > 0 {
			step = min(2*step, most)
		}
		n := int(min(step+preambleSize, size-off))
		buf = slices.Grow(buf[:0], n)[:n]
		if n, err := h.ReadAt(buf, off); n < len(buf) && err != nil {
			buf = buf[:n]
		}
		for i := 0; i+preambleSize <= len(buf); i += 8 {
			p := parsePreamble(buf[i:])
			if (p.tag == tagCatalog || p.tag == tagChunkset) && p.sub == subTag &&
				p.size > 0 && p.size <= uint64(size-off-int64(i)-preambleSize) {
				return off + int64(i)
			}
		}
	}
	return -1
}

// chunkset returns the place of chunkset n of the file, or a zero one.
func (f *File) chunkset(n int) chunkRef {
	for i := range f.groups {
		g := &f.groups[i]
		if n < len(g.chunks) {
			return g.chunks[n]
		}
		n -= len(g.chunks)
	}
	return chunkRef{at: -1}
}

func bySync(x, y Sync) int {
	switch {
	case x.Continuous < y.Continuous:
		return -1
	case x.Continuous > y.Continuous:
		return 1
	}
	return 0
}

// sortSyncs orders the sync records of a boot by continuous time.
func sortSyncs(s []Sync) { slices.SortStableFunc(s, bySync) }
