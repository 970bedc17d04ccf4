package from

import (
	"testing"
	"time"

	"github.com/vigie-project/vigie/evidence"
)

func TestLogYear(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ captured, acquired, clock, want string }{
		{"2031-02-03T01:20:30+09:00", "2031-02-02T16:20:30Z", "02-03 01:20:29", "2031-02-03 01:20:29"},
		{"", "2031-02-02T16:20:30Z", "02-03 01:20:29", "2031-02-03 01:20:29"},
		{"", "2031-01-02T16:20:30Z", "12-31 23:59:59", "2030-12-31 23:59:59"},
		{"", "2030-12-31T23:20:30Z", "01-01 08:00:00", "2031-01-01 08:00:00"},
		{"2025-11-23T10:44:46+03:00", "", "01-01 03:00:00", "0000-01-01 03:00:00"}, // the clock was not set
		{"2031-03-01T10:44:46+03:00", "", "02-29 03:00:00", "0000-02-29 03:00:00"}, // no such day
		{"", "", "02-03 01:20:29", "0000-02-03 01:20:29"},
		{"x", "y", "02-03 01:20:29", "0000-02-03 01:20:29"},
	} {
		clock, err := time.Parse("01-02 15:04:05", c.clock)
		if err != nil {
			t.Fatal(err)
		}
		got := withYear(clock, acquired(evidence.Device{Captured: c.captured, Acquired: c.acquired})).Format(time.DateTime)
		if got != c.want {
			t.Errorf("%s, acquired %s%s: got %s, want %s", c.clock, c.captured, c.acquired, got, c.want)
		}
	}
}
