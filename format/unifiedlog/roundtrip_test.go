package unifiedlog_test

import (
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
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

// busy writes n entries of several processes, of which some are quiet.
func busy(w *logtest.Writer, n int) error {
	r := rand.New(rand.NewPCG(1, 2))
	procs := []string{"/usr/libexec/locationd", "/usr/libexec/backboardd", "/usr/sbin/mDNSResponder", "/System/Library/CoreServices/SpringBoard.app/SpringBoard",
		"/usr/libexec/identityservicesd", "/usr/sbin/bluetoothd", "/usr/libexec/symptomsd", "/usr/sbin/wifid", "/usr/libexec/nsurlsessiond", "/kernel"}
	e := logtest.Entry{Time: start}
	for i := range n {
		k := min(r.IntN(12), r.IntN(12), len(procs)-1)
		e.Time = e.Time.Add(time.Duration(r.IntN(200)) * time.Microsecond)
		e.Process, e.PID = procs[k], uint32(k*7)
		e.Thread = uint64(r.IntN(5000))
		e.Subsystem, e.Category = "com.apple.sub"+string(rune('a'+k)), "cat"+string(rune('0'+i%7))
		e.Shared, e.Library = i%3 == 0, ""
		if e.Shared {
			e.Library = "/usr/lib/lib" + string(rune('0'+i%9)) + ".dylib"
		}
		switch i % 5 {
		case 0:
			e.Format = "event " + string(rune('A'+i/5%26)) + " arrived with status %d and flags %#x"
			e.Args = append(e.Args[:0], i, uint32(i%77))
		case 1:
			e.Format = "%{public}s: activity %llu updated in %{public}s"
			e.Args = append(e.Args[:0], "com.apple.example.task", uint64(i), "background")
		case 2:
			e.Format = "connection %d to %@ %{private}s ended"
			e.Args = append(e.Args[:0], int32(i), logtest.Object("<NSXPCConnection: 0x1034>"), logtest.Redacted{})
		case 3:
			e.Format = "nothing to do for now, trying later"
			e.Args = e.Args[:0]
		case 4:
			e.Format = "took %.3f s for %{public}@ (%d of %d)"
			e.Args = append(e.Args[:0], float64(i)/1000, logtest.Object("a request"), int32(i%10), int32(10))
		}
		if err := w.Add(&e); err != nil {
			return err
		}
	}
	return w.Close()
}
