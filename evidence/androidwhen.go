package evidence

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"time"
)

// reportProperties is the section of a bug report that holds the properties.
const reportProperties = reportDir + "/section/system-properties.txt"

// maxReportProperties bounds the properties of a bug report, in bytes.
const maxReportProperties = 4 << 20

// maxIdentified bounds the text that is searched for the properties, in bytes, to
// say within seconds which phone it is of.
const maxIdentified = 64 << 20

// complete adds what properties say of the phone and the head of the text does not,
// which has no fingerprint before Android 4.
func (d *Device) complete(props Device) {
	for _, v := range []struct {
		field *string
		value string
	}{{&d.Model, props.Model}, {&d.Version, props.Version}, {&d.Build, props.Build}, {&d.Serial, props.Serial}} {
		if *v.field == "" {
			*v.field = v.value
		}
	}
}

// searchProperties is [Device.complete] with the properties in the text of
// dumpstate, if they are in its first 64 MiB.
func (d *Device) searchProperties(text io.ReaderAt, size int64) {
	var props bytes.Buffer
	within := false
	r := bufio.NewReader(io.NewSectionReader(text, 0, min(size, maxIdentified)))
	for props.Len() < maxReportProperties {
		line, err := r.ReadSlice('\n')
		if bytes.HasPrefix(line, []byte("------ ")) {
			if within {
				break
			}
			within = bytes.HasPrefix(line, []byte("------ SYSTEM PROPERTIES"))
		} else if within {
			props.Write(line)
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			break
		}
	}
	var found Device
	propDevice(&found, props.String())
	d.complete(found)
}

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
	s.Device.complete(d)
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
