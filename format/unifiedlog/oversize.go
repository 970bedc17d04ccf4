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
// often serve entries of another. It is made when an entry asks for one that its
// own chunkset does not have: for the first few processes, from the chunksets
// that list them, then from all.
type oversizeIndex struct {
	index sync.Mutex // of refs, procs and full
	refs  map[oversizeKey][]oversizeRef
	procs map[oversizeKey]bool // processes that are indexed; their keys have no number
	full  bool

	mu    sync.Mutex // of last and bytes
	last  []*loaded  // chunksets used last, the newest at the end
	bytes int        // of last
}

// maxPartial is how many processes are indexed each on its own.
const maxPartial = 4

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
	r, ok := nearest(d.a.oversizeRefs(k), e.Continuous)
	if !ok {
		e.told.noArguments = true
		e.lacksArguments()
		return nil, nil
	}
	out := d.a.loadOversize(r)
	if uint64(r.at)+uint64(r.size) > uint64(len(out)) {
		e.told.noArguments = true
		e.lacksArguments()
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

// oversizeRefs returns the oversize chunks with a key.
func (a *Archive) oversizeRefs(k oversizeKey) []oversizeRef {
	x := &a.oversize
	x.index.Lock()
	defer x.index.Unlock()
	proc := k
	proc.ref = 0
	switch {
	case x.full || x.procs[proc]:
	case len(x.procs) < maxPartial:
		if x.procs == nil {
			x.procs, x.refs = map[oversizeKey]bool{}, map[oversizeKey][]oversizeRef{}
		}
		x.procs[proc] = true
		a.indexOversize(&proc)
	}
	if len(x.refs[k]) == 0 && !x.full { // perhaps in a chunkset that does not list the process
		x.full, x.refs = true, map[oversizeKey][]oversizeRef{}
		a.indexOversize(nil)
	}
	return x.refs[k]
}

// indexOversize goes through the chunksets, or those that list a process.
func (a *Archive) indexOversize(only *oversizeKey) {
	d := a.newDecoder(newQuery(&Filter{}))
	for _, j := range a.jobs(d.q) {
		if only != nil && only.boot != j.file.Boot {
			continue
		}
		h, err := a.cache.acquire(j.file.Name)
		if err != nil {
			continue
		}
		d.file = j.file
		var p *Process
		if only != nil {
			d.readCatalog(h, j.group)
			p = d.view.process(procKey{only.unique, only.generation})
		}
		for i, ref := range j.group.chunks {
			if only != nil {
				if s := j.group.sub(d.view, i); s != nil && !(p.Known && listed(s.processes, p.index)) {
					continue
				}
			}
			if d.load(h, ref) == nil || len(d.out) > 0 {
				a.addOversize(d, j.first+i, only)
			}
		}
		a.cache.release(h)
	}
}

// addOversize adds the oversize chunks of a decompressed chunkset to the index.
func (a *Archive) addOversize(d *decoder, chunkset int, only *oversizeKey) {
	refs := a.oversize.refs
	_ = chunks(d.out, func(tag uint32, data []byte, at int) bool {
		if tag != tagOversize || len(refs) >= maxOversize {
			return true
		}
		k, r, ok := parseOversizeHead(d.file, data)
		if !ok || len(refs[k]) >= maxSameKey ||
			only != nil && (k.unique != only.unique || k.generation != only.generation) {
			return true
		}
		r.chunkset, r.at = int32(chunkset), uint32(at)
		refs[k] = append(refs[k], r)
		return true
	})
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
