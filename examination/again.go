package examination

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/vigie-project/vigie/casefile"
	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/engine"
)

// Again matches the records of a concluded case with other indicators and
// rules, without the evidence. What was read, and how far, stays as it was.
func Again(ctx context.Context, opt Options) (*Result, error) {
	start := opt.now()
	c, err := casefile.Open(opt.Dir)
	if err != nil {
		return nil, err
	}
	res := &Result{Case: c}
	if err := c.Matchable(); err != nil {
		return res, fmt.Errorf("match again: %w", err)
	}
	if err := begin(c, opt, "detect"); err != nil {
		return res, err
	}
	r := &run{opt: opt, c: c, res: res}
	if err := r.again(ctx); err != nil {
		return res, errors.Join(fmt.Errorf("match again: %w", err), r.stopped(err))
	}
	res.Elapsed = opt.now().Sub(start)
	return res, nil
}

func (r *run) again(ctx context.Context) error {
	d, err := r.c.Description()
	if err != nil {
		return err
	}
	r.ids = d.Sources
	sources, err := r.c.Sources()
	if err != nil {
		return err
	}
	r.inform(sources)
	d.Tool, d.Detection, d.Indicators, d.Rules = r.opt.Act.Tool, r.opt.Fingerprint, r.opt.Feeds, r.opt.Rules
	if err := r.c.Describe(d); err != nil { // first: a run that is killed must not be taken for the one before
		return err
	}
	if r.ledger, err = r.c.Ledger(); err != nil {
		return err
	}
	var files []string
	for _, id := range r.ids {
		list, err := r.c.JobFiles(id)
		if err != nil {
			return err
		}
		files = append(files, list...)
	}
	counts, err := r.examine(ctx, files)
	if err != nil {
		return err
	}
	kept := r.ledger[:0]
	for _, l := range r.ledger {
		if l.Source == "" {
			continue // of the detection before
		}
		l.Findings = counts[[2]string{l.Source, l.Artifact}]
		r.res.Records += int64(l.Records)
		kept = append(kept, l)
	}
	r.ledger = kept
	return r.conclude("detect")
}

// examine passes the records of files to the detectors, one file for each
// processor at a time, and returns the findings by source and artifact.
func (r *run) examine(ctx context.Context, files []string) (map[[2]string]int, error) {
	e := &engine.Engine{Detectors: r.opt.Detectors, Correlators: r.opt.Correlators}
	types := Types(r.opt.Parsers)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		mu     sync.Mutex
		wg     sync.WaitGroup
		counts = map[[2]string]int{}
		next   = make(chan string)
	)
	workers := r.opt.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	for range workers {
		wg.Go(func() {
			for name := range next {
				source := filepath.Base(filepath.Dir(name))
				n, err := r.c.DetectAgain(ctx, source, name, types, e)
				if err != nil {
					cancel(err)
				}
				mu.Lock()
				counts[[2]string{source, casefile.ArtifactOf(name)}] += n
				mu.Unlock()
			}
		})
	}
feed:
	for i, name := range files {
		r.progress(Progress{Phase: Reading, Current: casefile.ArtifactOf(name), Done: int64(i), Total: int64(len(files))})
		select {
		case next <- name:
		case <-ctx.Done():
			break feed
		}
	}
	close(next)
	wg.Wait()
	return counts, context.Cause(ctx)
}

// inform tells the detectors which acquisitions the records are of.
func (r *run) inform(sources []casefile.Source) {
	var list []detect.Source
	for _, s := range sources {
		acquired, err := time.Parse(time.RFC3339, s.Device.Acquired)
		if err != nil {
			acquired, _ = s.Device.Capture() // zero if it is not known
		}
		list = append(list, detect.Source{ID: s.ID, Parent: s.Parent, Acquired: acquired, Zone: s.Device.Zone})
	}
	known := detect.NewSources(list)
	r.opt.Detectors = informed(r.opt.Detectors, known)
	r.opt.Correlators = informed(r.opt.Correlators, known)
}

// informed returns a list with those that want it told of the acquisitions.
func informed[T any](list []T, known *detect.Sources) []T {
	list = slices.Clone(list)
	for i, d := range list {
		if d, ok := any(d).(detect.Informed[T]); ok {
			list[i] = d.Inform(known)
		}
	}
	return list
}
