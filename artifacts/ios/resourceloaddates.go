package ios

import (
	"fmt"
	"time"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// ResourceLoadDates reads the days on which a program loaded web pages.
var ResourceLoadDates = artifact.Parser{
	ID:    "ios.resourceloaddates",
	Title: lang.Text{EN: "Days of web use", FR: "Jours d’utilisation du web"},
	Doc: `Tracking prevention of WebKit counts the days on which a browser, an app or a
daemon was used for web pages, to forget what was not used for thirty of them. Each
database holds up to thirty days. They tell whether a program that should never show
pages did, and when, to the day in UTC. An empty table means that nothing was loaded
since website data was cleared, or that the version does not count.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/**/ResourceLoadStatistics/observations.db"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/**/WebsiteData/observations.db"},
	},
	Record: resourceLoadDatesDay{},
	Clock:  artifact.OtherClock,
	Refs:   []string{"https://github.com/WebKit/WebKit/blob/main/Source/WebKit/NetworkProcess/Classifier/ResourceLoadStatisticsStore.cpp"},
	Parse:  from.SQLite(resourceLoadDatesRead),
}

// resourceLoadDatesDay is one day of use.
type resourceLoadDatesDay struct {
	// The day, in UTC, without an hour: columns year, month (from 0) and monthDay.
	// Not set if these are no date.
	Day record.WallTime `json:"day"`

	Stored string `json:"stored,omitempty"` // the three columns as stored, if they are no date
}

// String implements [record.Data].
func (d resourceLoadDatesDay) String() string {
	if d.Stored != "" {
		return record.Line("Web pages loaded on a day that is no date: " + d.Stored)
	}
	return "Web pages loaded on " + d.Day.Format(time.DateOnly)
}

func resourceLoadDatesRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	if _, ok := db.Table("OperatingDates"); !ok && len(db.Tables()) > 0 {
		return // before iOS 14
	}
	from.Rows(in, db, "OperatingDates", yield, func(r sqlite.Row) (resourceLoadDatesDay, bool) {
		return resourceLoadDatesRow(r.Int("year"), r.Int("month"), r.Int("monthDay")), true
	})
}

func resourceLoadDatesRow(year, month, day int64) resourceLoadDatesDay {
	if year >= 1970 && year < 2100 && month >= 0 && month < 12 && day >= 1 && day <= 31 {
		t := time.Date(int(year), time.Month(month+1), int(day), 0, 0, 0, 0, time.UTC)
		if t.Day() == int(day) {
			return resourceLoadDatesDay{Day: record.WallTime{Time: t}}
		}
	}
	return resourceLoadDatesDay{Stored: fmt.Sprintf("%d-%d-%d", year, month, day)}
}
