package ios

import (
	"testing"
	"testing/fstest"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/evidence"
)

// TestShutdownSessionsEmptied has a log without a byte, which means something in the
// versions of iOS that never begin it anew.
func TestShutdownSessionsEmptied(t *testing.T) {
	t.Parallel()
	const path = "private/var/db/diagnostics/shutdown.log"
	for version, want := range map[string]int{"17.5": 1, "15.0": 1, "26.1": 0, "27": 0, "": 0, "x": 0, "0.1": 0} {
		src := &evidence.Source{FS: fstest.MapFS{path: {}}, Device: evidence.Device{Version: version}}
		f, err := src.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for r, err := range ShutdownSessions.Parse(t.Context(), &artifact.Input{Source: src, Path: path, File: f, Parser: &ShutdownSessions}) {
			if n++; err != nil || r.Data.String() != "the log of shutdowns is empty" {
				t.Errorf("%s: %v, %v", version, r, err)
			}
		}
		if n != want {
			t.Errorf("%q: %d records, want %d", version, n, want)
		}
	}
}
