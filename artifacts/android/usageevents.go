package android

import (
	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// UsageEvents reads the events of app usage.
var UsageEvents = artifact.Parser{
	ID:    "android.usageevents",
	Title: lang.Text{EN: "App usage events", FR: "Événements d’utilisation des applications"},
	Doc: `The system notes when a screen of an app is shown and left, when the phone is unlocked or
locked, when an app gets attention by a notification, when a service runs in the foreground.
The dump lists those of the last 24 hours. Its times are of the clock of the phone; the
short form that bug reports also have prints UTC. The phone keeps some days of events, sums
for longer, see the sums of app usage.`,
	Inputs: append(from.Dumpsys("usagestats"), from.Sections("checkin-usagestats")...),
	Record: usageeventsEvent{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/usage/java/com/android/server/usage/UserUsageStatsService.java",
	},
	Parse: from.Since("5.0", from.Dump(dumpsys.UsageEvents, usageeventsRow)),
}

// usageeventsEvent is one event.
type usageeventsEvent struct {
	Clock  record.WallTime `json:"clock"`           // time, where printed by the clock of the phone
	Time   record.Time     `json:"time"`            // time, where printed as milliseconds since 1970-01-01 UTC
	User   *int64          `json:"user"`            // user
	Period string          `json:"period"`          // the heading: "Last 24 hour events"
	Type   string          `json:"type"`            // type: "ACTIVITY_RESUMED"
	App    record.App      `json:"app"`             // package
	Class  string          `json:"class,omitempty"` // class
	Extra  []record.KV     `json:"extra,omitempty"` // other values
}

// String implements [record.Data].
func (e usageeventsEvent) String() string {
	return record.Line("usage: " + e.Type + " " + string(e.App) + " " + e.Class)
}

func usageeventsRow(e dumpsys.UsageEvent) (int, record.Data) {
	d := usageeventsEvent{User: from.Count(e.User), Period: e.Period, Type: e.Type, App: record.App(e.Package), Class: e.Class, Extra: from.KVs(e.Other)}
	switch {
	case e.Time.IsZero():
	case e.Exact:
		d.Time = epoch.UnixMilli(e.Time.UnixMilli())
	default:
		d.Clock = record.WallTime{Time: e.Time}
	}
	return e.Line, d
}
