package unifiedlog

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// batchSize is how many entries [Archive.Scan] gives at a time at most.
const batchSize = 512

// Scan gives the entries that f selects to fn, in batches and in no order
// between batches: workers (the number of processors if 0) each decode other
// parts of the store. Entries of one batch come from one chunkset and are in the
// order in which they stand there. fn is called by several goroutines, each with
// its number from 0; a batch is valid until fn returns.
//
// What is damaged costs itself only and is in f.Stats. The error is that of ctx.
func (a *Archive) Scan(ctx context.Context, f Filter, workers int, fn func(worker int, batch []Entry)) error {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	q := newQuery(&f)
	jobs := a.jobs(q)
	var next atomic.Int64
	var wg sync.WaitGroup
	decoders := make([]*decoder, workers)
	for w := range workers {
		d := a.newDecoder(q)
		decoders[w] = d
		d.batch = make([]Entry, 0, batchSize)
		flush := func() {
			if len(d.batch) > 0 {
				fn(w, d.batch)
				d.batch = d.batch[:0]
			}
		}
		d.next = func() *Entry { return &d.batch[:len(d.batch)+1][len(d.batch)] }
		d.emit = func(e *Entry) bool {
			e.give()
			if d.batch = d.batch[:len(d.batch)+1]; len(d.batch) == batchSize {
				flush()
			}
			return true
		}
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(jobs) {
					return
				}
				d.group(ctx, jobs[i], flush)
			}
		})
	}
	wg.Wait()
	a.finish(&f, decoders)
	return ctx.Err()
}

// finish adds up the counts of decoders.
func (a *Archive) finish(f *Filter, decoders []*decoder) {
	if f.Stats == nil {
		return
	}
	*f.Stats = Stats{Files: uint64(len(a.files)), Damaged: uint64(len(a.errs)), Errors: slices.Clone(a.errs)}
	for _, d := range decoders {
		f.Stats.add(d.stats)
	}
	a.stringErrors(f.Stats)
}

// stringErrors counts the files of strings that could not be read since the last
// time.
func (a *Archive) stringErrors(s *Stats) {
	for _, err := range a.strings.takeErrors() {
		s.Damaged++
		if len(s.Errors) < maxErrors {
			s.Errors = append(s.Errors, err)
		}
	}
}

// A job is a group of a file.
type job struct {
	file  *File
	group *group
	first int // number of its first chunkset in the file
}

// jobs lists the groups of the boots that are wanted.
func (a *Archive) jobs(q *query) []job {
	var jobs []job
	for _, f := range a.files {
		if !q.boot(f.Boot) {
			continue
		}
		first := 0
		for i := range f.groups {
			g := &f.groups[i]
			if len(g.chunks) > 0 {
				jobs = append(jobs, job{f, g, first})
			}
			first += len(g.chunks)
		}
	}
	return jobs
}

// group decodes the chunksets of one catalog; done is called after each.
func (d *decoder) group(ctx context.Context, j job, done func()) {
	h, err := d.a.cache.acquire(j.file.Name)
	if err != nil {
		d.stats.damage(j.file.Name, -1, err)
		return
	}
	defer d.a.cache.release(h)
	d.file = j.file
	d.readCatalog(h, j.group)
	for i := range j.group.chunks {
		if ctx.Err() != nil {
			return
		}
		d.sub = j.group.sub(d.view, i)
		d.chunkset = j.first + i
		if d.sub != nil && d.q.skip(d.view, d.sub, j.file.Boot) {
			d.stats.ChunksetsSkipped++
			continue
		}
		if err := d.load(h, j.group.chunks[i]); err != nil {
			d.damage(err)
		}
		d.decode()
		done()
	}
}

// sub returns what the catalog says of chunkset i, or nil.
func (g *group) sub(v *view, i int) *subChunk {
	if g.shifted || i >= len(v.subChunks) {
		return nil
	}
	return &v.subChunks[i]
}

// readCatalog makes the view of a group. One that cannot be read is empty.
func (d *decoder) readCatalog(h *handle, g *group) {
	c := &catalog{}
	if g.catalog.size > 0 {
		d.stats.Catalogs++
		data := make([]byte, min(g.catalog.size, maxCatalog))
		err := readFull(h, data, g.catalog.at)
		if err == nil {
			c, err = parseCatalog(data, d.a.strings)
		}
		if err != nil {
			d.stats.damage(d.file.Name, g.catalog.at, err)
		}
	}
	d.view = d.q.view(c)
}
