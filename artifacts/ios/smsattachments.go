package ios

import (
	"errors"
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// SMSAttachments reads the files sent and received in the Messages app.
var SMSAttachments = artifact.Parser{
	ID:    "ios.smsattachments",
	Title: lang.Text{EN: "Attachments in Messages", FR: "Pièces jointes de Messages"},
	Doc: `The table attachment of sms.db holds one row for each file that was sent or
received with a message: where it is stored, its type and its size. imagent writes
it as the transfer begins, so rows of files that never arrived are there too; it
goes with its message. Files that exploit how the system shows pictures and
documents arrive this way: look for types that do not fit the name, names below
/var/tmp, many received at once, and rows whose message is gone. The content of the
files is not here, but in Library/SMS/Attachments.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/SMS/sms.db"},
	},
	Record: smsattachmentsFile{},
	Refs: []string{
		"https://docs.mvt.re/en/latest/ios/records/#sms_attachmentsjson",
		"https://github.com/ReagentX/imessage-exporter/blob/develop/docs/tables/attachment.md",
	},
	Parse: from.SQLite(smsattachmentsRead),
}

// smsattachmentsFile is one file, a row of table attachment.
type smsattachmentsFile struct {
	Created record.Time `json:"created"` // column created_date, nanoseconds since 2001 UTC, in older systems seconds
	Started record.Time `json:"started"` // column start_date: when the transfer began; units as above
	Sent    record.Time `json:"sent"`    // message.date by message_attachment_join; units as above

	Path          record.Path  `json:"path"`                   // column filename: where it is stored, with "~" for /private/var/mobile
	Name          record.Path  `json:"name"`                   // column transfer_name: the name its sender gave it
	UTI           string       `json:"uti"`                    // column uti: uniform type identifier
	MIME          string       `json:"mime"`                   // column mime_type
	Bytes         int64        `json:"bytes"`                  // column total_bytes; 0 or -1 if not known
	Direction     string       `json:"direction"`              // column is_outgoing: received or sent
	TransferState int64        `json:"transfer_state"`         // column transfer_state: 5 means complete, others that it is not
	Sticker       bool         `json:"sticker,omitempty"`      // column is_sticker
	Hidden        bool         `json:"hidden,omitempty"`       // column hide_attachment: not shown, as of link previews
	Sensitive     bool         `json:"sensitive,omitempty"`    // column is_commsafety_sensitive
	GUID          string       `json:"guid"`                   // column guid
	Message       string       `json:"message,omitempty"`      // message.guid, or "message" and its number if there is no such row
	Service       string       `json:"service,omitempty"`      // message.service
	Number        record.Phone `json:"number,omitempty"`       // handle.id: who sent it or to whom
	Email         record.Email `json:"email,omitempty"`        // the same, if it is an e-mail address
	UserInfo      []record.KV  `json:"user_info,omitempty"`    // column user_info, a property list: where it was fetched from, its key
	Attribution   []record.KV  `json:"attribution,omitempty"`  // column attribution_info, a property list: the app that made it
	StickerInfo   []record.KV  `json:"sticker_info,omitempty"` // column sticker_user_info, a property list
}

// String implements [record.Data].
func (f smsattachmentsFile) String() string {
	word := "from"
	if f.Direction == "sent" {
		word = "to"
	}
	return record.Line(fmt.Sprintf("attachment %s (%s, %d bytes) %s %s %s%s, stored as %s",
		f.Name, f.MIME, f.Bytes, f.Direction, word, f.Number, f.Email, f.Path))
}

func smsattachmentsRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	handles, more := from.Join(db, "handle", yield, func(r sqlite.Row) (int64, string) { return r.ID, r.Text("id") })
	if !more {
		return
	}
	messages, more := from.Join(db, "message_attachment_join", yield, func(r sqlite.Row) (int64, int64) {
		return r.Int("attachment_id"), r.Int("message_id")
	})
	if !more {
		return
	}
	from.Each(in, db, "attachment", yield, func(r sqlite.Row) (smsattachmentsFile, error) {
		f, err := smsattachmentsRow(r)
		if id := messages[r.ID]; id != 0 {
			err = errors.Join(err, f.message(db, id, handles))
		}
		return f, err
	})
}

func smsattachmentsRow(r sqlite.Row) (smsattachmentsFile, error) {
	f := smsattachmentsFile{
		Created:       epoch.Cocoa(r.Int("created_date")),
		Started:       epoch.Cocoa(r.Int("start_date")),
		Path:          record.Path(r.Text("filename")),
		Name:          record.Path(r.Text("transfer_name")),
		UTI:           r.Text("uti"),
		MIME:          r.Text("mime_type"),
		Bytes:         r.Int("total_bytes"),
		Direction:     record.Name(r.Int("is_outgoing"), "received", "sent"),
		TransferState: r.Int("transfer_state"),
		Sticker:       r.Int("is_sticker") != 0,
		Hidden:        r.Int("hide_attachment") != 0,
		Sensitive:     r.Int("is_commsafety_sensitive") != 0,
		GUID:          r.Text("guid"),
	}
	var errs []error
	for _, c := range []struct {
		name string
		to   *[]record.KV
	}{{"user_info", &f.UserInfo}, {"attribution_info", &f.Attribution}, {"sticker_user_info", &f.StickerInfo}} {
		b := r.Blob(c.name)
		if len(b) == 0 {
			continue
		}
		var err error
		if *c.to, err = from.Blob(b); err != nil {
			errs = append(errs, fmt.Errorf("read %s: %w", c.name, err))
		}
	}
	return f, errors.Join(errs...)
}

// message adds what the row of the message tells.
func (f *smsattachmentsFile) message(db *sqlite.DB, id int64, handles map[int64]string) error {
	m, err := db.Row("message", id)
	if err != nil {
		f.Message = fmt.Sprintf("message %d", id)
		if errors.Is(err, sqlite.ErrNoRow) || errors.Is(err, sqlite.ErrNoTable) {
			return nil
		}
		return err
	}
	f.Sent = epoch.Cocoa(m.Int("date"))
	f.Message = m.Text("guid")
	f.Service = m.Text("service")
	f.Number, f.Email = from.Handle(handles[m.Int("handle_id")])
	return nil
}
