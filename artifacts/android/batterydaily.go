package android

import (
	"strconv"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// BatteryDaily reads the changes of packages in the daily battery statistics.
var BatteryDaily = artifact.Parser{
	ID:    "android.batterydaily",
	Title: lang.Text{EN: "Package changes by day", FR: "Changements de paquets par jour"},
	Doc: `The battery service notes, for each of about the last ten days that it counts, which packages
were updated, with the new version, and which were removed: version 0. It is one of the few
traces of an app that was removed. A day begins and ends when the phone has been charged at
night, so that only the day of a change is known, not its hour. The same change is often noted
several times, and each line gives a record. A new installation is not noted by itself. Some
phones have no daily statistics: then the list is empty.`,
	Inputs: from.Dumpsys("batterystats"),
	Record: batterydailyChange{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/core/java/com/android/server/power/stats/BatteryStatsImpl.java",
	},
	Parse: from.Dump(dumpsys.PackageChanges, batterydailyRow),
}

// batterydailyChange is one line of the changes of a day.
type batterydailyChange struct {
	From    record.WallTime `json:"from"`    // begin of the day
	To      record.WallTime `json:"to"`      // its end; null for the current day
	App     record.App      `json:"app"`     // Update
	Version *int64          `json:"version"` // vers: version code, 0 for a removal; null if it is no number
	Removed bool            `json:"removed"` // the version is 0
}

// String implements [record.Data].
func (c batterydailyChange) String() string {
	if c.Removed {
		return record.Line("package " + string(c.App) + " removed")
	}
	s := "package " + string(c.App) + " updated"
	if c.Version != nil {
		s += " to version " + strconv.FormatInt(*c.Version, 10)
	}
	return record.Line(s)
}

func batterydailyRow(c dumpsys.PackageChange) (int, record.Data) {
	d := batterydailyChange{From: record.WallTime{Time: c.From}, To: record.WallTime{Time: c.To}, App: record.App(c.Package), Removed: c.Version == 0}
	if c.Version >= 0 {
		d.Version = &c.Version
	}
	return c.Line, d
}
