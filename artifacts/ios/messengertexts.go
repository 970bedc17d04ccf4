package ios

import (
	"fmt"
	"path"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// MessengerTexts reads texts with links in the databases of other messengers.
var MessengerTexts = artifact.Parser{
	ID:    "ios.messengertexts",
	Title: lang.Text{EN: "Links in other messengers", FR: "Liens dans les autres messageries"},
	Doc: `Messengers other than Messages and WhatsApp keep what was said in SQLite databases of
their own, whose tables change from version to version. From those that are not
encrypted this reads each text that holds what looks like a link, an e-mail address or
the name of a host, also within property lists and messages of protocol buffers, with
the table and the column it is in, whatever they mean: sender
and time are in the same row, which the origin names. Read are Viber, Messenger,
Instagram, LINE, Zalo, Threema, Wire, Kik, imo, Skype, Teams, Snapchat and WeChat, what
WhatsApp keeps beside its messages, and Signal, Session and Telegram, which encrypt
theirs: ios.messengerstores says what is there and cannot be read. No record therefore
says little about what was received. Zalo is found in backups only.`,
	Inputs: messengertextsInputs(),
	Record: messengertextsText{},
	Refs: []string{
		"https://github.com/abrignoni/iLEAPP/tree/main/scripts/artifacts",
		"https://plaso.readthedocs.io/en/latest/sources/user/Parsers-and-plugins.html",
	},
	Parse: from.Links(messengertextsRow),
}

// messengertextsGlobs lists the databases, below the containers of apps.
var messengertextsGlobs = []string{
	"**/com.viber/database/*.data",              // Viber
	"**/lightspeed-*.db",                        // Messenger
	"**/DirectSQLiteDatabase/*.db",              // Instagram
	"**/Line.sqlite",                            // LINE
	"**/ThreemaData.sqlite",                     // Threema
	"**/store.wiredatabase",                     // Wire
	"**/kik.sqlite",                             // Kik
	"**/IMODb2.sqlite",                          // imo
	"**/s4l-*.db",                               // Skype
	"**/SkypeSpacesDogfood/**/*.sqlite",         // Teams
	"**/arroyo.db",                              // Snapchat
	"**/DB/MM.sqlite",                           // WeChat
	"**/grdb/signal.sqlite",                     // Signal, encrypted
	"**/Session.sqlite",                         // Session, encrypted
	"**/postbox/db/db_sqlite",                   // Telegram, encrypted
	"*/*/*zingalo*/**/*.db",                     // Zalo
	"*/*/*zingalo*/**/*.sqlite",                 // Zalo
	"Shared/AppGroup/*/BackedUpKeyValue.sqlite", // WhatsApp
	"Shared/AppGroup/*/Biz/Biz.sqlite",          // WhatsApp
	"Shared/AppGroup/*/Sticker.sqlite",          // WhatsApp
}

func messengertextsInputs() (inputs []artifact.Pattern) {
	for _, g := range messengertextsGlobs {
		inputs = append(inputs, artifact.Pattern{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Containers/" + g})
	}
	return inputs
}

// messengertextsText is one text that holds what looks like a link.
type messengertextsText struct {
	Text     record.Text `json:"text"`     // the value, its first 256 KiB
	Database string      `json:"database"` // name of the file
	Table    string      `json:"table"`    // table it is in
	Column   string      `json:"column"`   // column it is in, with the path in the property list or message that it holds
}

// String implements [record.Data].
func (m messengertextsText) String() string {
	return record.Line(fmt.Sprintf("text in %s, %s.%s: %s", m.Database, m.Table, m.Column, m.Text))
}

func messengertextsRow(in *artifact.Input, t from.LinkText) messengertextsText {
	return messengertextsText{Text: record.Text(t.Text), Database: path.Base(in.Path), Table: t.Table, Column: t.Column}
}
