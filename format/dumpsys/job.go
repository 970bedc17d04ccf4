package dumpsys

import (
	"iter"
	"strings"

	"github.com/vigie-project/vigie/format/lines"
)

// A Job is work that an app has the system start later or again and again.
type Job struct {
	Line      int
	ID        string // "u0a80/12": user ID of the app and number
	Component string // "pkg/.Service"
	Tag       string
	Source    string // package that it is done for
	User      int    // -1 if not recorded
	Interval  string // "+1d0h0m0s0ms" of a periodic one; "" else
	Persisted bool   // goes on after a restart of the phone
	Enqueued  string // "-15h14m12s196ms": relative to the dump
	Other     []Pair
}

// Jobs yields the registered jobs of the section of the service jobscheduler.
func Jobs(text iter.Seq[lines.Line]) iter.Seq2[Job, error] {
	return func(yield func(Job, error) bool) {
		r := report{service: "jobscheduler"}
		for b := range Blocks(r.watch(text), 2) {
			if strings.HasPrefix(b.Text, "Registered ") || strings.HasPrefix(b.Text, "Settings:") || strings.HasPrefix(b.Text, "JobScheduler") {
				r.found = true
			}
			head, ok := strings.CutPrefix(b.Text, "JOB #")
			if !ok {
				continue
			}
			r.found = true
			r.lost(b)
			j := Job{Line: b.Line, User: -1}
			id, rest, ok := strings.Cut(head, ": ")
			_, j.Component, _ = strings.Cut(rest, " ") // after the hash
			j.Component, _, _ = strings.Cut(j.Component, " ")
			if j.ID = id; !ok || !strings.Contains(j.Component, "/") {
				r.node(b)
				continue
			}
			for n := range b.Walk() {
				j.row(n)
			}
			if !yield(j, nil) {
				return
			}
		}
		finish(&r, "\"Registered\" jobs", yield)
	}
}

func (j *Job) row(n *Node) {
	key, value, _ := Field(n.Text)
	switch {
	case key == "Source":
		j.Source, j.User = Get(value, "pkg"), integer(Get(value, "user"))
		if j.Source == "" {
			j.Source = Get(n.Text, "pkg")
		}
	case key == "PERIODIC":
		j.Interval = Get(value, "interval")
	case n.Text == "PERSISTED":
		j.Persisted = true
	case key == "Enqueue time":
		j.Enqueued = value
	case j.Tag == "" && strings.Contains(n.Text, " tag="):
		j.Tag = n.Text[strings.Index(n.Text, " tag=")+5:]
	case key == "Requires" || key == "Extras" || key == "Network type" || key == "Minimum latency" || key == "Standby bucket" || key == "Trigger content":
		j.Other = append(j.Other, Pair{key, value})
	}
}
