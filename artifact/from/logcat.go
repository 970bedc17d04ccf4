package from

import (
	"context"
	"iter"
	"time"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/record"
)

// Within these times around the acquisition, a line of a log without year is taken
// to be of that year. Phones whose clock is not set yet print the begin of 1970,
// which is left open but in January and February.
const (
	logBefore = 60 * 24 * time.Hour
	logAfter  = 24 * time.Hour // the zones can differ
)

// Log parses a text of logcat. Times without year get that of the acquisition if
// it places them in the 60 days before it, and keep the year 0 if not. row gives the
// record of a line and where it is, or nil for none.
func Log(row func(dumpsys.LogEntry) (record.Origin, record.Data)) Parse { return LogOf(nil, row) }

// LogOf is [Log] for lines that are wanted: row gets those, and some others.
func LogOf(wanted dumpsys.Wanted, row func(dumpsys.LogEntry) (record.Origin, record.Data)) Parse {
	return func(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
		made := acquired(in.Source.Device)
		return Decoded(dumpsys.SomeLogEntries(wanted), func(e dumpsys.LogEntry) (record.Origin, record.Data) {
			if !e.HasYear {
				e.Time = withYear(e.Time, made)
			}
			return row(e)
		})(ctx, in)
	}
}

// LineTime returns the time of a line of a log: what the clock of the phone showed or,
// if the line has a zone, the instant. The other of both is zero.
func LineTime(e *dumpsys.LogEntry) (record.WallTime, record.Time) {
	if e.HasZone {
		return record.WallTime{}, record.Time{Time: e.Time.UTC(), Rule: record.AsText, Zone: record.RecordedOffset}
	}
	return record.WallTime{Time: e.Time}, record.Time{}
}

// acquired returns when an acquisition was made by the clock of the phone as far as
// its zone is known, held as if it were UTC; zero if that is not known.
func acquired(d evidence.Device) time.Time {
	made, ok := d.Capture()
	if !ok {
		made, _ = time.Parse(time.RFC3339, d.Acquired) // zero if it is none
	}
	if made.IsZero() {
		return made
	}
	return time.Date(made.Year(), made.Month(), made.Day(), made.Hour(), made.Minute(), made.Second(), 0, time.UTC)
}

// withYear gives a clock that was printed without year the one that puts it in the
// time before the acquisition; the year stays 0 if none does.
func withYear(t, made time.Time) time.Time {
	if made.IsZero() || t.Year() != 0 {
		return t
	}
	for _, year := range []int{made.Year(), made.Year() - 1, made.Year() + 1} {
		dated := time.Date(year, t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
		if dated.Month() == t.Month() && dated.After(made.Add(-logBefore)) && dated.Before(made.Add(logAfter)) {
			return dated
		}
	}
	return t
}
