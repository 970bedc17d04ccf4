package ios

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// ShortcutRuns reads when shortcuts were run.
var ShortcutRuns = artifact.Parser{
	ID:    "ios.shortcutruns",
	Title: lang.Text{EN: "Runs of shortcuts", FR: "Exécutions de raccourcis"},
	Doc: `The app Shortcuts writes a row each time a shortcut runs, by hand, by Siri or by an
automation, with how it ended, and keeps some time of them (how much is not known).
Runs at regular hours, at every restart or while nobody used the device point to an
automation. Systems before iOS 13 have no such table.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Shortcuts/Shortcuts.sqlite"},
	},
	Record: shortcutRunsRun{},
	Refs:   []string{"https://docs.mvt.re/en/latest/ios/records/#shortcutsjson"},
	Parse:  from.SQLite(shortcutRunsRead),
}

// shortcutRunsRun is one run.
type shortcutRunsRun struct {
	Run record.Time `json:"run"` // column ZDATE, seconds since 2001 UTC

	Shortcut   record.Text `json:"shortcut,omitempty"`   // column ZNAME of the shortcut; empty if it is gone
	Source     string      `json:"source,omitempty"`     // column ZSOURCE: what ran it
	Outcome    string      `json:"outcome,omitempty"`    // column ZOUTCOME, as stored
	Trigger    int64       `json:"trigger,omitempty"`    // column ZTRIGGER: number of the automation that ran it
	ShortcutID int64       `json:"shortcut_id"`          // column ZSHORTCUT
	Attributes []record.KV `json:"attributes,omitempty"` // its other columns that are set, without blobs
}

// String implements [record.Data].
func (r shortcutRunsRun) String() string {
	return record.Line(fmt.Sprintf("Shortcut %q run by %s", r.Shortcut, r.Source))
}

func shortcutRunsRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	if _, ok := db.Table("ZSHORTCUTRUNEVENT"); !ok && len(db.Tables()) > 0 {
		return // not every version has it
	}
	names, more := from.Join(db, "ZSHORTCUT", yield, func(r sqlite.Row) (int64, string) { return r.Int("Z_PK"), r.Text("ZNAME") })
	if !more {
		return
	}
	from.Rows(in, db, "ZSHORTCUTRUNEVENT", yield, func(r sqlite.Row) (shortcutRunsRun, bool) {
		run := shortcutRunsRun{
			Run:        epoch.CocoaReal(r.Float("ZDATE")),
			Shortcut:   record.Text(names[r.Int("ZSHORTCUT")]),
			Source:     r.Text("ZSOURCE"),
			Outcome:    r.Text("ZOUTCOME"),
			Trigger:    r.Int("ZTRIGGER"),
			ShortcutID: r.Int("ZSHORTCUT"),
		}
		run.Attributes = from.RowRest(r, "ZDATE", "ZSOURCE", "ZOUTCOME", "ZTRIGGER", "ZSHORTCUT")
		return run, true
	})
}
