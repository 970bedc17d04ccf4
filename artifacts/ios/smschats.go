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

// SMSChats reads the conversations of the Messages app.
var SMSChats = artifact.Parser{
	ID:    "ios.smschats",
	Title: lang.Text{EN: "Conversations in Messages", FR: "Conversations de Messages"},
	Doc: `The table chat of sms.db holds one row for each conversation with one person
or a group. It is made with the first message and goes with the last one, so a
conversation without messages, or a last-read time later than the last message,
tells that messages were deleted. It shows who was in a group, and which
conversations the system filtered as coming from unknown senders.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/SMS/sms.db"},
	},
	Record: smschatsChat{},
	Refs:   []string{"https://github.com/ReagentX/imessage-exporter/blob/develop/docs/tables/chat.md"},
	Parse:  from.SQLite(smschatsRead),
}

// smschatsChat is one conversation, a row of table chat.
type smschatsChat struct {
	// When the newest message that was read was sent. Column
	// last_read_message_timestamp, nanoseconds since 2001 UTC.
	LastRead record.Time `json:"last_read"`

	GUID       string         `json:"guid"`                 // column guid: service, "-" for one person or "+" for a group, identifier
	Identifier string         `json:"identifier"`           // column chat_identifier: an address, or "chat" and digits for a group
	Service    string         `json:"service"`              // column service_name
	Style      string         `json:"style"`                // column style: one person (45) or group (43)
	Name       record.Text    `json:"name,omitempty"`       // column display_name, given by a member of the group
	Room       string         `json:"room,omitempty"`       // column room_name
	Account    string         `json:"account"`              // column account_login: the owner's account
	Numbers    []record.Phone `json:"numbers,omitempty"`    // handle.id by chat_handle_join: the other members
	Emails     []record.Email `json:"emails,omitempty"`     // the same, those that are e-mail addresses
	Messages   int64          `json:"messages"`             // rows of chat_message_join
	LastTo     string         `json:"last_to,omitempty"`    // column last_addressed_handle: which of the owner's addresses was used last
	Archived   bool           `json:"archived,omitempty"`   // column is_archived
	Filtered   int64          `json:"filtered,omitempty"`   // column is_filtered: 1 unknown sender, 2 junk
	Blackholed bool           `json:"blackholed,omitempty"` // column is_blackholed: messages of a flooded conversation are dropped
	Recovered  bool           `json:"recovered,omitempty"`  // column is_recovered: came back from "Recently Deleted"; from iOS 16
	Properties []record.KV    `json:"properties,omitempty"` // column properties, a property list of settings
}

// String implements [record.Data].
func (c smschatsChat) String() string {
	name := string(c.Name)
	if name == "" {
		name = c.Identifier
	}
	return record.Line(fmt.Sprintf("%s conversation %s (%s), %d messages", c.Service, name, c.Style, c.Messages))
}

func smschatsRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	handles, more := from.Join(db, "handle", yield, func(r sqlite.Row) (int64, string) { return r.ID, r.Text("id") })
	if !more {
		return
	}
	members, more := from.Group(db, "chat_handle_join", yield, func(r sqlite.Row) (int64, int64) { return r.Int("chat_id"), r.Int("handle_id") })
	if !more {
		return
	}
	messages := map[int64]int64{}
	if _, ok := db.Table("chat_message_join"); ok {
		for r, err := range db.Rows("chat_message_join") {
			if err != nil {
				if !yield(record.Record{}, err) {
					return
				}
				continue
			}
			if chat := r.Int("chat_id"); len(messages) < smschatsMax || messages[chat] > 0 {
				messages[chat]++
			}
		}
	}
	from.Each(in, db, "chat", yield, func(r sqlite.Row) (smschatsChat, error) {
		c, err := smschatsRow(r)
		c.Messages = messages[r.ID]
		for _, id := range members[r.ID] {
			switch n, e := from.Handle(handles[id]); {
			case e != "":
				c.Emails = append(c.Emails, e)
			case n != "":
				c.Numbers = append(c.Numbers, n)
			default:
				c.Numbers = append(c.Numbers, record.Phone(fmt.Sprintf("handle %d", id)))
			}
		}
		return c, err
	})
}

// smschatsMax bounds the conversations whose messages are counted.
const smschatsMax = 1 << 20

func smschatsRow(r sqlite.Row) (smschatsChat, error) {
	c := smschatsChat{
		LastRead:   epoch.Cocoa(r.Int("last_read_message_timestamp")),
		GUID:       r.Text("guid"),
		Identifier: r.Text("chat_identifier"),
		Service:    r.Text("service_name"),
		Name:       record.Text(r.Text("display_name")),
		Room:       r.Text("room_name"),
		Account:    r.Text("account_login"),
		LastTo:     r.Text("last_addressed_handle"),
		Archived:   r.Int("is_archived") != 0,
		Filtered:   r.Int("is_filtered"),
		Blackholed: r.Int("is_blackholed") != 0,
		Recovered:  r.Int("is_recovered") != 0,
	}
	switch style := r.Int("style"); style {
	case 43:
		c.Style = "group"
	case 45:
		c.Style = "one person"
	default:
		c.Style = record.Name(style)
	}
	b := r.Blob("properties")
	if len(b) == 0 {
		return c, nil
	}
	var err error
	if c.Properties, err = from.Blob(b); err != nil {
		err = fmt.Errorf("read properties: %w", err)
	}
	return c, err
}
