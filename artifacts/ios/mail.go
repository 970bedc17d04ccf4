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

// Mail reads the index of the messages in Mail.
var Mail = artifact.Parser{
	ID:    "ios.mail",
	Title: lang.Text{EN: "Messages in Mail", FR: "Messages de Mail"},
	Doc: `Mail keeps an index of the messages it has loaded, in two databases: Envelope Index
has times and states, Protected Index beside it has senders, subjects and the first
words. One record is one message, with what of it Protected Index holds. Lures and
warnings of Apple come by mail too. Messages leave the index with their account or
mailbox, or when Mail loads no more of it. Backups rarely have these files, since mail
is loaded again from its server: absence says nothing.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Mail/Envelope Index"},
	},
	Record: mailMessage{},
	Refs:   []string{"https://github.com/abrignoni/iLEAPP/blob/main/scripts/artifacts/mailprotect.py"},
	Parse:  from.SQLite(mailRead),
}

// mailMessage is one message, a row of messages. Times are seconds since 1970 UTC.
type mailMessage struct {
	Sent     record.Time `json:"sent"`             // column date_sent
	Received record.Time `json:"received"`         // column date_received
	Viewed   record.Time `json:"viewed,omitempty"` // column date_last_viewed, where there is one

	Sender     record.Email `json:"sender"`                // addresses.address by sender; iOS 13 and later
	SenderName record.Text  `json:"sender_name,omitempty"` // addresses.comment by sender; before iOS 13 sender of Protected Index's messages, with the address
	Subject    record.Text  `json:"subject"`               // column subject_prefix, then subjects.subject by subject or, before iOS 13, subject of Protected Index's messages
	Summary    record.Text  `json:"summary,omitempty"`     // summaries.summary by summary: the first words
	To         record.Text  `json:"to,omitempty"`          // Protected Index's messages._to; before iOS 13
	Cc         record.Text  `json:"cc,omitempty"`          // Protected Index's messages.cc; before iOS 13
	Bcc        record.Text  `json:"bcc,omitempty"`         // Protected Index's messages.bcc; before iOS 13
	Mailbox    record.URL   `json:"mailbox"`               // mailboxes.url by mailbox
	Read       bool         `json:"read"`                  // column read
	Flagged    bool         `json:"flagged,omitempty"`     // column flagged
	Deleted    bool         `json:"deleted,omitempty"`     // column deleted: marked as deleted, not yet removed
	Bytes      int64        `json:"bytes,omitempty"`       // column size
}

// String implements [record.Data].
func (m mailMessage) String() string {
	from := string(m.Sender)
	if from == "" {
		from = string(m.SenderName)
	}
	return record.Line(fmt.Sprintf("mail from %s: %s", from, m.Subject))
}

// mailOld is what Protected Index has of a message before iOS 13.
type mailOld struct{ sender, subject, to, cc, bcc string }

// mailTexts is what a message is joined with.
type mailTexts struct {
	subjects, summaries, mailboxes map[int64]string
	addresses                      map[int64][2]string
	old                            map[int64]mailOld
}

func mailRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	texts := mailTexts{subjects: map[int64]string{}, summaries: map[int64]string{}, mailboxes: map[int64]string{}, addresses: map[int64][2]string{}, old: map[int64]mailOld{}}
	if !texts.read(db, yield) {
		return
	}
	more := from.Companion(in, "Protected Index", yield, func(protected *sqlite.DB) bool {
		if !texts.read(protected, yield) {
			return false
		}
		old, more := from.Join(protected, "messages", yield, func(r sqlite.Row) (int64, mailOld) {
			id := r.ID
			if r.Has("message_id") {
				id = r.Int("message_id")
			}
			return id, mailOld{r.Text("sender"), r.Text("subject"), r.Text("_to"), r.Text("cc"), r.Text("bcc")}
		})
		texts.old = old
		return more
	})
	if !more {
		return
	}
	from.Rows(in, db, "messages", yield, func(r sqlite.Row) (mailMessage, bool) { return texts.message(r), true })
}

// read takes over the tables of texts that a database has.
func (t *mailTexts) read(db *sqlite.DB, yield func(record.Record, error) bool) bool {
	for _, j := range []struct {
		to            map[int64]string
		table, column string
	}{{t.subjects, "subjects", "subject"}, {t.summaries, "summaries", "summary"}, {t.mailboxes, "mailboxes", "url"}} {
		m, more := from.Join(db, j.table, yield, func(r sqlite.Row) (int64, string) { return r.ID, r.Text(j.column) })
		if !more {
			return false
		}
		for k, v := range m {
			j.to[k] = v
		}
	}
	m, more := from.Join(db, "addresses", yield, func(r sqlite.Row) (int64, [2]string) {
		return r.ID, [2]string{r.Text("address"), r.Text("comment")}
	})
	for k, v := range m {
		t.addresses[k] = v
	}
	return more
}

func (t *mailTexts) message(r sqlite.Row) mailMessage {
	sender := t.addresses[r.Int("sender")]
	m := mailMessage{
		Sent:       epoch.Unix(r.Int("date_sent")),
		Received:   epoch.Unix(r.Int("date_received")),
		Viewed:     epoch.Unix(r.Int("date_last_viewed")),
		Sender:     record.Email(sender[0]),
		SenderName: record.Text(sender[1]),
		Subject:    record.Text(r.Text("subject_prefix") + t.subjects[r.Int("subject")]),
		Summary:    record.Text(t.summaries[r.Int("summary")]),
		Mailbox:    record.URL(t.mailboxes[r.Int("mailbox")]),
		Read:       r.Int("read") != 0,
		Flagged:    r.Int("flagged") != 0,
		Deleted:    r.Int("deleted") != 0,
		Bytes:      r.Int("size"),
	}
	if old, ok := t.old[r.ID]; ok && m.Sender == "" {
		m.SenderName, m.To, m.Cc, m.Bcc = record.Text(old.sender), record.Text(old.to), record.Text(old.cc), record.Text(old.bcc)
		m.Subject += record.Text(old.subject)
	}
	return m
}
