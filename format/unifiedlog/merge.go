package unifiedlog

import (
	"cmp"
	"container/heap"
	"context"
	"iter"
	"slices"
)

// maxPending is how many bytes of decoded chunksets wait for their turn in
// [Archive.Entries]; what is later than half of them is then read again.
const maxPending = 96 << 20

// maxViews is how many catalogs are kept for chunksets that are still to read.
const maxViews = 64

// Entries gives the entries that f selects in the order of time: of boots, and
// within a boot of Mach continuous time. Entries with the same time are in the
// order of their files, chunksets and bytes.
//
// Chunksets overlap in time. They are decoded when their turn comes, by the time
// that the catalog states for each, and what is later than the next chunkset
// waits in memory, up to 96 MiB; beyond that the later half is forgotten and
// decoded again when its turn comes. An entry outside the time stated for its
// chunkset, which no file showed so far, may come late; Stats.OutsideWindow
// counts them.
//
// What is damaged is given as an error with a nil entry, and reading goes on.
// If ctx ends, its error is the last.
func (a *Archive) Entries(ctx context.Context, f Filter) iter.Seq2[*Entry, error] {
	return func(yield func(*Entry, error) bool) {
		q := newQuery(&f)
		m := &merger{a: a, d: a.newDecoder(q), ctx: ctx, yield: yield, cut: maxKey, limit: cmp.Or(a.limit, maxPending), views: map[*group]*view{}}
		defer func() { a.finish(&f, []*decoder{m.d}) }()
		for _, err := range a.errs {
			if !yield(nil, err) {
				return
			}
		}
		m.run()
	}
}

// A key orders entries: boots by their rank, then continuous time, then the
// place of their chunkset.
type key struct {
	rank       int
	continuous uint64
	place      uint64 // numbers of the file and of the chunkset in it
}

var (
	minKey = key{rank: -1}
	maxKey = key{rank: 1<<62 - 1}
)

func (k key) compare(o key) int {
	switch {
	case k.rank != o.rank:
		return cmp.Compare(k.rank, o.rank)
	case k.continuous != o.continuous:
		return cmp.Compare(k.continuous, o.continuous)
	}
	return cmp.Compare(k.place, o.place)
}

// A unit is a chunkset that is to be decoded when the time of start comes.
type unit struct {
	start    key
	after    key // entries up to here were given before
	until    key // entries after it are given by another unit
	job      job
	index    int // in the group
	chunkset int // in the file
}

// key returns the key of an entry of the unit's chunkset.
func (u *unit) key(continuous uint64) key {
	return key{u.job.file.Boot.Rank, continuous, uint64(u.job.file.number)<<32 | uint64(u.chunkset)}
}

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

// A merger brings entries into the order of time.
type merger struct {
	a     *Archive
	d     *decoder
	ctx   context.Context
	yield func(*Entry, error) bool
	units unitHeap
	open  pendingHeap
	bytes int // of what is open
	limit int
	cut   key // entries after it are not kept now
	errs  int // errors given
	slot  Entry
	stats Stats // of decoding an entry for the second time; not used
	views map[*group]*view
}

func (m *merger) run() {
	if !m.list() || !m.report() {
		return
	}
	heap.Init(&m.units)
	for m.ctx.Err() == nil {
		for len(m.units) > 0 && (len(m.open) == 0 || m.units[0].start.compare(m.open[0].key()) <= 0) {
			if len(m.open) == 0 {
				m.cut = maxKey
			}
			m.decode(heap.Pop(&m.units).(*unit))
			if !m.report() {
				return
			}
		}
		if len(m.open) == 0 {
			return
		}
		if !m.give() {
			return
		}
	}
	m.yield(nil, m.ctx.Err())
}

// report gives the errors that came since the last time.
func (m *merger) report() bool {
	for ; m.errs < len(m.d.stats.Errors); m.errs++ {
		if !m.yield(nil, m.d.stats.Errors[m.errs]) {
			return false
		}
	}
	return true
}

// list finds the chunksets to decode.
func (m *merger) list() bool {
	for _, j := range m.a.jobs(m.d.q) {
		if m.ctx.Err() != nil {
			m.yield(nil, m.ctx.Err())
			return false
		}
		v := m.view(j)
		for i := range j.group.chunks {
			u := &unit{after: minKey, until: maxKey, job: j, index: i, chunkset: j.first + i}
			u.start = u.key(0)
			if sub := j.group.sub(v, i); sub != nil {
				if m.d.q.skip(v, sub, j.file.Boot) {
					m.d.stats.ChunksetsSkipped++
					continue
				}
				u.start.continuous = sub.start
			}
			m.units = append(m.units, u)
		}
	}
	return true
}

// view returns the catalog of a group.
func (m *merger) view(j job) *view {
	if v := m.views[j.group]; v != nil {
		return v
	}
	m.d.file = j.file
	h, err := m.a.cache.acquire(j.file.Name)
	if err != nil {
		m.d.stats.damage(j.file.Name, -1, err)
		return m.d.q.view(&catalog{})
	}
	defer m.a.cache.release(h)
	m.d.readCatalog(h, j.group)
	if len(m.views) >= maxViews {
		clear(m.views)
	}
	m.views[j.group] = m.d.view
	return m.d.view
}

// decode reads a chunkset and keeps its entries up to the cut.
func (m *merger) decode(u *unit) {
	d, before := m.d, *m.d.stats
	p := &pending{unit: u, view: m.view(u.job), until: u.until}
	if m.cut.compare(p.until) < 0 {
		p.until = m.cut
	}
	p.sub = u.job.group.sub(p.view, u.index)
	m.enter(p)
	h, err := m.a.cache.acquire(u.job.file.Name)
	if err != nil {
		d.stats.damage(u.job.file.Name, -1, err)
		return
	}
	if err := d.load(h, u.job.group.chunks[u.index]); err != nil {
		d.damage(err)
	}
	m.a.cache.release(h)
	m.collect(p)
	if u.after != minKey {
		before.Spilled++
		*d.stats = before
	}
	if len(p.refs) == 0 {
		return
	}
	slices.SortFunc(p.refs, ref.compare)
	p.keep(d.out)
	m.bytes += p.size
	heap.Push(&m.open, p)
	if m.bytes > m.limit {
		m.spill()
	}
}

// enter makes the decoder stand at a chunkset.
func (m *merger) enter(p *pending) {
	d := m.d
	d.file, d.view, d.sub, d.chunkset = p.unit.job.file, p.view, p.sub, p.unit.chunkset
}

// collect notes the entries that are wanted. Where some come after the cut, the
// chunkset is to be read again.
func (m *merger) collect(p *pending) {
	u, d := p.unit, m.d
	again := maxKey
	chunkAt := -1
	d.next = func() *Entry { return &m.slot }
	d.emit = func(e *Entry) bool {
		k := u.key(e.Continuous)
		switch {
		case k.compare(u.after) <= 0 || k.compare(u.until) > 0:
		case k.compare(m.cut) > 0:
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
		heap.Push(&m.units, &unit{again, m.cut, u.until, u.job, u.index, u.chunkset})
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

// give gives the first of the waiting entries.
func (m *merger) give() bool {
	p := m.open[0]
	r := p.refs[p.next]
	c := &p.chunks[r.chunk]
	m.enter(p)
	m.d.again(c, int(r.at), &m.stats)
	if p.next++; p.next == len(p.refs) {
		heap.Pop(&m.open)
		m.bytes -= p.size
	} else {
		heap.Fix(&m.open, 0)
	}
	return m.yield(&m.slot, nil)
}

// again decodes an entry that was wanted before.
func (d *decoder) again(c *keptChunk, at int, scratch *Stats) {
	stats := d.stats
	d.stats, d.replay, d.local = scratch, true, nil
	switch c.tag {
	case tagStatedump:
		d.statedump(c.data, c.at)
	case tagSimpledump:
		d.simpledump(c.data, c.at)
	default:
		p, _ := parsePage(c.data)
		var t tracepoint
		t.next(p.public[at-p.publicAt:])
		e := d.next()
		d.fill(e, &p, d.process(p.proc), &t)
		e.Offset = c.at + at
	}
	d.stats, d.replay = stats, false
}

// spill forgets the later half of the waiting entries; their chunksets are to
// be read again.
func (m *merger) spill() {
	var keys []key
	for _, p := range m.open {
		step := max(1, (len(p.refs)-p.next)/64)
		for i := p.next; i < len(p.refs); i += step {
			keys = append(keys, p.unit.key(p.refs[i].continuous))
		}
	}
	slices.SortFunc(keys, key.compare)
	cut := keys[(len(keys)-1)/2]
	m.cut, m.bytes = cut, 0
	open := m.open[:0]
	for _, p := range m.open {
		n := p.next
		for n < len(p.refs) && p.unit.key(p.refs[n].continuous).compare(cut) <= 0 {
			n++
		}
		if n < len(p.refs) {
			u := *p.unit
			u.start, u.after, u.until = u.key(p.refs[n].continuous), cut, p.until
			heap.Push(&m.units, &u)
			p.until = cut
			p.shrink(n)
		}
		if p.next < len(p.refs) {
			open = append(open, p)
			m.bytes += p.size
		}
	}
	clear(m.open[len(open):])
	m.open = open
	heap.Init(&m.open)
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
