package fabricate

import (
	"fmt"
	"strings"
	"time"

	"github.com/vigie-project/vigie/detect"
)

// messageSchema is the part of sms.db of iOS 17 that messages need.
const messageSchema = `
CREATE TABLE handle (ROWID INTEGER PRIMARY KEY AUTOINCREMENT UNIQUE, id TEXT NOT NULL, country TEXT, service TEXT NOT NULL, uncanonicalized_id TEXT, person_centric_id TEXT);
CREATE TABLE chat (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, style INTEGER, state INTEGER, account_id TEXT, chat_identifier TEXT, service_name TEXT, room_name TEXT, display_name TEXT);
CREATE TABLE message (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, text TEXT, replace INTEGER DEFAULT 0, service_center TEXT, handle_id INTEGER DEFAULT 0, subject TEXT, country TEXT, attributedBody BLOB, version INTEGER DEFAULT 0, type INTEGER DEFAULT 0, service TEXT, account TEXT, account_guid TEXT, error INTEGER DEFAULT 0, date INTEGER, date_read INTEGER, date_delivered INTEGER, is_delivered INTEGER DEFAULT 0, is_finished INTEGER DEFAULT 0, is_emote INTEGER DEFAULT 0, is_from_me INTEGER DEFAULT 0, is_read INTEGER DEFAULT 0, is_system_message INTEGER DEFAULT 0, is_sent INTEGER DEFAULT 0, cache_has_attachments INTEGER DEFAULT 0, item_type INTEGER DEFAULT 0, is_corrupt INTEGER DEFAULT 0, destination_caller_id TEXT, associated_message_type INTEGER DEFAULT 0, balloon_bundle_id TEXT, payload_data BLOB, was_detonated INTEGER DEFAULT 0, message_summary_info BLOB);
CREATE TABLE attachment (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, created_date INTEGER DEFAULT 0, start_date INTEGER DEFAULT 0, filename TEXT, uti TEXT, mime_type TEXT, transfer_state INTEGER DEFAULT 0, is_outgoing INTEGER DEFAULT 0, transfer_name TEXT, total_bytes INTEGER DEFAULT 0);
CREATE TABLE chat_message_join (chat_id INTEGER, message_id INTEGER, message_date INTEGER DEFAULT 0, PRIMARY KEY (chat_id, message_id));
CREATE TABLE message_attachment_join (message_id INTEGER, attachment_id INTEGER, UNIQUE(message_id, attachment_id));
CREATE TABLE chat_handle_join (chat_id INTEGER, handle_id INTEGER, UNIQUE(chat_id, handle_id))`

// The people the owner of the phone writes with.
var people = []string{"+33600000001", "+33600000002", "+4915000000003", "anna@example.org", "+212600000004"}

var sentences = []string{
	"On se voit demain à 18 h ?", "See you at the office.", "Merci pour les photos, elles sont superbes !", "Can you call me back?",
	"J’arrive dans dix minutes.", "Le dossier est sur la table.", "Happy birthday! 🎉", "https://www.example.org/agenda?week=12 regarde ça",
	"Ok", "Le train a du retard.", "I read it here: https://weather.example.net/paris/tomorrow", "Bonne nuit",
}

// messages fills sms.db.
func (p *phone) messages() error {
	m := &messageWriter{p: p, d: newDatabase(messageSchema)}
	for i, who := range people {
		service := "iMessage"
		if i%2 == 0 {
			service = "SMS"
		}
		m.person(who, service)
	}
	start := p.ago(300 * 24 * time.Hour)
	step := 299 * 24 * time.Hour / time.Duration(p.opt.Messages)
	for i := range p.opt.Messages {
		m.add(message{at: start.Add(time.Duration(i) * step), who: 1 + p.rnd.IntN(len(people)), text: sentences[p.rnd.IntN(len(sentences))],
			sent: p.rnd.IntN(2) == 0, body: p.rnd.IntN(3) == 0})
	}
	if p.opt.Benign {
		m.traps()
	} else {
		m.traces()
	}
	return p.addDatabase("HomeDomain", "Library/SMS/sms.db", m.d)
}

type messageWriter struct {
	p       *phone
	d       *database
	handles int
	rows    int
}

func (m *messageWriter) person(who, service string) int {
	m.handles++
	m.d.insert("INSERT INTO handle (id, service, country) VALUES (?,?,'fr')", who, service)
	m.d.insert("INSERT INTO chat (guid, style, chat_identifier, service_name) VALUES (?,45,?,?)", service+";-;"+who, who, service)
	m.d.insert("INSERT INTO chat_handle_join VALUES (?,?)", m.handles, m.handles)
	return m.handles
}

type message struct {
	at     time.Time
	who    int // handle
	text   string
	sent   bool
	body   bool // the text is in attributedBody only
	code   int  // error
	attach string
}

// add adds a message and returns its rowid.
func (m *messageWriter) add(msg message) int {
	m.rows++
	ns := cocoa(msg.at)*1e9 + m.p.rnd.Int64N(1e9)
	var text, body any = msg.text, nil
	if msg.body {
		text, body = nil, attributedBody(msg.text)
	}
	sent := 0
	if msg.sent {
		sent = 1
	}
	m.d.insert(`INSERT INTO message (guid, text, attributedBody, handle_id, service, account, date, date_read, is_from_me, is_read, is_finished, error, cache_has_attachments)
		VALUES (?,?,?,?,'iMessage','P:+33600000099',?,?,?,1,1,?,?)`, m.p.uuid(), text, body, msg.who, ns, ns+60e9, sent, msg.code, btoi(msg.attach != ""))
	m.d.insert("INSERT INTO chat_message_join VALUES (?,?,?)", msg.who, m.rows, ns)
	if msg.attach != "" {
		m.d.insert("INSERT INTO attachment (guid, created_date, filename, mime_type, transfer_name, total_bytes) VALUES (?,?,?,'image/gif',?,48213)",
			m.p.uuid(), cocoa(msg.at), msg.attach, msg.attach[strings.LastIndexByte(msg.attach, '/')+1:])
		m.d.insert("INSERT INTO message_attachment_join VALUES (?, (SELECT max(ROWID) FROM attachment))", m.rows)
	}
	return m.rows
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// traces plants a lure, one in attributedBody only, and one that was deleted.
func (m *messageWriter) traces() {
	stranger := m.person("+33700000666", "SMS")
	at := m.p.ago(90 * 24 * time.Hour)
	m.add(message{at: at, who: stranger, text: "Votre colis est retenu, confirmez ici : https://" + spyHost + "/p/8fK2xQ"})
	m.p.trace(Trace{ID: "sms-link", What: "a lure by SMS", Artifact: "ios.sms", Contains: spyHost + "/p/8fK2xQ", Grade: detect.Confirmed, Finder: "indicator", Planted: at})
	at = at.Add(26 * time.Hour)
	m.add(message{at: at, who: stranger, body: true, text: "Photos de la manif, regarde vite https://img.eu." + spyDomain + "/m/77"})
	m.p.trace(Trace{ID: "sms-body", What: "a lure whose text is in attributedBody only, on a host below a published domain", Artifact: "ios.sms",
		Contains: "img.eu." + spyDomain + "/m/77", Grade: detect.Strong, Finder: "indicator", Planted: at})
	at = at.Add(30 * time.Hour)
	row := m.add(message{at: at, who: stranger, text: "Dernier rappel, votre compte sera fermé, cliquez sur https://" + spyHost + "/p/deleted-later maintenant"})
	m.p.trace(Trace{ID: "sms-deleted", What: "a lure that was deleted, still in the file", Artifact: "ios.sms", Contains: "/p/deleted-later",
		Grade: detect.Strong, Finder: "indicator", State: "deleted", Planted: at})
	m.add(message{at: at.Add(time.Hour), who: stranger, text: "\ufffc", attach: "/var/tmp/com.apple.messages/com.apple.MobileSMS/xq7-1"})
	m.p.trace(Trace{ID: "sms-attachment", What: "an attachment that was received into /var/tmp", Artifact: "ios.smsattachments", Contains: "xq7-1",
		Grade: detect.NeedsExpert, Finder: "rule", Planted: at.Add(time.Hour)})
	for i := range 12 {
		m.add(message{at: at.Add(time.Duration(2+i) * time.Hour), who: 1, text: sentences[i]})
	}
	// Committed, so that it was in the file, and last, so that no other row takes
	// its place.
	m.d.exec(fmt.Sprintf("COMMIT; DELETE FROM message WHERE ROWID = %d; BEGIN", row))
}

// traps writes of hosts that only resemble published ones.
func (m *messageWriter) traps() {
	at := m.p.ago(90 * 24 * time.Hour)
	for i, t := range []struct{ id, what, text string }{
		{"sms-lookalike", "a host that ends like a published one, without a label boundary", "https://my" + spyHost + "/p/1"},
		{"sms-parent", "the parent of a published host", "https://news-update.example/home"},
		{"sms-suffix", "a published host as part of another one", "https://" + spyHost + ".example.org/x"},
		{"sms-parameter", "a published host in the path of another address", "https://www.example.org/about/not-" + spyDomain + "-really"},
	} {
		m.add(message{at: at.Add(time.Duration(i) * time.Hour), who: 1, text: "Regarde : " + t.text})
		m.p.trap(Trap{ID: t.id, What: t.what, Contains: strings.TrimPrefix(t.text, "https://"), Grade: detect.Context})
	}
}

// attributedBody archives a text as Messages does: a typedstream of an
// NSMutableAttributedString with one run.
func attributedBody(text string) []byte {
	var b []byte
	class := func(name string, version byte) {
		b = append(append(append(b, 0x84, 0x84, byte(len(name))), name...), version)
	}
	b = append(append(b, 4, 11), "streamtyped"...)
	b = append(b, 0x81, 0xe8, 0x03, 0x84, 1, '@', 0x84)
	class("NSMutableAttributedString", 0)
	class("NSAttributedString", 0)
	class("NSObject", 0)
	b = append(b, 0x85, 0x92, 0x84)
	class("NSMutableString", 1)
	class("NSString", 1)
	b = append(b, 0x95, 0x84, 1, '+') // NSObject again
	if n := len(text); n < 0x80 {
		b = append(b, byte(n))
	} else {
		b = append(b, 0x81, byte(n), byte(n>>8))
	}
	b = append(b, text...)
	b = append(b, 0x86, 0x84, 2, 'i', 'I', 1)
	if n := len([]rune(text)); n < 0x80 {
		b = append(b, byte(n))
	} else {
		b = append(b, 0x81, byte(n), byte(n>>8))
	}
	b = append(b, 0x92, 0x84)
	class("NSDictionary", 0)
	return append(b, 0x95, 0x84, 1, 'i', 0, 0x86, 0x86)
}
