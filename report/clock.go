package report

import (
	"encoding/json"
	"strings"

	"github.com/vigie-project/vigie/casefile"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/record"
)

// maxClock is how many spans of a clock are shown; the case holds the rest.
const maxClock = 40

// clock says what the clock of the phone showed, of a record that is dated by it,
// and with which offset that was read; "" for others.
func (v *view) clock(e exhibit) string {
	if e.Time.Zone != record.Resolved && e.Time.Zone != record.Assumed {
		return ""
	}
	r, ok := record.ResolutionOf(e.Data, e.TimeField)
	if !ok {
		return ""
	}
	var all map[string]json.RawMessage
	var local string
	if json.Unmarshal(e.Data, &all) != nil || json.Unmarshal(all[e.TimeField], &local) != nil {
		return ""
	}
	return v.showed(local, r.Offset, r.Quality)
}

// clockAround says the same of an entry of the timeline.
func (v *view) clockAround(l casefile.TimelineLine) string {
	switch {
	case l.Quality != "":
		return v.showed(l.Local, l.Offset, l.Quality)
	case l.Zone != "" && l.Local != "":
		return v.text("clock-assumed", "Local", strings.Replace(l.Local, "T", " ", 1), "Zone", l.Zone)
	}
	return ""
}

func (v *view) showed(local, offset, quality string) string {
	known := quality
	for q := record.AssumedZone; q <= record.ExactOffset; q++ {
		if q.String() == quality {
			known = v.text("offset-" + quality)
		}
	}
	return v.text("clock-showed", "Local", strings.Replace(local, "T", " ", 1), "Offset", offset, "Known", known)
}

// span says during which time a clock had an offset.
func (v *view) span(s epoch.Span) string {
	text := v.text("clock-span", "From", v.when(s.From), "To", v.when(s.To), "Offset", s.Offset)
	if s.Zone != "" {
		text += " (" + shown(s.Zone) + ")"
	}
	return text
}

// spans returns the spans that are shown.
func spans(list []epoch.Span) []epoch.Span { return list[:min(len(list), maxClock)] }
