package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/vigie-project/vigie/format/unifiedlog"
	"github.com/vigie-project/vigie/format/unifiedlog/logtest"
)

// logStoreFiles FOLDER [live] [bare] writes a small unified log as a logarchive, or in
// the layout of a device; bare without the strings of the shared cache.
func logStoreFiles(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: logstore folder [live] [bare]")
	}
	dir := ts.MkAbs(args[0])
	start := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	w := logtest.New(logtest.Options{Boot: start, Live: slices.Contains(args, "live"), NoSharedCache: slices.Contains(args, "bare")}, func(name string) (io.WriteCloser, error) {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return nil, err
		}
		return os.Create(name)
	})
	for i, e := range []logtest.Entry{
		{Process: "/usr/libexec/amfid", PID: 71, Thread: 0x1a2, Subsystem: "com.apple.example", Category: "signing", Level: unifiedlog.LevelError,
			Format: "%{public}s: not valid: %d", Args: []any{"/private/var/tmp/x", 7}},
		{Process: "/usr/libexec/locationd", PID: 80, Subsystem: "com.apple.locationd", Category: "Core", Format: "client %@", Args: []any{logtest.Object("org.example.app")}},
		{Process: "/usr/libexec/locationd", PID: 80, Level: unifiedlog.LevelDebug, Format: "a line\nanother \x1b[31m\u202eline\n"},
		{Type: unifiedlog.TypeActivity, Process: "/usr/libexec/amfid", PID: 71, Activity: 5, Format: "an activity"},
		{Process: "/usr/libexec/locationd", PID: 80, Library: "/usr/lib/libexample.dylib", Shared: true, Format: "from a library"},
		{Type: unifiedlog.TypeSignpost, Process: "/usr/libexec/amfid", PID: 71, Level: unifiedlog.Level(0x81), Signpost: 0xabc, Format: "a signpost"},
		{Type: unifiedlog.TypeLoss, Process: "/kernel", Args: []any{12}},
	} {
		e.Time = start.Add(time.Hour + time.Duration(i)*time.Second)
		ts.Check(w.Add(&e))
	}
	ts.Check(w.Close())
}
