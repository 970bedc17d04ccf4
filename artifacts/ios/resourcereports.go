package ios

import (
	"fmt"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/ips"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// ResourceReports reads reports of processes that used much of something.
var ResourceReports = artifact.Parser{
	ID:    "ios.resourcereports",
	Title: lang.Text{EN: "Use of processor, storage and wake-ups", FR: "Usage du processeur, du stockage et des réveils"},
	Doc: `When a process uses more processor time, writes more to storage or wakes up more often
than it may, iOS writes a report in text, with samples of what it was doing: types 142,
145, 202, 206 and others, and reports of hangs. They hold the path of the program, its
UUID and its parent, and the processes that were sampled with it.

Recording of sound, and sending much away, make such reports of processes that are
otherwise quiet. Apps and parts of iOS have them on ordinary phones as well.`,
	Inputs: from.Reports(),
	Sorts:  from.ReportsOf(ips.Resource),
	Record: resourceReportsReport{},
	Refs:   []string{"https://developer.apple.com/documentation/xcode/reducing-disk-writes", "https://github.com/EC-DIGIT-CSIRC/sysdiagnose"},
	Parse:  from.EachReport(resourceReportsRead, ips.Resource),
}

// resourceReportsReport is one report; the keys are those of its text.
type resourceReportsReport struct {
	Time       record.Time      `json:"time"`                   // Date/Time; else timestamp of the header: begin, with offset from UTC
	TimeStored string           `json:"time_stored,omitempty"`  // the time as it is written, if it could not be read
	End        record.Time      `json:"end"`                    // End time
	Kind       string           `json:"kind"`                   // from bug_type
	Event      string           `json:"event,omitempty"`        // Event: disk writes, cpu usage, wakeups…
	Action     string           `json:"action,omitempty"`       // Action taken
	Process    record.Process   `json:"process"`                // Command
	Path       record.Path      `json:"path,omitempty"`         // Path: of the program
	PID        *int64           `json:"pid,omitempty"`          // PID
	App        record.App       `json:"app,omitempty"`          // Identifier: of the bundle
	Version    string           `json:"version,omitempty"`      // Version
	Parent     record.Process   `json:"parent,omitempty"`       // Parent
	ParentPID  *int64           `json:"parent_pid,omitempty"`   // Parent, in brackets
	UUID       string           `json:"uuid,omitempty"`         // Powerstats: of the program
	Heaviest   []string         `json:"heaviest,omitempty"`     // Heaviest stack: functions
	Sampled    []record.Process `json:"sampled,omitempty"`      // Powerstats: processes
	Paths      []record.Path    `json:"paths,omitempty"`        // Powerstats: of their programs
	UUIDs      []string         `json:"uuids,omitempty"`        // Powerstats: of their programs
	Model      string           `json:"model,omitempty"`        // Hardware model
	System     string           `json:"system,omitempty"`       // OS Version
	Build      string           `json:"build,omitempty"`        // OS Version, in parentheses
	Incident   string           `json:"incident,omitempty"`     // identifier of the report
	Reporter   string           `json:"reporter_key,omitempty"` // CrashReporter Key: of the phone
	Other      []record.KV      `json:"other,omitempty"`        // other lines
	FileTime   record.WallTime  `json:"file_time"`              // in the name of the file: clock of the phone
	Proxied    bool             `json:"proxied,omitempty"`      // of another device, such as a watch
}

// String implements [record.Data].
func (r resourceReportsReport) String() string {
	what := r.Event
	if what == "" {
		what = r.Kind
	}
	return record.Line(fmt.Sprintf("%s by %s", what, r.Process))
}

func resourceReportsRead(r *from.Report, yield func(record.Record, error) bool) {
	body, err := r.Content()
	if err != nil && !yield(record.Record{}, err) {
		return
	}
	c, err := ips.DecodeResource(body)
	if err != nil && !yield(record.Record{}, err) {
		return
	}
	d := resourceReportsReport{Kind: r.Meaning(), Event: c.Event, Action: c.Action, Process: record.Process(c.Command), Path: record.Path(c.Path), PID: c.PID,
		App: record.App(c.Identifier), Version: c.Version, Parent: record.Process(c.Parent), ParentPID: c.ParentPID, Heaviest: c.Heaviest, Model: c.Model,
		System: c.System, Build: c.Build, Incident: c.Incident, Reporter: c.ReporterKey, Other: from.Pairs(c.Other), FileTime: r.Wall(), Proxied: r.Proxied()}
	d.Time, d.TimeStored = r.Time(c.Time)
	if t, ok := ips.ParseTime(c.End); ok {
		d.End = record.Time{Time: t.UTC(), Rule: record.AsText, Zone: record.RecordedOffset}
	} else if c.End != "" {
		d.Other = append(d.Other, record.KV{Key: "End time", Value: c.End})
	}
	if d.Kind == "" {
		d.Kind = "use of resources"
	}
	if d.Process == "" {
		d.Process = record.Process(r.Text("app_name"))
	}
	if d.Process == "" {
		name := r.Name.Process // such as "exampled.cpu_resource"
		if i := strings.LastIndexByte(name, '.'); i > 0 && strings.HasSuffix(name, "_resource") {
			name = name[:i]
		}
		d.Process = record.Process(name)
	}
	for i, p := range c.Powerstats {
		d.Sampled = append(d.Sampled, record.Process(p.Name))
		if p.Path != "" {
			d.Paths = append(d.Paths, record.Path(p.Path))
		}
		if p.UUID != "" {
			d.UUIDs = append(d.UUIDs, p.UUID)
		}
		if i == 0 || p.Name == c.Command {
			d.UUID = p.UUID
		}
		for _, kv := range p.Other {
			d.Other = append(d.Other, record.KV{Key: p.Name + "/" + kv.Key, Value: kv.Value})
		}
	}
	yield(r.Input.Record(r.At(), d), nil)
}
