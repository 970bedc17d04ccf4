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

// CloudDocs reads the system versions under which iCloud Drive ran.
var CloudDocs = artifact.Parser{
	ID:    "ios.clouddocs",
	Title: lang.Text{EN: "System versions seen by iCloud Drive", FR: "Versions du système vues par iCloud Drive"},
	Doc: `iCloud Drive notes in its database each time that it starts under another build of the
system: when the phone was updated, and which versions it ran before. bird writes it; rows
stay until the owner signs out of iCloud. A phone that ran a version with a known hole at
the time of an attempt was open to it. Phones without iCloud Drive, and most backups, do
not have the file.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Application Support/CloudDocs/session/db/client.db"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Application Support/CloudDocs/session/db/server.db"},
	},
	Record: clouddocsBoot{},
	Refs:   []string{"https://github.com/abrignoni/iLEAPP/tree/main/scripts/artifacts"},
	Parse:  from.SQLite(clouddocsRead),
}

// clouddocsBoot is one start, a row of boot_history.
type clouddocsBoot struct {
	Started record.Time `json:"started"` // column date, seconds since 1970 UTC

	Build  string      `json:"build"`            // column os: build of the system, such as 21F90
	Values []record.KV `json:"values,omitempty"` // other columns that are not empty
}

// String implements [record.Data].
func (b clouddocsBoot) String() string {
	return record.Line(fmt.Sprintf("iCloud Drive started under build %s", b.Build))
}

func clouddocsRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	if _, ok := db.Table("boot_history"); !ok {
		return // it is in one of the two databases
	}
	from.Rows(in, db, "boot_history", yield, func(r sqlite.Row) (clouddocsBoot, bool) {
		b := clouddocsBoot{Started: epoch.Unix(r.Int("date")), Build: r.Text("os")}
		for i, c := range r.Columns() {
			if c != "date" && c != "os" && !r.IsNull(c) {
				v := r.At(i)
				b.Values = append(b.Values, record.KV{Key: c, Value: from.Data([]byte(v.Text()))})
			}
		}
		return b, true
	})
}
