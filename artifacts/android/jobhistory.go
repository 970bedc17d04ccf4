package android

import (
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// JobHistory reads the jobs that ran last.
var JobHistory = artifact.Parser{
	ID:    "android.jobhistory",
	Title: lang.Text{EN: "History of scheduled jobs", FR: "Historique des tâches planifiées"},
	Doc: `The system remembers the last jobs of apps that it started and stopped, with how long before
the dump that was and why a job was stopped: some hundred lines, minutes to hours, since the
phone started. An app that works while nobody uses the phone is in it, also one that was removed since.`,
	Inputs: from.Dumpsys("jobscheduler"),
	Record: jobhistoryEvent{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/apex/jobscheduler/service/java/com/android/server/job/JobPackageTracker.java",
	},
	Parse: from.Dump(dumpsys.JobEvents, jobhistoryRow),
}

// jobhistoryEvent is one start or stop.
type jobhistoryEvent struct {
	Age    float64     `json:"age"`              // seconds before the dump
	Event  string      `json:"event"`            // "START", "STOP", of a periodic job "START-P", "STOP-P"
	App    record.App  `json:"app"`              // package at the start of the name, or at its end after a tag
	Name   record.Text `json:"name"`             // package/class, or a tag and the package
	ID     string      `json:"id"`               // user ID of the app and number, after a name space if there is one
	Reason string      `json:"reason,omitempty"` // why it was stopped
}

// String implements [record.Data].
func (e jobhistoryEvent) String() string {
	return record.Line("job " + strings.ToLower(e.Event) + " " + string(e.Name))
}

func jobhistoryRow(e dumpsys.JobEvent) (int, record.Data) {
	return e.Line, jobhistoryEvent{e.Ago.Seconds(), e.Event, jobhistoryApp(e.Name), record.Text(e.Name), e.ID, e.Reason}
}

// jobhistoryApp returns the package of "@space@com.example/.Job", of
// "com.example/.Job" and of "tag:com.example".
func jobhistoryApp(name string) record.App {
	if strings.HasPrefix(name, "@") {
		if _, rest, ok := strings.Cut(name[1:], "@"); ok {
			name = rest
		}
	}
	app, _, ok := strings.Cut(name, "/")
	if i := strings.LastIndexByte(name, ':'); i >= 0 {
		app, ok = name[i+1:], true
	}
	if !ok || strings.ContainsAny(app, "*/ ") {
		return ""
	}
	return record.App(app)
}
