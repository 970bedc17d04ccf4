package report

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

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
	local := e.local()
	if !ok || local == "" {
		return ""
	}
	return v.showed(local, r.Offset, r.Quality)
}

// local returns what the field that dates an exhibit holds, if it is a text.
func (e exhibit) local() (text string) {
	var all map[string]json.RawMessage
	if json.Unmarshal(e.Data, &all) != nil || json.Unmarshal(all[e.TimeField], &text) != nil {
		return ""
	}
	return text
}

// unzoned says what the clock of the phone showed, of a record that has no other
// time, and with which zone that is read, if the acquisition names one; "" for others.
func (v *view) unzoned(e exhibit) string {
	if !e.Time.IsZero() || e.TimeField == "" {
		return ""
	}
	local := strings.Replace(e.local(), "T", " ", 1)
	switch {
	case local == "":
		return ""
	case e.Assumed.IsZero():
		return v.text("clock-unknown", "Local", local)
	}
	return v.text("clock-assumed", "Local", local, "Zone", e.Assumed.Location().String())
}

// assume returns when it was by the zone of the device that its clock showed what
// dates an exhibit; zero if that is not known. It is in that zone.
func (v *view) assume(e exhibit) time.Time {
	if !e.Time.IsZero() || e.TimeField == "" {
		return time.Time{}
	}
	i := slices.IndexFunc(v.Sources, func(s source) bool { return s.ID == e.Origin.Source })
	if i < 0 || v.Sources[i].Device.Zone == "" {
		return time.Time{}
	}
	zone, err := time.LoadLocation(v.Sources[i].Device.Zone)
	if err != nil {
		return time.Time{}
	}
	at, err := time.ParseInLocation("2006-01-02T15:04:05", e.local(), zone)
	if err != nil || at.Year() == 0 {
		return time.Time{}
	}
	return at
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
