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

// Jetsam reads reports of lack of memory.
var Jetsam = artifact.Parser{
	ID:    "ios.jetsam",
	Title: lang.Text{EN: "Lack of memory (Jetsam)", FR: "Manque de mémoire (Jetsam)"},
	Doc: `When memory runs out, iOS ends processes and writes a report (JetsamEvent, type 298)
with all processes of that moment. Phones write several a week; they stay for some
weeks. The report says which process used most memory and which were ended and why.
Its list of processes is in ios.jetsamprocesses.`,
	Inputs: from.Reports(),
	Sorts:  from.ReportsOf(ips.Jetsam),
	Record: jetsamEvent{},
	Refs:   []string{"https://developer.apple.com/documentation/xcode/identifying-high-memory-use-with-jetsam-event-reports"},
	Parse:  from.EachReport(jetsamRead, ips.Jetsam),
}

// jetsamEvent is one report.
type jetsamEvent struct {
	Time       record.Time      `json:"time"`                   // date; else timestamp of the header: with offset from UTC
	TimeStored string           `json:"time_stored,omitempty"`  // the time as it is written, if it could not be read
	Largest    record.Process   `json:"largest,omitempty"`      // largestProcess: with most memory
	Ended      []record.Process `json:"ended,omitempty"`        // processes with a reason
	Reasons    []string         `json:"reasons,omitempty"`      // of those, in the same order
	Processes  int64            `json:"processes"`              // how many
	Model      string           `json:"model,omitempty"`        // product
	Build      string           `json:"build,omitempty"`        // version of iOS with its build
	Kernel     string           `json:"kernel,omitempty"`       // version of the kernel
	PageSize   *int64           `json:"page_size,omitempty"`    // memoryStatus, pageSize: bytes
	Incident   string           `json:"incident,omitempty"`     // identifier of the report
	Reporter   string           `json:"reporter_key,omitempty"` // crashReporterKey: of the phone
	Memory     []record.KV      `json:"memory,omitempty"`       // memoryStatus
	Other      []record.KV      `json:"other,omitempty"`        // other members
	FileTime   record.WallTime  `json:"file_time"`              // in the name of the file: clock of the phone
	Proxied    bool             `json:"proxied,omitempty"`      // of another device, such as a watch
}

// String implements [record.Data].
func (e jetsamEvent) String() string {
	s := fmt.Sprintf("lack of memory with %d processes, most used by %s", e.Processes, e.Largest)
	if len(e.Ended) > 0 {
		s += fmt.Sprintf("; ended %s (%s)", e.Ended[0], e.Reasons[0])
	}
	return record.Line(s)
}

func jetsamRead(r *from.Report, yield func(record.Record, error) bool) {
	body, err := r.Content()
	if err != nil && !yield(record.Record{}, err) {
		return
	}
	s, err := ips.DecodeSystem(body)
	if err != nil && !yield(record.Record{}, err) {
		return
	}
	if s.Time == "" && s.Incident == "" && len(s.Processes) == 0 && r.Text("timestamp") == "" {
		return // nothing of an event, and that was said
	}
	d := jetsamEvent{Largest: record.Process(s.Largest), Processes: int64(len(s.Processes)), Model: s.Product, Build: s.Build, Kernel: s.Kernel, Incident: s.Incident,
		Reporter: s.ReporterKey, Memory: from.Pairs(s.Memory), Other: from.Pairs(s.Other), FileTime: r.Wall(), Proxied: r.Proxied()}
	d.Time, d.TimeStored = r.Time(s.Time)
	for _, kv := range s.Memory {
		if n, err := strconv.ParseInt(kv.Value, 10, 64); err == nil && kv.Key == "pageSize" {
			d.PageSize = &n
		}
	}
	for _, p := range s.Processes {
		if p.Reason != "" {
			d.Ended, d.Reasons = append(d.Ended, record.Process(p.Name)), append(d.Reasons, p.Reason)
		}
	}
	if d.Build == "" {
		d.Build = r.Text("os_version")
	}
	if d.Incident == "" {
		d.Incident = r.Text("incident_id")
	}
	yield(r.Input.Record(r.At(), d), nil)
}
