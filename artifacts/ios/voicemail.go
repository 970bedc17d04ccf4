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

// Voicemail reads the list of voice messages.
var Voicemail = artifact.Parser{
	ID:    "ios.voicemail",
	Title: lang.Text{EN: "Voicemail", FR: "Messagerie vocale"},
	Doc: `voicemail.db holds one row for each voice message that the phone fetched from
the operator, with who called and when, also for messages in the bin. vmd writes
it; rows go when the bin is emptied. It complements the call history. Many
operators offer no such service, and then it is empty.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Voicemail/voicemail.db"},
	},
	Record: voicemailMessage{},
	Refs:   []string{"https://github.com/abrignoni/iLEAPP/blob/main/scripts/artifacts/voicemail.py"},
	Parse:  from.SQLite(voicemailRead),
}

// voicemailMessage is one voice message, a row of table voicemail, or of table
// deleted, which newer versions have.
type voicemailMessage struct {
	Received record.Time `json:"received"`          // column date, seconds since 1970 UTC
	Trashed  record.Time `json:"trashed,omitempty"` // column trashed_date, seconds since 2001 UTC: moved to the bin
	Expires  record.Time `json:"expires,omitempty"` // column expiration, seconds since 1970 UTC

	Sender   record.Phone `json:"sender"`             // column sender
	Callback record.Phone `json:"callback,omitempty"` // column callback_num
	Receiver record.Phone `json:"receiver,omitempty"` // column receiver: the owner's number
	SIM      string       `json:"sim,omitempty"`      // map.account by label: ICCID of the SIM card
	Seconds  int64        `json:"seconds"`            // column duration
	Flags    int64        `json:"flags"`              // column flags: bits; 75 as a whole was observed for deleted messages
	RemoteID int64        `json:"remote_id"`          // column remote_uid: number at the operator
}

// String implements [record.Data].
func (m voicemailMessage) String() string {
	return record.Line(fmt.Sprintf("voicemail from %s, %d s", m.Sender, m.Seconds))
}

func voicemailRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	sims, more := from.Join(db, "map", yield, func(r sqlite.Row) (string, string) { return r.Text("label"), r.Text("account") })
	if !more {
		return
	}
	row := func(r sqlite.Row) (voicemailMessage, bool) {
		return voicemailMessage{
			Received: epoch.Unix(r.Int("date")),
			Trashed:  from.Cocoa(r.Value("trashed_date")),
			Expires:  epoch.Unix(r.Int("expiration")),
			Sender:   record.Phone(r.Text("sender")),
			Callback: record.Phone(r.Text("callback_num")),
			Receiver: record.Phone(r.Text("receiver")),
			SIM:      sims[r.Text("label")],
			Seconds:  r.Int("duration"),
			Flags:    r.Int("flags"),
			RemoteID: r.Int("remote_uid"),
		}, true
	}
	if !from.Rows(in, db, "voicemail", yield, row) {
		return
	}
	if _, ok := db.Table("deleted"); ok {
		from.Rows(in, db, "deleted", yield, row)
	}
}
