package unifiedlog_test

import (
	"context"
	"os"
	"testing"

	"github.com/vigie-project/vigie/format/unifiedlog"
	"github.com/vigie-project/vigie/internal/testdata"
)

// TestRuns compares what catalogs say of processes with the entries.
func TestRuns(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func() (*unifiedlog.Archive, error){
		"written": func() (*unifiedlog.Archive, error) { return unifiedlog.Open(store().FS()) },
		"real": func() (*unifiedlog.Archive, error) {
			return unifiedlog.Open(os.DirFS(testdata.Path(t, "unified-logs/log2timeline+plaso/AUL")))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := open()
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			type key struct {
				unique          uint64
				generation, pid uint32
				uuid            unifiedlog.UUID // changes when a process becomes another program
			}
			keyOf := func(p *unifiedlog.Process) key { return key{p.Unique, p.Generation, p.PID, p.UUID} }
			listed := map[key]unifiedlog.Run{}
			runs, errs := a.Runs(context.Background())
			for _, r := range runs {
				listed[keyOf(r.Process)] = r
			}
			if len(errs) > 0 || len(listed) != len(runs) {
				t.Errorf("%d runs, %d keys, %v", len(runs), len(listed), errs)
			}
			used := map[key]bool{}
			for e, err := range a.Entries(context.Background(), unifiedlog.Filter{}) {
				if err != nil {
					t.Fatal(err)
				}
				k := keyOf(e.Process)
				r, ok := listed[k]
				if !ok || e.Continuous < r.First || e.Continuous > r.Last || r.Process.UUID != e.Process.UUID {
					t.Fatalf("entry of %v at %d: run %+v", k, e.Continuous, r)
				}
				used[k] = true
			}
			if len(used) != len(runs) {
				t.Errorf("%d runs, %d processes have entries", len(runs), len(used))
			}
		})
	}
}
