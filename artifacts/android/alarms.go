package android

import (
	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Alarms reads the times at which apps have themselves woken.
var Alarms = artifact.Parser{
	ID:    "android.alarms",
	Title: lang.Text{EN: "Alarms of apps", FR: "Réveils programmés par les apps"},
	Doc: `An app sets alarms to be woken at a time, also while the phone sleeps. The system tells those that
are pending, and for each app how often and by which alarms it was woken since the phone started, which
also holds apps that were removed since. An app that is woken all the
time keeps itself alive. Times are told relative to the dump.`,
	Inputs: from.Dumpsys("alarm"),
	Record: alarmsAlarm{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/apex/jobscheduler/service/java/com/android/server/alarm/AlarmManagerService.java",
	},
	Parse: from.Dump(dumpsys.Alarms, alarmsRow),
}

// alarmsAlarm is one pending alarm, or the statistics of one app.
type alarmsAlarm struct {
	Kind    string        `json:"kind"`              // "pending", "statistics"
	App     record.App    `json:"app"`               // package
	Type    string        `json:"type,omitempty"`    // of a pending one: "RTC_WAKEUP" wakes the phone at a time of day
	Tags    []record.Text `json:"tags"`              // names: "*walarm*:com.example.WAKE"
	When    string        `json:"when,omitempty"`    // of a pending one, relative to the dump
	Summary string        `json:"summary,omitempty"` // of statistics: "+6s185ms running, 24 wakeups"
	UID     string        `json:"uid,omitempty"`     // of statistics: "u0a80"
	Extra   []record.KV   `json:"extra,omitempty"`   // repeatInterval in milliseconds, operation, listener
}

// String implements [record.Data].
func (a alarmsAlarm) String() string {
	if a.Kind == "statistics" {
		return record.Line("alarms of " + string(a.App) + ": " + a.Summary)
	}
	return record.Line("alarm of " + string(a.App))
}

func alarmsRow(a dumpsys.Alarm) (int, record.Data) {
	d := alarmsAlarm{Kind: a.Kind, App: record.App(a.Package), Type: a.Type, When: a.When, Summary: a.Summary, UID: a.UID, Extra: from.KVs(a.Other)}
	for _, t := range a.Tags {
		d.Tags = append(d.Tags, record.Text(t))
	}
	return a.Line, d
}
