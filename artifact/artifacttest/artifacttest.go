// Package artifacttest checks that parsers do what [artifact.Parser] promises.
//
// The cases of a parser are in a folder named like the part of its ID after the
// dot. Each case is a txtar archive that says how it was made, the kind of
// acquisition in a file "kind", and the files of a small source in device
// paths, which package fixture makes; a file "captured" may say when the
// acquisition was made. The records expected are beside it:
//
//	testdata/tcc/ios17.txtar   the case
//	testdata/tcc/ios17.jsonl   one line for each record or error
//
// "go test ./artifacts/ios -update" rewrites the expectations. Their
// difference is the review of the parser.
package artifacttest

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/internal/fixture"
	"github.com/vigie-project/vigie/record"
)

var update = flag.Bool("update", false, "rewrite the expected records")

// Run checks every parser against its cases in dir, and fails for a parser
// without cases and for cases without a parser.
func Run(t *testing.T, parsers []*artifact.Parser, dir string) {
	if err := artifact.Validate(parsers); err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"fuzz": true}
	for _, p := range parsers {
		_, name, _ := strings.Cut(p.ID, ".")
		known[name] = true
		cases := Cases(dir, p)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if len(cases) == 0 {
				t.Fatalf("no case in %s", filepath.Join(dir, name))
			}
			for _, c := range cases {
				t.Run(strings.TrimSuffix(filepath.Base(c), ".txtar"), func(t *testing.T) { testCase(t, p, c, len(cases)) })
			}
		})
	}
	folders, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		if !known[f.Name()] {
			t.Errorf("%s has no parser", filepath.Join(dir, f.Name()))
		}
	}
}

// Cases returns the files of the cases of a parser.
func Cases(dir string, p *artifact.Parser) []string {
	_, name, _ := strings.Cut(p.ID, ".")
	cases, _ := filepath.Glob(filepath.Join(dir, name, "*.txtar"))
	return cases
}

// testCase runs a parser on one of its cases.
func testCase(t *testing.T, p *artifact.Parser, file string, cases int) {
	src := Source(t, file)
	got := lines(t, p, src, all(t.Context(), p, src))
	golden(t, strings.TrimSuffix(file, ".txtar")+".jsonl", got)

	if again := lines(t, p, src, all(t.Context(), p, src)); !bytes.Equal(got, again) {
		t.Error("a second run gives other records")
	}
	for n := range min(bytes.Count(got, []byte("\n")), 50) { // a yield ignored panics here
		i := 0
		for range all(t.Context(), p, src) {
			if i++; i > n {
				break
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for rec, err := range all(ctx, p, src) {
		if err == nil {
			t.Errorf("yields %v though its context is done", rec)
		}
	}
	hostile(t, p, src, cases)
}

// Source returns the source of a case.
func Source(tb testing.TB, file string) *evidence.Source {
	tb.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	if len(bytes.TrimSpace(archive.Comment)) == 0 {
		tb.Errorf("%s does not say how it was made", file)
	}
	files, err := fixture.Build(archive)
	if err != nil {
		tb.Fatal(err)
	}
	kind, err := evidence.ParseKind(strings.TrimSpace(string(files["kind"])))
	if err != nil {
		tb.Fatalf("%s: %v", file, err)
	}
	captured := strings.TrimSpace(string(files["captured"]))
	delete(files, "kind")
	delete(files, "captured")
	tree := fstest.MapFS{}
	for name, data := range files {
		tree[name] = &fstest.MapFile{Data: data, Mode: 0o444}
	}
	return &evidence.Source{ID: "test", Kind: kind, FS: listed(tb, tree), Device: evidence.Device{Captured: captured}}
}

// plan returns the files that p reads in src.
func plan(p *artifact.Parser, src *evidence.Source) (files []engine.PlannedFile) {
	everything := func(*artifact.Parser) bool { return true }
	for _, job := range engine.NewPlan(src, []*artifact.Parser{p}, everything).Jobs {
		files = append(files, job.Files...)
	}
	return files
}

// all yields what p yields for all its inputs in src.
func all(ctx context.Context, p *artifact.Parser, src *evidence.Source) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		files := plan(p, src)
		if len(files) == 0 {
			panic("the case matches no input of the parser")
		}
		for _, file := range files {
			for rec, err := range engine.Parse(ctx, src, p, file, nil) {
				if !yield(rec, err) {
					return
				}
			}
		}
	}
}

// lines checks the records and returns them as JSON lines.
func lines(t *testing.T, p *artifact.Parser, src *evidence.Source, seq iter.Seq2[record.Record, error]) []byte {
	t.Helper()
	var b []byte
	reg := record.Registry{}
	reg.Add(p.ID, p.Record)
	for rec, err := range seq {
		if err != nil {
			line, _ := json.Marshal(map[string]string{"error": err.Error()})
			b = append(append(b, line...), '\n')
			continue
		}
		if got, want := reflect.TypeOf(rec.Data), reflect.TypeOf(p.Record); got != want {
			t.Fatalf("yields a %v, declares %v", got, want)
		}
		if o := rec.Origin; o.Source != src.ID || o.Path == "" || o.Row == 0 && o.Offset == 0 && o.Table == "" {
			t.Errorf("origin does not locate the record: %+v", o)
		}
		if s := rec.Data.String(); s == "" || strings.Contains(s, "\n") {
			t.Errorf("String gives %q", s)
		}
		line, err := rec.AppendJSON(nil)
		if err != nil {
			t.Fatal(err)
		}
		back, err := reg.Unmarshal(line)
		if err != nil {
			t.Fatalf("does not read back: %v\n%s", err, line)
		}
		if again, _ := back.AppendJSON(nil); !bytes.Equal(line, again) {
			t.Errorf("reads back as another record:\n%s\n%s", line, again)
		}
		b = append(append(b, line...), '\n')
	}
	return b
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; look at the difference, then run with -update\ngot:\n%s", file, got)
	}
}

// How many damaged copies of the inputs in all cases of a parser are tried, and
// of each input at the least.
const (
	damaged     = 300
	damagedEach = 50
)

// hostile reads damaged copies of the inputs: each must end soon, without
// panic and without taking much memory. The copies are shared among cases,
// the number of cases of the parser. Every other one is cut, and later ones
// have more wrong bytes.
func hostile(t *testing.T, p *artifact.Parser, src *evidence.Source, cases int) {
	rnd := rand.New(rand.NewPCG(1, 2))
	tree := filesOf(src)
	files := plan(p, src)
	copies := max(damagedEach, damaged/(cases*len(files)))
	for _, file := range files {
		data := tree[file.Path].Data
		for i := range copies {
			bad := bytes.Clone(data)
			if i%2 == 0 {
				bad = bad[:rnd.IntN(len(bad)+1)]
			}
			for range 1 + 20*i/copies {
				if len(bad) > 0 {
					bad[rnd.IntN(len(bad))] = byte(rnd.Uint32())
				}
			}
			Hostile(t, p, src.Kind, file.Path, bad)
		}
	}
}

// The bounds on reading hostile bytes.
const (
	hostileTime   = 10 * time.Second
	hostileMemory = 256 << 20 // bytes allocated in all
)

// measuring is held for writing while what one input allocates is measured
// alone.
var measuring sync.RWMutex

// Hostile runs a parser on arbitrary bytes, as fuzz tests do. It fails if the
// parser panics, runs for more than ten seconds or allocates over 256 MiB.
func Hostile(tb testing.TB, p *artifact.Parser, kind evidence.Kind, path string, data []byte) {
	tb.Helper()
	measuring.RLock()
	n := read(tb, p, kind, path, data)
	measuring.RUnlock()
	if n <= hostileMemory {
		return
	}
	measuring.Lock() // the others that run beside it may have been at fault
	defer measuring.Unlock()
	if n = read(tb, p, kind, path, data); n > hostileMemory {
		tb.Fatalf("allocated %d MiB", n>>20)
	}
}

// read runs a parser on arbitrary bytes. It returns how many bytes the process
// allocated meanwhile.
func read(tb testing.TB, p *artifact.Parser, kind evidence.Kind, path string, data []byte) uint64 {
	tb.Helper()
	before := allocated()
	ctx, cancel := context.WithTimeout(context.Background(), hostileTime)
	defer cancel()
	src := &evidence.Source{ID: "test", Kind: kind, FS: fstest.MapFS{path: &fstest.MapFile{Data: data}}}
	for _, err := range engine.Parse(ctx, src, p, engine.PlannedFile{Path: path, Size: int64(len(data))}, nil) {
		if err != nil && strings.HasPrefix(err.Error(), "parser panicked") {
			tb.Fatal(err)
		}
	}
	if ctx.Err() != nil {
		tb.Fatalf("still running after %s", hostileTime)
	}
	return allocated() - before
}

// allocated returns how many bytes the process has allocated on its heap since
// it began. It does not stop the world as runtime.ReadMemStats does.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// Fuzz feeds arbitrary bytes to the parsers, beginning with their cases in dir.
// Without -fuzz it only runs the corpus that is kept: [Run] reads the cases.
func Fuzz(f *testing.F, parsers []*artifact.Parser, dir string) {
	fuzzing := flag.Lookup("test.fuzz").Value.String() != ""
	byID := map[string]*artifact.Parser{}
	for _, p := range parsers {
		byID[p.ID] = p
		if fuzzing {
			seed(f, p, dir)
		}
	}
	f.Fuzz(func(t *testing.T, id string, data []byte) {
		if p := byID[id]; p != nil {
			in := p.Inputs[0]
			Hostile(t, p, in.Kinds, strings.NewReplacer("**", "x", "*", "x").Replace(in.Glob), data)
		}
	})
}

// seed adds the inputs in the cases of a parser.
func seed(f *testing.F, p *artifact.Parser, dir string) {
	for _, c := range Cases(dir, p) {
		src := Source(f, c)
		for _, file := range plan(p, src) {
			f.Add(p.ID, filesOf(src)[file.Path].Data)
		}
	}
}
