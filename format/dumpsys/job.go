package dumpsys

import (
	"iter"
	"strings"

	"github.com/vigie-project/vigie/format/lines"
)

// A Job is work that an app has the system start later or again and again.
type Job struct {
	Line      int
	ID        string // "u0a80/12": user ID of the app and number, in Android 14 and later after a name space and ":"
	Name      string // what batterystats knows it by: that of the component, or a tag with the package
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
			head, ok := strings.CutPrefix(b.Text, "JOB ")
			if !ok {
				continue
			}
			r.found = true
			r.lost(b)
			j := Job{Line: b.Line, User: -1}
			id, rest, ok := strings.Cut(head, ": ")
			j.ID = strings.TrimPrefix(id, "#")
			_, j.Name, _ = strings.Cut(rest, " ") // after the hash
			for n := range b.Walk() {
				j.row(n)
			}
			if j.Component == "" && strings.Contains(j.Name, "/") {
				j.Component = j.Name
			}
			if !ok || j.Component == "" {
				r.node(b)
				continue
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
	case key == "Service" && j.Component == "":
		j.Component = value
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
