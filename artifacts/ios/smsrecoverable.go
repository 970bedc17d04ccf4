package ios

import (
	"errors"
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/imessage"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// SMSRecoverable reads the traces of deleted messages in the Messages app.
var SMSRecoverable = artifact.Parser{
	ID:    "ios.smsrecoverable",
	Title: lang.Text{EN: "Deleted messages and their traces", FR: "Messages supprimés et leurs traces"},
	Doc: `sms.db keeps what was deleted in several tables: "Recently Deleted" (from iOS
16, for about 30 days) with the time and, of parts that were deleted alone, the
text; and lists of identifiers of messages, conversations and attachments whose
deletion iCloud has yet to learn of, or that were deleted (deleted_messages). A
row shows that something was deleted on a device of the same account, by hand, by
expiry or by a program, not who did it. The lists are emptied after syncing:
that they are empty means nothing.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/SMS/sms.db"},
	},
	Record: smsrecoverableTrace{},
	Refs: []string{
		"https://support.apple.com/en-us/102615",
		"https://github.com/ReagentX/imessage-exporter/blob/develop/docs/tables/messages.md",
	},
	Parse: from.SQLite(smsrecoverableRead),
}

// smsrecoverableTrace is one row of one of the tables; its table is in the
// origin.
type smsrecoverableTrace struct {
	// When it was moved to "Recently Deleted". Column delete_date, nanoseconds
	// since 2001 UTC; of chat_recoverable_message_join and recoverable_message_part.
	// Of sync_deleted_chats, column timestamp, read in the same way: what it marks
	// is not documented.
	Deleted record.Time `json:"deleted"`
	// When the message was sent: message.date of the row that is still there.
	Sent record.Time `json:"sent"`

	What   string       `json:"what"`             // what the table holds
	GUID   string       `json:"guid,omitempty"`   // columns guid or message_guid, or message.guid by message_id
	Chat   string       `json:"chat,omitempty"`   // column chat_guid, or chat.guid by chat_id
	Number record.Phone `json:"number,omitempty"` // handle.id of the message that is still there
	Email  record.Email `json:"email,omitempty"`  // the same, if it is an e-mail address
	Part   *int64       `json:"part,omitempty"`   // column part_index, from 0; -1 means the whole message
	Text   record.Text  `json:"text,omitempty"`   // column part_text, or the text of the message that is still there
	Cloud  string       `json:"cloud,omitempty"`  // columns recordID or ck_record_id: name of the CloudKit record
}

// String implements [record.Data].
func (t smsrecoverableTrace) String() string {
	s := t.What
	if who := string(t.Number) + string(t.Email); who != "" {
		s += ", " + who
	}
	if t.GUID != "" {
		s += ", " + t.GUID
	}
	if t.Text != "" {
		s += ": " + string(t.Text)
	}
	return record.Line(s)
}

// smsrecoverableTables lists the tables and what each holds.
var smsrecoverableTables = [...]struct{ name, what string }{
	{"chat_recoverable_message_join", "message in Recently Deleted"},
	{"recoverable_message_part", "part of a message in Recently Deleted"},
	{"unsynced_removed_recoverable_messages", "message removed from Recently Deleted"},
	{"deleted_messages", "deleted message"},
	{"sync_deleted_messages", "deleted message to be synced"},
	{"sync_deleted_chats", "deleted conversation to be synced"},
	{"sync_deleted_attachments", "deleted attachment to be synced"},
	{"scheduled_messages_pending_cloudkit_delete", "scheduled message to be deleted"},
}

func smsrecoverableRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	chats, more := from.Join(db, "chat", yield, func(r sqlite.Row) (int64, string) { return r.ID, r.Text("guid") })
	if !more {
		return
	}
	handles, more := from.Join(db, "handle", yield, func(r sqlite.Row) (int64, string) { return r.ID, r.Text("id") })
	if !more {
		return
	}
	for _, table := range smsrecoverableTables {
		if _, ok := db.Table(table.name); !ok {
			continue
		}
		more := from.Each(in, db, table.name, yield, func(r sqlite.Row) (smsrecoverableTrace, error) {
			t, err := smsrecoverableRow(r)
			t.What = table.what
			if id := r.Int("chat_id"); id != 0 {
				if t.Chat = chats[id]; t.Chat == "" {
					t.Chat = fmt.Sprintf("chat %d", id)
				}
			}
			if id := r.Int("message_id"); id != 0 {
				err = errors.Join(err, t.message(db, id, handles))
			}
			return t, err
		})
		if !more {
			return
		}
	}
}

func smsrecoverableRow(r sqlite.Row) (t smsrecoverableTrace, err error) {
	t.Deleted = epoch.Cocoa(r.Int("delete_date"))
	if r.Has("timestamp") {
		t.Deleted = epoch.Cocoa(r.Int("timestamp"))
	}
	t.Chat = r.Text("chat_guid")
	if t.GUID = r.Text("guid"); t.GUID == "" {
		t.GUID = r.Text("message_guid")
	}
	if t.Cloud = r.Text("recordID"); t.Cloud == "" {
		t.Cloud = r.Text("ck_record_id")
	}
	if r.Has("part_index") {
		part := r.Int("part_index")
		t.Part = &part
	}
	if b := r.Blob("part_text"); len(b) > 0 {
		var body imessage.Body
		body, err = imessage.ParseBody(b)
		t.Text = record.Text(body.Text)
	}
	return t, err
}

// message adds what the row of the message, if it is still there, tells.
func (t *smsrecoverableTrace) message(db *sqlite.DB, id int64, handles map[int64]string) error {
	m, err := db.Row("message", id)
	if errors.Is(err, sqlite.ErrNoRow) || errors.Is(err, sqlite.ErrNoTable) {
		if t.GUID == "" {
			t.GUID = fmt.Sprintf("message %d", id)
		}
		return nil
	}
	if err != nil {
		return err
	}
	t.Sent = epoch.Cocoa(m.Int("date"))
	t.GUID = m.Text("guid")
	t.Number, t.Email = from.Handle(handles[m.Int("handle_id")])
	if t.Part != nil {
		return nil
	}
	t.Text = record.Text(m.Text("text"))
	if b := m.Blob("attributedBody"); t.Text == "" && len(b) > 0 {
		body, err := imessage.ParseBody(b)
		t.Text = record.Text(body.Text)
		return err
	}
	return nil
}
