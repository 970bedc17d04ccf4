package unifiedlog

import (
	"cmp"
	"container/heap"
	"context"
	"iter"
	"runtime"
	"slices"
	"sync"
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
// Chunksets are decoded ahead by other goroutines, which call f.Match and
// f.Predicate. What is damaged is given as an error with a nil entry, and reading
// goes on. If ctx ends, its error is the last.
func (a *Archive) Entries(ctx context.Context, f Filter) iter.Seq2[*Entry, error] {
	return func(yield func(*Entry, error) bool) {
		q := newQuery(&f)
		m := &merger{a: a, d: a.newDecoder(q), ctx: ctx, yield: yield, cut: maxKey, limit: cmp.Or(a.limit, maxPending), views: map[*group]*view{}}
		stop := m.start()
		defer func() {
			stop()
			a.finish(&f, []*decoder{m.d})
		}()
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
	ahead []*flight // units being decoded, in their order
	jobs  chan *flight
	cut   key   // entries after it are not kept now
	errs  int   // errors given
	stats Stats // of decoding an entry for the second time; not used
	views map[*group]*view
}

// maxAhead is how many chunksets are decoded before their turn.
const maxAhead = 6

// A flight is the decoding of a unit by another goroutine.
type flight struct {
	unit  *unit
	view  *view
	cut   key
	done  chan struct{}
	stats Stats
	// Results: nil where there is none.
	pending *pending
	again   *unit // for the entries after the cut
}

// start starts what decodes ahead and returns what ends it.
func (m *merger) start() (stop func()) {
	m.jobs = make(chan *flight, maxAhead+1)
	var wg sync.WaitGroup
	for range max(1, min(maxAhead, runtime.GOMAXPROCS(0)-1)) {
		d := m.a.newDecoder(m.d.q)
		wg.Go(func() {
			for f := range m.jobs {
				if m.ctx.Err() == nil {
					d.fly(f)
				}
				close(f.done)
			}
		})
	}
	return func() {
		close(m.jobs)
		wg.Wait()
	}
}

func (m *merger) run() {
	if !m.list() || !m.report() {
		return
	}
	heap.Init(&m.units)
	for m.ctx.Err() == nil {
		if len(m.open) == 0 {
			m.cut = maxKey
		}
		m.sendAhead()
		due := m.due()
		switch {
		case due != nil && (len(m.open) == 0 || due.start.compare(m.open[0].key()) <= 0):
			if m.land(due); !m.report() {
				return
			}
		case len(m.open) == 0:
			m.a.stringErrors(m.d.stats)
			m.report()
			return
		case !m.give():
			return
		}
	}
	m.yield(nil, m.ctx.Err())
}

// sendAhead has the next units decoded, but not what is after the cut.
func (m *merger) sendAhead() {
	for len(m.ahead) < maxAhead && len(m.units) > 0 && m.units[0].start.compare(m.cut) <= 0 {
		m.ahead = append(m.ahead, m.send(heap.Pop(&m.units).(*unit)))
	}
}

func (m *merger) send(u *unit) *flight {
	f := &flight{unit: u, view: m.view(u.job), cut: m.cut, done: make(chan struct{})}
	m.jobs <- f
	return f
}

// due returns the unit whose time comes first, or nil.
func (m *merger) due() *unit {
	var due *unit
	for _, f := range m.ahead {
		if due == nil || f.unit.start.compare(due.start) < 0 {
			due = f.unit
		}
	}
	if len(m.units) > 0 && (due == nil || m.units[0].start.compare(due.start) < 0) {
		due = m.units[0]
	}
	return due
}

// land takes a decoded unit in.
func (m *merger) land(u *unit) {
	var f *flight
	if i := slices.IndexFunc(m.ahead, func(f *flight) bool { return f.unit == u }); i >= 0 {
		f = m.ahead[i]
		m.ahead = slices.Delete(m.ahead, i, i+1)
	} else {
		f = m.send(heap.Pop(&m.units).(*unit))
	}
	<-f.done
	m.d.stats.add(&f.stats)
	if f.again != nil {
		heap.Push(&m.units, f.again)
	}
	if p := f.pending; p != nil && m.trim(p) {
		m.bytes += p.size
		heap.Push(&m.open, p)
		if m.bytes > m.limit {
			m.spill()
		}
	}
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

// give gives the first of the waiting entries.
func (m *merger) give() bool {
	p := m.open[0]
	r := p.refs[p.next]
	c := &p.chunks[r.chunk]
	m.d.enter(p)
	m.d.again(c, int(r.at), &m.stats)
	if p.next++; p.next == len(p.refs) {
		heap.Pop(&m.open)
		m.bytes -= p.size
	} else {
		heap.Fix(&m.open, 0)
	}
	m.d.slot.give()
	return m.yield(&m.d.slot, nil)
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
	m.cut, m.bytes = keys[(len(keys)-1)/2], 0
	open := m.open[:0]
	for _, p := range m.open {
		if m.trim(p) {
			open = append(open, p)
			m.bytes += p.size
		}
	}
	clear(m.open[len(open):])
	m.open = open
	heap.Init(&m.open)
}

// trim forgets the entries of a chunkset after the cut, for which it is to be
// read again. It reports whether any are left.
func (m *merger) trim(p *pending) bool {
	n := p.next
	for n < len(p.refs) && p.unit.key(p.refs[n].continuous).compare(m.cut) <= 0 {
		n++
	}
	if n < len(p.refs) {
		u := *p.unit
		u.start, u.until = u.key(p.refs[n].continuous), p.until
		if u.after.compare(m.cut) < 0 {
			u.after = m.cut
		}
		heap.Push(&m.units, &u)
		p.until = m.cut
		p.shrink(n)
	}
	return p.next < len(p.refs)
}
