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

// WhatsAppLIDs reads which hidden identities WhatsApp knows the numbers of.
var WhatsAppLIDs = artifact.Parser{
	ID:    "ios.whatsapplids",
	Title: lang.Text{EN: "WhatsApp identities and numbers", FR: "Identités et numéros WhatsApp"},
	Doc: `WhatsApp names people in newer groups by an identity (LID) that hides their
number. LID.sqlite, in other versions ChatStorage.sqlite, holds one row for each
identity whose number the app has learned, and when. It resolves senders that are
otherwise unknown. An identity without a row is one whose number this phone never
learned.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Containers/Shared/AppGroup/*/LID.sqlite"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Containers/Shared/AppGroup/*/ChatStorage.sqlite"},
	},
	Record: whatsapplidsPair{},
	Refs:   []string{"https://docs.mvt.re/en/latest/ios/records/#whatsappjson"},
	Parse:  from.SQLite(whatsapplidsRead),
}

// whatsapplidsPair is one row of ZWAPHONENUMBERLIDPAIR.
type whatsapplidsPair struct {
	Learned record.Time  `json:"learned"` // column ZTIMESTAMP, seconds since 2001 UTC
	LID     string       `json:"lid"`     // column ZLID
	Number  record.Phone `json:"number"`  // column ZPHONENUMBER, without "+"
}

// String implements [record.Data].
func (p whatsapplidsPair) String() string {
	return record.Line(fmt.Sprintf("WhatsApp identity %s has number %s", p.LID, p.Number))
}

func whatsapplidsRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	const table = "ZWAPHONENUMBERLIDPAIR"
	if _, ok := db.Table(table); !ok {
		return // it is in the other file, or the version has none
	}
	from.Rows(in, db, table, yield, func(r sqlite.Row) (whatsapplidsPair, bool) {
		return whatsapplidsPair{
			Learned: from.Cocoa(r.Value("ZTIMESTAMP")),
			LID:     r.Text("ZLID"),
			Number:  record.Phone(r.Text("ZPHONENUMBER")),
		}, true
	})
}
