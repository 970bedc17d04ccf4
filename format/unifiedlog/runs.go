package unifiedlog

import (
	"cmp"
	"context"
	"encoding/binary"
	"slices"
)

// A Run is one program that ran as one process of one boot, from what catalogs say
// of it. A process that becomes another program, as xpcproxy does, is another run.
type Run struct {
	Process *Process
	Boot    *Boot
	// First and Last are continuous times: those that the catalogs state for the
	// chunksets in which the process has entries. Its own entries lie between them.
	First, Last uint64
	Chunksets   int   // in which it has entries
	File        *File // where it is listed first, by name
	Offset      int64 // of the data of that catalog in the file, in bytes
}

// maxRuns is how many processes [Archive.Runs] tells apart.
const maxRuns = 1 << 20

type runKey struct {
	boot *Boot
	procKey
	pid  uint32
	uuid UUID
}

// Runs returns the processes that logged, in the order of boots and of their
// first time. No chunkset is decompressed. What is damaged is given as errors,
// each a [*DamageError], of which the first are kept; if ctx ends, its error is the
// last.
func (a *Archive) Runs(ctx context.Context) ([]Run, []error) {
	d := a.newDecoder(newQuery(&Filter{}))
	found := map[runKey]int{}
	var runs []Run
	for _, j := range a.jobs(d.q) {
		if ctx.Err() != nil {
			break
		}
		h, err := a.cache.acquire(j.file.Name)
		if err != nil {
			d.stats.damage(j.file.Name, -1, err)
			continue
		}
		d.file = j.file
		d.readCatalog(h, j.group)
		a.cache.release(h)
		runs = d.runs(j, found, runs)
	}
	slices.SortStableFunc(runs, func(x, y Run) int {
		return cmp.Or(cmp.Compare(x.Boot.Rank, y.Boot.Rank), cmp.Compare(x.First, y.First),
			cmp.Compare(x.Process.PID, y.Process.PID), cmp.Compare(x.Process.Unique, y.Process.Unique))
	})
	errs := d.stats.Errors
	if ctx.Err() != nil {
		errs = append(errs, ctx.Err())
	}
	return runs, errs
}

// runs adds the processes of a catalog.
func (d *decoder) runs(j job, found map[runKey]int, runs []Run) []Run {
	byIndex := map[uint16]*Process{}
	for _, p := range d.view.procs {
		byIndex[p.index] = p
	}
	for i := range j.group.chunks {
		s := j.group.sub(d.view, i)
		if s == nil {
			continue
		}
		for list := s.processes; len(list) >= 2; list = list[2:] {
			p := byIndex[binary.LittleEndian.Uint16(list)]
			if p == nil {
				continue
			}
			k := runKey{j.file.Boot, procKey{p.Unique, p.Generation}, p.PID, p.UUID}
			n, ok := found[k]
			if !ok {
				if len(runs) >= maxRuns {
					continue
				}
				n = len(runs)
				found[k] = n
				runs = append(runs, Run{Process: p, Boot: j.file.Boot, First: s.start, Last: s.end, File: j.file, Offset: j.group.catalog.at})
			}
			r := &runs[n]
			r.First, r.Last, r.Chunksets = min(r.First, s.start), max(r.Last, s.end), r.Chunksets+1
		}
	}
	return runs
}
