package ios

import (
	"fmt"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// WhatsAppChats reads the conversations of WhatsApp.
var WhatsAppChats = artifact.Parser{
	ID:    "ios.whatsappchats",
	Title: lang.Text{EN: "WhatsApp conversations", FR: "Conversations WhatsApp"},
	Doc: `ChatStorage.sqlite holds one row for each conversation with a person or a group.
Its counter of messages and the date of its last message are kept apart from the
messages: if the last message is later than the newest one that is stored, or
there are fewer than counted, messages were deleted or disappeared by themselves.
A conversation stays, marked as removed, after it was deleted in some versions.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Containers/Shared/AppGroup/*/ChatStorage.sqlite"},
	},
	Record: whatsappchatsChat{},
	Refs:   []string{"https://docs.mvt.re/en/latest/ios/records/#whatsappjson"},
	Parse:  from.SQLite(whatsappchatsRead),
}

// whatsappchatsChat is one conversation, a row of ZWACHATSESSION. Times are
// seconds since 2001 UTC.
type whatsappchatsChat struct {
	LastMessage record.Time `json:"last_message"`           // column ZLASTMESSAGEDATE
	FirstStored record.Time `json:"first_stored,omitempty"` // smallest ZWAMESSAGE.ZMESSAGEDATE of the conversation
	LastStored  record.Time `json:"last_stored,omitempty"`  // largest ZWAMESSAGE.ZMESSAGEDATE of the conversation
	Created     record.Time `json:"created,omitempty"`      // ZWAGROUPINFO.ZCREATIONDATE by ZGROUPINFO: of a group
	SubjectSet  record.Time `json:"subject_set,omitempty"`  // ZWAGROUPINFO.ZSUBJECTTIMESTAMP: when the group got its name

	JID          string       `json:"jid"`                     // column ZCONTACTJID; groups end in @g.us
	Number       record.Phone `json:"number,omitempty"`        // of a JID with @s.whatsapp.net, or by the pairs of LID.sqlite
	Name         record.Text  `json:"name"`                    // column ZPARTNERNAME
	Type         int64        `json:"type"`                    // column ZSESSIONTYPE; observed: 0 person, 1 group, 2 broadcast, 3 status
	Messages     int64        `json:"messages"`                // column ZMESSAGECOUNTER
	Stored       int64        `json:"stored"`                  // rows of ZWAMESSAGE
	Archived     bool         `json:"archived,omitempty"`      // column ZARCHIVED
	Removed      bool         `json:"removed,omitempty"`       // column ZREMOVED
	Hidden       bool         `json:"hidden,omitempty"`        // column ZHIDDEN
	LastText     record.Text  `json:"last_text,omitempty"`     // column ZLASTMESSAGETEXT
	Draft        record.Text  `json:"draft,omitempty"`         // column ZSAVEDINPUT: typed and not sent
	Creator      string       `json:"creator,omitempty"`       // ZWAGROUPINFO.ZCREATORJID
	Owner        string       `json:"owner,omitempty"`         // ZWAGROUPINFO.ZOWNERJID
	SubjectOwner string       `json:"subject_owner,omitempty"` // ZWAGROUPINFO.ZSUBJECTOWNERJID: who named the group

	// Column ZLASTMESSAGETEXT where it holds base64 of a message of protocol buffers
	// instead, by the numbers of its fields, as observed in 2023.
	Details []record.KV `json:"details,omitempty"`
}

// String implements [record.Data].
func (c whatsappchatsChat) String() string {
	name := string(c.Name)
	if c.Number != "" {
		name += " (" + string(c.Number) + ")"
	} else {
		name += " (" + c.JID + ")"
	}
	return record.Line(fmt.Sprintf("WhatsApp conversation with %s, %d messages stored", name, c.Stored))
}

// whatsappchatsStored is what the messages of a conversation tell of it.
type whatsappchatsStored struct {
	count       int64
	first, last record.Time
}

func whatsappchatsRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	groups, more := from.Join(db, "ZWAGROUPINFO", yield, func(r sqlite.Row) (int64, sqlite.Row) { return r.Int("Z_PK"), r.Clone() })
	if !more {
		return
	}
	pair := func(r sqlite.Row) (string, string) { return r.Text("ZLID"), r.Text("ZPHONENUMBER") }
	numbers, more := from.Join(db, "ZWAPHONENUMBERLIDPAIR", yield, pair)
	more = more && from.Companion(in, "LID.sqlite", yield, func(lids *sqlite.DB) bool {
		pairs, more := from.Join(lids, "ZWAPHONENUMBERLIDPAIR", yield, pair)
		for lid, number := range pairs {
			numbers[lid] = number
		}
		return more
	})
	if !more {
		return
	}
	stored, more := whatsappchatsMessages(db, yield)
	if !more {
		return
	}
	from.Rows(in, db, "ZWACHATSESSION", yield, func(r sqlite.Row) (whatsappchatsChat, bool) {
		c := whatsappchatsRow(r, groups[r.Int("ZGROUPINFO")])
		c.Number = whatsappchatsNumber(c.JID, numbers)
		if s := stored[r.Int("Z_PK")]; s != nil {
			c.Stored, c.FirstStored, c.LastStored = s.count, s.first, s.last
		}
		return c, true
	})
}

// whatsappchatsMax bounds the conversations whose messages are counted.
const whatsappchatsMax = 1 << 20

func whatsappchatsMessages(db *sqlite.DB, yield func(record.Record, error) bool) (map[int64]*whatsappchatsStored, bool) {
	stored := map[int64]*whatsappchatsStored{}
	if _, ok := db.Table("ZWAMESSAGE"); !ok {
		return stored, true
	}
	for r, err := range db.Rows("ZWAMESSAGE") {
		if err != nil {
			if !yield(record.Record{}, err) {
				return nil, false
			}
			continue
		}
		chat := r.Int("ZCHATSESSION")
		s := stored[chat]
		if s == nil {
			if len(stored) == whatsappchatsMax {
				continue
			}
			s = &whatsappchatsStored{}
			stored[chat] = s
		}
		s.count++
		t := from.Cocoa(r.Value("ZMESSAGEDATE"))
		if t.IsZero() {
			continue
		}
		if s.first.IsZero() || t.Before(s.first.Time) {
			s.first = t
		}
		if t.After(s.last.Time) {
			s.last = t
		}
	}
	return stored, true
}

func whatsappchatsRow(r, group sqlite.Row) whatsappchatsChat {
	c := whatsappchatsChat{
		LastMessage:  from.Cocoa(r.Value("ZLASTMESSAGEDATE")),
		Created:      from.Cocoa(group.Value("ZCREATIONDATE")),
		SubjectSet:   from.Cocoa(group.Value("ZSUBJECTTIMESTAMP")),
		JID:          r.Text("ZCONTACTJID"),
		Name:         record.Text(r.Text("ZPARTNERNAME")),
		Type:         r.Int("ZSESSIONTYPE"),
		Messages:     r.Int("ZMESSAGECOUNTER"),
		Archived:     r.Int("ZARCHIVED") != 0,
		Removed:      r.Int("ZREMOVED") != 0,
		Hidden:       r.Int("ZHIDDEN") != 0,
		LastText:     record.Text(r.Text("ZLASTMESSAGETEXT")),
		Draft:        record.Text(r.Text("ZSAVEDINPUT")),
		Creator:      group.Text("ZCREATORJID"),
		Owner:        group.Text("ZOWNERJID"),
		SubjectOwner: group.Text("ZSUBJECTOWNERJID"),
	}
	if kvs := whatsappPacked(string(c.LastText)); kvs != nil {
		c.LastText, c.Details = "", kvs
	}
	return c
}

// whatsappchatsNumber returns the phone number of a JID, "" for groups.
func whatsappchatsNumber(jid string, numbers map[string]string) record.Phone {
	user, server, _ := strings.Cut(jid, "@")
	if server == "lid" {
		user = numbers[user]
		if user == "" {
			user = numbers[jid]
		}
	} else if server != "s.whatsapp.net" {
		return ""
	}
	if user = strings.TrimPrefix(user, "+"); user == "" || user[0] < '0' || user[0] > '9' {
		return ""
	}
	return record.Phone("+" + user)
}
