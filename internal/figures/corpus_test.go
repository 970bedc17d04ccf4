package figures

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vigie-project/vigie/internal/testdata"
)

// TestCorpusUntouched checks that the corpus has no file beside a database that
// its provenance does not list: a tool that opened one in place left it.
func TestCorpusUntouched(t *testing.T) {
	t.Parallel()
	lists, err := filepath.Glob(filepath.Join(testdata.Path(t, "ios-backup"), "..", "*", "*", "PROVENANCE.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Dir(list)
		err = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			_, suffix, _ := strings.Cut(filepath.Ext(name), "-")
			if err != nil || d.IsDir() || suffix != "wal" && suffix != "shm" && suffix != "journal" {
				return err
			}
			rel, err := filepath.Rel(dir, name)
			if err == nil && !strings.Contains(string(text), filepath.ToSlash(rel)) {
				t.Errorf("%s is not in the provenance of %s", rel, filepath.Base(dir))
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}
