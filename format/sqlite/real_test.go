package sqlite

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vigie-project/vigie/internal/testdata"
)

// TestRealDatabases compares the databases of real phones and of other projects'
// tests, with their logs, with what SQLite reads from them.
func TestRealDatabases(t *testing.T) {
	t.Parallel()
	root := testdata.Path(t, ".")
	var states [3]int
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(path, "_antifor") {
			return err // SQLite itself fails on the anti-forensic ones
		}
		b := make([]byte, 16)
		f, err := os.Open(path)
		if err != nil {
			return nil
		}
		_, err = f.Read(b)
		f.Close()
		info, _ := d.Info()
		if err != nil || string(b) != magic || info.Size() < 1024 {
			return nil
		}
		rel, _ := filepath.Rel(root, path)
		t.Run(rel, func(t *testing.T) {
			db := same(t, take(t, path))
			for _, tab := range db.Tables() {
				for row, err := range db.All(tab.Name) {
					if err != nil {
						t.Errorf("%s: %v", tab.Name, err)
						continue
					}
					states[row.State]++
					if row.State != Live && testing.Verbose() {
						logRow(t, row)
					}
				}
			}
			for _, tab := range db.Dropped() {
				t.Logf("dropped: %s", tab.SQL)
			}
			t.Logf("orphan pages: %d", len(db.found.orphans))
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d live, %d logged, %d deleted rows", states[Live], states[Logged], states[Deleted])
}

// logRow logs a row that is not live.
func logRow(t *testing.T, row Row) {
	var vals []string
	for i := range row.Columns() {
		s := row.At(i).Text()
		vals = append(vals, s[:min(len(s), 24)])
	}
	t.Logf("%v %s %d page %d (%v, lost %v partial %v assumed %v): %q", row.State, row.Table(), row.ID, row.Page, row.Origin, row.IDLost, row.Partial, row.Assumed, strings.Join(vals, "|"))
}
