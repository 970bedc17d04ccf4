package unifiedlog_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/vigie-project/vigie/format/unifiedlog"
	"github.com/vigie-project/vigie/format/unifiedlog/logtest"
)

// TestMergeSpill compares the order of time with little memory with that of a
// sort of all entries.
func TestMergeSpill(t *testing.T) {
	t.Parallel()
	const entries = 15000
	m := logtest.Memory{}
	if err := logtest.Busy(logtest.New(logtest.Options{Boot: start, FileSize: 100 << 10}, m.Create), start, entries); err != nil {
		t.Fatal(err)
	}
	a, err := unifiedlog.Open(m.FS())
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	type place struct {
		continuous            uint64
		file                  string
		chunkset, offset      int
		message, process, lib string
	}
	of := func(e *unifiedlog.Entry) place {
		lib, _ := e.Library()
		return place{e.Continuous, e.File.Name, e.Chunkset, e.Offset, e.Message(), e.Process.Path(), lib}
	}
	var want []place
	if err := a.Scan(context.Background(), unifiedlog.Filter{}, 1, func(_ int, batch []unifiedlog.Entry) {
		for i := range batch {
			want = append(want, of(&batch[i]))
		}
	}); err != nil {
		t.Fatal(err)
	}
	slices.SortStableFunc(want, func(x, y place) int { return int(int64(x.continuous) - int64(y.continuous)) })
	for _, limit := range []int{0, 60 << 10, 8 << 10} {
		a.SetLimit(limit)
		var stats unifiedlog.Stats
		var got []place
		for e, err := range a.Entries(context.Background(), unifiedlog.Filter{Stats: &stats}) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, of(e))
		}
		if !slices.Equal(got, want) {
			t.Errorf("limit %d: other entries or another order", limit)
		}
		if stats.Entries != entries || (stats.Spilled > 0) != (limit > 0) {
			t.Errorf("limit %d: %d entries, %d spilled", limit, stats.Entries, stats.Spilled)
		}
	}
}

// TestMergeStops checks that reading ends where the caller ends it.
func TestMergeStops(t *testing.T) {
	t.Parallel()
	fsys := write(t, logtest.Options{}, sample()...)
	a, err := unifiedlog.Open(fsys)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	for range a.Entries(context.Background(), unifiedlog.Filter{}) {
		break
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	n := 0
	var last error
	for _, err := range a.Entries(ctx, unifiedlog.Filter{}) {
		n++
		last = err
		cancel()
	}
	if n != 2 || last == nil {
		t.Errorf("%d values, the last with %v", n, last)
	}
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	want := []string{
		"08:00:30.000000 logEvent Default /usr/libexec/locationd[70] (/usr/libexec/locationd) com.apple.locationd.Core:Client a client wants -3 of 4000000000, 2.50",
		"08:00:30.001000 logEvent Error /usr/libexec/backboardd[68] (/usr/lib/libxpc.dylib) : object <obj> of secret and <private>",
		"08:00:30.002000 logEvent Fault /usr/libexec/backboardd[68] (/usr/lib/libtwo.dylib) : two",
		"08:00:30.003000 logEvent Default /usr/libexec/backboardd[68] (/usr/lib/libthree.dylib) : beyond 31 bits 1099511627776",
		"08:00:30.004000 logEvent Default /usr/libexec/backboardd[68] (/Library/plugin) : of a plug-in 0102ff",
		"08:00:30.005000 logEvent Default /usr/libexec/locationd[70] (/usr/libexec/locationd) com.apple.locationd.Core:Client long 3000 x",
		"08:00:30.006000 activityCreateEvent Info /usr/libexec/locationd[70] (/usr/libexec/locationd) : begin",
		"08:00:30.007000 signpostEvent Process Signpost Start /usr/libexec/locationd[70] (/usr/libexec/locationd) s:c sign 1",
		"08:00:30.008000 logEvent Default /sbin/launchd[1] (/sbin/launchd) system/com.apple.x [9]: service exited",
		"08:00:30.009000 stateEvent Default /usr/libexec/locationd[70] (/usr/libexec/locationd) : State\n{\"a\":1}",
		"08:00:30.010000 lossEvent Default /usr/libexec/locationd[70] () : lost >=63 unreliable messages from 720168000-720240000 (Mach continuous exact start-approx. end)",
	}
	for _, o := range []logtest.Options{{}, {Live: true}, {Stored: true}} {
		got := lines(t, write(t, o, sample()...), unifiedlog.Filter{})
		if !slices.Equal(got, want) {
			t.Errorf("%+v: got\n%q\nwant\n%q", o, got, want)
		}
	}
}

// TestMissingStrings checks that entries of the shared cache are given without
// its strings: with their place and arguments.
func TestMissingStrings(t *testing.T) {
	t.Parallel()
	got := lines(t, write(t, logtest.Options{NoSharedCache: true}, sample()...), unifiedlog.Filter{PIDs: []uint32{68}})
	if len(got) != 4 {
		t.Fatal(got)
	}
	for i, want := range []string{"+0x30004000> <obj>, secret, <private>", "+0x60004000>", "+0x90004000> 1099511627776", "of a plug-in 0102ff"} {
		if !hasSuffix(got[i], want) {
			t.Errorf("got %q, want the end %q", got[i], want)
		}
	}
}

func hasSuffix(s, end string) bool { return len(s) >= len(end) && s[len(s)-len(end):] == end }

// TestTimes checks the bounds of time, where the clock is set back.
func TestTimes(t *testing.T) {
	t.Parallel()
	fsys := write(t, logtest.Options{}, sample()...)
	at := func(ms int) time.Time { return start.Add(30*time.Second + time.Duration(ms)*time.Millisecond) }
	for _, c := range []struct {
		since, until, n int
	}{{0, 11, 11}, {1, 11, 10}, {0, 10, 10}, {3, 4, 1}, {20, 30, 0}} {
		got := lines(t, fsys, unifiedlog.Filter{Since: at(c.since), Until: at(c.until)})
		if len(got) != c.n {
			t.Errorf("%d-%d: %d entries, want %d", c.since, c.until, len(got), c.n)
		}
	}
	if got := lines(t, fsys, unifiedlog.Filter{Boots: []unifiedlog.UUID{{1}}}); len(got) != 0 {
		t.Errorf("another boot has %q", got)
	}
}

// TestMissingStringsCounted checks that entries without format are counted once,
// and their formats too, however they are read.
func TestMissingStringsCounted(t *testing.T) {
	t.Parallel()
	list := make([]logtest.Entry, 0, 60)
	for i := range 60 {
		list = append(list, logtest.Entry{Time: start.Add(time.Duration(i) * time.Second), Process: "/usr/libexec/locationd", PID: 7,
			Library: "/usr/lib/libexample.dylib", Shared: true, Format: "number " + string(rune('a'+i%3)) + " is %d", Args: []any{i}})
	}
	a, err := unifiedlog.Open(write(t, logtest.Options{NoSharedCache: true}, list...))
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]unifiedlog.Filter{
		"all":       {},
		"contains":  {Contains: "no strings file"},
		"predicate": {Predicate: func(b []byte) bool { return true }},
		"match":     {Match: func(e *unifiedlog.Entry) bool { return e.Format() == "" }},
	} {
		var s unifiedlog.Stats
		f.Stats = &s
		for e, err := range a.Entries(t.Context(), f) {
			if err != nil {
				t.Fatal(err)
			}
			_, _ = e.Message(), e.Message()
		}
		if s.Entries != 60 || s.NoStrings != 60 || s.NoFormats != 3 || s.BadOffsets != 0 {
			t.Errorf("%s, in order: %d entries, %d without strings, %d formats", name, s.Entries, s.NoStrings, s.NoFormats)
		}
		err := a.Scan(t.Context(), f, 2, func(_ int, batch []unifiedlog.Entry) {
			for i := range batch {
				_ = batch[i].Message()
			}
		})
		if err != nil || s.Entries != 60 || s.NoStrings != 60 || s.NoFormats != 3 {
			t.Errorf("%s: %d entries, %d without strings, %d formats, %v", name, s.Entries, s.NoStrings, s.NoFormats, err)
		}
	}
	var s unifiedlog.Stats
	for range a.Entries(t.Context(), unifiedlog.Filter{Contains: "nothing has this", Stats: &s}) {
		t.Error("an entry")
	}
	if s.NoStrings != 0 || s.NoFormats != 0 {
		t.Errorf("of entries that are not given, %d counted", s.NoStrings)
	}
}

// TestStringsDamaged checks that a file of strings that cannot be read is told, and
// costs texts only.
func TestStringsDamaged(t *testing.T) {
	t.Parallel()
	m := logtest.Memory{}
	w := logtest.New(logtest.Options{Boot: start}, m.Create)
	if err := w.Add(&logtest.Entry{Time: start, Process: "/usr/libexec/locationd", PID: 7, Format: "number %d", Args: []any{1}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	fsys := fstest.MapFS{}
	for name, b := range m {
		data := b.Bytes()
		if len(strings.Split(name, "/")[0]) == 2 {
			data = data[:3]
		}
		fsys[name] = &fstest.MapFile{Data: data}
	}
	a, err := unifiedlog.Open(fsys)
	if err != nil {
		t.Fatal(err)
	}
	var s unifiedlog.Stats
	entries, errs := 0, 0
	for e, err := range a.Entries(t.Context(), unifiedlog.Filter{Stats: &s}) {
		if err != nil {
			errs++
			continue
		}
		entries++
		if !strings.Contains(e.Message(), "no strings file") {
			t.Errorf("got %q", e.Message())
		}
	}
	if entries != 1 || errs != 1 || s.Damaged != 1 || len(s.Errors) != 1 || s.NoStrings != 1 {
		t.Errorf("%d entries, %d errors, %+v", entries, errs, s)
	}
}
