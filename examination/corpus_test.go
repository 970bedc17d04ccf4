package examination_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/vigie-project/vigie/casefile"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/examination"
	"github.com/vigie-project/vigie/fabricate"
	"github.com/vigie-project/vigie/internal/testdata"
)

// TestCorpusBackups examines published backups. The plain and the encrypted
// twin of one redacted device give the same records.
func TestCorpusBackups(t *testing.T) {
	t.Parallel()
	sample, _ := make(t, fabricate.Options{Seed: 1, Messages: 1})
	cases := map[string]string{}
	for _, tt := range []struct {
		name, dir, password string
		opens               bool
	}{
		{"plain", "mvt-project+mvt/ios_backup", "", true},
		{"encrypted", "novkostya+ios-backup-crypt/mvt-encrypted-fast", "correct horse battery", true},
		{"wrong", "novkostya+ios-backup-crypt/mvt-encrypted-fast", "horse", false},
		{"lie", "SecurityRonin+ios-backup-forensic/tests/data/lie-encrypted", "test-password-1234", true},
		{"no size", "SecurityRonin+ios-backup-forensic/tests/data/no-size-backup", "test-password-1234", true},
	} {
		dir := filepath.Join(t.TempDir(), "case")
		opt := options(t, sample, dir)
		opt.Paths = []string{testdata.Path(t, "ios-backup/"+tt.dir)}
		opt.Password = func(string) ([]byte, error) { return []byte(tt.password), nil }
		before := listing(t, opt.Paths[0])
		res, err := examination.Check(context.Background(), opt)
		if err != nil {
			t.Fatal(err)
		}
		if opened := len(res.Failures) == 0; opened != tt.opens {
			t.Errorf("%s: %q", tt.name, res.Failures)
		}
		if !tt.opens && res.Verdict.Exit != casefile.ExitNothing {
			t.Errorf("%s: exit status %d", tt.name, res.Verdict.Exit)
		}
		if after := listing(t, opt.Paths[0]); after != before {
			t.Errorf("%s: the evidence was changed", tt.name)
		}
		failed := 0
		for _, l := range res.Ledger {
			if l.Outcome == engine.Failed {
				failed++
			}
		}
		if failed > 0 && res.Verdict.Exit == casefile.ExitQuiet {
			t.Errorf("%s: %d artifacts failed quietly", tt.name, failed)
		}
		cases[tt.name] = dir
	}
	plain, encrypted := recordsOf(t, cases["plain"]), recordsOf(t, cases["encrypted"])
	same := 0
	for id, records := range plain {
		if encrypted[id] == records {
			same++
		}
	}
	t.Logf("%d of %d artifacts give the same bytes", same, len(plain))
	if len(plain) < 5 {
		t.Errorf("only %d artifacts in the plain backup", len(plain))
	}
}

// listing returns names, sizes and times of the files below a folder.
func listing(t *testing.T, dir string) string {
	t.Helper()
	list := ""
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil {
			list += name + " " + info.ModTime().String() + " " + info.Mode().String() + "\n"
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}
