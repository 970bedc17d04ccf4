package ios

import (
	"fmt"
	"strconv"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/ips"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// JetsamProcesses reads the processes that were there when memory ran out.
var JetsamProcesses = artifact.Parser{
	ID:    "ios.jetsamprocesses",
	Title: lang.Text{EN: "Processes at lack of memory (Jetsam)", FR: "Processus lors d'un manque de mémoire (Jetsam)"},
	Doc: `A report of lack of memory (see ios.jetsam) lists every process of the phone at that
moment, with the UUID of its program and its flags of code signing: one of the few
complete lists of the past. Names have no path, and the system may cut them.

The flags "debugged" and "get-task-allow" do not belong on the phone of someone who does
not develop apps. The same name with another UUID on the same build of iOS is another
program. The flags are there since about iOS 12. What was not running at
that moment is not listed.`,
	Inputs: from.Reports(),
	Sorts:  from.ReportsOf(ips.Jetsam),
	Record: jetsamProcessesProcess{},
	Refs: []string{
		"https://developer.apple.com/documentation/xcode/identifying-high-memory-use-with-jetsam-event-reports",
		"https://github.com/apple-oss-distributions/xnu/blob/main/osfmk/kern/cs_blobs.h",
	},
	Parse: from.EachReport(jetsamProcessesRead, ips.Jetsam),
}

// jetsamProcessesProcess is one process of one report; the keys are those of the
// list processes.
type jetsamProcessesProcess struct {
	Time       record.Time    `json:"time"`                  // date of the report, else timestamp of its header: with offset from UTC
	TimeStored string         `json:"time_stored,omitempty"` // the time as it is written, if it could not be read
	Process    record.Process `json:"process"`               // name: without path
	PID        *int64         `json:"pid,omitempty"`         // pid
	UUID       string         `json:"uuid,omitempty"`        // uuid: of its program, from the linker
	States     []string       `json:"states,omitempty"`      // states: daemon, frontmost, suspended…
	Reason     string         `json:"reason,omitempty"`      // reason why it was ended
	Pages      *int64         `json:"pages,omitempty"`       // rpages: of memory
	MostPages  *int64         `json:"most_pages,omitempty"`  // lifetimeMax: at the most
	CPU        *float64       `json:"cpu,omitempty"`         // cpuTime, seconds
	Age        *int64         `json:"age,omitempty"`         // age: as it is written, the unit is not documented
	Files      *int64         `json:"files,omitempty"`       // fds: open descriptors
	Coalition  *int64         `json:"coalition,omitempty"`   // coalition: number of the group of processes
	Priority   *int64         `json:"priority,omitempty"`    // priority: those with less are ended first
	Signing    []string       `json:"signing,omitempty"`     // csFlags: flags of code signing
	SigningRaw *int64         `json:"signing_raw,omitempty"` // csFlags
	TrustLevel *int64         `json:"trust_level,omitempty"` // csTrustLevel
	Other      []record.KV    `json:"other,omitempty"`       // other members
	Build      string         `json:"build,omitempty"`       // version of iOS with its build
	Incident   string         `json:"incident,omitempty"`    // identifier of the report
	Proxied    bool           `json:"proxied,omitempty"`     // of another device, such as a watch
}

// String implements [record.Data].
func (p jetsamProcessesProcess) String() string {
	s := "at lack of memory: " + string(p.Process)
	if p.Reason != "" {
		s += " ended (" + p.Reason + ")"
	}
	return record.Line(fmt.Sprintf("%s %s", s, p.UUID))
}

func jetsamProcessesRead(r *from.Report, yield func(record.Record, error) bool) {
	body, _ := r.Content() // errors are told by ios.jetsam
	s, _ := ips.DecodeSystem(body)
	d := jetsamProcessesProcess{Build: s.Build, Incident: s.Incident, Proxied: r.Proxied()}
	d.Time, d.TimeStored = r.Time(s.Time)
	for i, p := range s.Processes {
		one := d
		one.Process, one.PID, one.UUID, one.States, one.Reason = record.Process(p.Name), p.PID, p.UUID, p.States, p.Reason
		one.Pages, one.MostPages, one.Age, one.Files, one.Coalition, one.Priority = p.Pages, p.Most, p.Age, p.Files, p.Coalition, p.Priority
		one.SigningRaw, one.TrustLevel, one.Other = p.CSFlags, p.TrustLevel, from.Pairs(p.Other)
		if p.CSFlags != nil {
			one.Signing = ips.CodeSigning(*p.CSFlags)
		}
		if f, err := strconv.ParseFloat(p.CPU, 64); err == nil && f-f == 0 {
			one.CPU = &f
		} else if p.CPU != "" {
			one.Other = append(one.Other, record.KV{Key: "cpuTime", Value: p.CPU})
		}
		if !yield(r.Input.Record(record.Origin{Table: "processes", Row: int64(i + 1)}, one), nil) {
			return
		}
	}
}
