// Package examination carries a case from the acquisitions to the verdict:
// open, plan, parse, match, collect, sort, judge. The command line and tests
// call it; it knows nothing of terminals.
package examination

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/casefile"
	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/record"
	"github.com/vigie-project/vigie/zones"
)

// Options say what is examined, and how.
type Options struct {
	Paths []string // acquisitions
	Dir   string   // folder of the case

	// Password returns the password of an encrypted acquisition, by the path
	// it was given as. Key is the derived key, if there is one.
	Password func(path string) ([]byte, error)
	Key      []byte

	// Identity is the content of a file of age identities, if there is one;
	// Password is asked for its passphrase too.
	Identity []byte

	Parsers []*artifact.Parser
	Private func(*artifact.Parser) bool // which private artifacts are read; nil for none
	Detection

	Workers  int           // 0 means one for each processor
	Timeout  time.Duration // of one job; 0 means none
	HashAll  bool          // hash every stored file, not only those that are read
	Progress func(Progress)
	Act      casefile.Act // who runs it; Time, Action, Previous and Contents are set here
	Now      func() time.Time
}

// Detection is what is looked for.
type Detection struct {
	Detectors   []detect.Detector
	Correlators []detect.Correlator
	Feeds       []casefile.Feed
	Rules       casefile.Rules
	Fingerprint string // of indicators and rules

	// Failures returns what went wrong while looking, such as a condition that
	// could not be evaluated. It is called once, at the end; nil for none.
	Failures func() []engine.Coverage
}

// A Progress tells how far an examination is.
type Progress struct {
	Phase   Phase
	Current string // device path, artifact or acquisition
	Done    int64  // bytes, or entries
	Total   int64  // 0 if it is not known
	Records int64  // so far
}

// A Phase is a part of an examination.
type Phase string

// The phases, in order.
const (
	Opening  Phase = "opening"
	Planning Phase = "planning"
	Hashing  Phase = "hashing"
	Reading  Phase = "reading"
	Sorting  Phase = "sorting"
)

// A Result is how an examination ended.
type Result struct {
	Case    *casefile.Case
	Verdict casefile.Verdict
	Ledger  []engine.Coverage
	Opened  []*evidence.Source // closed
	Entries int64              // of the timeline
	Elapsed time.Duration
	Records int64

	// Failures tells which acquisitions could not be opened, and why. They are
	// in the ledger too.
	Failures []error
}

// artifactAcquisition is the name under which the ledger books what concerns a
// whole acquisition.
const artifactAcquisition = "acquisition"

// maxUnread bounds the errors that are kept about a whole acquisition; the others
// are counted.
const maxUnread = 20

// Check examines acquisitions and fills a case. A case that an earlier run of
// the same examination left incomplete is resumed. The error tells why the
// examination could not be carried through; the case then says "incomplete".
func Check(ctx context.Context, opt Options) (*Result, error) {
	start := opt.now()
	c, err := casefile.Create(opt.Dir)
	if err != nil {
		return nil, err
	}
	res := &Result{Case: c}
	run := &run{opt: opt, c: c, res: res}
	defer run.close()
	plans, err := run.prepare(ctx)
	if err != nil {
		return res, err
	}
	if err := run.all(ctx, plans); err != nil {
		return res, errors.Join(err, run.stopped(err))
	}
	res.Elapsed = opt.now().Sub(start)
	return res, nil
}

func (opt *Options) now() time.Time {
	if opt.Now != nil {
		return opt.Now().UTC()
	}
	return time.Now().UTC()
}

// begin logs the act and marks the case as incomplete.
func begin(c *casefile.Case, opt Options, action string) error {
	act := opt.Act
	act.Time, act.Action = opt.now(), action
	return errors.Join(c.Log(act), c.Tidy(), c.SetVerdict(casefile.Verdict{
		State: casefile.Incomplete, Exit: casefile.ExitIncomplete, Reason: "the examination has not ended",
	}))
}

// A run is one run of Check.
type run struct {
	opt     Options
	c       *casefile.Case
	res     *Result
	ids     []string
	ledger  []engine.Coverage
	sources []*evidence.Source
	planned []casefile.Source
	clocks  map[string]*epoch.Clock // of the phones, by source
	failed  int                     // paths that could not be opened, or not wholly
	begun   bool                    // this run marked the case as incomplete
}

// prepare opens and plans the sources and begins the case. A case that holds
// something is first compared with them: a run that is refused, such as one
// with a mistyped password, leaves it as it was and is only logged.
func (r *run) prepare(ctx context.Context) ([]*engine.Plan, error) {
	if !r.c.Begun() {
		if err := begin(r.c, r.opt, "check"); err != nil {
			return nil, err
		}
		r.begun = true
	}
	r.open(ctx)
	plans := r.plan(ctx)
	err := context.Cause(ctx)
	if err == nil {
		if err = r.c.Continue(r.description(), r.planned); err != nil {
			err = errors.Join(append(r.res.Failures, err)...)
		}
	}
	switch {
	case err != nil && r.begun:
		return nil, errors.Join(err, r.stopped(err))
	case err != nil:
		act := r.opt.Act
		act.Time, act.Action, act.Detail = r.opt.now(), "check refused", err.Error()
		return nil, errors.Join(err, r.c.Log(act))
	case r.begun:
		return plans, nil
	}
	return plans, begin(r.c, r.opt, "check")
}

func (r *run) description() casefile.Description {
	return casefile.Description{
		Tool: r.opt.Act.Tool, Sources: r.ids, Detection: r.opt.Fingerprint, Indicators: r.opt.Feeds, Rules: r.opt.Rules,
	}
}

func (r *run) all(ctx context.Context, plans []*engine.Plan) error {
	if err := r.c.Describe(r.description()); err != nil {
		return err
	}
	for _, s := range r.planned {
		if err := r.c.AddSource(s); err != nil {
			return err
		}
	}
	r.inform(r.planned)
	sink, err := r.c.Sink()
	if err != nil {
		return err
	}
	if r.opt.HashAll {
		if err := r.hashAll(ctx); err != nil {
			return err
		}
	}
	if err := r.read(ctx, plans, sink); err != nil {
		return err
	}
	if err := sink.Close(); err != nil {
		return err
	}
	r.progress(Progress{Phase: Sorting})
	if r.res.Entries, err = r.c.WriteTimeline(r.ids); err != nil {
		return err
	}
	return r.conclude("check")
}

// open opens the acquisitions. One that cannot be opened is in the ledger, and
// the others are examined.
func (r *run) open(ctx context.Context) {
	for _, path := range r.opt.Paths {
		r.progress(Progress{Phase: Opening, Current: path})
		opt := evidence.Options{Key: r.opt.Key, Identity: r.opt.Identity}
		if r.opt.Password != nil {
			opt.Password = func() ([]byte, error) { return r.opt.Password(path) }
			opt.Passphrase = opt.Password
		}
		list, err := evidence.Open(ctx, path, opt)
		renamed := map[string]string{} // IDs of the sources of this acquisition
		for _, src := range list {
			id := r.id(src.Name)
			renamed[src.ID], src.ID = id, id
			src.Parent = renamed[src.Parent]
			r.ids = append(r.ids, src.ID)
			r.sources = append(r.sources, src)
		}
		if err != nil {
			r.ledger = append(r.ledger, engine.Coverage{
				Source: r.id(path), Artifact: artifactAcquisition, Outcome: engine.Failed, Errors: 1, Sample: []string{err.Error()},
			})
			r.failed++
			r.res.Failures = append(r.res.Failures, err)
		}
	}
	r.res.Opened = r.sources
}

var notInID = regexp.MustCompile(`[^a-z0-9]+`)

// id returns an ID for the next source: its number and a part of its name.
func (r *run) id(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	slug := strings.Trim(notInID.ReplaceAllString(strings.ToLower(name), "-"), "-")
	if len(slug) > 24 {
		slug = strings.TrimRight(slug[:24], "-")
	}
	if slug == "" {
		slug = "source"
	}
	return fmt.Sprintf("%02d-%s", len(r.ids)+r.failed+1, slug)
}

// plan plans the sources and describes them for the case.
func (r *run) plan(ctx context.Context) []*engine.Plan {
	private := r.opt.Private
	if private == nil {
		private = func(*artifact.Parser) bool { return false }
	}
	var plans []*engine.Plan
	r.clocks = map[string]*epoch.Clock{}
	for _, src := range r.sources {
		r.progress(Progress{Phase: Planning, Current: src.Name})
		src.Notes = append(append(src.Notes, statements(src)...), unknownFiles(src, r.opt.Parsers)...)
		plan := engine.NewPlan(src, r.opt.Parsers, private)
		plans = append(plans, plan)
		clock := zones.Gather(ctx, src)
		if clock == nil {
			clock = r.clocks[src.Parent]
		}
		r.clocks[src.ID] = clock
		if c := unread(src, plan); c.Errors > 0 {
			r.ledger = append(r.ledger, c)
		}
		r.planned = append(r.planned, casefile.Source{
			ID: src.ID, Name: src.Name, Kind: src.Kind.String(), Parent: src.Parent, Device: src.Device, Notes: src.Notes,
			Listed: plan.Listed, Jobs: len(plan.Jobs), Plan: r.fingerprint(src, plan), Clock: clock.Spans(),
		})
	}
	return plans
}

// unread returns what could not be read of an acquisition as a whole: what could
// not be listed, opened or unpacked.
func unread(src *evidence.Source, plan *engine.Plan) engine.Coverage {
	c := engine.Coverage{Source: src.ID, Artifact: artifactAcquisition, Outcome: engine.Partial}
	fail := func(n int64, text string) {
		c.Errors += int(max(1, n))
		if len(c.Sample) < maxUnread {
			c.Sample = append(c.Sample, text)
		}
	}
	if plan.Err != nil {
		fail(1, plan.Err.Error())
	}
	for _, n := range src.Notes {
		switch {
		case !n.Incomplete():
		case n.Path == "":
			fail(n.Count, n.Detail)
		default:
			fail(n.Count, fmt.Sprintf("%s: %s", n.Path, n.Detail))
		}
	}
	return c
}

// fingerprint identifies what a plan reads, of which phone and acquisition, with
// what, for what.
func (r *run) fingerprint(src *evidence.Source, plan *engine.Plan) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q\n%q\n%q\n", r.opt.Act.Tool, r.opt.Fingerprint, fmt.Sprint(src.Device), fmt.Sprint(src.Notes))
	for _, s := range r.clocks[src.ID].Spans() {
		fmt.Fprintf(h, "%q\n", fmt.Sprint(s))
	}
	for _, j := range plan.Jobs {
		fmt.Fprintf(h, "%d %s\n", j.Index, j.Parser.ID)
		for _, f := range j.Files {
			fmt.Fprintf(h, "%q %d\n", f.Path, f.Size)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// read runs the jobs of all plans.
func (r *run) read(ctx context.Context, plans []*engine.Plan, sink *casefile.Sink) error {
	var jobs []engine.Job
	var total int64
	for _, p := range plans {
		jobs = append(jobs, p.Jobs...)
		for _, j := range p.Jobs {
			total += j.Bytes()
		}
	}
	meter := &meter{report: r.progress, total: total}
	e := engine.Engine{
		Detectors: r.opt.Detectors, Correlators: r.opt.Correlators,
		Workers: r.opt.Workers, Timeout: r.opt.Timeout, Progress: meter.event, Clocks: r.clocks,
	}
	done, err := e.Run(ctx, jobs, sink)
	for _, c := range done {
		r.res.Records += int64(c.Records)
	}
	r.ledger = append(r.ledger, done...)
	for _, p := range plans {
		r.ledger = append(r.ledger, p.Rest...)
	}
	return err
}

// conclude judges what was found and writes the verdict.
func (r *run) conclude(action string) error {
	if r.opt.Failures != nil {
		r.ledger = append(r.ledger, r.opt.Failures()...)
	}
	r.ledger = engine.Merge(r.ledger)
	for _, src := range r.sources {
		engine.Expect(r.ledger, src.ID, src.Kind, src.Device.Version)
	}
	grades, err := r.c.Conclude(r.ids, r.opt.Correlators, r.ledger)
	if err != nil {
		return err
	}
	if r.ledger, err = r.c.Ledger(); err != nil {
		return err
	}
	r.res.Ledger, r.res.Verdict = r.ledger, casefile.Judge(grades, r.ledger)
	act := r.opt.Act
	act.Time, act.Action, act.Args = r.opt.now(), action+" ended", nil
	if err := r.c.Seal(act); err != nil {
		return err
	}
	return r.c.SetVerdict(r.res.Verdict)
}

// stopped notes in the case that the run ended early.
func (r *run) stopped(cause error) error {
	r.res.Ledger = r.ledger
	r.res.Verdict = casefile.Verdict{State: casefile.Incomplete, Exit: casefile.ExitIncomplete, Reason: cause.Error()}
	act := r.opt.Act
	act.Time, act.Action, act.Args, act.Detail = r.opt.now(), "stopped", nil, cause.Error()
	return errors.Join(r.c.SetVerdict(r.res.Verdict), r.c.Log(act))
}

func (r *run) progress(p Progress) {
	if r.opt.Progress != nil {
		r.opt.Progress(p)
	}
}

func (r *run) close() {
	for _, src := range r.sources {
		src.Close()
	}
}

// Types returns the registry that reads records of parsers back.
func Types(parsers []*artifact.Parser) record.Registry {
	types := record.Registry{}
	for _, p := range parsers {
		types.Add(p.ID, p.Record)
	}
	return types
}
