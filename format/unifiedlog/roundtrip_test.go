package unifiedlog_test

import (
	"context"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/vigie-project/vigie/format/unifiedlog"
	"github.com/vigie-project/vigie/format/unifiedlog/logtest"
)

var start = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// write returns a store with these entries.
func write(tb testing.TB, o logtest.Options, entries ...logtest.Entry) fs.FS {
	tb.Helper()
	o.Boot = start
	m := logtest.Memory{}
	w := logtest.New(o, m.Create)
	for i := range entries {
		if err := w.Add(&entries[i]); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return m.FS()
}

// lines returns the entries of a store in the order of time, one text for each.
func lines(tb testing.TB, fsys fs.FS, f unifiedlog.Filter) []string {
	tb.Helper()
	a, err := unifiedlog.Open(fsys)
	if err != nil {
		tb.Fatal(err)
	}
	defer a.Close()
	var all []string
	for e, err := range a.Entries(context.Background(), f) {
		if err != nil {
			tb.Fatal(err)
		}
		lib, _ := e.Library()
		all = append(all, fmt.Sprintf("%s %s %s %s[%d] (%s) %s:%s %s", e.Time().Format("15:04:05.000000"), e.Type, e.Level,
			e.Process.Path(), e.Process.PID, lib, e.Subsystem, e.Category, shorten(e.Message())))
	}
	return all
}

// shorten counts the x of the long message.
func shorten(s string) string {
	if n := strings.Count(s, "x"); n > 1000 {
		return fmt.Sprintf("%s%d x", strings.TrimRight(s, "x"), n)
	}
	return s
}

// sample has an entry of each type and argument.
func sample() []logtest.Entry {
	at := func(ms int) time.Time { return start.Add(30*time.Second + time.Duration(ms)*time.Millisecond) }
	return []logtest.Entry{
		{Time: at(0), Process: "/usr/libexec/locationd", PID: 70, EUID: 205, Subsystem: "com.apple.locationd.Core", Category: "Client",
			Format: "%{public}s wants %d of %u, %.2f", Args: []any{"a client", int32(-3), uint32(4000000000), 2.5}},
		{Time: at(1), Process: "/usr/libexec/backboardd", PID: 68, Level: unifiedlog.LevelError, Library: "/usr/lib/libxpc.dylib", Shared: true,
			Format: "object %@ of %s and %s", Args: []any{logtest.Object("<obj>"), logtest.Private("secret"), logtest.Redacted{}}},
		{Time: at(2), Process: "/usr/libexec/backboardd", PID: 68, Level: unifiedlog.LevelFault, Library: "/usr/lib/libtwo.dylib", Shared: true, Format: "two"},
		{Time: at(3), Process: "/usr/libexec/backboardd", PID: 68, Library: "/usr/lib/libthree.dylib", Shared: true, Format: "beyond 31 bits %lld", Args: []any{1 << 40}},
		{Time: at(4), Process: "/usr/libexec/backboardd", PID: 68, Library: "/Library/plugin", Format: "of a plug-in %.*P", Args: []any{[]byte{1, 2, 0xff}}},
		{Time: at(5), Process: "/usr/libexec/locationd", PID: 70, Subsystem: "com.apple.locationd.Core", Category: "Client",
			Format: "long %{public}s", Args: []any{strings.Repeat("x", 3000)}},
		{Time: at(6), Process: "/usr/libexec/locationd", PID: 70, Type: unifiedlog.TypeActivity, Level: 1, Activity: 77, Format: "begin"},
		{Time: at(7), Process: "/usr/libexec/locationd", PID: 70, Type: unifiedlog.TypeSignpost, Level: 0x81, Signpost: 5, Subsystem: "s", Category: "c", Format: "sign %d", Args: []any{1}},
		{Time: at(8), Process: "/sbin/launchd", PID: 1, Type: unifiedlog.TypeSimpledump, Subsystem: "system/com.apple.x [9]", Format: "service exited"},
		{Time: at(9), Process: "/usr/libexec/locationd", PID: 70, Type: unifiedlog.TypeStatedump, Format: "State", Args: []any{[]byte("<plist><dict><key>a</key><integer>1</integer></dict></plist>")}},
		{Time: at(10), Process: "/usr/libexec/locationd", PID: 70, Type: unifiedlog.TypeLoss, Args: []any{63}},
	}
}
