package from

import (
	"strings"
	"time"

	"github.com/vigie-project/vigie/format/lines"
	"github.com/vigie-project/vigie/record"
)

// stamps are the layouts of times with an offset from UTC in texts of iOS: the hour
// can have one digit, and languages with a clock of 12 hours print AM or PM.
var stamps = []string{
	"2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05-0700", "2006-01-02 3:04:05 PM -0700", "2006-01-02T15:04:05-0700",
	time.RFC3339, "2006-01-02 15:04:05Z07:00",
}

// Stamp returns a time that a text of iOS shows with its offset from UTC, in one of
// several layouts, with the digits and spaces of any language. It is zero for other
// texts.
func Stamp(s string) record.Time {
	if len(s) > 100 { // no time is so long
		return record.Time{}
	}
	s = strings.Join(strings.Fields(lines.Digits(strings.NewReplacer("a.m.", "AM", "p.m.", "PM", " am", " AM", " pm", " PM").Replace(s))), " ")
	for _, layout := range stamps {
		if t, err := time.Parse(layout, s); err == nil {
			return record.Time{Time: t.UTC(), Rule: record.AsText, Zone: record.RecordedOffset}
		}
	}
	return record.Time{}
}
