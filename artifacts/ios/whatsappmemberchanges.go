package ios

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// WhatsAppMemberChanges reads pending changes of who is in a WhatsApp group.
var WhatsAppMemberChanges = artifact.Parser{
	ID:    "ios.whatsappmemberchanges",
	Title: lang.Text{EN: "WhatsApp group changes", FR: "Changements de groupes WhatsApp"},
	Doc: `ChatStorage.sqlite holds one row for each change of the members of a group that
the app has recorded to compare its list with the server's. It shows who joined or
left and when, though the messages that told so may be deleted. The table is often
empty, and older versions lack it.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Containers/Shared/AppGroup/*/ChatStorage.sqlite"},
	},
	Record: whatsappmemberchangesChange{},
	Refs:   []string{"https://citizenlab.ca/2025/03/a-first-look-at-paragons-proliferating-spyware-operations/"},
	Parse:  from.SQLite(whatsappmemberchangesRead),
}

// whatsappmemberchangesChange is one row of ZWAGROUPMEMBERSCHANGE.
type whatsappmemberchangesChange struct {
	Changed record.Time `json:"changed"`          // column ZCHANGEDATE, seconds since 2001 UTC
	Group   string      `json:"group"`            // column ZGROUPJID
	Members record.Text `json:"members"`          // column ZMEMBERJIDS, as stored
	Type    int64       `json:"type"`             // column ZCHANGETYPE, a code of WhatsApp
	Before  string      `json:"before,omitempty"` // column ZPHASHBEFORECHANGE: digest of the members before
}

// String implements [record.Data].
func (c whatsappmemberchangesChange) String() string {
	return record.Line(fmt.Sprintf("WhatsApp group %s changed (%d): %s", c.Group, c.Type, c.Members))
}

func whatsappmemberchangesRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	const table = "ZWAGROUPMEMBERSCHANGE"
	if _, ok := db.Table(table); !ok {
		return
	}
	from.Rows(in, db, table, yield, func(r sqlite.Row) (whatsappmemberchangesChange, bool) {
		return whatsappmemberchangesChange{
			Changed: from.Cocoa(r.Value("ZCHANGEDATE")),
			Group:   r.Text("ZGROUPJID"),
			Members: record.Text(r.Text("ZMEMBERJIDS")),
			Type:    r.Int("ZCHANGETYPE"),
			Before:  r.Text("ZPHASHBEFORECHANGE"),
		}, true
	})
}
