package dumpsys

import (
	"iter"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/vigie-project/vigie/format/lines"
	"github.com/vigie-project/vigie/internal/linestest"
)

// quickLines are lines of logcat, most of which are split quickly.
var quickLines = []string{
	"02-03 10:20:30.456  1000  1234  1250 I ActivityManager: Start proc 1:com.example/u0a1 for service",
	"02-03 10:20:30.456  1234  1250 D Tag with spaces   : message: more",
	"2031-02-03 10:20:30.456 u0_a12  1234  1250 W x: ",
	"02-03 10:20:30.456 root  1234  1250 W x:",
	"02-03 10:20:30.456789  1234  1250 D tag: message",
	"02-03 10:20:30.456 +0200  1234  1250 D tag: message",
	"02-03 10:20:30.456 I/tag( 1234): message",
	"13-03 10:20:30.456  1234  1250 D tag: message",
	"0001-01-01 00:00:00.000  1234  1250 D tag: message",
	"02-03 10:20:30.456  1234  1250 D tag without message",
	"02-03 10:20:30.456  1234  12x0 D tag: message",
	"02-03 10:20:30.456  1234567890  1250 D tag: message",
	"02-03 10:20:30.456  1234  1250 D : message",
	"--------- beginning of main", "", "02-03",
}

func quickText() iter.Seq[lines.Line] { return linestest.Split(strings.Join(quickLines, "\n")) }

// compareQuick checks that a line that is split quickly is read, and the same.
func compareQuick(t *testing.T, line string) bool {
	t.Helper()
	priority, tag, message, ok := quickEntry([]byte(line))
	if !ok {
		return false
	}
	if e, ok := logEntry(line); !ok || e.Priority != priority || e.Tag != string(tag) || e.Message != string(message) {
		t.Errorf("%q: %c %q %q, but %v %+v", line, priority, tag, message, ok, e)
	}
	return true
}

func TestQuickEntry(t *testing.T) {
	t.Parallel()
	quick := 0
	for _, line := range quickLines {
		if compareQuick(t, line) {
			quick++
		}
	}
	if quick != 5 {
		t.Errorf("%d lines were split quickly", quick)
	}
	var all, some []string
	wanted := func(_ byte, tag, _ []byte) bool { return string(tag) == "x" }
	for e, err := range LogEntries(quickText()) {
		if err == nil && e.Tag == "x" {
			all = append(all, e.Message)
		}
	}
	for e, err := range SomeLogEntries(wanted)(quickText()) {
		if err == nil && e.Tag == "x" {
			some = append(some, e.Message)
		}
	}
	if len(all) != 2 || len(some) != 2 {
		t.Errorf("all %q, wanted %q", all, some)
	}
}

func FuzzQuickEntry(f *testing.F) {
	for _, line := range quickLines {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if line != "" && utf8.ValidString(line) && !strings.Contains(line, "\n") {
			compareQuick(t, line)
		}
	})
}
