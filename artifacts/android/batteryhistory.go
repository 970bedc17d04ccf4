package android

import (
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/format/lines"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// BatteryHistory reads the history of the battery.
var BatteryHistory = artifact.Parser{
	ID:    "android.batteryhistory",
	Title: lang.Text{EN: "Battery history", FR: "Historique de la batterie"},
	Doc: `The battery service notes what wakes and drains the phone: jobs, alarms and syncs of apps, the
app that is shown, wake locks, camera, audio and location in use, installations, charging. It
goes back to the last full charge or a few days, and is bounded in size: the oldest is lost.
Times are of the clock of the phone. Recent versions of Android print them without the year,
which is then taken from the last time that has one, or left open. After a full charge the
history is empty, which is usual.`,
	Inputs: from.Dumpsys("batterystats"),
	Record: batteryhistoryLine{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/core/java/android/os/BatteryStats.java",
	},
	Parse: from.Dump(batteryhistoryItems, batteryhistoryRow),
}

// batteryhistoryLine is one line of the history.
type batteryhistoryLine struct {
	Time    record.WallTime `json:"time"`            // printed, or computed from the last printed time
	Clock   string          `json:"clock,omitempty"` // the time as month, day and hour if the year is not known
	Elapsed float64         `json:"elapsed"`         // seconds since the last reset; 0 where the line has a time of its own
	Reset   bool            `json:"reset,omitempty"` // the history begins anew
	Level   *int64          `json:"level,omitempty"` // of the battery, percent
	Events  []record.Text   `json:"events"`          // changes: "+job=u0a94:com.example/.Job" begins, "-" ends, others are values
	Apps    []record.App    `json:"apps,omitempty"`  // packages named by events that are of a user ID
}

// String implements [record.Data].
func (l batteryhistoryLine) String() string {
	var b strings.Builder
	b.WriteString("battery history:")
	if l.Reset {
		b.WriteString(" begins anew")
	}
	for _, e := range l.Events {
		b.WriteString(" " + string(e))
		if b.Len() > 400 {
			break
		}
	}
	return record.Line(b.String())
}

// batteryhistoryItems yields the lines with the year, where another line tells it.
func batteryhistoryItems(text iter.Seq[lines.Line]) iter.Seq2[dumpsys.HistoryItem, error] {
	return func(yield func(dumpsys.HistoryItem, error) bool) {
		var last time.Time // with its year
		for it, err := range dumpsys.History(text) {
			if t := it.Time; t.Year() == 0 && !last.IsZero() {
				it.Time = time.Date(last.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
				if last.Month() == time.December && t.Month() == time.January {
					it.Time = it.Time.AddDate(1, 0, 0)
				}
			}
			if it.Time.Year() > 1 {
				last = it.Time
			}
			if !yield(it, err) {
				return
			}
		}
	}
}

func batteryhistoryRow(it dumpsys.HistoryItem) (int, record.Data) {
	d := batteryhistoryLine{Elapsed: float64(it.Elapsed.Milliseconds()) / 1000, Reset: it.Reset, Level: from.Count(it.Level)}
	d.Time, d.Clock = from.Clock(it.Time)
	for _, e := range it.Events {
		d.Events = append(d.Events, record.Text(e.Text()))
		if app := batteryhistoryApp(e.Value); e.UID != "" && app != "" && !slices.Contains(d.Apps, app) {
			d.Apps = append(d.Apps, app)
		}
	}
	return it.Line, d
}

// batteryhistoryApp returns the package in the value of an event: a package, or
// "package/class", with marks such as "*job*/" and "*alarm*:" before it.
func batteryhistoryApp(value string) record.App {
	if strings.HasPrefix(value, "*") {
		if _, rest, ok := strings.Cut(value[1:], "*"); ok {
			value = strings.TrimLeft(rest, "/:")
		}
	}
	app, _, _ := strings.Cut(value, "/")
	app, _, _ = strings.Cut(app, ":")
	if !strings.Contains(app, ".") || strings.ContainsAny(app, " =@") {
		return ""
	}
	return record.App(app)
}
