package unifiedlog

import (
	"encoding/binary"
	"slices"
	"sync"
)

// maxOversize is how many oversize chunks are indexed; an archive of 20 million
// entries has some ten thousands.
const maxOversize = 1 << 20

// maxSameKey is how many oversize chunks of one number, process and boot are
// kept; the numbers of a process start again after four billion.
const maxSameKey = 64

const oversizeHead = 32 // bytes before the items of an oversize chunk

// An oversizeKey names the arguments that a tracepoint keeps in a chunk apart.
// The number is the process's own, so the boot is part of the key.
type oversizeKey struct {
	boot       *Boot
	unique     uint64
	generation uint32
	ref        uint32
}

// An oversizeRef is the place of an oversize chunk.
type oversizeRef struct {
	continuous uint64
	file       int32
	chunkset   int32
	at, size   uint32 // of its data in the decompressed chunkset
}

// An oversizeIndex knows the oversize chunks of all files: those of one file
// often serve entries of another. It is made when an entry first asks for one
// that its own chunkset does not have.
type oversizeIndex struct {
	once sync.Once
	refs map[oversizeKey][]oversizeRef

	mu    sync.Mutex
	last  []*loaded // chunksets used last, the newest at the end
	bytes int       // of last
}

// A loaded is a chunkset that was decompressed for its oversize chunks.
type loaded struct {
	file, chunkset int32
	out            []byte
}

// maxLoaded is how many bytes of chunksets are kept for their oversize chunks.
const maxLoaded = 16 << 20

// findOversize notes the oversize chunks of the current chunkset.
func (d *decoder) findOversize() {
	_ = chunks(d.out, func(tag uint32, data []byte, at int) bool {
		if tag == tagOversize {
			k, r, ok := parseOversizeHead(d.file, data)
			if ok {
				if d.local == nil {
					d.local = map[oversizeKey][]oversizeRef{}
				}
				r.chunkset, r.at = int32(d.chunkset), uint32(at)
				if len(d.local[k]) < maxSameKey {
					d.local[k] = append(d.local[k], r)
				}
			}
		}
		return true
	})
}

func parseOversizeHead(f *File, b []byte) (k oversizeKey, r oversizeRef, ok bool) {
	if len(b) < oversizeHead {
		return k, r, false
	}
	u32 := binary.LittleEndian.Uint32
	k = oversizeKey{f.Boot, binary.LittleEndian.Uint64(b), u32(b[8:]), u32(b[24:])}
	r = oversizeRef{continuous: binary.LittleEndian.Uint64(b[16:]), file: int32(f.number), size: uint32(len(b))}
	return k, r, true
}

// parseOversize splits the data of an oversize chunk.
func parseOversize(b []byte) (public, private []byte) {
	if len(b) < oversizeHead {
		return nil, nil
	}
	n := int(binary.LittleEndian.Uint16(b[28:]))
	m := int(binary.LittleEndian.Uint16(b[30:]))
	b = b[oversizeHead:]
	n = min(n, len(b))
	return b[:n], b[n:min(n+m, len(b))]
}

// oversize returns the arguments of an entry that keeps them apart: those of
// the chunk with its number, of its process and boot, whose time is nearest.
func (d *decoder) oversize(e *Entry) (b, private []byte) {
	k := oversizeKey{e.Boot, e.Process.Unique, e.Process.Generation, e.body.oversize}
	if r, ok := nearest(d.local[k], e.Continuous); ok && e.Chunkset == d.chunkset && e.File == d.file {
		return parseOversize(d.out[r.at : r.at+r.size])
	}
	x := &d.a.oversize
	x.once.Do(func() { d.a.indexOversize() })
	r, ok := nearest(x.refs[k], e.Continuous)
	if !ok {
		d.stats.MissingOversize++
		return nil, nil
	}
	out := d.a.loadOversize(r)
	if uint64(r.at)+uint64(r.size) > uint64(len(out)) {
		d.stats.MissingOversize++
		return nil, nil
	}
	return parseOversize(out[r.at : r.at+r.size])
}

func nearest(refs []oversizeRef, continuous uint64) (best oversizeRef, ok bool) {
	var least uint64
	for _, r := range refs {
		away := max(r.continuous, continuous) - min(r.continuous, continuous)
		if !ok || away < least {
			best, least, ok = r, away, true
		}
	}
	return best, ok
}

// indexOversize goes through all chunksets once.
func (a *Archive) indexOversize() {
	refs := map[oversizeKey][]oversizeRef{}
	n := 0
	d := a.newDecoder(newQuery(&Filter{}))
	for _, f := range a.files {
		d.file = f
		a.eachChunkset(f, func(h *handle, i int, ref chunkRef) {
			if d.load(h, ref) != nil && len(d.out) == 0 {
				return
			}
			_ = chunks(d.out, func(tag uint32, data []byte, at int) bool {
				if tag != tagOversize || n >= maxOversize {
					return true
				}
				if k, r, ok := parseOversizeHead(f, data); ok && len(refs[k]) < maxSameKey {
					r.chunkset, r.at = int32(i), uint32(at)
					refs[k] = append(refs[k], r)
					n++
				}
				return true
			})
		})
	}
	a.oversize.refs = refs
}

// eachChunkset calls fn with each chunkset of a file.
func (a *Archive) eachChunkset(f *File, fn func(h *handle, i int, ref chunkRef)) {
	h, err := a.cache.acquire(f.Name)
	if err != nil {
		return
	}
	defer a.cache.release(h)
	n := 0
	for i := range f.groups {
		for _, ref := range f.groups[i].chunks {
			fn(h, n, ref)
			n++
		}
	}
}

// loadOversize returns the decompressed chunkset of an oversize chunk.
func (a *Archive) loadOversize(r oversizeRef) []byte {
	x := &a.oversize
	x.mu.Lock()
	defer x.mu.Unlock()
	i := slices.IndexFunc(x.last, func(l *loaded) bool { return l.file == r.file && l.chunkset == r.chunkset })
	if i >= 0 {
		l := x.last[i]
		x.last = append(slices.Delete(x.last, i, i+1), l)
		return l.out
	}
	f := a.files[r.file]
	h, err := a.cache.acquire(f.Name)
	if err != nil {
		return nil
	}
	defer a.cache.release(h)
	d := a.newDecoder(newQuery(&Filter{}))
	if d.load(h, f.chunkset(int(r.chunkset))) != nil && len(d.out) == 0 {
		return nil
	}
	x.last = append(x.last, &loaded{r.file, r.chunkset, d.out})
	for x.bytes += len(d.out); x.bytes > maxLoaded && len(x.last) > 1; {
		x.bytes -= len(x.last[0].out)
		x.last = slices.Delete(x.last, 0, 1)
	}
	return d.out
}
