package main

import (
	"fmt"
	"io/fs"
	"testing"
	"time"

	"github.com/vigie-project/vigie/format/unifiedlog"
	"github.com/vigie-project/vigie/format/unifiedlog/logtest"
)

// busyLog returns a store with n entries of several forms.
func busyLog(tb testing.TB, n int) fs.FS {
	tb.Helper()
	m := logtest.Memory{}
	boot := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	if err := logtest.Busy(logtest.New(logtest.Options{Boot: boot}, m.Create), boot, n); err != nil {
		tb.Fatal(err)
	}
	return m.FS()
}

// BenchmarkLogLines writes entries in the order of time as lines, each style.
func BenchmarkLogLines(b *testing.B) {
	const n = 400_000
	a, err := unifiedlog.Open(busyLog(b, n))
	if err != nil {
		b.Fatal(err)
	}
	defer a.Close()
	for _, style := range logStyles {
		b.Run(style, func(b *testing.B) {
			w := newLineWriter(style, time.UTC)
			given, size := 0, 0
			for b.Loop() {
				for e, err := range a.Entries(b.Context(), unifiedlog.Filter{}) {
					if err != nil {
						b.Fatal(err)
					}
					size += len(w.line(e))
					given++
				}
			}
			b.ReportMetric(float64(given)/b.Elapsed().Seconds()/1e6, "Mentries/s")
			b.ReportMetric(float64(size)/b.Elapsed().Seconds()/1e6, "MB/s")
		})
	}
}

// TestLogJSON checks that the JSON of entries says what it should, escaped.
func TestLogJSON(t *testing.T) {
	t.Parallel()
	m := logtest.Memory{}
	boot := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	w := logtest.New(logtest.Options{Boot: boot}, m.Create)
	e := logtest.Entry{Time: boot.Add(time.Second), Process: "/usr/libexec/\u00e9\"x", PID: 7, EUID: 501, Thread: 0x1f, Format: "a\u202e %{public}s", Args: []any{"b\t\u2028\x1b"}}
	if err := w.Add(&e); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	a, err := unifiedlog.Open(m.FS())
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	line := newLineWriter("json", time.UTC)
	for e, err := range a.Entries(t.Context(), unifiedlog.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf(`{"timestamp":"2026-03-01 08:00:01.000000000+0000","eventType":"logEvent","messageType":"Default",`+
			`"eventMessage":"a\u202e b\t\u2028\u001b","formatString":"a\u202e %%{public}s","processImagePath":"/usr/libexec/é\"x","processImageUUID":%q,`+
			`"processID":7,"userID":501,"threadID":31,"senderImagePath":"/usr/libexec/é\"x","senderImageUUID":%[1]q,`, e.Process.UUID.String())
		if got := string(line.line(e)); len(got) < len(want) || got[:len(want)] != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// TestPlain compares the tests of eight bytes with those of one, for each byte at
// each place.
func TestPlain(t *testing.T) {
	t.Parallel()
	for at := range 19 {
		for c := range 256 {
			b := []byte("printable text ~ !]")
			b[at] = byte(c)
			plain := c >= ' ' && c < 0x7f
			if got := plainText(b); got != plain {
				t.Errorf("plainText(%q) = %t", b, got)
			}
			if got, want := plainJSON(b), plain && c != '"' && c != '\\'; got != want {
				t.Errorf("plainJSON(%q) = %t", b, got)
			}
		}
	}
}
