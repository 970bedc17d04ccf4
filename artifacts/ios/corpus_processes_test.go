package ios_test

import (
	"bytes"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifacts/ios"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/internal/testdata"
	"github.com/vigie-project/vigie/record"
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

// TestCorpusUUIDPaths compares with the end of each file, which is the path whatever
// stands before it.
func TestCorpusUUIDPaths(t *testing.T) {
	t.Parallel()
	root := testdata.Path(t, "unified-logs/log2timeline+plaso/AUL/private/var/db/uuidtext")
	tree := fstest.MapFS{}
	want := map[string]string{}
	folders, err := filepath.Glob(filepath.Join(root, "??", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range folders {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := path.Join("private/var/db/uuidtext", filepath.Base(filepath.Dir(file)), filepath.Base(file))
		tree[name] = &fstest.MapFile{Data: data, Mode: 0o444}
		end := bytes.TrimRight(data, "\x00")
		want[name] = string(end[bytes.LastIndexByte(end, 0)+1:])
	}
	src := &evidence.Source{ID: "test", Kind: evidence.IOSFilesystem, FS: tree}
	n := 0
	for _, job := range engine.NewPlan(src, []*artifact.Parser{&ios.UUIDPaths}, func(*artifact.Parser) bool { return true }).Jobs {
		for _, file := range job.Files {
			for rec, err := range engine.Parse(t.Context(), src, &ios.UUIDPaths, file, nil) {
				if err != nil {
					t.Fatalf("%s: %v", file.Path, err)
				}
				line, err := rec.AppendJSON(nil)
				if err != nil {
					t.Fatal(err)
				}
				if path := string(record.AppendString([]byte(`"path":`), want[rec.Origin.Path])); !strings.Contains(string(line), `},"data":{"uuid":`) || !strings.Contains(string(line), path+`,"name":`) {
					t.Errorf("%s, want %s", line, path)
				}
				n++
			}
		}
	}
	if n != 562 || len(want) != n {
		t.Errorf("%d records of %d files, want 562", n, len(want))
	}
}
