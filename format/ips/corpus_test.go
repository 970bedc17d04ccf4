package ips

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigie-project/vigie/internal/testdata"
)

// The folders of the corpus.
const (
	plaso   = "ios-crash/log2timeline+plaso/"
	pycrash = "ios-crash/doronz88+pycrashreport/tests/"
	sentry  = "ios-crash/getsentry+apple-crash-report-parser/tests/fixtures/"
)

func open(t testing.TB, rel string) (Report, []byte) {
	t.Helper()
	data, err := os.ReadFile(testdata.Path(t, rel))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	body, err := r.Content()
	if err != nil {
		t.Fatal(err)
	}
	return r, body
}

func number(n *int64) int64 {
	if n == nil {
		return -1
	}
	return *n
}

// TestCorpusCrash compares with what the projects of the corpus assert of their
// own files.
func TestCorpusCrash(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file           string
		kind, incident string
		time           string
		crash          CrashReport // some fields
		threads        int         // 0: not compared
		images, frames int
	}{
		{file: plaso + "ips/application_crash_log.ips", kind: "309", incident: "D4E7538A-63F2-4116-8673-D9C0D9EE5A07", time: "2021-12-08T19:17:31.5754Z",
			crash: CrashReport{Process: "AmongUs", Path: "/private/var/containers/Bundle/Application/6C9C5A92-BC0D-476F-BCEF-8D4E0D5CAA40/AmongUs.app/AmongUs",
				Identifier: "com.innersloth.amongus", Version: "2021.11.10", Parent: "launchd", Type: "EXC_CRASH", Signal: "SIGKILL", Model: "iPad5,1", SystemBuild: "19B74"}},
		{file: plaso + "ips_files/recoverylogd-2023-06-08-144913.ips", kind: "309", incident: "9505C5CC-07DE-4E81-BCCE-60D07C96D1B1", time: "2023-06-08T14:49:13.5196Z",
			crash: CrashReport{Process: "recoverylogd", Path: "/usr/libexec/recoverylogd", Parent: "launchd", Type: "EXC_CRASH", Signal: "SIGABRT", Model: "iBridge2,14", SystemBuild: "20P5058"}},
		{file: pycrash + "user_mode_crash_report_ios14_non_symbolicated_abort.ips", kind: "109", incident: "13917FF0-E1B1-4652-84C2-85516D101DFE", time: "2021-10-21T21:14:53.0749Z",
			crash: CrashReport{Process: "itunescloudd", Path: "/System/Library/PrivateFrameworks/iTunesCloud.framework/Support/itunescloudd", Identifier: "itunescloudd",
				Version: "???", Parent: "launchd", Type: "EXC_CRASH", Signal: "SIGABRT", Model: "iPhone11,8", SystemBuild: "18H17"}},
		{file: pycrash + "user_mode_crash_report_monterey_non_symbolicated.ips", kind: "309", incident: "051760D9-97FF-475F-8B61-B0FDFB04D484", time: "2022-01-06T13:09:22.6192Z",
			crash: CrashReport{Process: "sleep", Path: "/bin/sleep", Parent: "zsh", Type: "EXC_BAD_ACCESS", Signal: "SIGSEGV", Model: "MacBookPro15,1", SystemBuild: "21C52"}},
		{file: sentry + "handcrafted.txt", incident: "5C32DF84-31A0-43E7-87D0-239F7F594940", time: "2019-01-09T17:42:22Z", threads: 2, images: 5, frames: 17,
			crash: CrashReport{Process: "YetAnotherMac", Path: "/Users/bruno/Documents/Unreal Projects/YetAnotherMac/MacNoEditor/YetAnotherMac.app/Contents/MacOS/YetAnotherMac",
				Identifier: "com.YourCompany.YetAnotherMac", Version: "4.21.1", Parent: "launchd", Type: "SIGSEGV", Model: "MacBookPro14,3", SystemBuild: "18A391"}},
		{file: sentry + "bruno.txt", incident: "5C32DF84-31A0-43E7-87D0-239F7F594940", time: "2019-01-09T12:44:22.075Z", threads: 55, images: 272, frames: 452,
			crash: CrashReport{Process: "YetAnotherMac", Path: "/Users/bruno/Documents/Unreal Projects/YetAnotherMac/MacNoEditor/YetAnotherMac.app/Contents/MacOS/YetAnotherMac",
				Identifier: "com.YourCompany.YetAnotherMac", Version: "4.21.1", Parent: "launchd", Type: "SIGSEGV", Model: "MacBookPro14,3", SystemBuild: "18A391"}},
		{file: sentry + "xcode16.txt", incident: "6156848E-344E-4D9E-84E0-87AFD0D0AE7B", time: "2020-03-28T01:06:51.4969Z",
			crash: CrashReport{Process: "TouchCanvas", Path: "/private/var/containers/Bundle/Application/51346174-37EF-4F60-B72D-8DE5F01035F5/TouchCanvas.app/TouchCanvas",
				Identifier: "com.example.apple-samplecode.TouchCanvas", Version: "1 (3.0)", Parent: "launchd", Model: "iPhone8,1", SystemBuild: "17D50"}},
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			r, body := open(t, c.file)
			got, err := DecodeCrash(body)
			if err != nil {
				t.Fatal(err)
			}
			if r.Type != c.kind || r.Class != Crash || got.Incident != c.incident {
				t.Errorf("type %q, class %d, incident %s", r.Type, r.Class, got.Incident)
			}
			when, ok := ParseTime(got.Time)
			if !ok || when.UTC().Format(time.RFC3339Nano) != c.time {
				t.Errorf("time %s, want %s", when, c.time)
			}
			some := CrashReport{Process: got.Process, Path: got.Path, Identifier: got.Identifier, Version: got.Version, Parent: got.Parent,
				Type: got.Type, Signal: got.Signal, Model: got.Model, SystemBuild: got.SystemBuild}
			if !same(some, c.crash) {
				t.Errorf("got %+v\nwant %+v", some, c.crash)
			}
			frames := 0
			for _, th := range got.Threads {
				frames += len(th.Frames)
			}
			if c.threads != 0 && (len(got.Threads) != c.threads || len(got.Images) != c.images || frames != c.frames) {
				t.Errorf("%d threads, %d images, %d frames; want %d, %d, %d", len(got.Threads), len(got.Images), frames, c.threads, c.images, c.frames)
			}
		})
	}
}

func same(a, b CrashReport) bool {
	return a.Process == b.Process && a.Path == b.Path && a.Identifier == b.Identifier && a.Version == b.Version && a.Parent == b.Parent &&
		a.Type == b.Type && a.Signal == b.Signal && a.Model == b.Model && a.SystemBuild == b.SystemBuild
}

// TestCorpusThread compares the thread, registers and texts that pycrashreport
// asserts, and the numbers that plaso does.
func TestCorpusThread(t *testing.T) {
	t.Parallel()
	_, body := open(t, pycrash+"user_mode_crash_report_ios14_non_symbolicated_abort.ips")
	c, _ := DecodeCrash(body)
	th := c.FaultingThread()
	if number(c.Faulting) != 7 || th == nil || len(th.Frames) != 15 || th.Queue != "com.apple.iTunesCloud.ICURLSession.operation" {
		t.Fatalf("thread %d: %+v", number(c.Faulting), th)
	}
	if f := th.Frames[0]; f.Name != "libsystem_kernel.dylib" || f.Base != 0x1C3DF1000 || f.Offset != 168756 || f.Symbol != "" || f.String() != "libsystem_kernel.dylib + 168756" {
		t.Errorf("frame %+v", f)
	}
	if f := th.Frames[1]; f.Base != 0x1E189F000 || f.Offset != 10908 {
		t.Errorf("frame %+v", f)
	}
	if c.Subtype != "" || !slices.Equal(c.Info, []Pair{{"Application Specific Information", "abort() called"}}) {
		t.Errorf("subtype %q, information %v", c.Subtype, c.Info)
	}
	if len(c.Registers) != 35 || !slices.Contains(c.Registers, Pair{"x4", "0x16f6763d0"}) || !slices.Contains(c.Registers, Pair{"x6", "0x72"}) {
		t.Errorf("%d registers: %v", len(c.Registers), c.Registers)
	}
	if number(c.PID) != 692 || number(c.ParentPID) != 1 || number(c.CoalitionID) != 275 {
		t.Error("pid, parent or coalition differ")
	}

	_, body = open(t, pycrash+"user_mode_crash_report_monterey_non_symbolicated.ips")
	c, _ = DecodeCrash(body)
	th = c.FaultingThread()
	if number(c.Faulting) != 0 || th == nil || len(th.Frames) != 4 || c.Subtype != "KERN_INVALID_ADDRESS at 0x0000000000000000" || len(c.Info) != 0 {
		t.Fatalf("%+v", c)
	}
	if f := th.Frames[0]; f.Image != -1 || f.Base != 0 || f.Offset != 0 || f.String() != "no image + 0" {
		t.Errorf("frame %+v", f)
	}
	if f := th.Frames[1]; f.Name != "/usr/lib/system/libsystem_c.dylib" || f.Base != 0x7FF80C65C000 || f.Symbol != "nanosleep" || f.Offset != 0x108A9 || f.SymbolOffset != 0xC4 {
		t.Errorf("frame %+v", f)
	}
	if len(c.Registers) != 22+1 || !slices.Contains(c.Registers, Pair{"r13", "0x7ff7ba6a86e8"}) || !slices.Contains(c.Registers, Pair{"rax", "0x4"}) { // flavor is one more
		t.Errorf("%d registers: %v", len(c.Registers), c.Registers)
	}

	_, body = open(t, plaso+"ips/application_crash_log.ips")
	c, _ = DecodeCrash(body)
	launched, _ := ParseTime(c.Launched)
	if number(c.PID) != 3723 || number(c.ParentPID) != 1 || number(c.User) != 501 || !launched.Equal(time.Date(2021, 12, 8, 17, 23, 28, 279e6, time.UTC)) {
		t.Errorf("%+v", c)
	}
}

// TestCorpusKeys compares the keys that plaso asserts of a report.
func TestCorpusKeys(t *testing.T) {
	t.Parallel()
	r, body := open(t, plaso+"ips_files/recoverylogd-2023-06-08-144913.ips")
	var got []string
	for key := range r.Header.Members() {
		got = append(got, key)
	}
	want := strings.Fields("app_name timestamp app_version slice_uuid build_version platform share_with_app_devs is_first_party bug_type os_version roots_installed incident_id name")
	if !slices.Equal(got, want) {
		t.Errorf("keys %q", got)
	}
	v, err := Object(body)
	got = nil
	for key := range v.Members() {
		got = append(got, key)
	}
	want = strings.Fields("uptime procRole version userID deployVersion modelCode coalitionID osVersion captureTime incident pid cpuType roots_installed bug_type " +
		"procLaunch procStartAbsTime procExitAbsTime procName procPath parentProc parentPid coalitionName crashReporterKey throttleTimeout codeSigningID " +
		"codeSigningTeamID codeSigningFlags codeSigningValidationCategory codeSigningTrustLevel exception termination asi faultingThread threads usedImages " +
		"sharedCache legacyInfo")
	if err != nil || !slices.Equal(got[:len(want)-1], want[:len(want)-1]) {
		t.Errorf("keys %q, %v", got, err)
	}
}

func TestCorpusStackshot(t *testing.T) {
	t.Parallel()
	r, body := open(t, plaso+"ips_files/stacks-2023-06-08-151842.ips")
	s, err := DecodeSystem(body)
	if err != nil || r.Class != Stackshot || s.Reason != "stackshot via sysdiagnose (Remote)" || s.Product != "iBridge2,14" {
		t.Fatalf("%v %+v", err, s)
	}
	if n := bytes.Count(body, []byte(`"procname"`)); len(s.Processes) != n || n < 10 {
		t.Errorf("%d processes, %d names", len(s.Processes), n)
	}
	if p := s.Processes[0]; p.Name != "kernel_task" || number(p.PID) != 0 || p.Threads < 3 {
		t.Errorf("%+v", p)
	}
}

func BenchmarkCrash(b *testing.B) {
	_, body := open(b, plaso+"ips/application_crash_log.ips")
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeCrash(body); err != nil {
			b.Fatal(err)
		}
	}
}
