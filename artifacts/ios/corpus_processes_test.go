package ios_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifacts/ios"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/internal/testdata"
)

// TestCorpusLogd compares with what plaso asserts of the file: 76 events without
// warnings, of which the third is the one below.
func TestCorpusLogd(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(testdata.Path(t, "ios-logs/log2timeline+plaso/logd.0.log"))
	if err != nil {
		t.Fatal(err)
	}
	name := "sysdiagnose/system_logs.logarchive/Extra/logd.0.log"
	src := &evidence.Source{ID: "test", Kind: evidence.IOSSysdiagnose, FS: fstest.MapFS{name: &fstest.MapFile{Data: data, Mode: 0o444}}}
	plan := engine.NewPlan(src, []*artifact.Parser{&ios.Logd}, func(*artifact.Parser) bool { return true })
	if len(plan.Jobs) != 1 {
		t.Fatalf("%d jobs", len(plan.Jobs))
	}
	var list []string
	events := map[string]int{}
	for rec, err := range engine.Parse(t.Context(), src, &ios.Logd, plan.Jobs[0].Files[0], nil) {
		if err != nil {
			t.Fatal(err)
		}
		line, err := rec.AppendJSON(nil)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, string(line))
		for _, e := range []string{"start", "shutdown", "time zone changed", "process not found", "image not known"} {
			if strings.Contains(string(line), `"event":"`+e+`"`) {
				events[e]++
			}
		}
	}
	if len(list) != 76 {
		t.Fatalf("%d lines, want 76", len(list))
	}
	const third = `"time":{"utc":"2021-08-11T12:50:23Z","rule":"text","zone":"offset"},"offset":"-07:00","process":"logd","pid":29,"event":"start","message":"libtrace_kic=1"`
	if !strings.Contains(list[2], third) {
		t.Errorf("third line is %s", list[2])
	}
	// Counted with grep.
	for e, n := range map[string]int{"start": 12, "shutdown": 14, "time zone changed": 1, "process not found": 8, "image not known": 1} {
		if events[e] != n {
			t.Errorf("%d of %s, want %d", events[e], e, n)
		}
	}
}
