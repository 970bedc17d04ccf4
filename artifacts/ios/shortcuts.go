package ios

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Shortcuts reads the shortcuts and what they do.
var Shortcuts = artifact.Parser{
	ID:    "ios.shortcuts",
	Title: lang.Text{EN: "Shortcuts", FR: "Raccourcis"},
	Doc: `The app Shortcuts keeps each shortcut of the user, with all its actions and their
parameters, until it is deleted; shortcuts of all devices of the Apple account are
there. Actions can fetch an address, run a script over SSH, send messages and
pictures, and an automation (ios.shortcuttriggers) can run them unasked: Predator
used that to come back after a restart. Apple's own and gallery shortcuts are
usual; look at what runs without asking and speaks to unknown hosts.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Shortcuts/Shortcuts.sqlite"},
	},
	Record: shortcutsShortcut{},
	Refs: []string{
		"https://docs.mvt.re/en/latest/ios/records/#shortcutsjson",
		"https://citizenlab.ca/2021/12/pegasus-vs-predator-dissidents-doubly-infected-iphone-reveals-cytrox-mercenary-spyware/",
	},
	Parse: from.SQLite(shortcutsRead),
}

// shortcutsShortcut is one shortcut.
type shortcutsShortcut struct {
	Created  record.Time `json:"created"`  // column ZCREATIONDATE, seconds since 2001 UTC
	Modified record.Time `json:"modified"` // column ZMODIFICATIONDATE, seconds since 2001 UTC

	Name        record.Text `json:"name"`                  // column ZNAME
	Description record.Text `json:"description,omitempty"` // column ZACTIONSDESCRIPTION
	Actions     []string    `json:"actions,omitempty"`     // WFWorkflowActionIdentifier of each action, in order
	Parameters  []record.KV `json:"parameters,omitempty"`  // WFWorkflowActionParameters; the key is the number of the action from 0 and the path

	App        record.App  `json:"app,omitempty"`        // column ZASSOCIATEDAPPBUNDLEIDENTIFIER
	Workflow   string      `json:"workflow,omitempty"`   // column ZWORKFLOWID
	Hidden     bool        `json:"hidden,omitempty"`     // column ZHIDDENFROMLIBRARYANDSYNC
	Tombstoned bool        `json:"tombstoned,omitempty"` // column ZTOMBSTONED: deleted, kept to be synchronised
	Runs       int64       `json:"runs,omitempty"`       // column ZRUNEVENTSCOUNT
	ID         int64       `json:"id"`                   // column Z_PK
	Attributes []record.KV `json:"attributes,omitempty"` // its other columns that are set, without blobs
}

// String implements [record.Data].
func (s shortcutsShortcut) String() string {
	return record.Line(fmt.Sprintf("Shortcut %q with %d actions: %s", s.Name, len(s.Actions), s.Description))
}

func shortcutsRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	actions, more := from.Group(db, "ZSHORTCUTACTIONS", yield, func(r sqlite.Row) (int64, int64) { return r.Int("ZSHORTCUT"), r.ID })
	if !more {
		return
	}
	known := map[int64]bool{}
	if !from.Each(in, db, "ZSHORTCUT", yield, func(r sqlite.Row) (shortcutsShortcut, error) {
		s := shortcutsRow(r)
		if r.State != sqlite.Live {
			return s, nil // an older version had other actions
		}
		known[s.ID] = true
		var errs []error
		for _, id := range actions[s.ID] {
			row, err := db.Row("ZSHORTCUTACTIONS", id)
			if err == nil {
				err = s.actions(row.Blob("ZDATA"))
			}
			errs = append(errs, err)
		}
		return s, errors.Join(errs...)
	}) {
		return
	}
	if _, ok := db.Table("ZSHORTCUTACTIONS"); !ok {
		return
	}
	// Actions whose shortcut is gone, and older versions of the others.
	from.Rows(in, db, "ZSHORTCUTACTIONS", yield, func(r sqlite.Row) (shortcutsShortcut, bool) {
		s := shortcutsShortcut{ID: r.Int("ZSHORTCUT")}
		if r.State == sqlite.Live && known[s.ID] {
			return s, false
		}
		_ = s.actions(r.Blob("ZDATA")) // what is left of a deleted row is often cut
		return s, r.State == sqlite.Live || len(s.Actions) > 0
	})
}

func shortcutsRow(r sqlite.Row) shortcutsShortcut {
	s := shortcutsShortcut{
		Created:     epoch.CocoaReal(r.Float("ZCREATIONDATE")),
		Modified:    epoch.CocoaReal(r.Float("ZMODIFICATIONDATE")),
		Name:        record.Text(r.Text("ZNAME")),
		Description: record.Text(r.Text("ZACTIONSDESCRIPTION")),
		App:         record.App(r.Text("ZASSOCIATEDAPPBUNDLEIDENTIFIER")),
		Workflow:    r.Text("ZWORKFLOWID"),
		Hidden:      r.Int("ZHIDDENFROMLIBRARYANDSYNC") != 0,
		Tombstoned:  r.Int("ZTOMBSTONED") != 0,
		Runs:        r.Int("ZRUNEVENTSCOUNT"),
		ID:          r.Int("Z_PK"),
	}
	s.Attributes = from.RowRest(r, "ZCREATIONDATE", "ZMODIFICATIONDATE", "ZNAME", "ZACTIONSDESCRIPTION", "ZASSOCIATEDAPPBUNDLEIDENTIFIER",
		"ZWORKFLOWID", "ZHIDDENFROMLIBRARYANDSYNC", "ZTOMBSTONED", "ZRUNEVENTSCOUNT")
	return s
}

// shortcutsMaxActions bounds the actions of one shortcut.
const shortcutsMaxActions = 1 << 14

// actions takes over a list of actions.
func (s *shortcutsShortcut) actions(data []byte) error {
	if len(data) == 0 {
		return nil
	}
	list, err := plist.Parse(data)
	if err != nil {
		return err
	}
	if list.Kind() == plist.Dict { // as in files of the app
		list = list.Get("WFWorkflowActions")
	}
	var errs []error
	for v := range list.Elems() {
		if len(s.Actions) == shortcutsMaxActions {
			return errors.Join(append(errs, fmt.Errorf("read actions: more than %d", shortcutsMaxActions))...)
		}
		kvs, err := from.Leaves(v.Get("WFWorkflowActionParameters"))
		for _, kv := range kvs {
			s.Parameters = append(s.Parameters, record.KV{Key: strconv.Itoa(len(s.Actions)) + "/" + kv.Key, Value: kv.Value})
		}
		s.Actions = append(s.Actions, v.Get("WFWorkflowActionIdentifier").String())
		if err == nil {
			err = v.Err()
		}
		if len(errs) < shortcutsMaxErrors {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// shortcutsMaxErrors bounds the errors kept of one shortcut.
const shortcutsMaxErrors = 16
