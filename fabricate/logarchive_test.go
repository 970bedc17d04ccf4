package fabricate_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/vigie-project/vigie/fabricate"
	"github.com/vigie-project/vigie/format/unifiedlog"
)

// TestLogArchive checks that a log archive has the entries asked for, and can be
// read to the end.
func TestLogArchive(t *testing.T) {
	t.Parallel()
	const entries = 30_000
	folder, _, err := fabricate.Make(fabricate.LogArchive, t.TempDir(), fabricate.Options{Entries: entries})
	if err != nil {
		t.Fatal(err)
	}
	a, err := unifiedlog.Open(os.DirFS(filepath.Join(folder, "system_logs.logarchive")))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	var s unifiedlog.Stats
	for e, err := range a.Entries(t.Context(), unifiedlog.Filter{Stats: &s}) {
		if err != nil {
			t.Fatal(err)
		}
		_ = e.Message()
	}
	if s.Entries != entries || s.NoStrings+s.BadOffsets+s.OutsideWindow+s.UnlistedPages+s.BadBodies+s.BadItems > 0 {
		t.Errorf("%+v", s)
	}
}
