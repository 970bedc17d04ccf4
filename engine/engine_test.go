package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/record"
)

type word struct {
	Word record.Text `json:"word"`
}

func (w word) String() string { return string(w.Word) }

// words yields a record for each line; some lines make it misbehave.
func words(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		for l, err := range from.Lines(in.File) {
			switch {
			case err != nil:
				yield(record.Record{}, err)
				return
			case l.String() == "bad":
				if !yield(record.Record{}, errors.New("a bad line")) {
					return
				}
			case l.String() == "panic":
				panic("a bug in the parser")
			case !yield(in.Record(from.AtLine(l), word{record.Text(l.String())}), nil):
				return
			}
		}
	}
}

func parser(id, glob string) *artifact.Parser {
	return &artifact.Parser{ID: id, Inputs: []artifact.Pattern{{Kinds: evidence.IOSBackup, Glob: glob}}, Record: word{}, Parse: words}
}

// A memory is a sink in memory.
type memory struct {
	mu      sync.Mutex
	out     map[int]string
	done    map[int]engine.Coverage
	digests []engine.Digest
}

func newMemory() *memory { return &memory{out: map[int]string{}, done: map[int]engine.Coverage{}} }

func (m *memory) Done(j engine.Job) (engine.Coverage, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, ok := m.done[j.Index]
	return c, ok
}

func (m *memory) Job(j engine.Job) (engine.Writer, error) { return &memoryWriter{m: m, j: j}, nil }

func (m *memory) Seal(_ *evidence.Source, _ string, digest func() (engine.Digest, error)) error {
	d, err := digest()
	if err == nil {
		m.mu.Lock()
		m.digests = append(m.digests, d)
		m.mu.Unlock()
	}
	return nil
}

type memoryWriter struct {
	m *memory
	j engine.Job
	b bytes.Buffer
}

func (w *memoryWriter) Record(r record.Record) error {
	line, err := r.AppendJSON(nil)
	w.b.Write(append(line, '\n'))
	return err
}

func (w *memoryWriter) Finding(f detect.Finding) error {
	fmt.Fprintln(&w.b, "finding", f.Title.EN)
	return nil
}

func (w *memoryWriter) Observation(o detect.Observation) error {
	fmt.Fprintln(&w.b, "observation", o.Key)
	return nil
}

func (w *memoryWriter) Close(c engine.Coverage) error {
	w.m.mu.Lock()
	defer w.m.mu.Unlock()
	w.m.out[w.j.Index], w.m.done[w.j.Index] = w.b.String(), c
	return nil
}

func (w *memoryWriter) Abort() {}

// spyFinder finds records that say "spy".
type spyFinder struct{}

func (spyFinder) Detect(r record.Record, found func(detect.Finding)) {
	if d := r.Data.(word); d.Word == "spy" {
		f := detect.Finding{Exhibits: []detect.Exhibit{detect.NewExhibit(r)}}
		f.Title.EN = "spy"
		found(f)
	}
}

func source(files map[string]string) *evidence.Source {
	tree := fstest.MapFS{}
	for name, text := range files {
		tree[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return &evidence.Source{ID: "01-test", Kind: evidence.IOSBackup, FS: tree}
}

func everything(*artifact.Parser) bool { return true }

func TestOutcomes(t *testing.T) {
	t.Parallel()
	src := source(map[string]string{
		"whole.txt": "a\nspy\n", "part.txt": "a\nbad\nb\n", "fail.txt": "bad\n", "empty.txt": "", "panic.txt": "a\npanic\nb\n",
	})
	private := parser("ios.private", "whole.txt")
	private.Private = true
	other := parser("ios.other", "whole.txt")
	other.Inputs[0].Kinds = evidence.IOSSysdiagnose
	parsers := []*artifact.Parser{
		parser("ios.whole", "whole.txt"), parser("ios.part", "part.txt"), parser("ios.fail", "fail.txt"), parser("ios.empty", "empty.txt"),
		parser("ios.panic", "panic.txt"), parser("ios.absent", "**/absent.txt"), other, private,
	}
	plan := engine.NewPlan(src, parsers, func(*artifact.Parser) bool { return false })
	e := engine.Engine{Detectors: []detect.Detector{spyFinder{}}, Workers: 2}
	sink := newMemory()
	done, err := e.Run(t.Context(), plan.Jobs, sink)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]engine.Outcome{}
	for _, c := range append(done, plan.Rest...) {
		got[c.Artifact] = c.Outcome
	}
	want := map[string]engine.Outcome{
		"ios.whole": engine.Complete, "ios.part": engine.Partial, "ios.fail": engine.Failed, "ios.empty": engine.Empty,
		"ios.panic": engine.Partial, "ios.absent": engine.Absent, "ios.other": engine.NotApplicable, "ios.private": engine.NotRun,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	if done[0].Findings != 1 || done[0].Records != 2 {
		t.Errorf("whole has %d findings in %d records", done[0].Findings, done[0].Records)
	}
	if s := done[4].Sample; len(s) != 1 || !strings.Contains(s[0], "a bug in the parser") {
		t.Errorf("the panic is reported as %q", s)
	}
	if len(sink.digests) != 5 {
		t.Errorf("%d files were hashed", len(sink.digests))
	}
}

// TestOtherSystems tells artifacts that a kind of acquisition lacks from those that no
// acquisition of such a phone has.
func TestOtherSystems(t *testing.T) {
	t.Parallel()
	capture, android := parser("ios.capture", "x"), parser("android.report", "x")
	capture.Inputs[0].Kinds = evidence.IOSSysdiagnose
	android.Inputs[0].Kinds = evidence.AndroidBugreport | evidence.AndroidQF
	for kind, want := range map[evidence.Kind]string{
		evidence.IOSBackup:     "ios.capture:, android.report:of another system",
		evidence.IOSFiles:      "android.report:of another system",
		evidence.AndroidBackup: "ios.capture:of another system, android.report:",
	} {
		plan := engine.NewPlan(&evidence.Source{Kind: kind, FS: fstest.MapFS{}}, []*artifact.Parser{capture, android}, everything)
		var got []string
		for _, c := range plan.Rest {
			if c.Outcome == engine.NotApplicable {
				got = append(got, c.Artifact+":"+c.Reason)
			}
		}
		if s := strings.Join(got, ", "); s != want {
			t.Errorf("%s: %q, want %q", kind, s, want)
		}
	}
}

func TestSameResultsWithAnyWorkersAndResumed(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for i := range 200 {
		files[fmt.Sprintf("d%03d/x.txt", i)] = strings.Repeat("a line\n", i)
	}
	src := source(files)
	plan := engine.NewPlan(src, []*artifact.Parser{parser("ios.a", "*/x.txt"), parser("ios.b", "d0*/x.txt")}, everything)
	one, many := newMemory(), newMemory()
	for _, run := range []struct {
		sink    *memory
		workers int
	}{{one, 1}, {many, 8}} {
		e := engine.Engine{Workers: run.workers}
		if _, err := e.Run(t.Context(), plan.Jobs, run.sink); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(one.out, many.out); diff != "" {
		t.Errorf("results differ (-one worker +many):\n%s", diff)
	}
	again := engine.Engine{Workers: 2, Progress: func(ev engine.Event) {
		if !ev.Done {
			t.Errorf("job %d runs again", ev.Job.Index)
		}
	}}
	if _, err := again.Run(t.Context(), plan.Jobs, one); err != nil {
		t.Fatal(err)
	}
}

func TestStopped(t *testing.T) {
	t.Parallel()
	src := source(map[string]string{"a.txt": "a\n", "b.txt": "b\n"})
	plan := engine.NewPlan(src, []*artifact.Parser{parser("ios.a", "a.txt"), parser("ios.b", "b.txt")}, everything)
	ctx, cancel := context.WithCancel(t.Context())
	e := engine.Engine{Workers: 1, Progress: func(engine.Event) { cancel() }}
	sink := newMemory()
	done, err := e.Run(ctx, plan.Jobs, sink)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got the error %v", err)
	}
	for _, c := range done {
		if c.Outcome != engine.NotRun {
			t.Errorf("%s ends as %q", c.Artifact, c.Outcome)
		}
	}
	if len(sink.out) != 0 {
		t.Errorf("keeps the results of %d jobs that were stopped", len(sink.out))
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	c := func(id string, o engine.Outcome, records, errs int) engine.Coverage {
		return engine.Coverage{Source: "s", Artifact: id, Outcome: o, Records: records, Errors: errs}
	}
	got := engine.Merge([]engine.Coverage{
		c("a", engine.Complete, 2, 0), c("b", engine.Failed, 0, 1), c("a", engine.Failed, 0, 1), c("b", engine.NotRun, 0, 0), c("a", engine.Empty, 0, 0),
	})
	var outcomes []string
	for _, g := range got {
		outcomes = append(outcomes, fmt.Sprint(g.Artifact, " ", g.Outcome, " ", g.Records, " ", g.Errors))
	}
	want := []string{"a partial 2 1", "b failed 0 1"}
	if diff := cmp.Diff(want, outcomes); diff != "" {
		t.Errorf("merged (-want +got):\n%s", diff)
	}
}

// TestPlanAgreesWithMatch compares the plan with matching every path with
// every pattern, for patterns without "**".
func TestPlanAgreesWithMatch(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	segments := []string{"a", "b", "ab", "abc", "*", "a*", "*b", "?", "[ab]"}
	var globs []string
	for range 60 {
		var parts []string
		for range 1 + rnd.IntN(3) {
			parts = append(parts, segments[rnd.IntN(len(segments))])
		}
		globs = append(globs, path.Join(parts...))
	}
	files := map[string]string{}
	for range 200 {
		var parts []string
		for range 1 + rnd.IntN(3) {
			parts = append(parts, segments[rnd.IntN(4)]+"x"[:rnd.IntN(2)])
		}
		files["z/"+path.Join(parts...)+".f"] = ""
	}
	var parsers []*artifact.Parser
	for i, g := range globs {
		parsers = append(parsers, parser(fmt.Sprintf("ios.p%d", i), "z/"+g+".f"))
	}
	plan := engine.NewPlan(source(files), parsers, everything)
	got := map[string][]string{}
	for _, j := range plan.Jobs {
		for _, f := range j.Files {
			got[j.Parser.ID] = append(got[j.Parser.ID], f.Path)
		}
	}
	for _, p := range parsers {
		var want []string
		for f := range files {
			if ok, _ := path.Match(p.Inputs[0].Glob, f); ok {
				want = append(want, f)
			}
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, got[p.ID]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", p.Inputs[0].Glob, diff)
		}
	}
}

func TestDeepPattern(t *testing.T) {
	t.Parallel()
	src := source(map[string]string{"x/Cache.db": "", "x/y/z/Cache.db": "", "Cache.db": "", "x/y/NotCache.db": ""})
	plan := engine.NewPlan(src, []*artifact.Parser{parser("ios.deep", "**/Cache.db")}, everything)
	var got []string
	for _, f := range plan.Jobs[0].Files {
		got = append(got, f.Path)
	}
	if diff := cmp.Diff([]string{"Cache.db", "x/Cache.db", "x/y/z/Cache.db"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// BenchmarkPlan plans paths of a phone with many patterns.
func BenchmarkPlan(b *testing.B) {
	var parsers []*artifact.Parser
	for i := range 240 {
		parsers = append(parsers, parser(fmt.Sprintf("ios.p%d", i), fmt.Sprintf("private/var/mobile/Containers/Data/Application/*/Library/x%d/file.db", i)))
	}
	src := &evidence.Source{ID: "01", Kind: evidence.IOSBackup, FS: manyFiles(500_000)}
	for b.Loop() {
		if n := engine.NewPlan(src, parsers, everything).Listed; n != 500_000 {
			b.Fatal(n)
		}
	}
}

// manyFiles lists files of a phone; it has no content.
type manyFiles int

func (n manyFiles) WalkFiles(fn func(string, int64) error) error {
	for i := range int(n) {
		if err := fn(fmt.Sprintf("private/var/mobile/Containers/Data/Application/app.%d/Library/x%d/file.db", i%5000, i), 1); err != nil {
			return err
		}
	}
	return nil
}

func (manyFiles) Open(string) (fs.File, error) { return nil, io.EOF }
