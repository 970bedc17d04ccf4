package ios

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/unifiedlog"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// LogClock reads boots and changes of the clock from what relates the clocks of the log.
var LogClock = artifact.Parser{
	ID:    "ios.logclock",
	Title: lang.Text{EN: "Boots and changes of the clock", FR: "Démarrages et changements de l’horloge"},
	Doc: `The log daemon counts time from the start of the phone, without regard to its clock, and writes down
what the clock shows: at each boot, and whenever the clock is set or corrected, some times an
hour. So these files (timesync) list every boot for some weeks, and show where the clock
was set forward or back, and where the time zone changed.

A record is made for each boot, for each step of a second or more, and for each change of the zone.
Steps after a boot are usual: the clock of a phone drifts while it is off, and the network corrects
it. A large step back can hide when something happened; the order of the log does not depend
on the clock.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/**/timesync/*.timesync"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/db/diagnostics/timesync/*.timesync"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/db/Diagnostics/timesync/*.timesync"},
	},
	Record: logClockEvent{},
	Refs: []string{
		"https://github.com/libyal/dtformats/blob/main/documentation/Apple%20Unified%20Logging%20and%20Activity%20Tracing%20formats.asciidoc",
	},
	Parse: logClockParse,
}

// logClockEvent is a boot, a step or a change of zone.
type logClockEvent struct {
	Time       record.Time `json:"time"`                  // what the clock shows after it; nanoseconds since 1970 UTC
	Event      string      `json:"event"`                 // boot, clock set or zone changed
	Before     record.Time `json:"before"`                // of a step: what the clock would have shown
	Step       float64     `json:"step,omitempty"`        // of a step: seconds forward; less than 0 is back
	Uptime     float64     `json:"uptime"`                // seconds since the boot, sleep included
	West       int64       `json:"west"`                  // minutes west of UTC from now on, without daylight saving time
	DST        bool        `json:"dst"`                   // daylight saving time is in force: an hour less
	WestBefore *int64      `json:"west_before,omitempty"` // of a change of the zone
	Syncs      int64       `json:"syncs,omitempty"`       // of a boot: how often the clocks were related
	Boot       string      `json:"boot"`                  // UUID of the boot
}

// String implements [record.Data].
func (e logClockEvent) String() string {
	switch e.Event {
	case "clock set":
		return fmt.Sprintf("clock set by %+.3f seconds", e.Step)
	case "zone changed":
		if e.DST {
			return fmt.Sprintf("time zone changed to %d minutes west of UTC, daylight saving time", e.West)
		}
		return fmt.Sprintf("time zone changed to %d minutes west of UTC", e.West)
	}
	return "boot " + e.Boot
}

const (
	logClockMaxSize = 64 << 20           // bytes of a file
	logClockStep    = int64(time.Second) // the smallest step that is told, nanoseconds
)

func logClockParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		data, err := io.ReadAll(io.NewSectionReader(in.File, 0, logClockMaxSize+1))
		if err == nil && len(data) > logClockMaxSize {
			err = errors.New("larger than 64 MiB")
		}
		if err != nil {
			yield(record.Record{}, fmt.Errorf("read clocks: %w", err))
			return
		}
		boots, parseErr := unifiedlog.ParseTimesync(data)
		row := int64(0)
		for i := range boots {
			for _, e := range logClockBoot(&boots[i]) {
				row++
				if !yield(in.Record(record.Origin{Table: "boot " + e.Boot, Row: row}, e), nil) {
					return
				}
			}
		}
		if parseErr != nil {
			yield(record.Record{}, parseErr)
		}
	}
}

// logClockBoot returns the events of one boot.
func logClockBoot(b *unifiedlog.Boot) []logClockEvent {
	boot := b.UUID.String()
	list := []logClockEvent{{Time: logClockTime(b.Wall), Event: "boot", West: int64(b.ZoneWest), DST: b.DST, Syncs: int64(len(b.Syncs)), Boot: boot}}
	west, dst := b.ZoneWest, b.DST
	earlier := *b
	for i, s := range b.Syncs {
		earlier.Syncs = b.Syncs[:i]
		expected, clock := earlier.At(s.Continuous)
		e := logClockEvent{Time: logClockTime(s.Wall), West: int64(s.ZoneWest), DST: s.DST, Boot: boot, Uptime: logClockUptime(b, s.Continuous)}
		if step := s.Wall - expected; clock != unifiedlog.ClockNone && (i > 0 || b.Wall != 0) && (step >= logClockStep || step <= -logClockStep) {
			set := e
			set.Event, set.Before, set.Step = "clock set", epoch.UnixNano(expected), float64(step)/1e9
			list = append(list, set)
		}
		if s.ZoneWest != west || s.DST != dst {
			before := int64(west)
			e.Event, e.WestBefore = "zone changed", &before
			list = append(list, e)
			west, dst = s.ZoneWest, s.DST
		}
	}
	return list
}

// logClockTime returns a time; 0 stands for none.
func logClockTime(nanos int64) record.Time {
	if nanos == 0 {
		return record.Time{}
	}
	return epoch.UnixNano(nanos)
}

// logClockUptime returns the seconds since a boot.
func logClockUptime(b *unifiedlog.Boot, continuous uint64) float64 {
	if b.Timebase.Denom == 0 {
		return 0
	}
	return float64(continuous) * float64(b.Timebase.Numer) / float64(b.Timebase.Denom) / 1e9
}
