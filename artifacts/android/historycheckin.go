package android

import (
	"slices"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// HistoryCheckin reads the battery history with exact times.
var HistoryCheckin = artifact.Parser{
	ID:    "android.historycheckin",
	Title: lang.Text{EN: "Battery history with exact times", FR: "Historique de batterie aux heures exactes"},
	Doc: `The battery history of android.batteryhistory in the short form for programs: which app was in front, which
jobs, synchronisations and alarms ran, which packages were installed (pkginst) and removed
(pkgunin), whether the screen was on. Its times are in UTC. It goes back to the last full
charge, or for some days, and may be empty. Bug reports of versions before Android 14 hold it; later ones only the
statistics.`,
	Inputs: from.Sections("checkin-batterystats"),
	Record: historycheckinItem{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/core/java/android/os/BatteryStats.java",
	},
	Parse: from.Dump(dumpsys.HistoryCheckin, historycheckinRow),
}

// historycheckinItem is one line.
type historycheckinItem struct {
	Time   record.Time   `json:"time"`   // TIME in milliseconds since 1970-01-01 UTC, and steps in milliseconds from there; not recorded before the first TIME
	Reset  bool          `json:"reset"`  // the history begins anew
	Level  *int64        `json:"level"`  // Bl: of the battery, percent; nil if not told
	Apps   []record.App  `json:"apps"`   // packages of the events
	Events []record.Text `json:"events"` // "+job=10094:com.example/.Job"; + begins, - ends
}

// String implements [record.Data].
func (i historycheckinItem) String() string {
	s := "battery history"
	for _, e := range i.Events {
		s += " " + string(e)
	}
	return record.Line(s)
}

func historycheckinRow(it dumpsys.HistoryItem) (int, record.Data) {
	d := historycheckinItem{Reset: it.Reset, Level: from.Count(it.Level)}
	if !it.Time.IsZero() {
		d.Time = epoch.UnixMilli(it.Time.UnixMilli())
	}
	for _, e := range it.Events {
		d.Events = append(d.Events, record.Text(e.Text()))
		if app := historycheckinApp(e.Value); e.UID != "" && app != "" && !slices.Contains(d.Apps, app) {
			d.Apps = append(d.Apps, app)
		}
	}
	return it.Line, d
}

// historycheckinApp returns the package at the start of the value of an event, after
// marks such as "*job*/".
func historycheckinApp(value string) record.App {
	if mark, rest, ok := strings.Cut(strings.TrimPrefix(value, "*"), "*"); ok && mark != "" && strings.HasPrefix(value, "*") {
		value = strings.TrimLeft(rest, "/:")
	}
	app, _, _ := strings.Cut(value, "/")
	app, _, _ = strings.Cut(app, ":")
	if !strings.Contains(app, ".") || strings.ContainsAny(app, " =@") {
		return ""
	}
	return record.App(app)
}
