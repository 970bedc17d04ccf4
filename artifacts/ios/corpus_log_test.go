package ios_test

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"testing"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifacts/ios"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/internal/testdata"
)

// logCorpus counts the records of a parser on a real store of logs, by what key says.
func logCorpus(t *testing.T, p *artifact.Parser, key func(map[string]any) string) map[string]int {
	t.Helper()
	src := &evidence.Source{ID: "real", Kind: evidence.IOSFilesystem, FS: os.DirFS(testdata.Path(t, "unified-logs/log2timeline+plaso/AUL"))}
	n := map[string]int{}
	for _, job := range engine.NewPlan(src, []*artifact.Parser{p}, func(*artifact.Parser) bool { return true }).Jobs {
		for _, file := range job.Files {
			for rec, err := range engine.Parse(context.Background(), src, p, file, nil) {
				if err != nil {
					t.Fatal(err)
				}
				line, err := rec.AppendJSON(nil)
				var r struct{ Data map[string]any }
				if err == nil {
					err = json.Unmarshal(line, &r)
				}
				if err != nil {
					t.Fatal(err)
				}
				n[key(r.Data)]++
			}
		}
	}
	return n
}

// TestLogCorpus counts events in a real log of macOS, whose kernel, launchd and tccd
// write what those of iOS do.
func TestLogCorpus(t *testing.T) {
	t.Parallel()
	got := logCorpus(t, &ios.Log, func(d map[string]any) string { return d["kind"].(string) + ", " + d["action"].(string) })
	want := map[string]int{
		"boot, boot": 1, "clock, time zone": 1, "code signing, not signed by Apple": 1, "code signing, refused": 2, "crash, crashed": 5,
		"location, denied": 4, "lost, entries lost": 2, "memory, over its limit": 4, "permission, answered": 24, // of 30; those alike are counted
		"process, ended": 189, "process, started": 333, "sandbox, denied": 74,
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %#v", got)
	}
}

func TestLogProcessesCorpus(t *testing.T) {
	t.Parallel()
	got := logCorpus(t, &ios.LogProcesses, func(d map[string]any) string {
		if d["path"] == nil {
			return "no path"
		}
		return "path"
	})
	want := map[string]int{"path": 531} // as many as have entries; see TestRuns of the reader
	if !maps.Equal(got, want) {
		t.Errorf("got %#v", got)
	}
}
