package android

import (
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// EventLog reads the events of the system that tell what ran.
var EventLog = artifact.Parser{
	ID:    "android.eventlog",
	Title: lang.Text{EN: "Events of the system", FR: "Événements du système"},
	Doc: `Services of Android write events to a log of their own in memory, each as a tag with a list
of values: starts, ends and crashes of processes, services and screens that are opened and
with which address, notifications, blocked attempts to use known weaknesses
(snet_event_log). Apps cannot write there. Those whose fields are known are records; all
lines of the log are in android.logcatlines. It holds minutes to hours, on phones with little
use days. Lines have no year, which is taken from the acquisition, and no zone.`,
	Inputs: append(from.Sections("event-log", "last-logcat"),
		artifact.Pattern{Kinds: evidence.AndroidQF, Glob: "androidqf/logcat.txt"},
		artifact.Pattern{Kinds: evidence.AndroidQF, Glob: "androidqf/logcat_old.txt"}),
	Record: eventlogEvent{},
	Refs: []string{"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/core/java/com/android/server/am/EventLogTags.logtags",
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/core/java/com/android/server/EventLogTags.logtags"},
	Parse: from.LogOf(eventlogWanted, eventlogRow),
}

// eventlogEvent is one event. Fields are those of the list, by the names that AOSP
// gives them.
type eventlogEvent struct {
	Time      record.WallTime `json:"time"`                // clock of the phone; year 0 if none is printed, unless it is of the 60 days before the acquisition
	Instant   record.Time     `json:"instant"`             // instead of Time, if the line has a zone
	Tag       string          `json:"tag"`                 // what happened: "am_proc_start", "am_kill", "wm_create_activity"
	Process   record.Process  `json:"process,omitempty"`   // Process Name
	App       record.App      `json:"app,omitempty"`       // package: of the event, else that the process or the component begins with
	PID       *int64          `json:"pid"`                 // PID of the process that the event tells of
	UID       *int64          `json:"uid"`                 // UID of it
	User      *int64          `json:"user"`                // User; null before Android 4.2
	Component string          `json:"component,omitempty"` // Component Name: package/class that was started, or for which the process was
	URI       record.URL      `json:"uri,omitempty"`       // URI: that a screen was opened with, or that was asked for
	Reason    record.Text     `json:"reason,omitempty"`    // Reason or Message: why a process was ended, of a crash
	Writer    string          `json:"writer,omitempty"`    // who wrote the line: number or name of the user
	WriterPID int64           `json:"writer_pid"`          // process that wrote it; -1 if not recorded
	Fields    []record.KV     `json:"fields"`              // all values
}

// String implements [record.Data].
func (e eventlogEvent) String() string {
	s := "event " + e.Tag
	for _, f := range e.Fields {
		if f.Key != "user" && f.Key != "token" && f.Key != "flags" {
			s += " " + f.Value
		}
	}
	return record.Line(s)
}

func eventlogWanted(_ byte, tag, _ []byte) bool { return dumpsys.IsEvent(tag) }

func eventlogRow(l dumpsys.LogEntry) (record.Origin, record.Data) {
	fields := l.Event()
	if fields == nil {
		return record.Origin{}, nil
	}
	e := eventlogEvent{Tag: l.Tag, Writer: l.UID, WriterPID: int64(l.PID), Fields: from.KVs(fields)}
	e.Time, e.Instant = from.LineTime(&l)
	for _, f := range fields {
		e.field(f.Key, f.Value)
	}
	return record.Origin{Row: int64(l.Line), Offset: l.Offset}, e
}

// field sets what a field tells.
func (e *eventlogEvent) field(key, value string) {
	switch key {
	case "pid", "uid", "user":
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			*map[string]**int64{"pid": &e.PID, "uid": &e.UID, "user": &e.User}[key] = &n
		}
	case "process":
		e.Process = record.Process(value)
		e.app(value, ":")
	case "component":
		e.Component = strings.Trim(value, "{}")
		e.app(e.Component, "/")
	case "app":
		e.App = record.App(value)
	case "uri":
		e.URI = record.URL(value)
	case "reason", "message":
		e.Reason = record.Text(value)
	}
}

// app takes the package that a name begins with. That of a component is surer than
// that of a process, whose name an app can choose.
func (e *eventlogEvent) app(name, end string) {
	name, _, _ = strings.Cut(name, end)
	if (e.App == "" || end == "/") && from.IsPackage(name) {
		e.App = record.App(name)
	}
}
