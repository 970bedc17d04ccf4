package examination_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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

// sought returns everything that is looked for in a fabricated backup.
func sought(t testing.TB, dir string) examination.Detection {
	t.Helper()
	set, err := rule.Load(rules.FS, artifacts.Parsers)
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
	return examination.Detection{
		Detectors:   []detect.Detector{set, indicators},
		Correlators: append(set.Correlators(), indicators),
		Fingerprint: set.Fingerprint() + indicators.Fingerprint(),
		Rules:       casefile.Rules{Count: len(set.Rules()), SHA256: set.Fingerprint()},
	}
}

func options(t testing.TB, sample, dir string) examination.Options {
	t.Helper()
	return examination.Options{
		Paths: []string{filepath.Join(sample, fabricate.BackupDir)}, Dir: dir, Parsers: artifacts.Parsers, Detection: sought(t, sample),
		Password: func(string) ([]byte, error) { return []byte("sesame"), nil },
		Act:      casefile.Act{Tool: "vigie test"}, Now: func() time.Time { return time.Unix(1_780_000_000, 0) },
	}
}

func make(t testing.TB, opt fabricate.Options) (string, *fabricate.Truth) {
	t.Helper()
	dir := t.TempDir()
	truth, err := fabricate.Backup(dir, opt)
	if err != nil {
		t.Fatal(err)
	}
	return dir, truth
}

func check(t testing.TB, opt examination.Options) *examination.Result {
	t.Helper()
	res, err := examination.Check(context.Background(), opt)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range res.Failures {
		t.Error(err)
	}
	return res
}

func findings(t testing.TB, c *casefile.Case) (list []detect.Finding) {
	t.Helper()
	if err := c.Findings(func(f detect.Finding) error { list = append(list, f); return nil }); err != nil {
		t.Fatal(err)
	}
	return list
}

// TestEveryTraceIsFound examines an encrypted backup with planted traces.
func TestEveryTraceIsFound(t *testing.T) {
	t.Parallel()
	sample, truth := make(t, fabricate.Options{Seed: 1, Password: "sesame"})
	res := check(t, options(t, sample, t.TempDir()))
	list := findings(t, res.Case)
	for _, trace := range truth.Traces {
		best := detect.Grade(0)
		for _, f := range list {
			if !trace.In(f) {
				continue
			}
			if !trace.Planted.IsZero() && f.Grade >= trace.Grade && f.Exhibits[0].Time.IsZero() {
				t.Errorf("%s: the finding has no time", trace.ID)
			}
			best = max(best, f.Grade)
		}
		if best < trace.Grade {
			t.Errorf("%s (%s): best grade %q, want %q", trace.ID, trace.What, best, trace.Grade)
		}
	}
	if res.Verdict.Exit != casefile.ExitFindings {
		t.Errorf("exit status %d", res.Verdict.Exit)
	}
	for _, l := range res.Ledger {
		if l.Outcome == engine.Failed || l.Outcome == engine.Partial {
			t.Errorf("%s is %s: %q", l.Artifact, l.Outcome, l.Sample)
		}
	}
	for _, f := range list {
		complete(t, f)
	}
}

// complete checks that a finding explains itself in both languages.
func complete(t *testing.T, f detect.Finding) {
	t.Helper()
	if !f.Title.Complete() || !f.Why.Complete() || !f.Confidence.Complete() || len(f.Benign) == 0 || len(f.Next) == 0 || len(f.Exhibits) == 0 || f.ID == "" {
		t.Errorf("finding of %s is not explained: %+v", f.Detector, f)
	}
	data, _ := json.Marshal([]any{f.Title, f.Why, f.Confidence, f.Benign, f.Next})
	for _, word := range []string{"clean", "infected", " safe ", "malicious", "infecté", "sain ", "malveillant"} {
		if bytes.Contains(bytes.ToLower(data), []byte(word)) {
			t.Errorf("finding of %s says %q: %s", f.Detector, word, data)
		}
	}
}

// TestTrapsStayContext examines the benign twin.
func TestTrapsStayContext(t *testing.T) {
	t.Parallel()
	sample, truth := make(t, fabricate.Options{Seed: 1, Password: "sesame", Benign: true})
	res := check(t, options(t, sample, t.TempDir()))
	if len(truth.Traps) == 0 {
		t.Fatal("the benign twin has no traps")
	}
	for _, f := range findings(t, res.Case) {
		if f.Grade > detect.Context {
			t.Errorf("%s is graded %q in a benign backup: %s\n%+v", f.Detector, f.Grade, f.Title.EN, f.Exhibits[0])
		}
	}
	if res.Verdict.Exit != casefile.ExitQuiet {
		t.Errorf("exit status %d", res.Verdict.Exit)
	}
}

// tree reads all files of a case but the log and what depends on its time.
func tree(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || name == "log.jsonl" || strings.HasPrefix(name, "cache/") {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, name))
		files[name] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestSameBytesWithAnyWorkers(t *testing.T) {
	t.Parallel()
	sample, _ := make(t, fabricate.Options{Seed: 2, Password: "sesame"})
	opt := options(t, sample, t.TempDir())
	opt.Workers = 1
	one := tree(t, check(t, opt).Case.Dir)
	opt.Dir, opt.Workers = t.TempDir(), 7
	many := tree(t, check(t, opt).Case.Dir)
	if diff := cmp.Diff(one, many); diff != "" {
		t.Errorf("cases differ (-one worker +seven):\n%.2000s", diff)
	}
}

func TestPlainAndEncryptedTwinsGiveTheSameRecords(t *testing.T) {
	t.Parallel()
	var trees []map[string]string
	for _, password := range []string{"", "sesame"} {
		sample, _ := make(t, fabricate.Options{Seed: 1, Password: password, Messages: 50})
		all := tree(t, check(t, options(t, sample, t.TempDir())).Case.Dir)
		records := map[string]string{}
		for name, text := range all {
			if strings.HasPrefix(name, "records/") && !strings.Contains(name, "ios.manifest") && !strings.Contains(name, "ios.backupstatus") {
				records[name] = text
			}
		}
		trees = append(trees, records)
	}
	if len(trees[0]) < 10 {
		t.Fatalf("only %d files of records", len(trees[0]))
	}
	if diff := cmp.Diff(trees[0], trees[1]); diff != "" {
		t.Errorf("records differ (-plain +encrypted):\n%.2000s", diff)
	}
}

func TestStoppedRunResumes(t *testing.T) {
	t.Parallel()
	sample, _ := make(t, fabricate.Options{Seed: 3, Password: "sesame"})
	whole := tree(t, check(t, options(t, sample, t.TempDir())).Case.Dir)
	opt := options(t, sample, t.TempDir())
	opt.Workers = 1
	ctx, cancel := context.WithCancel(context.Background())
	events := 0
	opt.Progress = func(p examination.Progress) {
		if p.Phase == examination.Reading {
			if events++; events == 12 {
				cancel()
			}
		}
	}
	res, err := examination.Check(ctx, opt)
	if err == nil {
		t.Fatal("the run was not stopped")
	}
	if v, _ := res.Case.Verdict(); v.State != casefile.Incomplete || v.Exit != casefile.ExitIncomplete {
		t.Errorf("a stopped case says %+v", v)
	}
	opt.Progress = nil
	if diff := cmp.Diff(whole, tree(t, check(t, opt).Case.Dir)); diff != "" {
		t.Errorf("the resumed case differs (-whole +resumed):\n%.2000s", diff)
	}
	if errs := res.Case.Verify(); len(errs) > 0 {
		t.Errorf("the resumed case does not verify: %v", errs)
	}
	opt.Detection.Fingerprint = "others"
	if _, err := examination.Check(context.Background(), opt); err == nil {
		t.Error("a case is resumed with other indicators")
	}
}

func TestDetectAgainWithoutEvidence(t *testing.T) {
	t.Parallel()
	sample, _ := make(t, fabricate.Options{Seed: 4, Password: "sesame"})
	opt := options(t, sample, t.TempDir())
	full := opt.Detection
	want := tree(t, check(t, opt).Case.Dir)
	opt.Dir = t.TempDir()
	opt.Detection = examination.Detection{Fingerprint: "nothing"}
	res := check(t, opt)
	if n := len(findings(t, res.Case)); n != 0 {
		t.Fatalf("%d findings without anything to look for", n)
	}
	if err := os.RemoveAll(filepath.Join(sample, fabricate.BackupDir)); err != nil {
		t.Fatal(err)
	}
	opt.Detection = full
	if _, err := examination.Again(context.Background(), opt); err != nil {
		t.Fatal(err)
	}
	got := tree(t, opt.Dir)
	for _, name := range []string{"findings.jsonl", "verdict.json", "coverage.jsonl", "timeline.csv"} {
		if diff := cmp.Diff(want[name], got[name]); diff != "" {
			t.Errorf("%s differs (-check +detect):\n%.2000s", name, diff)
		}
	}
}

// TestEvidenceIsNotChanged compares the acquisition before and after.
func TestEvidenceIsNotChanged(t *testing.T) {
	t.Parallel()
	sample, _ := make(t, fabricate.Options{Seed: 5, Password: "sesame", Messages: 30})
	dir := filepath.Join(sample, fabricate.BackupDir)
	before := tree(t, dir)
	opt := options(t, sample, t.TempDir())
	opt.HashAll = true
	check(t, opt)
	if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
		t.Errorf("the evidence was changed:\n%.500s", diff)
	}
}

func TestWrongPasswordExaminesNothing(t *testing.T) {
	t.Parallel()
	sample, _ := make(t, fabricate.Options{Seed: 6, Password: "another", Messages: 10})
	res, err := examination.Check(context.Background(), options(t, sample, t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	if res.Verdict.Exit != casefile.ExitNothing || len(res.Failures) != 1 {
		t.Errorf("exit %d, failures %v", res.Verdict.Exit, res.Failures)
	}
}

// TestLockedPartHidesNothing examines an AndroidQF acquisition whose backup is
// encrypted, without its password: the rest is examined, and the ledger says
// what was not.
func TestLockedPartHidesNothing(t *testing.T) {
	t.Parallel()
	sample := t.TempDir()
	path, _, err := fabricate.Make(fabricate.AndroidQF, sample, fabricate.Options{Seed: 7, Password: "sesame"})
	if err != nil {
		t.Fatal(err)
	}
	opt := options(t, sample, t.TempDir())
	opt.Paths = []string{path}
	opt.Password = func(string) ([]byte, error) { return nil, evidence.ErrPasswordRequired }
	res := check(t, opt)
	if len(res.Opened) < 2 {
		t.Errorf("%d sources were opened", len(res.Opened))
	}
	if i := slices.IndexFunc(res.Ledger, func(c engine.Coverage) bool { return c.Artifact == "acquisition" }); i < 0 || !res.Ledger[i].Outcome.Incomplete() {
		t.Error("the ledger does not say that the backup stayed closed")
	}
}
