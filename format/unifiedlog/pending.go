package unifiedlog

import (
	"cmp"
	"slices"
)

// A pending is a decoded chunkset whose entries wait. Of it, only the chunks with
// such entries are kept.
type pending struct {
	unit   *unit
	until  key // of its entries, the last that may be here
	view   *view
	sub    *subChunk
	chunks []keptChunk
	refs   []ref // in order
	next   int
	size   int // bytes
}

// A keptChunk is one chunk of a chunkset, without preamble.
type keptChunk struct {
	tag  uint32
	at   int // in the chunkset
	data []byte
}

// A ref names an entry of a pending chunkset.
type ref struct {
	continuous uint64
	chunk      uint32 // in pending.chunks
	at         uint32 // of the tracepoint in its chunk
}

const refSize = 16

func (r ref) compare(o ref) int {
	switch {
	case r.continuous != o.continuous:
		return cmp.Compare(r.continuous, o.continuous)
	case r.chunk != o.chunk:
		return cmp.Compare(r.chunk, o.chunk)
	}
	return cmp.Compare(r.at, o.at)
}

func (p *pending) key() key { return p.unit.key(p.refs[p.next].continuous) }

// fly decodes a chunkset and keeps its entries up to the cut.
func (d *decoder) fly(f *flight) {
	d.stats, d.options.Stats = &f.stats, &f.stats.Message
	u := f.unit
	p := &pending{unit: u, view: f.view, until: u.until}
	if f.cut.compare(p.until) < 0 {
		p.until = f.cut
	}
	p.sub = u.job.group.sub(p.view, u.index)
	d.enter(p)
	h, err := d.a.cache.acquire(u.job.file.Name)
	if err != nil {
		d.stats.damage(u.job.file.Name, -1, err)
		return
	}
	if err := d.load(h, u.job.group.chunks[u.index]); err != nil {
		d.damage(err)
	}
	d.a.cache.release(h)
	d.collect(f, p)
	if u.after != minKey {
		f.stats = Stats{Spilled: 1}
	}
	if len(p.refs) > 0 {
		slices.SortFunc(p.refs, ref.compare)
		p.keep(d.out)
		f.pending = p
	}
}

// enter makes the decoder stand at a chunkset.
func (d *decoder) enter(p *pending) {
	d.file, d.view, d.sub, d.chunkset = p.unit.job.file, p.view, p.sub, p.unit.chunkset
}

// collect notes the entries that are wanted. Where some come after the cut, the
// chunkset is to be read again.
func (d *decoder) collect(f *flight, p *pending) {
	u := p.unit
	again := maxKey
	chunkAt := -1
	d.emit = func(e *Entry) bool {
		k := u.key(e.Continuous)
		switch {
		case k.compare(u.after) <= 0 || k.compare(u.until) > 0:
		case k.compare(f.cut) > 0:
			if k.compare(again) < 0 {
				again = k
			}
		default:
			if d.at != chunkAt {
				chunkAt = d.at
				p.chunks = append(p.chunks, keptChunk{at: chunkAt})
			}
			p.refs = append(p.refs, ref{e.Continuous, uint32(len(p.chunks) - 1), uint32(e.Offset - chunkAt)})
		}
		return true
	}
	d.decode()
	if again != maxKey {
		f.again = &unit{again, f.cut, u.until, u.job, u.index, u.chunkset}
	}
}

// keep copies the chunks that have entries out of the decompressed chunkset.
func (p *pending) keep(out []byte) {
	n := 0
	for i := range p.chunks {
		c := &p.chunks[i]
		pre := parsePreamble(out[c.at-preambleSize:])
		c.tag = pre.tag
		c.data = out[c.at : c.at+int(min(pre.size, uint64(len(out)-c.at)))]
		n += len(c.data)
	}
	buf := make([]byte, 0, n)
	for i := range p.chunks {
		c := &p.chunks[i]
		from := len(buf)
		buf = append(buf, c.data...)
		c.data = buf[from:len(buf):len(buf)]
	}
	p.size = n + len(p.refs)*refSize
}

// shrink keeps the waiting entries before n only.
func (p *pending) shrink(n int) {
	refs := slices.Clone(p.refs[p.next:n])
	renamed := map[uint32]uint32{}
	var chunks []keptChunk
	size := 0
	for i := range refs {
		c, ok := renamed[refs[i].chunk]
		if !ok {
			c = uint32(len(chunks))
			renamed[refs[i].chunk] = c
			k := p.chunks[refs[i].chunk]
			k.data = slices.Clone(k.data)
			chunks = append(chunks, k)
			size += len(k.data)
		}
		refs[i].chunk = c
	}
	p.refs, p.next, p.chunks, p.size = refs, 0, chunks, size+len(refs)*refSize
}
