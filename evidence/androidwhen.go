package evidence

import (
	"bytes"
	"io"
	"strings"
	"time"
)

// reportProperties is the section of a bug report that holds the properties.
const reportProperties = reportDir + "/section/system-properties.txt"

// maxReportProperties bounds the properties of a bug report, in bytes.
const maxReportProperties = 4 << 20

// reportWhen adds the zone of the phone and, if it is known, when dumpstate
// began: the head of its text has a clock without zone.
func (s *Source) reportWhen(head []byte) {
	f, err := s.FS.Open(reportProperties)
	if err != nil {
		return // older reports have none, and the ledger tells of damaged ones
	}
	defer f.Close()
	text, _ := io.ReadAll(io.LimitReader(f, maxReportProperties))
	var d Device
	propDevice(&d, string(text))
	if d.Zone == "" || d.Zone == "Local" {
		return
	}
	s.Device.Zone = d.Zone
	zone, err := time.LoadLocation(d.Zone)
	if err != nil {
		return
	}
	for line := range bytes.Lines(head) {
		clock, ok := strings.CutPrefix(strings.TrimSpace(string(line)), "== dumpstate: ")
		if t, err := time.ParseInLocation(time.DateTime, clock, zone); ok && err == nil {
			s.Device.Captured = t.Format(time.RFC3339)
			s.Device.Acquired = t.UTC().Format(time.RFC3339)
			return
		}
	}
}
