package examination_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	_ "time/tzdata" // the same on every system

	"github.com/google/go-cmp/cmp"

	"github.com/vigie-project/vigie/examination"
	"github.com/vigie-project/vigie/fabricate"
	"github.com/vigie-project/vigie/internal/testdata"
)

// traveller writes a sysdiagnose of a phone that was in Zurich until the end of
// summer time was past, flew to New York and back, and was captured in December:
// the log of lockdownd reaches back over all of it.
func traveller(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "sysdiagnose_2025.12.01_10-00-00+0100_iPhone-OS_iPhone_22D63")
	report := func(at string) string { return `{"app_name":"x","timestamp":"` + at + `","bug_type":"309"}` + "\n{}\n" }
	writeFiles(t, dir, map[string]string{
		"sysdiagnose.log": "Output directory: /private/var/db/sysdiagnose/com.apple.sysdiagnose/IN_PROGRESS_sysdiagnose_2025.12.01_10-00-00+0100_iPhone-OS_iPhone_22D63\n",
		"system_logs.logarchive/Extra/logd.0.log": "2025-10-20 08:00:00+0200 logd[29]: libtrace_kic=1\n" +
			"2025-10-26 02:00:00+0100 logd[29]: Time zone changed, updating file headers\n",
		"crashes_and_spins/a-2025-11-12-090000.ips": report("2025-11-12 09:00:00.00 -0500"),
		"crashes_and_spins/b-2025-11-30-090000.ips": report("2025-11-30 09:00:00.00 +0100"),
		"logs/MobileLockdown/lockdownd.log": `10/26/25 01:30:00.000000 pid=71 main: summer
10/26/25 02:59:59.000000 pid=71 main: summer, last
10/26/25 02:00:01.000000 pid=71 main: winter, first
10/26/25 02:30:00.000000 pid=71 main: winter
11/05/25 20:00:00.000000 pid=71 main: before the flight
11/05/25 14:00:30.000000 pid=71 main: after the flight
11/12/25 09:00:01.000000 pid=71 main: in New York
11/30/25 09:00:01.000000 pid=71 main: back
`,
	})
	return dir
}

// writeFiles writes files below a folder.
func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

var clockLine = regexp.MustCompile(`(?m)^\{"time":"([^"]*)","local":"[^"]*","offset":"([^"]*)","quality":"([^"]*)","fields":"time","artifact":"ios.lockdownlog","summary":"[^"]*?(summer|winter|before|after|in New|back)([^"]*)"`)

// TestTravellingPhone: the same bytes with any number of workers, and after
// matching again; every line of the log is at its instant.
func TestTravellingPhone(t *testing.T) {
	t.Parallel()
	sample, _ := make(t, fabricate.Options{Seed: 7, Password: "sesame", Messages: 10})
	opt := options(t, sample, t.TempDir())
	opt.Paths, opt.Workers = []string{traveller(t)}, 1
	res := check(t, opt)
	one := tree(t, opt.Dir)
	var got []string
	for _, m := range clockLine.FindAllStringSubmatch(one["timeline.jsonl"], -1) {
		got = append(got, strings.Join(m[1:4], " ")+" "+m[4]+m[5])
	}
	want := []string{
		"2025-10-25T23:30:00Z +02:00 nearest summer", "2025-10-26T00:59:59Z +02:00 nearest summer, last",
		"2025-10-26T01:00:01Z +01:00 nearest winter, first", "2025-10-26T01:30:00Z +01:00 nearest winter",
		"2025-11-05T19:00:00Z +01:00 nearest before the flight", "2025-11-05T19:00:30Z -05:00 nearest after the flight",
		"2025-11-12T14:00:01Z -05:00 nearest in New York", "2025-11-30T08:00:01Z +01:00 exact back",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("timeline (-want +got):\n%s", diff)
	}
	if errs := res.Case.Verify(); len(errs) > 0 {
		t.Error(errs)
	}
	opt.Dir, opt.Workers = t.TempDir(), 7
	check(t, opt)
	if diff := cmp.Diff(one, tree(t, opt.Dir)); diff != "" {
		t.Errorf("cases differ (-one worker +seven):\n%.2000s", diff)
	}
	check(t, opt) // resumed, with nothing left to do
	if _, err := examination.Again(context.Background(), opt); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(one["findings.jsonl"]+one["timeline.csv"], tree(t, opt.Dir)["findings.jsonl"]+tree(t, opt.Dir)["timeline.csv"]); diff != "" {
		t.Errorf("case differs after matching again:\n%.2000s", diff)
	}
	for name, text := range one {
		if strings.HasPrefix(name, "sources/") && strings.Count(text, `"readings"`) != 4 {
			t.Errorf("%s does not tell the clock: %s", name, text)
		}
	}
}

// TestPhoneAfterReset reads logs of one real phone: it was erased, began in the zone
// of California, and was set to that of Toronto, where it was at the capture.
func TestPhoneAfterReset(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "sysdiagnose_2021.12.16_05-54-40-0500_iPhone-OS_iPhone_18H17")
	files := map[string]string{
		"sysdiagnose.log": "Output directory: /private/var/db/sysdiagnose/com.apple.sysdiagnose/IN_PROGRESS_sysdiagnose_2021.12.16_05-54-40-0500_iPhone-OS_iPhone_18H17\n",
	}
	for name, from := range map[string]string{
		"system_logs.logarchive/Extra/logd.0.log":                 "ios-logs/log2timeline+plaso/logd.0.log",
		"logs/MobileContainerManager/containermanagerd.log.0":     "ios-logs/log2timeline+plaso/ios_sysdiag.log",
		"logs/powerlogs/powerlog_2021-12-16_05-54_84E2141B.PLSQL": "ios-artifacts/log2timeline+plaso/ios/powerlog_2021-12-16_05-54_84E2141B.PLSQL",
	} {
		data, err := os.ReadFile(testdata.Path(t, from))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(data)
	}
	writeFiles(t, dir, files)
	sample, _ := make(t, fabricate.Options{Seed: 8, Password: "sesame", Messages: 10})
	opt := options(t, sample, t.TempDir())
	opt.Paths = []string{dir}
	check(t, opt)
	timeline := tree(t, opt.Dir)["timeline.jsonl"]
	for _, want := range []string{
		`{"time":"2021-08-11T12:51:02Z","local":"2021-08-11T05:51:02","offset":"-07:00","quality":"exact","fields":"time","artifact":"ios.containermanagerlog"`,
		`{"time":"2021-10-25T11:05:03Z","local":"2021-10-25T07:05:03","offset":"-04:00","quality":"nearest","fields":"time","artifact":"ios.containermanagerlog"`,
		`{"time":"2021-01-17T21:30:18Z","local":"2021-01-17T14:30:18","offset":"-07:00","quality":"nearest","fields":"time","artifact":"ios.containermanagerlog"`,
	} {
		if !strings.Contains(timeline, want) {
			t.Errorf("no entry %s", want)
		}
	}
}
