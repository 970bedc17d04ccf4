package ios

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"path"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/ips"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// DiagnosticReports lists the reports of crashes and diagnostics.
var DiagnosticReports = artifact.Parser{
	ID:    "ios.diagnosticreports",
	Title: lang.Text{EN: "List of crash and diagnostic reports", FR: "Liste des rapports de plantage et de diagnostic"},
	Doc: `Every report that iOS writes about crashes, panics, lack of memory, use of resources,
updates and itself, of whatever type: name of the file, header, and for types that no
other artifact reads the start of the text. It shows when reports were written and
where there are none, which version of iOS was running when, and files that are not
what their name says. The end ".synced" is of reports that went to Apple; Retired is the
folder they are moved to.`,
	Inputs: from.Reports(),
	Record: diagnosticReportsFile{},
	Refs:   []string{"https://developer.apple.com/documentation/xcode/acquiring-crash-reports-and-diagnostic-logs", "https://github.com/EC-DIGIT-CSIRC/sysdiagnose"},
	Parse:  diagnosticReportsParse,
}

// diagnosticReportsFile is one report.
type diagnosticReportsFile struct {
	Time       record.Time     `json:"time"`                  // timestamp of the header, with offset from UTC
	TimeStored string          `json:"time_stored,omitempty"` // the time as it is written, if it could not be read
	FileTime   record.WallTime `json:"file_time"`             // in the name of the file: clock of the phone
	Kind       string          `json:"kind"`                  // what the type is, by Apple's own configuration
	BugType    string          `json:"bug_type,omitempty"`    // bug_type
	Process    record.Process  `json:"process,omitempty"`     // app_name of the header
	App        record.App      `json:"app,omitempty"`         // bundleID of the header
	File       string          `json:"file"`                  // name of the file before the time
	Suffix     string          `json:"suffix,omitempty"`      // and after it, such as ".ips.synced"
	Size       int64           `json:"size"`                  // bytes
	Version    string          `json:"version,omitempty"`     // os_version of the header
	Incident   string          `json:"incident,omitempty"`    // incident_id of the header
	Roots      *int64          `json:"roots,omitempty"`       // roots_installed of the header: parts of iOS replaced for development
	Other      []record.KV     `json:"other,omitempty"`       // other members of the header
	Start      record.Text     `json:"start,omitempty"`       // start of the body, of types that no other artifact reads
	Artifact   string          `json:"artifact,omitempty"`    // which artifact reads the rest
	OtherName  bool            `json:"other_name,omitempty"`  // the name of the file is that of another process
	Synced     bool            `json:"synced,omitempty"`      // sent to Apple
	Retired    bool            `json:"retired,omitempty"`     // in a folder Retired
	Proxied    bool            `json:"proxied,omitempty"`     // of another device, such as a watch
}

// String implements [record.Data].
func (f diagnosticReportsFile) String() string {
	return record.Line(fmt.Sprintf("report %s: %s %s", f.File, f.Kind, f.Version))
}

// diagnosticReportsStart is how much is kept of a body, in bytes.
const diagnosticReportsStart = 1 << 10

// diagnosticReportsReaders are the artifacts that read each class.
var diagnosticReportsReaders = map[ips.Class]string{ips.Crash: "ios.crashes", ips.Panic: "ios.panics", ips.Jetsam: "ios.jetsam", ips.Stackshot: "ios.stackshotprocesses",
	ips.Resource: "ios.resourcereports", ips.Reset: "ios.resets", ips.Analytics: "ios.analytics", ips.Events: "ios.analytics"}

func diagnosticReportsParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		name := path.Base(in.Path)
		if strings.HasPrefix(name, "._") {
			return // what a Mac notes beside a file
		}
		rep, err := ips.Open(in.File, in.Size)
		if err != nil && !yield(record.Record{}, err) {
			return
		}
		r := &from.Report{Report: rep, Input: in, Name: ips.ParseName(name)}
		yield(in.Record(record.Origin{Row: 1}, diagnosticReportsData(r)), nil)
	}
}

func diagnosticReportsData(r *from.Report) diagnosticReportsFile {
	d := diagnosticReportsFile{FileTime: r.Wall(), Kind: r.Meaning(), BugType: r.Type, File: r.Name.Process, Suffix: strings.ToValidUTF8(r.Name.Suffix, "\ufffd"), Size: r.Input.Size,
		Roots: r.Header.Get("roots_installed").Number(), Artifact: diagnosticReportsReaders[r.Class], Synced: strings.Contains(r.Name.Suffix, ".synced"),
		Retired: strings.Contains(r.Input.Path, "/Retired/"), Proxied: r.Proxied()}
	d.Time, d.TimeStored = r.Time()
	if d.Kind == "" {
		d.Kind = "unknown"
	}
	for key, v := range r.Header.Members() {
		text := v.Text()
		switch key {
		case "timestamp", "bug_type", "roots_installed":
		case "app_name":
			d.Process = record.Process(text)
		case "bundleID":
			d.App = record.App(text)
		case "os_version":
			d.Version = text
		case "incident_id":
			d.Incident = text
		default:
			if r.Start > 0 && len(d.Other) < 256 {
				d.Other = append(d.Other, record.KV{Key: key, Value: text[:min(len(text), diagnosticReportsStart)]})
			}
		}
	}
	if d.Process != "" && r.Class == ips.Crash {
		d.OtherName = !strings.HasPrefix(string(d.Process), d.File) && !strings.HasPrefix(d.File, string(d.Process))
	}
	if d.Artifact == "" {
		start := make([]byte, diagnosticReportsStart)
		n, err := r.Body().ReadAt(start, 0)
		if err == nil || err == io.EOF {
			d.Start = record.Text(bytes.ToValidUTF8(bytes.TrimSpace(start[:n]), []byte("\ufffd")))
		}
	}
	return d
}
