package ios

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// WhatsApp reads the messages of WhatsApp.
var WhatsApp = artifact.Parser{
	ID:    "ios.whatsapp",
	Title: lang.Text{EN: "WhatsApp messages", FR: "Messages WhatsApp"},
	Doc: `ChatStorage.sqlite of WhatsApp and WhatsApp Business holds one row for each
message, sent or received, and for events such as somebody joining a group. The
app writes it as messages come and stays until they are deleted or disappear by
themselves. It shows links sent to lure, files sent by strangers, and people
adding the owner to a group and leaving again, as in attacks of 2025. A row
of a deleted message can be recovered here; its media item stays longer (see
ios.whatsappmedia). Other linked devices have their own copies.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Containers/Shared/AppGroup/*/ChatStorage.sqlite"},
	},
	Record: whatsappMessage{},
	Refs: []string{
		"https://docs.mvt.re/en/latest/ios/records/#whatsappjson",
		"https://github.com/abrignoni/iLEAPP/blob/main/scripts/artifacts/whatsApp.py",
	},
	Parse: from.SQLite(whatsappRead),
}

// whatsappMessage is one message or event, a row of ZWAMESSAGE.
type whatsappMessage struct {
	Date record.Time `json:"date"`           // column ZMESSAGEDATE, seconds since 2001 UTC
	Sent record.Time `json:"sent,omitempty"` // column ZSENTDATE, seconds since 2001 UTC; when the server had it

	Direction string       `json:"direction"`            // column ZISFROMME: received or sent
	Chat      string       `json:"chat"`                 // ZWACHATSESSION.ZCONTACTJID by ZCHATSESSION: JID of the person or, with @g.us, the group
	ChatName  string       `json:"chat_name,omitempty"`  // ZWACHATSESSION.ZPARTNERNAME
	From      string       `json:"from,omitempty"`       // column ZFROMJID, a JID
	To        string       `json:"to,omitempty"`         // column ZTOJID, a JID
	Member    string       `json:"member,omitempty"`     // ZWAGROUPMEMBER.ZMEMBERJID by ZGROUPMEMBER: who sent it to the group
	Number    record.Phone `json:"number,omitempty"`     // number of the member or the person, not of the owner: of a JID with @s.whatsapp.net, or by the pairs of LID.sqlite
	PushName  string       `json:"push_name,omitempty"`  // column ZPUSHNAME: the name that the sender chose
	Text      record.Text  `json:"text"`                 // column ZTEXT
	Preview   []record.KV  `json:"preview,omitempty"`    // ZWAMESSAGEDATAITEM: matched text, contents, title and summary of link previews
	Caption   record.Text  `json:"caption,omitempty"`    // ZWAMEDIAITEM.ZTITLE: text below a picture, or name of a document
	Author    record.Text  `json:"author,omitempty"`     // ZWAMEDIAITEM.ZAUTHORNAME
	MediaURL  record.URL   `json:"media_url,omitempty"`  // ZWAMEDIAITEM.ZMEDIAURL: where the encrypted file was, usually mmg.whatsapp.net
	MediaPath record.Path  `json:"media_path,omitempty"` // ZWAMEDIAITEM.ZMEDIALOCALPATH, below the folder Message
	Card      record.Text  `json:"card,omitempty"`       // ZWAMEDIAITEM.ZVCARDSTRING: a contact that was sent, or a media type
	Type      int64        `json:"type"`                 // column ZMESSAGETYPE; observed: 0 text, 1 picture, 2 video, 3 voice, 6 event of a group, 7 link, 8 document
	Event     int64        `json:"event,omitempty"`      // column ZGROUPEVENTTYPE, a code of WhatsApp
	Status    int64        `json:"status,omitempty"`     // column ZMESSAGESTATUS, a code of WhatsApp
	Error     int64        `json:"error,omitempty"`      // column ZMESSAGEERRORSTATUS
	StanzaID  string       `json:"stanza_id,omitempty"`  // column ZSTANZAID: identifier on all devices
	Starred   bool         `json:"starred,omitempty"`    // column ZSTARRED

	// Column ZPUSHNAME where it holds base64 of a message of protocol buffers instead, by
	// the numbers of its fields; observed in 2023: 1 a Unix time, 3 the JID of the sender.
	Details []record.KV `json:"details,omitempty"`
}

// String implements [record.Data].
func (m whatsappMessage) String() string {
	text := m.Text
	if text == "" {
		text = m.Caption
	}
	word, who := " from ", m.From
	if m.Direction == "sent" {
		word, who = " to ", m.To
	}
	if m.Number != "" {
		who = string(m.Number)
	}
	if m.ChatName != "" {
		who += " in " + m.ChatName
	}
	return record.Line("WhatsApp message " + m.Direction + word + who + ": " + string(text))
}

// whatsappMedia is what a message takes from its media item.
type whatsappMedia struct{ caption, author, url, path, card string }

// whatsappReader joins the tables.
type whatsappReader struct {
	chats   map[int64][2]string
	members map[int64]string
	media   map[int64]whatsappMedia
	data    map[int64][]record.KV
	numbers map[string]string // by LID
}

func whatsappRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	w := &whatsappReader{}
	if w.join(in, db, yield) {
		from.Rows(in, db, "ZWAMESSAGE", yield, func(r sqlite.Row) (whatsappMessage, bool) { return w.message(r), true })
	}
}

func (w *whatsappReader) join(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) (more bool) {
	w.chats, more = from.Join(db, "ZWACHATSESSION", yield, func(r sqlite.Row) (int64, [2]string) {
		return r.Int("Z_PK"), [2]string{r.Text("ZCONTACTJID"), r.Text("ZPARTNERNAME")}
	})
	if !more {
		return false
	}
	w.members, more = from.Join(db, "ZWAGROUPMEMBER", yield, func(r sqlite.Row) (int64, string) { return r.Int("Z_PK"), r.Text("ZMEMBERJID") })
	if !more {
		return false
	}
	w.media, more = from.Join(db, "ZWAMEDIAITEM", yield, func(r sqlite.Row) (int64, whatsappMedia) {
		return r.Int("ZMESSAGE"), whatsappMedia{r.Text("ZTITLE"), r.Text("ZAUTHORNAME"), r.Text("ZMEDIAURL"), r.Text("ZMEDIALOCALPATH"), r.Text("ZVCARDSTRING")}
	})
	if !more {
		return false
	}
	items, more := from.Group(db, "ZWAMESSAGEDATAITEM", yield, whatsappDataItem)
	w.data = map[int64][]record.KV{}
	for id, lists := range items {
		for _, list := range lists {
			w.data[id] = append(w.data[id], list...)
		}
	}
	if !more {
		return false
	}
	pair := func(r sqlite.Row) (string, string) { return r.Text("ZLID"), r.Text("ZPHONENUMBER") }
	w.numbers, more = from.Join(db, "ZWAPHONENUMBERLIDPAIR", yield, pair)
	return more && from.Companion(in, "LID.sqlite", yield, func(lids *sqlite.DB) bool {
		pairs, more := from.Join(lids, "ZWAPHONENUMBERLIDPAIR", yield, pair)
		for lid, number := range pairs {
			w.numbers[lid] = number
		}
		return more
	})
}

func whatsappDataItem(r sqlite.Row) (int64, []record.KV) {
	var kvs []record.KV
	for _, c := range [...]struct{ column, name string }{
		{"ZMATCHEDTEXT", "matched text"}, {"ZCONTENT1", "content 1"}, {"ZCONTENT2", "content 2"}, {"ZTITLE", "title"}, {"ZSUMMARY", "summary"},
	} {
		if t := r.Text(c.column); t != "" {
			kvs = append(kvs, record.KV{Key: c.name, Value: t})
		}
	}
	return r.Int("ZMESSAGE"), kvs
}

func (w *whatsappReader) message(r sqlite.Row) whatsappMessage {
	m := whatsappMessage{
		Date:      from.Cocoa(r.Value("ZMESSAGEDATE")),
		Sent:      from.Cocoa(r.Value("ZSENTDATE")),
		Direction: record.Name(r.Int("ZISFROMME"), "received", "sent"),
		From:      r.Text("ZFROMJID"),
		To:        r.Text("ZTOJID"),
		PushName:  r.Text("ZPUSHNAME"),
		Text:      record.Text(r.Text("ZTEXT")),
		Type:      r.Int("ZMESSAGETYPE"),
		Event:     r.Int("ZGROUPEVENTTYPE"),
		Status:    r.Int("ZMESSAGESTATUS"),
		Error:     r.Int("ZMESSAGEERRORSTATUS"),
		StanzaID:  r.Text("ZSTANZAID"),
		Starred:   r.Int("ZSTARRED") != 0,
	}
	if kvs := whatsappPacked(m.PushName); kvs != nil {
		m.PushName, m.Details = "", kvs
	}
	if id := r.Int("ZCHATSESSION"); id != 0 {
		if chat, ok := w.chats[id]; ok {
			m.Chat, m.ChatName = chat[0], chat[1]
		} else {
			m.Chat = fmt.Sprintf("chat %d", id)
		}
	}
	if id := r.Int("ZGROUPMEMBER"); id != 0 {
		if m.Member = w.members[id]; m.Member == "" {
			m.Member = fmt.Sprintf("member %d", id)
		}
	}
	other := m.From // received messages name the owner as receiver
	if m.Direction == "sent" {
		other = m.To
	}
	for _, jid := range [...]string{m.Member, other, m.Chat} {
		if m.Number = w.number(jid); m.Number != "" {
			break
		}
	}
	if id := r.Int("Z_PK"); id != 0 {
		a := w.media[id]
		m.Caption, m.Author, m.MediaURL, m.MediaPath, m.Card = record.Text(a.caption), record.Text(a.author), record.URL(a.url), record.Path(a.path), record.Text(a.card)
		m.Preview = w.data[id]
	}
	return m
}

// whatsappMinPacked is how long base64 is at least that is taken for a message, in
// bytes: shorter words may be names.
const whatsappMinPacked = 12

// whatsappPacked returns the fields of a message of protocol buffers that WhatsApp
// keeps as base64 where a text could be; nil if the text is none, such as a name.
func whatsappPacked(s string) []record.KV {
	if len(s) < whatsappMinPacked || strings.Trim(s, "0123456789abcdefABCDEF") == "" {
		return nil
	}
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil || strings.ContainsAny(s, "\r\n") {
		return nil
	}
	kvs, err := from.MessageLeaves(b)
	if err != nil {
		return nil
	}
	return kvs
}

// number returns the phone number of a JID, "" for groups and unknown LIDs.
func (w *whatsappReader) number(jid string) record.Phone {
	user, server, _ := strings.Cut(jid, "@")
	if server == "lid" {
		user = w.numbers[user]
		if user == "" {
			user = w.numbers[jid]
		}
	} else if server != "s.whatsapp.net" {
		return ""
	}
	if user = strings.TrimPrefix(user, "+"); user == "" || user[0] < '0' || user[0] > '9' {
		return ""
	}
	return record.Phone("+" + user)
}
