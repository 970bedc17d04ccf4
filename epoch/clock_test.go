package epoch_test

import (
	"testing"
	"time"
	_ "time/tzdata" // the same on every system

	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/record"
)

func instant(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// at returns a reading of a time with its offset.
func at(t testing.TB, text, zone string) epoch.Reading {
	v := instant(t, text)
	_, offset := v.Zone()
	return epoch.Reading{At: v, Offset: offset, Zone: zone, From: "file"}
}

func changeAt(t testing.TB, text, zone string) epoch.Reading {
	r := at(t, text, zone)
	r.Change = true
	return r
}

func captureAt(t testing.TB, text string) epoch.Reading {
	r := at(t, text, "")
	r.Capture = true
	return r
}

func wall(t testing.TB, text string) record.WallTime {
	t.Helper()
	v, err := time.Parse("2006-01-02T15:04:05", text)
	if err != nil {
		t.Fatal(err)
	}
	return record.WallTime{Time: v}
}

// text writes a resolved time as a test expects it.
func text(w record.WallTime) string {
	v, ok := w.Instant()
	if !ok {
		return "none"
	}
	s := v.Format("2006-01-02T15:04:05Z ") + record.OffsetText(w.Offset) + " " + w.Quality.String()
	if w.Zone != "" {
		s += " " + w.Zone
	}
	return s
}

func TestResolve(t *testing.T) {
	t.Parallel()
	summerAndWinter := []epoch.Reading{at(t, "2025-07-10T12:00:00+02:00", ""), captureAt(t, "2025-12-01T10:00:00+01:00")}
	named := []epoch.Reading{at(t, "2025-11-30T12:00:00+01:00", "Europe/Zurich"), captureAt(t, "2025-12-01T10:00:00+01:00")}
	travel := []epoch.Reading{
		changeAt(t, "2025-05-01T08:00:00+02:00", "Europe/Zurich"), changeAt(t, "2025-05-09T14:00:00-04:00", "America/New_York"),
		changeAt(t, "2025-05-20T09:00:00+02:00", "Europe/Zurich"),
	}
	tests := []struct {
		name     string
		readings []epoch.Reading
		assumed  string
		wall     string
		want     string
	}{
		{"capture alone", []epoch.Reading{captureAt(t, "2025-12-01T10:00:00+01:00")}, "", "2025-11-30T09:00:00", "2025-11-30T08:00:00Z +01:00 capture"},
		{"nearest of two", summerAndWinter, "", "2025-07-20T09:00:00", "2025-07-20T07:00:00Z +02:00 nearest"},
		{"nearer to the capture", summerAndWinter, "", "2025-11-20T09:00:00", "2025-11-20T08:00:00Z +01:00 nearest"},
		{"back over the change to winter time, by name", named, "", "2025-07-20T09:00:00", "2025-07-20T07:00:00Z +02:00 nearest Europe/Zurich"},
		{"between two close readings", named, "", "2025-11-30T18:00:00", "2025-11-30T17:00:00Z +01:00 exact Europe/Zurich"},
		{"the named zone reaches readings without a name", append(summerAndWinter, named[0]), "", "2025-09-30T18:00:00", "2025-09-30T16:00:00Z +02:00 nearest Europe/Zurich"},
		{"assumed only", nil, "Europe/Zurich", "2025-07-20T09:00:00", "2025-07-20T07:00:00Z +02:00 assumed Europe/Zurich"},
		{"nothing", nil, "", "2025-07-20T09:00:00", "none"},
		{"before the journey", travel, "", "2025-05-08T23:00:00", "2025-05-08T21:00:00Z +02:00 exact Europe/Zurich"},
		{"on the journey", travel, "", "2025-05-10T09:00:00", "2025-05-10T13:00:00Z -04:00 exact America/New_York"},
		{"an hour that the clock showed twice, after landing west", travel, "", "2025-05-09T15:00:00", "2025-05-09T13:00:00Z +02:00 nearest Europe/Zurich"},
		{"an hour that no clock showed, after landing east", travel, "", "2025-05-20T06:00:00", "2025-05-20T04:00:00Z +02:00 nearest Europe/Zurich"},
		{"a clock that was never set tells nothing", []epoch.Reading{at(t, "1970-01-01T00:00:10-08:00", "")}, "", "2025-07-20T09:00:00", "none"},
		{"no zone has seven minutes", []epoch.Reading{{At: instant(t, "2025-07-20T09:00:00Z"), Offset: 420}}, "", "2025-07-20T09:00:00", "none"},
		{"a zone that does not have the offset", []epoch.Reading{at(t, "2025-07-20T09:00:00+05:30", "Europe/Zurich")}, "", "2025-07-20T14:30:00", "2025-07-20T09:00:00Z +05:30 nearest"},
		{"a name that is no zone", []epoch.Reading{at(t, "2025-07-20T09:00:00+05:30", "../../etc/passwd")}, "Local", "2025-07-21T14:30:00", "2025-07-21T09:00:00Z +05:30 nearest"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := epoch.NewClock(tt.readings, tt.assumed)
			if got := text(c.Resolve(wall(t, tt.wall), time.Time{})); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// logged resolves the lines of a log as the engine does.
func logged(t *testing.T, c *epoch.Clock, lines ...string) (got []string) {
	t.Helper()
	var jumps []epoch.Jump
	for i := 1; i < len(lines); i++ {
		if j, ok := epoch.JumpBetween(wall(t, lines[i-1]), wall(t, lines[i])); ok {
			jumps = append(jumps, j)
		}
	}
	c = c.WithJumps(jumps)
	var last time.Time
	for _, line := range lines {
		w := c.Resolve(wall(t, line), last)
		last, _ = w.Instant()
		got = append(got, text(w))
	}
	return got
}

func TestLog(t *testing.T) {
	t.Parallel()
	capture := captureAt(t, "2025-12-01T10:00:00+01:00")
	tests := []struct {
		name     string
		readings []epoch.Reading
		lines    []string
		want     []string
	}{
		{
			"end of summer time, with its hour twice",
			[]epoch.Reading{at(t, "2025-11-30T12:00:00+01:00", "Europe/Zurich"), capture},
			[]string{"2025-10-26T01:59:00", "2025-10-26T02:30:00", "2025-10-26T02:59:58", "2025-10-26T02:00:03", "2025-10-26T02:30:00", "2025-10-26T03:10:00"},
			[]string{
				"2025-10-25T23:59:00Z +02:00 nearest Europe/Zurich", "2025-10-26T00:30:00Z +02:00 nearest Europe/Zurich",
				"2025-10-26T00:59:58Z +02:00 nearest Europe/Zurich", "2025-10-26T01:00:03Z +01:00 nearest Europe/Zurich",
				"2025-10-26T01:30:00Z +01:00 nearest Europe/Zurich", "2025-10-26T02:10:00Z +01:00 nearest Europe/Zurich",
			},
		},
		{
			"only the capture is known: lines before a flight west are of another offset",
			[]epoch.Reading{captureAt(t, "2025-05-20T10:00:00-04:00")},
			[]string{"2025-05-09T18:00:00", "2025-05-09T20:00:00", "2025-05-09T14:00:20", "2025-05-10T09:00:00"},
			[]string{"2025-05-09T16:00:00Z +02:00 nearest", "2025-05-09T18:00:00Z +02:00 nearest", "2025-05-09T18:00:20Z -04:00 nearest", "2025-05-10T13:00:00Z -04:00 nearest"},
		},
		{
			"the change was at the step back, not halfway between the readings",
			[]epoch.Reading{at(t, "2025-05-01T08:00:00+02:00", ""), captureAt(t, "2025-05-11T10:00:00-04:00")},
			[]string{"2025-05-03T20:00:00", "2025-05-03T14:00:20", "2025-05-04T09:00:00"},
			[]string{"2025-05-03T18:00:00Z +02:00 nearest", "2025-05-03T18:00:20Z -04:00 nearest", "2025-05-04T13:00:00Z -04:00 nearest"},
		},
		{
			"two flights west",
			[]epoch.Reading{captureAt(t, "2025-05-20T10:00:00-07:00")},
			[]string{"2025-05-09T20:00:00", "2025-05-09T14:00:20", "2025-05-12T14:00:00", "2025-05-12T11:00:30"},
			[]string{"2025-05-09T18:00:00Z +02:00 nearest", "2025-05-09T18:00:20Z -04:00 nearest", "2025-05-12T18:00:00Z -04:00 nearest", "2025-05-12T18:00:30Z -07:00 nearest"},
		},
		{
			"what is recorded close by contradicts a step back",
			[]epoch.Reading{at(t, "2025-11-30T08:00:00+01:00", ""), capture},
			[]string{"2025-11-30T20:00:00", "2025-11-30T19:00:10"},
			[]string{"2025-11-30T19:00:00Z +01:00 exact", "2025-11-30T18:00:10Z +01:00 exact"},
		},
		{
			"a step back of something else",
			[]epoch.Reading{capture},
			[]string{"2025-11-20T20:00:00", "2025-11-20T19:53:10"},
			[]string{"2025-11-20T19:00:00Z +01:00 capture", "2025-11-20T18:53:10Z +01:00 capture"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := logged(t, epoch.NewClock(tt.readings, ""), tt.lines...)
			for i := range tt.want {
				if got[i] != tt.want[i] {
					t.Errorf("line %s: got %s, want %s", tt.lines[i], got[i], tt.want[i])
				}
			}
		})
	}
}

func TestResolveAtCapture(t *testing.T) {
	t.Parallel()
	zurich := at(t, "2025-11-30T12:00:00+01:00", "Europe/Zurich")
	capture := captureAt(t, "2025-12-01T10:00:00+01:00")
	for _, tt := range []struct {
		name    string
		c       *epoch.Clock
		want    string
		assumed string
	}{
		{"zone of the capture", epoch.NewClock([]epoch.Reading{zurich, capture, at(t, "2025-07-10T12:00:00-04:00", "America/New_York")}, ""), "2025-07-10T07:00:00Z +02:00 capture Europe/Zurich", ""},
		{"offset of the capture", epoch.NewClock([]epoch.Reading{capture}, ""), "2025-07-10T08:00:00Z +01:00 capture", ""},
		{"assumed", epoch.NewClock(nil, "Europe/Zurich"), "2025-07-10T07:00:00Z +02:00 assumed Europe/Zurich", ""},
		{"no capture", epoch.NewClock([]epoch.Reading{zurich}, ""), "none", ""},
		{"no clock", nil, "none", ""},
	} {
		if got := text(tt.c.ResolveAtCapture(wall(t, "2025-07-10T09:00:00"))); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestSpans(t *testing.T) {
	t.Parallel()
	c := epoch.NewClock([]epoch.Reading{captureAt(t, "2025-12-01T10:00:00+01:00"), at(t, "2025-07-10T12:00:00+02:00", ""), at(t, "2025-11-30T12:00:00+01:00", "Europe/Zurich")}, "")
	got := c.Spans()
	if len(got) != 2 || got[0].Offset != "+02:00" || got[0].Zone != "Europe/Zurich" || got[1].Readings != 2 || got[1].Offset != "+01:00" {
		t.Errorf("got %+v", got)
	}
}

// FuzzResolve checks that any readings give instants that show the time.
func FuzzResolve(f *testing.F) {
	f.Add(int64(1700000000), 3600, int64(1710000000), -14400, int64(1705000000), true)
	f.Fuzz(func(t *testing.T, at1 int64, offset1 int, at2 int64, offset2 int, shown int64, change bool) {
		c := epoch.NewClock([]epoch.Reading{
			{At: time.Unix(at1, 0), Offset: offset1, Zone: "Europe/Zurich", Change: change}, {At: time.Unix(at2, 0), Offset: offset2, Capture: !change},
		}, "")
		w := record.WallTime{Time: time.Unix(shown%(1<<34), 0).UTC()}
		if j, ok := epoch.JumpBetween(record.WallTime{Time: w.Add(time.Hour)}, w); ok {
			c = c.WithJumps([]epoch.Jump{j, j})
		}
		got := c.Resolve(w, time.Unix(at1, 0))
		if v, ok := got.Instant(); ok && !v.Add(time.Duration(got.Offset)*time.Second).Equal(w.Time) {
			t.Errorf("%v: %v with %d", w, v, got.Offset)
		}
	})
}
