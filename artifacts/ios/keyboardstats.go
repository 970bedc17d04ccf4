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

// KeyboardStats reads the counters of the keyboard.
var KeyboardStats = artifact.Parser{
	ID:    "ios.keyboardstats",
	Title: lang.Text{EN: "Counters of the keyboard", FR: "Compteurs du clavier"},
	Doc: `user_model_database.sqlite counts words typed, corrected and picked: some counters since
the phone was set up, with the first and the last time, others for the last days with
the language. They say when the phone was typed on, not what. It is personal and rarely
tells anything about spyware: it is read only if it is asked for.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Keyboard/user_model_database.sqlite"},
	},
	Record:  keyboardstatsCounter{},
	Private: true,
	Refs:    []string{"https://github.com/abrignoni/iLEAPP/blob/main/scripts/artifacts/keyboard.py"},
	Parse:   from.SQLite(keyboardstatsRead),
}

// keyboardstatsCounter is one counter, a row of usermodeldurablerecords or of
// usermodeltransientrecords. Times are seconds since 1970 UTC.
type keyboardstatsCounter struct {
	Created record.Time `json:"created,omitempty"` // column creation_date; lasting counters
	Updated record.Time `json:"updated"`           // column last_update_date

	Key       string  `json:"key"`                  // column key, such as tium.totalWordsTyped
	Value     int64   `json:"value"`                // column value
	Secondary int64   `json:"secondary,omitempty"`  // column secondary_value; counters of the last days
	Real      float64 `json:"real_value,omitempty"` // column real_value; counters of the last days
	Input     string  `json:"input,omitempty"`      // column input_mode, such as en_US; counters of the last days
	Lasting   bool    `json:"lasting"`              // from the table
}

// String implements [record.Data].
func (c keyboardstatsCounter) String() string {
	return record.Line(fmt.Sprintf("keyboard counter %s %s = %d", c.Key, c.Input, c.Value))
}

func keyboardstatsRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	for _, table := range []string{"usermodeldurablerecords", "usermodeltransientrecords"} {
		if _, ok := db.Table(table); !ok && table == "usermodeltransientrecords" {
			return // the other is in all versions
		}
		more := from.Rows(in, db, table, yield, func(r sqlite.Row) (keyboardstatsCounter, bool) {
			return keyboardstatsCounter{
				Created:   epoch.UnixReal(r.Float("creation_date")),
				Updated:   epoch.UnixReal(r.Float("last_update_date")),
				Key:       r.Text("key"),
				Value:     r.Int("value"),
				Secondary: r.Int("secondary_value"),
				Real:      r.Float("real_value"),
				Input:     r.Text("input_mode"),
				Lasting:   table == "usermodeldurablerecords",
			}, true
		})
		if !more {
			return
		}
	}
}
