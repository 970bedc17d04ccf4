package report

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/vigie-project/vigie/casefile"
	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/record"
)

func TestClock(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 7, 20, 7, 0, 0, 0, time.UTC)
	data := json.RawMessage(`{"time":"2025-07-20T09:00:00","time_resolved":{"utc":"2025-07-20T07:00:00Z","offset":"+02:00","quality":"nearest"}}`)
	en, fr := &view{Lang: "en"}, &view{Lang: "fr"}
	resolved := exhibit{Exhibit: detect.Exhibit{Time: record.Time{Time: at, Rule: record.AsText, Zone: record.Resolved}, TimeField: "time", Data: data}}
	if got, want := en.clock(resolved), "the clock of the phone showed 2025-07-20 09:00:00; offset +02:00, of the nearest time at which it is recorded"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := fr.clock(resolved); !strings.Contains(got, "affichait 2025-07-20 09:00:00") || !strings.Contains(got, "plus proche") {
		t.Errorf("got %q", got)
	}
	for _, e := range []detect.Exhibit{
		{Time: record.Time{Time: at, Rule: record.UnixSec}, TimeField: "time", Data: data},
		{Time: resolved.Time, TimeField: "other", Data: data},
		{Time: resolved.Time, TimeField: "time", Data: json.RawMessage(`5`)},
		{Time: resolved.Time, TimeField: "time", Data: json.RawMessage(`{"time":7,"time_resolved":{}}`)},
	} {
		if got := en.clock(exhibit{Exhibit: e}); got != "" {
			t.Errorf("%s: got %q", e.Data, got)
		}
	}
	line := casefile.TimelineLine{Time: &at, Local: "2025-07-20T09:00:00", Zone: "Europe/Zurich"}
	if got, want := en.clockAround(line), "the clock of the phone showed 2025-07-20 09:00:00; the zone Europe/Zurich was assumed"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	line.Zone, line.Offset, line.Quality = "", "+02:00", "another"
	if got, want := en.clockAround(line), "the clock of the phone showed 2025-07-20 09:00:00; offset +02:00, another"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	span := epoch.Span{From: at, To: at.Add(time.Hour), Offset: "+02:00", Zone: "Europe/Zurich"}
	if got, want := en.span(span), "+02:00 from 2025-07-20 07:00:00 UTC to 2025-07-20 08:00:00 UTC (Europe/Zurich)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestUnzonedClock(t *testing.T) {
	t.Parallel()
	paris := &view{Lang: "en", Sources: []source{{Source: casefile.Source{ID: "phone", Device: evidence.Device{Zone: "Europe/Paris"}}}}}
	e := exhibit{Exhibit: detect.Exhibit{
		Origin: record.Origin{Source: "phone"}, TimeField: "time", Data: json.RawMessage(`{"time":"2026-03-13T07:26:53"}`),
	}}
	e.Assumed = paris.assume(e)
	if want := time.Date(2026, 3, 13, 6, 26, 53, 0, time.UTC); !e.Assumed.Equal(want) {
		t.Errorf("assumed %v, want %v", e.Assumed, want)
	}
	if got, want := paris.unzoned(e), "the clock of the phone showed 2026-03-13 07:26:53; the zone Europe/Paris was assumed"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, c := range []struct{ source, data, want string }{
		{"other", `{"time":"2026-03-13T07:26:53"}`, "the clock of the phone showed 2026-03-13 07:26:53; its zone is not known"},
		{"phone", `{"time":"0000-03-13T07:26:53"}`, "the clock of the phone showed 0000-03-13 07:26:53; its zone is not known"},
		{"phone", `{"time":7}`, ""},
		{"phone", `{}`, ""},
	} {
		x := exhibit{Exhibit: detect.Exhibit{Origin: record.Origin{Source: c.source}, TimeField: "time", Data: json.RawMessage(c.data)}}
		x.Assumed = paris.assume(x)
		if got := paris.unzoned(x); got != c.want || !x.Assumed.IsZero() {
			t.Errorf("%s: got %q and %v, want %q", c.data, got, x.Assumed, c.want)
		}
	}
}
