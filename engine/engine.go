// Package engine runs parsers over sources.
//
// Memory is bounded by the number of workers: a record is read, examined and
// written before the next one is read, by one goroutine, so that a slow disk
// slows the parsers down and nothing queues up.
package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/record"
)

// An Engine holds what is the same for all sources of a case.
type Engine struct {
	Detectors   []detect.Detector
	Correlators []detect.Correlator
	Workers     int           // less than 1 means one for each processor
	Timeout     time.Duration // of one job; 0 means none

	// Clocks are the clocks of the phones, by source. Times of records that were
	// written by such a clock are resolved before anyone sees the records.
	Clocks map[string]*epoch.Clock

	Progress func(Event) // called from several goroutines; nil for none
}

// An Event tells what a run has just done.
type Event struct {
	Job  Job
	Done bool // the job has ended; otherwise it has just begun
	Coverage
}

// A Sink stores the results of jobs. Its methods are called from several
// goroutines; the Writer that Job returns is used by one.
type Sink interface {
	// Done returns the coverage of a job that an earlier run has completed.
	Done(Job) (Coverage, bool)

	// Job begins the results of a job.
	Job(Job) (Writer, error)

	// Seal keeps the digest of a file before it is parsed. It reports false
	// if the file was sealed before, and calls digest only if it was not.
	Seal(src *evidence.Source, path string, digest func() (Digest, error)) error
}

// A Digest identifies the bytes of a file as they lie in the acquisition.
type Digest struct {
	Source string `json:"source"`
	Path   string `json:"path"`             // on the device
	Stored string `json:"stored,omitempty"` // name inside the acquisition, if it differs
	Size   int64  `json:"size"`             // bytes as stored
	SHA256 string `json:"sha256"`           // of the bytes as stored, hexadecimal
}

// A Writer stores the results of one job.
type Writer interface {
	Record(record.Record) error
	Finding(detect.Finding) error
	Observation(detect.Observation) error

	// Close completes the results.
	Close(Coverage) error

	// Abort gives them up; the job will run again.
	Abort()
}

// Run runs the jobs of a plan and returns the coverage of each job, in the
// order of the plan. A job that fails is reported there and never stops the
// others; the error is for what stops them all: the sink, or ctx.
func (e *Engine) Run(ctx context.Context, jobs []Job, sink Sink) ([]Coverage, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make([]Coverage, len(jobs))
	for i, job := range jobs {
		done[i] = Coverage{Source: job.Source.ID, Artifact: job.Parser.ID, Outcome: NotRun, Reason: "the run was stopped"}
	}
	next := make(chan int)
	known := &sorted{}
	var wg sync.WaitGroup
	workers := e.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	workers = min(workers, max(1, len(jobs)))
	for range workers {
		wg.Go(func() {
			for i := range next {
				c, ok, err := e.job(ctx, jobs[i], sink, known)
				if err != nil {
					cancel(fmt.Errorf("store %s: %w", jobs[i].Parser.ID, err))
				} else if ok {
					done[i] = c
				}
			}
		})
	}
feed:
	for i := range jobs {
		select {
		case next <- i:
		case <-ctx.Done():
			break feed
		}
	}
	close(next)
	wg.Wait()
	return done, context.Cause(ctx)
}

// job runs one job, unless an earlier run has. ok is false if ctx ended first.
// The error is of the sink; all others are in the coverage.
func (e *Engine) job(ctx context.Context, job Job, sink Sink, known *sorted) (c Coverage, ok bool, err error) {
	if c, ok := sink.Done(job); ok {
		e.progress(job, true, c)
		return c, true, nil
	}
	if ctx.Err() != nil {
		return c, false, nil
	}
	e.progress(job, false, c)
	w, err := sink.Job(job)
	if err != nil {
		return c, false, err
	}
	c = Coverage{Source: job.Source.ID, Artifact: job.Parser.ID}
	jobCtx := ctx
	if e.Timeout > 0 {
		var stop context.CancelFunc
		jobCtx, stop = context.WithTimeoutCause(ctx, e.Timeout, fmt.Errorf("stopped after %s", e.Timeout))
		defer stop()
	}
	x := newExaminer(e, w, &c)
	for _, file := range job.Files {
		if !known.wants(jobCtx, job, file) {
			c.apart++
			continue
		}
		if err = e.file(jobCtx, job, file, sink, x); err != nil {
			break
		}
	}
	if err != nil || ctx.Err() != nil {
		w.Abort()
		return c, false, err
	}
	c.conclude()
	if err = w.Close(c); err != nil {
		return c, false, err
	}
	e.progress(job, true, c)
	return c, true, nil
}

// file examines one file of a job.
func (e *Engine) file(ctx context.Context, job Job, file PlannedFile, sink Sink, x *examiner) error {
	c := x.c
	if ctx.Err() != nil {
		c.fail(fmt.Errorf("%s: not read: %w", file.Path, context.Cause(ctx)))
		return nil
	}
	err := seal(ctx, job.Source, file.Path, sink)
	if err != nil {
		return err
	}
	companion := func(path string) {
		if sealed := seal(ctx, job.Source, path, sink); err == nil {
			err = sealed
		}
	}
	times := newResolver(ctx, e.Clocks[job.Source.ID], job, file)
	for rec, perr := range parse(ctx, job.Source, job.Parser, file, c.note, companion) {
		if perr != nil && job.Source.Kind == evidence.IOSFiles && errors.Is(perr, sqlite.ErrNoTable) {
			c.others++
			continue
		}
		if perr != nil {
			c.fail(located(file.Path, perr))
			continue
		}
		if err := x.record(times.record(rec)); err != nil {
			return err
		}
	}
	c.Files++
	return err
}

// seal keeps the digest of a file before it is read. The list of the files is
// none of them.
func seal(ctx context.Context, src *evidence.Source, path string, sink Sink) error {
	if path == evidence.EntriesPath {
		return nil
	}
	path = src.Whole(path)
	return sink.Seal(src, path, func() (Digest, error) { return digest(ctx, src, path) })
}

// located says which file an error is about, once.
func located(path string, err error) error {
	var in *fs.PathError
	if errors.As(err, &in) && in.Path == path && strings.HasPrefix(err.Error(), in.Op+" "+path) {
		return err
	}
	return fmt.Errorf("%s: %w", path, err)
}

func (e *Engine) progress(job Job, done bool, c Coverage) {
	if e.Progress != nil {
		e.Progress(Event{Job: job, Done: done, Coverage: c})
	}
}

// An examiner passes the records of one job to the detectors and the writer.
type examiner struct {
	e   *Engine
	w   Writer
	c   *Coverage
	err error // of the writer, while a detector runs

	// What the records of one artifact concern.
	artifact    string
	detectors   []detect.Detector
	correlators []detect.Correlator

	onFound func(detect.Finding)
	onSeen  func(detect.Observation)

	once map[string]bool // by correlator and [detect.Observation.Once]
}

// maxOnce bounds the observations of one job of which no second is needed; after
// that all of them are kept.
const maxOnce = 100_000

func newExaminer(e *Engine, w Writer, c *Coverage) *examiner {
	x := &examiner{e: e, w: w, c: c}
	x.onFound, x.onSeen = x.found, x.seen
	return x
}

// choose sets what the records of an artifact concern.
func (x *examiner) choose(artifact string) {
	x.artifact, x.detectors, x.correlators = artifact, nil, nil
	for _, d := range x.e.Detectors {
		if concerns(d, artifact) {
			x.detectors = append(x.detectors, d)
		}
	}
	for _, d := range x.e.Correlators {
		if concerns(d, artifact) {
			x.correlators = append(x.correlators, d)
		}
	}
}

func concerns(d any, artifact string) bool {
	s, ok := d.(detect.Selective)
	return !ok || s.Concerns(artifact)
}

func (x *examiner) record(rec record.Record) error {
	x.c.Records++
	if rec.Origin.State != record.Live {
		x.c.Deleted++
	}
	if err := x.w.Record(rec); err != nil {
		return err
	}
	return x.examine(rec)
}

// examine looks for findings and observations in a record.
func (x *examiner) examine(rec record.Record) error {
	if rec.Artifact != x.artifact {
		x.choose(rec.Artifact)
	}
	for _, d := range x.detectors {
		d.Detect(rec, x.onFound)
	}
	for _, d := range x.correlators {
		d.Observe(rec, x.onSeen)
	}
	return x.err
}

func (x *examiner) found(f detect.Finding) {
	x.c.Findings++
	f.Seal()
	if err := x.w.Finding(f); err != nil && x.err == nil {
		x.err = err
	}
}

func (x *examiner) seen(o detect.Observation) {
	if o.Once != "" {
		name := o.Correlator + " " + o.Once
		if x.once[name] {
			return
		}
		if x.once == nil {
			x.once = map[string]bool{}
		}
		if len(x.once) < maxOnce {
			x.once[name] = true
		}
	}
	if err := x.w.Observation(o); err != nil && x.err == nil {
		x.err = err
	}
}

// Examine passes stored records to the detectors and correlators again, and
// returns how many findings there were. The errors of the records are
// returned joined to none: the first one stops.
func (e *Engine) Examine(records iter.Seq2[record.Record, error], w Writer) (int, error) {
	var c Coverage
	x := newExaminer(e, w, &c)
	for rec, err := range records {
		if err != nil {
			return c.Findings, err
		}
		if err := x.examine(rec); err != nil {
			return c.Findings, err
		}
	}
	return c.Findings, nil
}

// Parse runs one parser on one file and yields what it yields. It opens and
// closes the file, stops when ctx is done, and turns a panic into an error.
// note, which may be nil, is called with what the file and the parser note.
func Parse(ctx context.Context, src *evidence.Source, p *artifact.Parser, file PlannedFile, note func(evidence.Note)) iter.Seq2[record.Record, error] {
	return parse(ctx, src, p, file, note, nil)
}

// parse is [Parse], which tells opening the path of each companion that the
// parser is about to open.
func parse(ctx context.Context, src *evidence.Source, p *artifact.Parser, file PlannedFile, note func(evidence.Note), opening func(string)) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		consuming := false // a panic of the consumer is not ours to catch
		defer func() {
			if consuming {
				return
			}
			if r := recover(); r != nil {
				yield(record.Record{}, fmt.Errorf("parser panicked: %v\n%s", r, debug.Stack()))
			}
		}()
		f, err := src.Open(file.Path)
		if err != nil {
			consuming = true
			yield(record.Record{}, err)
			return
		}
		defer f.Close()
		if note == nil {
			note = func(evidence.Note) {}
		}
		if n, ok := f.(evidence.NotedFile); ok {
			noted := map[evidence.Note]bool{}
			tell := func() {
				for _, m := range n.Notes() {
					if !noted[m] {
						noted[m] = true
						note(m)
					}
				}
			}
			tell()
			defer tell() // reading may have shown more
		}
		in := &artifact.Input{Source: src, Path: file.Path, Size: size(f, file), File: ctxFile{f, ctx}, Parser: p, Note: note, Opening: opening}
		for rec, err := range p.Parse(ctx, in) {
			if ctx.Err() != nil {
				consuming = true
				yield(record.Record{}, context.Cause(ctx))
				return
			}
			consuming = true
			if !yield(rec, err) {
				return
			}
			consuming = false
		}
		if ctx.Err() != nil {
			consuming = true
			yield(record.Record{}, context.Cause(ctx))
		}
	}
}

// size returns the size of an open file, in bytes: what the file says, which
// for encrypted files follows from the padding, or else the claim of the plan.
func size(f evidence.File, file PlannedFile) int64 {
	if info, err := f.Stat(); err == nil {
		return info.Size()
	}
	return file.Size
}
