package android

import (
	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// UsageStats reads the sums of app usage.
var UsageStats = artifact.Parser{
	ID:    "android.usagestats",
	Title: lang.Text{EN: "Sums of app usage", FR: "Cumuls d’utilisation des applications"},
	Doc: `The system sums up for each app how long and how often it was shown, and when last, over the
current day, week, month and year. Packages stay in the sums for a while after they were
removed. Times and durations are kept as the phone prints them, which differs between
versions.`,
	Inputs: from.Dumpsys("usagestats"),
	Record: usagestatsPackage{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/usage/java/com/android/server/usage/UserUsageStatsService.java",
	},
	Parse: from.Since("5.0", from.Dump(dumpsys.UsagePackages, usagestatsRow)),
}

// usagestatsPackage is the use of one package over one period.
type usagestatsPackage struct {
	LastUsed record.WallTime `json:"last_used"` // lastTimeUsed, where printed as a date
	User     int64           `json:"user"`      // user
	Period   string          `json:"period"`    // the heading: "In-memory daily stats"
	Range    string          `json:"range"`     // what the text says of begin and end
	App      record.App      `json:"app"`       // package
	Fields   []record.KV     `json:"fields"`    // all values as printed
}

// String implements [record.Data].
func (p usagestatsPackage) String() string {
	return record.Line("use of " + string(p.App) + ", " + p.Period)
}

func usagestatsRow(p dumpsys.UsagePackage) (int, record.Data) {
	d := usagestatsPackage{User: int64(p.User), Period: p.Period, Range: p.Range, App: record.App(p.Package), Fields: from.KVs(p.Fields)}
	for _, f := range p.Fields {
		if f.Key == "lastTimeUsed" {
			if t, ok := dumpsys.ParseTime(f.Value); ok && t.Year() > 1970 {
				d.LastUsed = record.WallTime{Time: t}
			}
		}
	}
	return p.Line, d
}
