package zones_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	_ "time/tzdata" // the same on every system

	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/internal/testdata"
	"github.com/vigie-project/vigie/record"
	"github.com/vigie-project/vigie/zones"
)

func source(kind evidence.Kind, files map[string]string) *evidence.Source {
	fs := fstest.MapFS{}
	for name, text := range files {
		fs[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o444}
	}
	return &evidence.Source{ID: "01", Kind: kind, FS: fs}
}

// spans describes what a clock knows, a line for each span.
func spans(src *evidence.Source) string {
	var b strings.Builder
	for _, s := range zones.Gather(context.Background(), src).Spans() {
		fmt.Fprintln(&b, strings.TrimSpace(s.From.Format(time.RFC3339)+" "+s.To.Format(time.RFC3339)+" "+s.Offset+" "+s.Zone), s.Readings, s.Sources)
	}
	return b.String()
}

func TestGather(t *testing.T) {
	t.Parallel()
	const (
		crash = `{"app_name":"x","timestamp":"2025-07-10 12:00:00.00 +0200","bug_type":"309"}` + "\n{}"
		dump  = "Date/Time:        2025-12-01 10:00:31.204 +0100\nEnd time: x\n\nProcess: a [1]\n"
		logd  = "2025-05-01 08:00:00+0200 logd[29]: libtrace_kic=1\nno line\n2025-05-09 14:00:00-0400 logd[29]: Time zone changed, updating file headers\n"
	)
	tests := []struct {
		name string
		src  *evidence.Source
		want string
	}{
		{"report of a file system", source(evidence.IOSFilesystem, map[string]string{"private/var/mobile/Library/Logs/CrashReporter/x-2025.ips": crash}),
			"2025-07-10T10:00:00Z 2025-07-10T10:00:00Z +02:00 1 [private/var/mobile/Library/Logs/CrashReporter/x-2025.ips]\n"},
		{"report of a watch", source(evidence.IOSFilesystem, map[string]string{"private/var/mobile/Library/Logs/CrashReporter/ProxiedDevice-1/x.ips": crash}), ""},
		{"report that an app keeps", source(evidence.IOSFilesystem, map[string]string{"private/var/mobile/Containers/Data/x.ips": crash}), ""},
		{"loose report", source(evidence.IOSFiles, map[string]string{"files/x.ips": crash}), "2025-07-10T10:00:00Z 2025-07-10T10:00:00Z +02:00 1 [files/x.ips]\n"},
		{"what a Mac notes", source(evidence.IOSFiles, map[string]string{"files/._x.ips": crash}), ""},
		{"spindump", source(evidence.IOSSysdiagnose, map[string]string{"sysdiagnose/spindump-nosymbols.txt": dump}),
			"2025-12-01T09:00:31Z 2025-12-01T09:00:31Z +01:00 1 [sysdiagnose/spindump-nosymbols.txt]\n"},
		{"logd", source(evidence.IOSSysdiagnose, map[string]string{"sysdiagnose/system_logs.logarchive/Extra/logd.0.log": logd}),
			"2025-05-01T06:00:00Z 2025-05-01T06:00:00Z +02:00 1 [sysdiagnose/system_logs.logarchive/Extra/logd.0.log]\n" +
				"2025-05-09T18:00:00Z 2025-05-09T18:00:00Z -04:00 1 [sysdiagnose/system_logs.logarchive/Extra/logd.0.log]\n"},
		{"of Android", source(evidence.AndroidBugreport, map[string]string{"files/x.ips": crash}), ""},
		{"damaged", source(evidence.IOSFiles, map[string]string{"files/x.ips": "{", "files/y.PLSQL": "SQLite format 3\x00", "files/z.tracev3": "\x00\x10\x00\x00\x11\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff", "files/e.ips": ""}), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := spans(tt.src); got != tt.want {
				t.Errorf("got\n%s want\n%s", got, tt.want)
			}
		})
	}
}

// TestCapture: the offset of the capture is known, and no more.
func TestCapture(t *testing.T) {
	t.Parallel()
	src := source(evidence.IOSSysdiagnose, nil)
	src.Device.Captured = "2025-02-11T18:04:57+01:00"
	w := zones.Gather(context.Background(), src).Resolve(record.WallTime{Time: time.Date(2025, 2, 1, 9, 0, 0, 0, time.UTC)}, time.Time{})
	if w.Offset != 3600 || w.Quality != record.CaptureOffset {
		t.Errorf("got %+v", w)
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	src = source(evidence.IOSFiles, map[string]string{"files/a.ips": "{}"})
	if c := zones.Gather(ctx, src); c != nil {
		t.Errorf("stopped, but %v", c.Spans())
	}
}

// TestCorpus reads real files. The expected values were read with other tools: the
// database with sqlite3, the text with grep.
func TestCorpus(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ file, as, want string }{
		{"ios-artifacts/log2timeline+plaso/ios/powerlog_2021-12-16_05-54_84E2141B.PLSQL", "sysdiagnose/logs/powerlogs/powerlog_2021-12-16_05-54_84E2141B.PLSQL",
			"2021-10-25T11:27:17Z 2021-11-02T10:17:35Z -04:00 America/Toronto 2\n2021-12-16T10:28:15Z 2021-12-16T10:28:15Z -05:00 America/Toronto 1\n"},
		{"unified-logs/libyal+dtformats/unified_logging/0000000000000030.tracev3", "sysdiagnose/system_logs.logarchive/Persist/0000000000000030.tracev3",
			"2019-01-27T09:10:53Z 2019-01-27T09:10:53Z +01:00 Europe/Zurich 1\n"},
		{"ios-logs/log2timeline+plaso/logd.0.log", "private/var/db/diagnostics/logd.0.log",
			"2021-08-11T12:50:23Z 2021-08-11T12:53:51Z -07:00 2\n2021-08-11T13:02:08Z 2021-11-02T20:32:53Z -04:00 17\n2021-12-04T12:12:47Z 2021-12-16T10:54:59Z -05:00 6\n"},
	} {
		data, err := os.ReadFile(testdata.Path(t, tt.file))
		if err != nil {
			t.Fatal(err)
		}
		kind := evidence.IOSFilesystem
		if strings.HasPrefix(tt.as, "sysdiagnose") {
			kind = evidence.IOSSysdiagnose
		}
		got := spans(source(kind, map[string]string{tt.as: string(data)}))
		if want := strings.ReplaceAll(tt.want, "\n", " ["+tt.as+"]\n"); got != want {
			t.Errorf("%s: got\n%swant\n%s", tt.file, got, want)
		}
	}
}

// TestManyFiles: a bounded number of files is read, spread over all of them.
func TestManyFiles(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for i := range 5000 {
		files[fmt.Sprintf("files/%05d.ips", i)] = fmt.Sprintf(`{"timestamp":"%s"}`, time.Unix(1_700_000_000+86_400*int64(i/10), 0).UTC().Format("2006-01-02 15:04:05.00 +0000"))
	}
	list := zones.Gather(context.Background(), source(evidence.IOSFiles, files)).Spans()
	if len(list) != 1 || list[0].Readings < 400 || list[0].Readings > 2000 || !list[0].To.Equal(time.Unix(1_700_000_000+86_400*499, 0)) {
		t.Errorf("got %+v", list)
	}
}

// FuzzGather reads anything as each kind of file.
func FuzzGather(f *testing.F) {
	names := []string{"files/x.ips", "files/logdata.statistics.0.txt", "files/logd.0.log", "files/x.tracev3", "files/x.PLSQL", "files/x.PLSQL.gz", "files/spindump-nosymbols.txt"}
	f.Add(uint8(0), []byte(`{"timestamp":"2025-07-10 12:00:00.00 +0200"}`))
	f.Add(uint8(2), []byte("2025-05-09 14:00:00-0400 logd[29]: Time zone changed\n"))
	f.Add(uint8(3), append([]byte("\x00\x10\x00\x00\x11\x00\x00\x00\xd0\x00\x00\x00\x00\x00\x00\x00"), make([]byte, 208)...))
	f.Add(uint8(4), []byte("SQLite format 3\x00"))
	f.Add(uint8(6), []byte("Date/Time: 2025-12-01 10:00:31.204 +0100\n\n"))
	f.Fuzz(func(t *testing.T, n uint8, data []byte) {
		for _, s := range zones.Gather(context.Background(), source(evidence.IOSFiles, map[string]string{names[int(n)%len(names)]: string(data)})).Spans() {
			if s.To.Before(s.From) {
				t.Errorf("%+v", s)
			}
		}
	})
}

// TestTimesync reads the zone from a real file of clocks of the unified log.
func TestTimesync(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(testdata.Path(t, "unified-logs/libyal+dtformats/unified_logging/timesync/0000000000000002.timesync"))
	if err != nil {
		t.Fatal(err)
	}
	const name = "sysdiagnose/system_logs.logarchive/timesync/0000000000000002.timesync"
	got := spans(source(evidence.IOSSysdiagnose, map[string]string{name: string(data)}))
	for _, want := range []string{"2018-11-09T02:25:37Z", " -08:00 ", " -05:00 ", " -04:00 "} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Count(got, "\n") != 3 {
		t.Errorf("got\n%s", got)
	}
}
