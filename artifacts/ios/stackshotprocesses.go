package ios

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/ips"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// StackshotProcesses reads the processes of stackshots, forced resets and panics.
var StackshotProcesses = artifact.Parser{
	ID:    "ios.stackshotprocesses",
	Title: lang.Text{EN: "Processes of stackshots and panics", FR: "Processus des relevés de piles et des paniques"},
	Doc: `A stackshot (stacks, type 288) is what all processes and their threads are doing at a
moment: when a sysdiagnose is taken, when something hangs, when the owner forces the
phone to restart (ForceReset, type 151), and within reports of panics (type 210). Names
have no path. Names of threads and queues can tell what a process is really doing.

It is one of the few complete lists of processes of the past. What was not running at
that moment is not listed.`,
	Inputs: from.Reports(),
	Sorts:  from.ReportsOf(ips.Stackshot, ips.Panic),
	Record: stackshotProcessesProcess{},
	Refs:   []string{"https://github.com/apple-oss-distributions/xnu/blob/main/osfmk/kern/kern_stackshot.c"},
	Parse:  from.EachReport(stackshotProcessesRead, ips.Stackshot, ips.Panic),
}

// stackshotProcessesProcess is one process of one report; the keys are those of
// processByPid.
type stackshotProcessesProcess struct {
	Time       record.Time    `json:"time"`                  // date of the report, else timestamp of its header: with offset from UTC
	TimeStored string         `json:"time_stored,omitempty"` // the time as it is written, if it could not be read
	Kind       string         `json:"kind"`                  // from bug_type: stackshot, panic, forced reset…
	Why        record.Text    `json:"why,omitempty"`         // reason of the report
	Process    record.Process `json:"process"`               // procname: without path
	PID        *int64         `json:"pid,omitempty"`         // key of the process
	Threads    int64          `json:"threads"`               // threadById: how many
	Names      []string       `json:"names,omitempty"`       // of threads and queues, each once
	Coalition  *int64         `json:"coalition,omitempty"`   // jetsamCoalition: number of the group of processes
	Other      []record.KV    `json:"other,omitempty"`       // other members
	Build      string         `json:"build,omitempty"`       // version of iOS with its build
	Incident   string         `json:"incident,omitempty"`    // identifier of the report
	Proxied    bool           `json:"proxied,omitempty"`     // of another device, such as a watch
}

// String implements [record.Data].
func (p stackshotProcessesProcess) String() string {
	return record.Line(fmt.Sprintf("in a %s: %s with %d threads", p.Kind, p.Process, p.Threads))
}

func stackshotProcessesRead(r *from.Report, yield func(record.Record, error) bool) {
	body, err := r.Content()
	told := r.Class == ips.Panic // errors are told by ios.panics
	if err != nil && !told && !yield(record.Record{}, err) {
		return
	}
	s, err := ips.DecodeSystem(body)
	if err != nil && !told && !yield(record.Record{}, err) {
		return
	}
	d := stackshotProcessesProcess{Kind: r.Meaning(), Why: record.Text(s.Reason), Build: s.Build, Incident: s.Incident, Proxied: r.Proxied()}
	if d.Kind == "" {
		d.Kind = "stackshot"
	}
	d.Time, d.TimeStored = r.Time(s.Time)
	for i, p := range s.Processes {
		one := d
		one.Process, one.PID, one.Threads, one.Names, one.Coalition, one.Other = record.Process(p.Name), p.PID, p.Threads, p.Names, p.Coalition, from.Pairs(p.Other)
		one.Other = append(one.Other, stackshotProcessesRest(p)...)
		if !yield(r.Input.Record(record.Origin{Table: "processByPid", Row: int64(i + 1)}, one), nil) {
			return
		}
	}
}

// stackshotProcessesRest returns members that lists of Jetsam have, if a stackshot
// has them too.
func stackshotProcessesRest(p ips.Process) (list []record.KV) {
	if p.UUID != "" {
		list = append(list, record.KV{Key: "uuid", Value: p.UUID})
	}
	if p.CSFlags != nil {
		list = append(list, record.KV{Key: "csFlags", Value: fmt.Sprint(*p.CSFlags)})
	}
	if p.Reason != "" {
		list = append(list, record.KV{Key: "reason", Value: p.Reason})
	}
	return list
}
