package fabricate_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifacts"
	"github.com/vigie-project/vigie/casefile"
	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/detect/indicator"
	"github.com/vigie-project/vigie/detect/rule"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/examination"
	"github.com/vigie-project/vigie/fabricate"
	"github.com/vigie-project/vigie/rules"
)

// allRules loads the rules once.
var allRules = sync.OnceValues(func() (*rule.Set, error) { return rule.Load(rules.FS, artifacts.Parsers) })

// examine examines an acquisition with all rules and the indicators beside it.
func examine(t *testing.T, dir, path, password string) *examination.Result {
	t.Helper()
	set, err := allRules()
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(dir, fabricate.FeedFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	feed, report, err := indicator.Load(fabricate.FeedFile, f, indicator.Meta{})
	if err != nil || report.Total(indicator.Refused) > 0 {
		t.Fatal(err, report)
	}
	indicators := indicator.NewSet(feed)
	res, err := examination.Check(context.Background(), examination.Options{
		Paths: []string{path}, Dir: t.TempDir(), Parsers: artifacts.Parsers, Workers: 1,
		Detection: examination.Detection{
			Detectors: []detect.Detector{set, indicators}, Correlators: append(set.Correlators(), indicators), Fingerprint: set.Fingerprint() + indicators.Fingerprint(),
		},
		Password: func(string) ([]byte, error) { return []byte(password), nil },
		Act:      casefile.Act{Tool: "vigie test"}, Now: func() time.Time { return time.Unix(1_780_000_000, 0) },
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range res.Failures {
		t.Error(err)
	}
	for _, l := range res.Ledger {
		if l.Outcome == engine.Failed || l.Outcome == engine.Partial {
			t.Errorf("%s is %s: %q", l.Artifact, l.Outcome, l.Sample)
		}
	}
	return res
}

func findings(t *testing.T, res *examination.Result) (list []detect.Finding) {
	t.Helper()
	if err := res.Case.Findings(func(f detect.Finding) error { list = append(list, f); return nil }); err != nil {
		t.Fatal(err)
	}
	return list
}

// acquisition is one that is made and examined.
type acquisition struct {
	name string
	kind fabricate.Kind
	opt  fabricate.Options
}

// kinds are the kinds of the sources in an acquisition.
var kinds = map[fabricate.Kind]evidence.Kind{
	fabricate.AndroidQF: evidence.AndroidQF | evidence.AndroidBugreport | evidence.AndroidBackup | evidence.AndroidIntrusionLog,
	fabricate.Bugreport: evidence.AndroidBugreport, fabricate.AndroidAB: evidence.AndroidBackup, fabricate.IntrusionLog: evidence.AndroidIntrusionLog,
	fabricate.Sysdiagnose: evidence.IOSSysdiagnose, fabricate.Filesystem: evidence.IOSFilesystem,
}

// reads reports whether there is a parser of that ID for one of the kinds.
func reads(id string, kinds evidence.Kind) bool {
	return slices.ContainsFunc(artifacts.Parsers, func(p *artifact.Parser) bool {
		return p.ID == id && slices.ContainsFunc(p.Inputs, func(in artifact.Pattern) bool { return in.Kinds&kinds != 0 })
	})
}

// tells reports whether a record has a time, in UTC or by the clock of the phone.
func tells(data []byte, at time.Time) bool {
	const minute = "2006-01-02T15:04"
	return at.IsZero() || bytes.Contains(data, []byte(at.Format(minute))) || bytes.Contains(data, []byte(at.Add(time.Hour).Format(minute)))
}

// testTraces examines acquisitions with planted traces: each has a finding of its
// grade that tells when it was planted.
func testTraces(t *testing.T, list []acquisition) {
	t.Helper()
	for _, tt := range list {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path, truth, err := fabricate.Make(tt.kind, dir, tt.opt)
			if err != nil {
				t.Fatal(err)
			}
			if len(truth.Traces) == 0 {
				t.Fatal("nothing is planted")
			}
			found := findings(t, examine(t, dir, path, tt.opt.Password))
			for _, trace := range truth.Traces {
				if !reads(trace.Artifact, kinds[tt.kind]) {
					t.Errorf("%s: no parser %s for this", trace.ID, trace.Artifact)
					continue
				}
				best, told := detect.Grade(0), false
				for _, f := range found {
					if trace.In(f) {
						best, told = max(best, f.Grade), told || f.Grade >= trace.Grade && tells(f.Exhibits[0].Data, trace.Planted)
					}
				}
				switch {
				case best < trace.Grade:
					t.Errorf("%s (%s): best grade %q, want %q", trace.ID, trace.What, best, trace.Grade)
				case !told:
					t.Errorf("%s (%s): no finding tells the time %v", trace.ID, trace.What, trace.Planted)
				}
			}
		})
	}
}

// testTraps examines the benign twins: no finding has a higher grade than a trap allows.
func testTraps(t *testing.T, list []acquisition) {
	t.Helper()
	for _, tt := range list {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			tt.opt.Benign = true
			path, truth, err := fabricate.Make(tt.kind, dir, tt.opt)
			if err != nil {
				t.Fatal(err)
			}
			if len(truth.Traces) != 0 || len(truth.Traps) == 0 {
				t.Fatalf("%d traces, %d traps", len(truth.Traces), len(truth.Traps))
			}
			res := examine(t, dir, path, tt.opt.Password)
			var records strings.Builder
			for name, text := range tree(t, res.Case.Dir) {
				if strings.HasPrefix(name, "records") {
					records.WriteString(text)
				}
			}
			for _, trap := range truth.Traps {
				if !strings.Contains(records.String(), trap.Contains) {
					t.Errorf("%s (%s): no record has it", trap.ID, trap.What)
				}
			}
			for _, f := range findings(t, res) {
				if f.Grade > allowed(f, truth.Traps) {
					t.Errorf("%s is graded %q in a benign acquisition: %s\n%s", f.Detector, f.Grade, f.Title.EN, f.Exhibits[0].Data)
				}
			}
		})
	}
}

// allowed is the highest grade that a finding may have in a benign acquisition: that
// of the trap that it is about.
func allowed(f detect.Finding, traps []fabricate.Trap) detect.Grade {
	grade := detect.Context
	for _, trap := range traps {
		for _, e := range f.Exhibits {
			if bytes.Contains(e.Data, []byte(trap.Contains)) {
				grade = max(grade, trap.Grade)
			}
		}
	}
	return grade
}

// testSameSeed makes each acquisition twice.
func testSameSeed(t *testing.T, list []acquisition) {
	t.Helper()
	for _, tt := range list {
		var made [2]map[string]string
		for i := range made {
			dir := t.TempDir()
			if _, _, err := fabricate.Make(tt.kind, dir, tt.opt); err != nil {
				t.Fatal(err)
			}
			made[i] = tree(t, dir)
		}
		for name, text := range made[0] {
			if made[1][name] != text {
				t.Errorf("%s: %s differs", tt.name, name)
			}
		}
	}
}

// tree reads all files of a folder.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		all[name] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
