package engine_test

import (
	"context"
	"iter"
	"regexp"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the same on every system

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/record"
)

// shown is a line of a log.
type shown struct {
	Time record.WallTime `json:"time"`
}

func (s shown) String() string { return s.Time.String() }

func times(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		for l := range from.Lines(in.File) {
			t, err := time.Parse("2006-01-02T15:04:05", l.String())
			if !yield(in.Record(from.AtLine(l), shown{record.WallTime{Time: t}}), err) {
				return
			}
		}
	}
}

var resolved = regexp.MustCompile(`"time":(?:null|"([^"]*)")(?:,"time_resolved":\{"utc":"([^"]*)")?`)

func TestClocks(t *testing.T) {
	t.Parallel()
	reading := func(text, zone string, capture bool) epoch.Reading {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		_, offset := at.Zone()
		return epoch.Reading{At: at, Offset: offset, Zone: zone, Capture: capture}
	}
	clock := epoch.NewClock([]epoch.Reading{
		reading("2025-05-01T08:00:00-04:00", "America/New_York", false), reading("2025-12-01T10:00:00+01:00", "Europe/Zurich", true),
	}, "")
	const log = "2025-05-02T12:00:00\n2025-10-26T02:59:59\n2025-10-26T02:00:01\nno time\n2025-10-26T02:30:00\n"
	for _, tt := range []struct {
		name  string
		kind  artifact.Clock
		clock *epoch.Clock
		want  string
	}{
		{"of the phone", artifact.PhoneClock, clock, "2025-05-02T16:00:00Z 2025-10-26T00:59:59Z 2025-10-26T00:00:01Z 2025-10-26T00:30:00Z"},
		{"log", artifact.LogClock, clock, "2025-05-02T16:00:00Z 2025-10-26T00:59:59Z 2025-10-26T01:00:01Z 2025-10-26T01:30:00Z"},
		{"of the capture", artifact.CaptureClock, clock, "2025-05-02T10:00:00Z 2025-10-26T01:59:59Z 2025-10-26T01:00:01Z 2025-10-26T01:30:00Z"},
		{"of something else", artifact.OtherClock, clock, "   "},
		{"not known", artifact.LogClock, nil, "   "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := &artifact.Parser{ID: "ios.x", Inputs: []artifact.Pattern{{Kinds: evidence.IOSBackup, Glob: "x.log"}}, Record: shown{}, Clock: tt.kind, Parse: times}
			src := source(map[string]string{"x.log": log})
			sink := newMemory()
			e := engine.Engine{Clocks: map[string]*epoch.Clock{src.ID: tt.clock}}
			done, err := e.Run(t.Context(), engine.NewPlan(src, []*artifact.Parser{p}, everything).Jobs, sink)
			if err != nil || done[0].Records != 4 || done[0].Errors != 1 {
				t.Fatalf("%+v, %v", done, err)
			}
			var got []string
			for _, m := range resolved.FindAllStringSubmatch(sink.out[0], -1) {
				got = append(got, m[2])
			}
			if text := strings.Join(got, " "); text != tt.want {
				t.Errorf("got  %s\nwant %s\n%s", text, tt.want, sink.out[0])
			}
		})
	}
}
