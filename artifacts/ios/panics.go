package ios

import (
	"fmt"
	"strconv"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/format/ips"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Panics reads reports of the kernel ending.
var Panics = artifact.Parser{
	ID:    "ios.panics",
	Title: lang.Text{EN: "Kernel panics", FR: "Paniques du noyau"},
	Doc: `When the kernel cannot go on the phone restarts, and at the next start a report is
written (panic-full, type 210): why, which task was running, which processes there
were, and when the phone had been started.

Exploits of the kernel that fail end in a panic. Most panics are of hardware, however:
watchdog, SMC, storage and radio. What deserves a look is a fault of memory safety
(data abort, element modified after free, type confusion, pointer authentication, PPL
or SPTM violation), and a task that handles messages, media or web pages. No report
tells nothing. The processes are in ios.stackshotprocesses.`,
	Inputs: from.Reports(),
	Sorts:  from.ReportsOf(ips.Panic),
	Record: panicsReport{},
	Refs: []string{
		"https://developer.apple.com/documentation/xcode/examining-the-fields-in-a-crash-report",
		"https://github.com/apple-oss-distributions/xnu/blob/main/osfmk/kern/debug.c",
	},
	Parse: from.EachReport(panicsRead, ips.Panic),
}

// panicsReport is one panic.
type panicsReport struct {
	Time       record.Time     `json:"time"`                   // date; else timestamp of the header: when the report was made, with offset from UTC
	TimeStored string          `json:"time_stored,omitempty"`  // the time as it is written, if it could not be read
	Booted     record.Time     `json:"booted"`                 // panicString, Epoch Time, Boot: seconds since 1970 UTC
	Slept      record.Time     `json:"slept"`                  // the same, Sleep
	Woke       record.Time     `json:"woke"`                   // the same, Wake
	Panicked   record.Time     `json:"panicked"`               // the same, Calendar: clock at the panic
	Message    record.Text     `json:"message"`                // first line of panicString
	Task       record.Process  `json:"task,omitempty"`         // panicString, Panicked task: its name
	PID        *int64          `json:"pid,omitempty"`          // of the task
	Panic      record.Text     `json:"panic,omitempty"`        // panicString
	Kind       string          `json:"kind"`                   // from bug_type
	Model      string          `json:"model,omitempty"`        // product
	Build      string          `json:"build,omitempty"`        // version of iOS with its build
	Kernel     string          `json:"kernel,omitempty"`       // version of the kernel
	Boot       string          `json:"boot,omitempty"`         // panicString, iBoot version
	Processes  int64           `json:"processes"`              // processByPid: how many
	Incident   string          `json:"incident,omitempty"`     // identifier of the report
	Reporter   string          `json:"reporter_key,omitempty"` // crashReporterKey: of the phone
	Roots      *int64          `json:"roots,omitempty"`        // roots_installed of the header
	Memory     []record.KV     `json:"memory,omitempty"`       // memoryStatus
	Other      []record.KV     `json:"other,omitempty"`        // other members
	FileTime   record.WallTime `json:"file_time"`              // in the name of the file: clock of the phone
	Proxied    bool            `json:"proxied,omitempty"`      // of another device, such as a watch
}

// String implements [record.Data].
func (p panicsReport) String() string {
	s := "kernel panic: " + string(p.Message)
	if p.Task != "" {
		s += fmt.Sprintf(" (task %s)", p.Task)
	}
	return record.Line(s)
}

// panicsMaxText bounds the text of a panic that is kept, in bytes.
const panicsMaxText = 64 << 10

func panicsRead(r *from.Report, yield func(record.Record, error) bool) {
	body, err := r.Content()
	if err != nil && !yield(record.Record{}, err) {
		return
	}
	s, err := ips.DecodeSystem(body)
	if err != nil && !yield(record.Record{}, err) {
		return
	}
	if s.Panic == "" && s.Time == "" && s.Incident == "" && len(s.Processes) == 0 && r.Text("timestamp") == "" {
		return // nothing of a panic, and that was said
	}
	p := ips.ReadPanic(s.Panic)
	d := panicsReport{Message: record.Text(p.Message), Task: record.Process(p.Task), PID: p.PID, Panic: record.Text(s.Panic), Kind: r.Meaning(), Model: s.Product, Build: s.Build,
		Kernel: s.Kernel, Boot: p.Boot, Processes: int64(len(s.Processes)), Incident: s.Incident, Reporter: s.ReporterKey, Roots: r.Header.Get("roots_installed").Number(),
		Memory: from.Pairs(s.Memory), Other: from.Pairs(s.Other), FileTime: r.Wall(), Proxied: r.Proxied(),
		Booted: panicsTime(p.Booted), Slept: panicsTime(p.Slept), Woke: panicsTime(p.Woke), Panicked: panicsTime(p.Clock)}
	d.Time, d.TimeStored = r.Time(s.Time)
	if len(s.Panic) > panicsMaxText {
		d.Panic = record.Text(s.Panic[:panicsMaxText])
		if !yield(record.Record{}, fmt.Errorf("read panic: text of %d bytes, limit %d", len(s.Panic), panicsMaxText)) {
			return
		}
	}
	if d.Kind == "" {
		d.Kind = "panic"
	}
	if d.Kernel == "" {
		d.Kernel = p.Kernel
	}
	if d.Build == "" {
		d.Build = r.Text("os_version")
	}
	if d.Incident == "" {
		d.Incident = r.Text("incident_id")
	}
	yield(r.Input.Record(r.At(), d), nil)
}

// panicsTime reads seconds since 1970, hexadecimal; 0 is no time.
func panicsTime(s string) record.Time {
	n, err := strconv.ParseInt(s, 0, 64)
	if err != nil || n == 0 {
		return record.Time{}
	}
	return epoch.Unix(n)
}
