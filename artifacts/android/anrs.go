package android

import (
	"slices"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// ANRs reads what processes were doing when an app did not respond.
var ANRs = artifact.Parser{
	ID:    "android.anrs",
	Title: lang.Text{EN: "Traces of apps that did not respond (ANR)", FR: "Traces d’apps qui ne répondaient plus (ANR)"},
	Doc: `When an app does not respond for some seconds, Android writes into /data/anr what all
threads of this app and of some others were doing. A bug report has the newest files,
and takes traces of its own.

Libraries that were put into an app show in the stacks of its threads, and an app that
reads a message may hang rather than crash. Apps hang on ordinary phones every day; the
files are overwritten by newer ones.`,
	Inputs: slices.Concat([]artifact.Pattern{
		{Kinds: evidence.AndroidBugreport | evidence.AndroidQF, Glob: "data/anr/*"},
		{Kinds: evidence.AndroidQF, Glob: "androidqf/logs/data/anr/*"},
	}, from.Sections("vm-traces-just-now", "vm-traces-at-last-anr")),
	Record: anrsProcess{},
	Refs: []string{
		"https://developer.android.com/topic/performance/anrs/diagnose-and-fix-anrs",
		"https://source.android.com/docs/core/tests/debug/read-bug-reports",
	},
	Parse: from.Dump(dumpsys.ThreadDumps, anrsRow),
}

// anrsProcess is what one process told of its threads.
type anrsProcess struct {
	Time  record.Time     `json:"time"`            // "----- pid", with its offset from UTC; Android 9 and later
	Clock record.WallTime `json:"clock,omitempty"` // "----- pid", without zone; before

	Process record.Process `json:"process"`           // first word of "Cmd line"
	Command record.Text    `json:"command,omitempty"` // "Cmd line", if it has more words
	App     record.App     `json:"app,omitempty"`     // package that the name of the process begins with, if it has the form of one
	PID     *int64         `json:"pid"`               // "----- pid"
	Subject record.Text    `json:"subject,omitempty"` // "Subject", why; Android 12 and later

	Main    []string      `json:"main,omitempty"`     // what the main thread was doing, innermost first
	Threads int64         `json:"threads"`            // how many threads the trace has
	Names   []string      `json:"names,omitempty"`    // names of the threads, each once
	Files   []record.Path `json:"files,omitempty"`    // files in the native stacks of all threads
	Build   string        `json:"build,omitempty"`    // "Build fingerprint"
	ABI     string        `json:"abi,omitempty"`      // "ABI"
	Whole   bool          `json:"whole"`              // the line that ends the trace is there
	NotKept int64         `json:"not_kept,omitempty"` // how many threads, frames and lines were too many
	Other   []record.KV   `json:"other,omitempty"`    // other lines
}

// String implements [record.Data].
func (p anrsProcess) String() string {
	s := "trace of " + string(p.Process)
	if p.Subject != "" {
		s += ": " + string(p.Subject)
	}
	return record.Line(s)
}

// Limits of what is kept of one process.
const (
	anrsFrames = 256
	anrsNames  = 4096
	anrsOther  = 200
)

func anrsRow(d dumpsys.ThreadDump) (int, record.Data) {
	p := anrsProcess{
		PID: from.Count(d.PID), Subject: record.Text(d.Subject), Threads: int64(len(d.Threads)), Build: d.Fingerprint, ABI: d.ABI,
		Whole: d.Ended, NotKept: int64(d.Dropped), Other: from.KVs(d.Other[:min(len(d.Other), anrsOther)]),
	}
	if d.HasZone {
		p.Time = epoch.Date(d.Time)
		p.Time.Rule, p.Time.Zone = record.AsText, record.RecordedOffset
	} else {
		p.Clock = record.WallTime{Time: d.Time}
	}
	name, rest, _ := strings.Cut(d.CommandLine, " ")
	p.Process = record.Process(name)
	if rest != "" {
		p.Command = record.Text(d.CommandLine)
	}
	if app, _, _ := strings.Cut(name, ":"); from.IsPackage(app) {
		p.App = record.App(app)
	}
	names, files := map[string]bool{}, map[string]bool{}
	for i, th := range d.Threads {
		if !names[th.Name] && len(names) < anrsNames {
			names[th.Name] = true
			p.Names = append(p.Names, th.Name)
		}
		main := th.SysTID == d.PID || th.TID == 1 || i == 0 && th.TID < 0
		for n, frame := range th.Frames {
			if main && n < anrsFrames {
				p.Main = append(p.Main, frame)
			}
			if file := anrsFile(frame); file != "" && !files[file] && len(files) < anrsNames {
				files[file] = true
				p.Files = append(p.Files, record.Path(file))
			}
		}
	}
	return d.Line, p
}

// anrsFile returns the file of a native frame, "native: #00 pc 0004c35c
// /apex/…/libc.so (syscall+28)"; "" if it has none.
func anrsFile(frame string) string {
	_, rest, ok := strings.Cut(frame, " pc ")
	if !ok {
		return ""
	}
	_, file, _ := strings.Cut(strings.TrimSpace(rest), " ")
	file, _, _ = strings.Cut(strings.TrimSpace(file), " (")
	if !strings.HasPrefix(file, "/") {
		return ""
	}
	return file
}
