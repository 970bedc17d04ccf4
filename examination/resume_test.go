package examination_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vigie-project/vigie/casefile"
	"github.com/vigie-project/vigie/examination"
	"github.com/vigie-project/vigie/fabricate"
)

// TestSameCommandTwice runs a concluded examination again.
func TestSameCommandTwice(t *testing.T) {
	t.Parallel()
	sample, _ := make(t, fabricate.Options{Seed: 7, Password: "sesame", Messages: 30})
	opt := options(t, sample, filepath.Join(t.TempDir(), "case [1]*?"))
	first := check(t, opt)
	want := tree(t, opt.Dir)
	if first.Verdict.Exit != casefile.ExitFindings || first.Entries == 0 {
		t.Fatalf("exit %d, %d entries", first.Verdict.Exit, first.Entries)
	}
	second := check(t, opt)
	if diff := cmp.Diff(want, tree(t, opt.Dir)); diff != "" {
		t.Errorf("the second run differs (-first +second):\n%.2000s", diff)
	}
	if second.Entries != first.Entries || second.Records != first.Records {
		t.Errorf("the second run tells of %d records and %d entries, the first of %d and %d", second.Records, second.Entries, first.Records, first.Entries)
	}
	if errs := second.Case.Verify(); len(errs) > 0 {
		t.Error(errs)
	}
}

// TestRefusedRunsChangeNothing runs commands on a concluded case that do not
// belong to it.
func TestRefusedRunsChangeNothing(t *testing.T) {
	t.Parallel()
	sample, _ := make(t, fabricate.Options{Seed: 8, Password: "sesame", Messages: 30})
	other, _ := make(t, fabricate.Options{Seed: 9, Password: "sesame", Messages: 30})
	opt := options(t, sample, t.TempDir())
	check(t, opt)
	want := tree(t, opt.Dir)
	for _, tt := range []struct {
		what   string
		change func(*examination.Options)
	}{
		{"a wrong password", func(o *examination.Options) { o.Password = func(string) ([]byte, error) { return []byte("x"), nil } }},
		{"other evidence", func(o *examination.Options) { o.Paths = []string{filepath.Join(other, fabricate.BackupDir)} }},
		{"other indicators", func(o *examination.Options) { o.Fingerprint = "others" }},
		{"nothing there", func(o *examination.Options) { o.Paths = []string{t.TempDir()} }},
	} {
		o := opt
		tt.change(&o)
		if _, err := examination.Check(context.Background(), o); err == nil {
			t.Errorf("%s: the case goes on", tt.what)
		}
		if diff := cmp.Diff(want, tree(t, opt.Dir)); diff != "" {
			t.Errorf("%s: the case was changed:\n%.1000s", tt.what, diff)
		}
	}
	if errs := (&casefile.Case{Dir: opt.Dir}).Verify(); len(errs) > 0 {
		t.Error(errs)
	}
}

// TestChangedCaseIsNotSealedAgain changes a record of a concluded case.
func TestChangedCaseIsNotSealedAgain(t *testing.T) {
	t.Parallel()
	sample, _ := make(t, fabricate.Options{Seed: 8, Password: "sesame", Messages: 30})
	opt := options(t, sample, t.TempDir())
	res := check(t, opt)
	names, err := res.Case.JobFiles(res.Opened[0].ID)
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	if err := os.Truncate(names[0], 0); err != nil {
		t.Fatal(err)
	}
	for name, run := range map[string]func(context.Context, examination.Options) (*examination.Result, error){
		"check": examination.Check, "detect": examination.Again,
	} {
		if _, err := run(context.Background(), opt); !errors.Is(err, casefile.ErrChanged) {
			t.Errorf("%s on a changed case: %v", name, err)
		}
	}
	if errs := res.Case.Verify(); len(errs) == 0 {
		t.Error("the change was sealed")
	}
}

// TestLostCacheOfAStoppedRun deletes the cache before resuming.
func TestLostCacheOfAStoppedRun(t *testing.T) {
	t.Parallel()
	sample, _ := make(t, fabricate.Options{Seed: 3, Password: "sesame", Messages: 30})
	whole := tree(t, check(t, options(t, sample, t.TempDir())).Case.Dir)
	opt := options(t, sample, t.TempDir())
	stopAt(t, opt, examination.Sorting, 1)
	if err := os.RemoveAll(filepath.Join(opt.Dir, "cache")); err != nil {
		t.Fatal(err)
	}
	check(t, opt)
	if diff := cmp.Diff(whole, tree(t, opt.Dir)); diff != "" {
		t.Errorf("the resumed case differs (-whole +resumed):\n%.2000s", diff)
	}
}

// stopAt runs an examination until the nth event of a phase, then as if killed.
func stopAt(t *testing.T, opt examination.Options, phase examination.Phase, n int) {
	t.Helper()
	killed := errors.New("killed")
	opt.Workers = 1
	opt.Progress = func(p examination.Progress) {
		if p.Phase == phase {
			if n--; n == 0 {
				panic(killed)
			}
		}
	}
	defer func() {
		if r := recover(); r != killed {
			t.Fatalf("the run was not stopped: %v", r)
		}
	}()
	examination.Check(context.Background(), opt)
}

// TestStoppedDetectCanBeRepeated stops "detect" and matches again.
func TestStoppedDetectCanBeRepeated(t *testing.T) {
	t.Parallel()
	sample, _ := make(t, fabricate.Options{Seed: 4, Password: "sesame", Messages: 30})
	opt := options(t, sample, t.TempDir())
	want := tree(t, check(t, opt).Case.Dir)
	ctx, cancel := context.WithCancel(context.Background())
	other := opt
	other.Detection = examination.Detection{Fingerprint: "nothing"}
	other.Progress = func(examination.Progress) { cancel() }
	if _, err := examination.Again(ctx, other); err == nil {
		t.Fatal("the run was not stopped")
	}
	if _, err := examination.Check(context.Background(), opt); !errors.Is(err, casefile.ErrOther) {
		t.Errorf("a case that is matched with something else is resumed: %v", err)
	}
	if _, err := examination.Again(context.Background(), opt); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, tree(t, opt.Dir)); diff != "" {
		t.Errorf("matched again after a stop (-check +detect):\n%.2000s", diff)
	}
}
