package ios_test

import (
	"bytes"
	"fmt"
	"os"
	"testing"
	"testing/fstest"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifacts/ios"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/internal/testdata"
)

// The folders of the corpus.
const (
	crashPlaso = "ios-crash/log2timeline+plaso/"
	crashPy    = "ios-crash/doronz88+pycrashreport/tests/"
	crashCaz   = "ios-crash/getsentry+apple-crash-report-parser/tests/fixtures/"
	crashPlace = "private/var/mobile/Library/Logs/CrashReporter/"
)

// TestCorpusCrash compares with plaso, pycrashreport and apple-crash-report-parser;
// what is in backtraces, registers and images is compared in format/ips.
func TestCorpusCrash(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file   string
		parser *artifact.Parser
		want   map[string]int // records that hold a text; "" for all
	}{
		// plaso: one event.
		{crashPlaso + "ips/application_crash_log.ips", &ios.Crashes, map[string]int{"": 1, `"process":"AmongUs"`: 1, `"bug_type":"309"`: 1, `"version":"2021.11.10"`: 1,
			`"app":"com.innersloth.amongus"`: 1, `"model":"iPad5,1"`: 1, `"incident":"D4E7538A-63F2-4116-8673-D9C0D9EE5A07"`: 1, `"system":"iPhone OS 15.1","system_build":"19B74"`: 1,
			`"parent":"launchd","parent_pid":1`: 1, `"pid":3723`: 1, `"user":501`: 1, `"launched":{"utc":"2021-12-08T17:23:28.279Z"`: 1,
			`"path":"/private/var/containers/Bundle/Application/6C9C5A92-BC0D-476F-BCEF-8D4E0D5CAA40/AmongUs.app/AmongUs"`: 1, `"foreign"`: 0, `"termination":"FRONTBOARD"`: 1}},
		{crashPlaso + "ips_files/recoverylogd-2023-06-08-144913.ips", &ios.Crashes, map[string]int{"": 1, `"process":"recoverylogd"`: 1, `"reporter_key":"c0dec0dec0dec0dec0dec0dec0dec0dec0de0001"`: 1,
			`"model":"iBridge2,14"`: 1, `"exception":"EXC_CRASH"`: 1, `"time":{"utc":"2023-06-08T14:49:13.5196Z"`: 1, `"launched":{"utc":"2023-06-08T14:49:12.507Z"`: 1, // plaso cuts to milliseconds
			`"incident":"9505C5CC-07DE-4E81-BCCE-60D07C96D1B1"`: 1, `"pid":74`: 1, `"user":501`: 1, `"validation":"platform"`: 1, `assertion failure: \"fd != -1\"`: 1, `"outside":0`: 1}},
		{crashPlaso + "ips_files/stacks-2023-06-08-151842.ips", &ios.StackshotProcesses, map[string]int{`"process":"kernel_task","pid":0`: 1, `"process":"launchd","pid":1`: 1}},
		{crashPlaso + "ips_files/stacks-2023-06-08-151842.ips", &ios.Resets, map[string]int{"": 0}},
		{crashPy + "user_mode_crash_report_ios14_non_symbolicated_abort.ips", &ios.Crashes, map[string]int{"": 1, `"bug_type":"109"`: 1, `"incident":"13917FF0-E1B1-4652-84C2-85516D101DFE"`: 1,
			`"time":{"utc":"2021-10-21T21:14:53.0749Z"`: 1, `"thread":7`: 1, `"exception":"EXC_CRASH","signal":"SIGABRT"`: 1, `"subtype"`: 0, `"value":"abort() called"`: 1}},
		{crashPy + "user_mode_crash_report_monterey_non_symbolicated.ips", &ios.Crashes, map[string]int{"": 1, `"bug_type":"309"`: 1, `"incident":"051760D9-97FF-475F-8B61-B0FDFB04D484"`: 1,
			`"time":{"utc":"2022-01-06T13:09:22.6192Z"`: 1, `"thread":0`: 1, `"exception":"EXC_BAD_ACCESS"`: 1, `"subtype":"KERN_INVALID_ADDRESS at 0x0000000000000000"`: 1, `"info"`: 0, `"outside":1`: 1}},
		{crashCaz + "handcrafted.txt", &ios.Crashes, map[string]int{"": 1, `"threads":2`: 1, `"images":5`: 1, `"incident":"5C32DF84-31A0-43E7-87D0-239F7F594940"`: 1, `"time":{"utc":"2019-01-09T17:42:22Z"`: 1}},
		{crashCaz + "handcrafted.txt", &ios.CrashImages, map[string]int{"": 5}},
		{crashCaz + "bruno.txt", &ios.Crashes, map[string]int{"": 1, `"threads":55`: 1, `"images":272`: 1, `"time":{"utc":"2019-01-09T12:44:22.075Z"`: 1}},
		{crashCaz + "bruno.txt", &ios.CrashImages, map[string]int{"": 272}},
		{crashCaz + "xcode16.txt", &ios.Crashes, map[string]int{"": 1, `"time":{"utc":"2020-03-28T01:06:51.4969Z"`: 1}},
		{crashPlaso + "ips/application_crash_log.ips", &ios.DiagnosticReports, map[string]int{"": 1, `"artifact":"ios.crashes"`: 1}},
	} {
		t.Run(c.parser.ID+" "+c.file, func(t *testing.T) {
			t.Parallel()
			recs := systemRead(t, c.parser, map[string]string{crashPlace + "x-2031-01-02-030405.ips": c.file})
			for text, want := range c.want {
				if got := systemCount(t, recs, text); got != want {
					t.Errorf("%d records with %s, want %d", got, text, want)
				}
			}
		})
	}
}

// BenchmarkCrashes reads reports of the size of a large one, with their names and
// images as all artifacts do.
func BenchmarkCrashes(b *testing.B) {
	data, err := os.ReadFile(testdata.Path(b, crashPlaso+"ips/application_crash_log.ips"))
	if err != nil {
		b.Fatal(err)
	}
	data = bytes.Clone(data)
	path := fmt.Sprintf("%sAmongUs-2021-12-08-141736.ips", crashPlace)
	src := &evidence.Source{ID: "corpus", Kind: evidence.IOSFilesystem, FS: fstest.MapFS{path: &fstest.MapFile{Data: data}}}
	file := engine.PlannedFile{Path: path, Size: int64(len(data))}
	for _, p := range []*artifact.Parser{&ios.Crashes, &ios.CrashImages, &ios.DiagnosticReports, &ios.Panics} {
		b.Run(p.ID, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, err := range engine.Parse(b.Context(), src, p, file, nil) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
