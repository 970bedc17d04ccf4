package dumpsys

import (
	"iter"
	"regexp"
	"strings"
	"time"

	"github.com/vigie-project/vigie/format/lines"
)

// A JobEvent is one line of the history of the service jobscheduler: a job that
// was started or stopped.
type JobEvent struct {
	Line   int
	Ago    time.Duration // before the dump
	Event  string        // "START", "STOP", of a periodic job "START-P", "STOP-P"
	ID     string        // "u0a80/12", in Android 14 and later after a name space and ":"
	Name   string        // of the component, or a tag with the package
	Reason string        // why it was stopped
}

// jobEvent is "-11h51m43s ago START-P: #u0a74/1 com.example.app/.Job reason".
var jobEvent = regexp.MustCompile(`^(-\S+|0)\s+(START(?:-P)?|STOP(?:-P)?): (\S+/\d+) (\S+)(?: (.*))?$`)

// JobEvents yields the history of the section of the service jobscheduler. Vendors
// and versions leave it out, which is no error.
func JobEvents(text iter.Seq[lines.Line]) iter.Seq2[JobEvent, error] {
	return func(yield func(JobEvent, error) bool) {
		r := report{service: "jobscheduler"}
		in := false
		for l := range r.watch(text) {
			n := indentation(l.Text)
			line := strings.TrimSpace(l.String())
			r.found = r.found || strings.HasPrefix(line, "Registered ") || strings.HasPrefix(line, "Settings:")
			if line == "Job history:" {
				in = true
				continue
			}
			if in = in && n.columns >= 4 && line != ""; !in {
				continue
			}
			m := jobEvent.FindStringSubmatch(line)
			if m == nil {
				r.unknown(l.Number, line)
				continue
			}
			e := JobEvent{Line: l.Number, Ago: -span(m[1]), Event: m[2], ID: strings.TrimPrefix(m[3], "#"), Name: m[4], Reason: m[5]}
			if !yield(e, nil) {
				return
			}
		}
		finish(&r, "\"Registered\" jobs", yield)
	}
}
