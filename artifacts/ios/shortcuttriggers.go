package ios

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// ShortcutTriggers reads the automations that run shortcuts.
var ShortcutTriggers = artifact.Parser{
	ID:    "ios.shortcuttriggers",
	Title: lang.Text{EN: "Automations", FR: "Automatisations"},
	Doc: `An automation runs a shortcut when something happens: an app is opened, an hour
comes, the device joins a network or is unlocked. It stays until it is deleted. One
that is switched on and does not ask before it runs is a way to come back after a
restart: Predator made one that began when one of many apps was opened. Most
devices have none.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Shortcuts/Shortcuts.sqlite"},
	},
	Record: shortcutTriggersTrigger{},
	Refs: []string{
		"https://citizenlab.ca/2021/12/pegasus-vs-predator-dissidents-doubly-infected-iphone-reveals-cytrox-mercenary-spyware/",
		"https://support.apple.com/guide/shortcuts/intro-to-personal-automation-apd690170742/ios",
	},
	Parse: from.SQLite(shortcutTriggersRead),
}

// shortcutTriggersTrigger is one automation.
type shortcutTriggersTrigger struct {
	Shortcut   record.Text `json:"shortcut,omitempty"`   // column ZNAME of the shortcut that it runs
	Enabled    bool        `json:"enabled"`              // column ZENABLED
	Asks       bool        `json:"asks"`                 // column ZSHOULDPROMPT: asks before it runs
	Condition  []record.KV `json:"condition,omitempty"`  // values in column ZDATA, a property list or a keyed archive
	ShortcutID int64       `json:"shortcut_id"`          // column ZSHORTCUT
	ID         int64       `json:"id"`                   // column Z_PK
	Attributes []record.KV `json:"attributes,omitempty"` // its other columns that are set, without blobs
}

// String implements [record.Data].
func (t shortcutTriggersTrigger) String() string {
	asks := "without asking"
	if t.Asks {
		asks = "after asking"
	}
	return record.Line(fmt.Sprintf("Automation runs %q %s (switched on: %t)", t.Shortcut, asks, t.Enabled))
}

func shortcutTriggersRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	if _, ok := db.Table("ZTRIGGER"); !ok && len(db.Tables()) > 0 {
		return // not every version has it
	}
	names, more := from.Join(db, "ZSHORTCUT", yield, func(r sqlite.Row) (int64, string) { return r.Int("Z_PK"), r.Text("ZNAME") })
	if !more {
		return
	}
	from.Each(in, db, "ZTRIGGER", yield, func(r sqlite.Row) (shortcutTriggersTrigger, error) {
		t := shortcutTriggersTrigger{
			Shortcut:   record.Text(names[r.Int("ZSHORTCUT")]),
			Enabled:    r.Int("ZENABLED") != 0,
			Asks:       r.Int("ZSHOULDPROMPT") != 0,
			ShortcutID: r.Int("ZSHORTCUT"),
			ID:         r.Int("Z_PK"),
		}
		t.Attributes = from.RowRest(r, "ZENABLED", "ZSHOULDPROMPT", "ZSHORTCUT")
		data := r.Blob("ZDATA")
		if len(data) == 0 {
			return t, nil
		}
		v, err := plist.Parse(data)
		if err == nil {
			t.Condition, err = from.Leaves(v)
		}
		if r.State != sqlite.Live {
			err = nil // what is left of a deleted row is often cut
		}
		return t, err
	})
}
