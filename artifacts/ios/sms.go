package ios

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/imessage"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/format/typedstream"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// SMS reads the messages of the Messages app.
var SMS = artifact.Parser{
	ID:    "ios.sms",
	Title: lang.Text{EN: "Messages (iMessage, SMS, RCS)", FR: "Messages (iMessage, SMS, RCS)"},
	Doc: `sms.db holds one row for each iMessage, SMS, MMS or RCS message, sent or
received, and for events of conversations such as a new member. imagent writes it
as messages come and go; rows stay until the message or the conversation is
deleted or expires, from iOS 16 for about another 30 days in "Recently Deleted".

It shows links that were sent to lure their reader, warnings that Apple sends to
targeted people, and, for attacks that need no click, rows with an error or a
corrupt flag and no text. The text is often in attributedBody only (from iOS 14
to 16 on); where links lead can differ from what the text shows. Earlier versions
of edited messages are in message_summary_info. A message that is absent may have
been deleted by its owner, by an implant or by its sender: see the deleted rows
here and ios.smsrecoverable.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/SMS/sms.db"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/mobile/Library/SMS/sms-temp.db"},
	},
	Record: smsMessage{},
	Refs: []string{
		"https://docs.mvt.re/en/latest/ios/records/#smsjson",
		"https://github.com/ReagentX/imessage-exporter/blob/develop/docs/tables/messages.md",
		"https://www.magnetforensics.com/blog/the-meaning-of-messages/",
	},
	Parse: smsParse,
}

// smsMessage is one message or event of a conversation, a row of table message.
// Times are nanoseconds since 2001 UTC, up to iOS 10 seconds.
type smsMessage struct {
	Sent      record.Time `json:"sent"`                // column date, nanoseconds since 2001 UTC, up to iOS 10 seconds; so are the others
	Read      record.Time `json:"read"`                // column date_read: by the owner if received, by the other side if sent
	Delivered record.Time `json:"delivered"`           // column date_delivered; of sent messages
	Played    record.Time `json:"played,omitempty"`    // column date_played: when an audio message was played
	Edited    record.Time `json:"edited,omitempty"`    // column date_edited, from iOS 16; can be absent though there are earlier versions
	Retracted record.Time `json:"retracted,omitempty"` // column date_retracted: the sender took it back; from iOS 16
	Deleted   record.Time `json:"deleted,omitempty"`   // chat_recoverable_message_join.delete_date: moved to "Recently Deleted"; from iOS 16

	GUID      string       `json:"guid"`              // column guid
	Direction string       `json:"direction"`         // column is_from_me: received or sent
	Service   string       `json:"service"`           // column service: iMessage, SMS, RCS…
	Account   string       `json:"account"`           // column account: the owner's account, after "E:" an e-mail address, after "P:" a number
	Number    record.Phone `json:"number,omitempty"`  // handle.id by handle_id: who sent it, or to whom; absent for groups and handles that are gone
	Email     record.Email `json:"email,omitempty"`   // the same, if it is an e-mail address
	Handle    int64        `json:"handle,omitempty"`  // column handle_id, if table handle has no such row
	Chats     []string     `json:"chats,omitempty"`   // chat.chat_identifier by chat_message_join: an address, or "chat" and digits for a group
	ToLine    string       `json:"to_line,omitempty"` // column destination_caller_id: which of the owner's numbers or addresses

	// Column text, or if it is empty the text in column attributedBody.
	Text    record.Text `json:"text"`
	Subject record.Text `json:"subject,omitempty"` // column subject

	// Where links lead that the text does not show: attribute
	// __kIMLinkAttributeName in attributedBody, and every NSURL in payload_data,
	// which holds the preview of a link or the content of a message of an app.
	Links []record.URL `json:"links,omitempty"`
	// What payload_data shows: the preview that the sender's device made of a link,
	// or the texts of an app's message.
	Preview []record.KV `json:"preview,omitempty"`

	// Earlier versions of an edited message: message_summary_info, key ec; the key
	// says which part and when.
	Versions []record.KV `json:"versions,omitempty"`
	// Parts that the sender took back, counted from 0: message_summary_info, key rp.
	RetractedParts []string `json:"retracted_parts,omitempty"`

	Attachments []record.Path `json:"attachments,omitempty"` // attachment.filename by message_attachment_join; see ios.smsattachments
	Balloon     string        `json:"balloon,omitempty"`     // column balloon_bundle_id: what draws the message; a link preview or an app
	App         record.App    `json:"app,omitempty"`         // the same after its last colon, if it has one: bundle identifier of the app's extension

	Kind          string      `json:"kind,omitempty"`           // column item_type: which event of the conversation; absent for a message
	GroupAction   int64       `json:"group_action,omitempty"`   // column group_action_type; of a change of members 0 adds, 1 removes
	GroupTitle    record.Text `json:"group_title,omitempty"`    // column group_title
	OtherHandle   string      `json:"other_handle,omitempty"`   // handle.id by other_handle: the member concerned
	Reaction      int64       `json:"reaction,omitempty"`       // column associated_message_type: 1000 sticker, 2000 to 2007 reactions, 3000 to 3007 their removal
	About         string      `json:"about,omitempty"`          // column associated_message_guid: the message reacted to
	ReplyTo       string      `json:"reply_to,omitempty"`       // column thread_originator_guid, from iOS 14
	Error         int64       `json:"error,omitempty"`          // column error: code of a failure to send or receive
	Corrupt       bool        `json:"corrupt,omitempty"`        // column is_corrupt
	Detonated     bool        `json:"detonated,omitempty"`      // column was_detonated: opened in a sandbox first; from iOS 16
	Spam          bool        `json:"spam,omitempty"`           // column is_spam
	Downgraded    bool        `json:"downgraded,omitempty"`     // column was_downgraded: sent as SMS instead
	SystemMessage bool        `json:"system_message,omitempty"` // column is_system_message
	IsRead        bool        `json:"is_read"`                  // column is_read
	IsDelivered   bool        `json:"is_delivered,omitempty"`   // column is_delivered
}

// String implements [record.Data].
func (m smsMessage) String() string {
	who := string(m.Number) + string(m.Email)
	if who == "" && len(m.Chats) > 0 {
		who = m.Chats[0]
	}
	what := string(m.Text)
	if what == "" && len(m.Preview) > 0 {
		what = m.Preview[0].Value
	}
	word := " from "
	if m.Direction == "sent" {
		word = " to "
	}
	service, space := strings.TrimSpace(m.Service), ""
	if m.Kind != "" {
		service = strings.TrimSpace(m.Kind + " " + m.Service)
	}
	if service != "" && m.Direction != "" {
		space = " "
	}
	return record.Line(service + space + m.Direction + word + who + ": " + what)
}

// smsKinds names the values of item_type.
var smsKinds = []string{"", "change of members", "change of name", "change of group", "location sharing", "audio message kept", "shared activity"}

// Limits of what is kept in memory to join the tables.
const (
	smsMaxJoin  = 16 << 20 // rows of chat_message_join
	smsMaxTexts = 1 << 16  // different texts kept to be shared
	smsMaxLinks = 256      // links of one message
)

// smsReader joins the tables of one database.
type smsReader struct {
	handles map[int64]smsHandle
	chats   map[int64][]string // of one element, shared by the messages of a chat
	joins   []smsJoin          // in the order of messages
	next    int                // place in joins of the message after the last one
	deleted map[int64]int64
	files   map[int64][]record.Path
	seen    map[string]string // texts that many rows share
	cols    smsColumns
}

type smsJoin struct{ message, chat int64 }

type smsHandle struct {
	id     string
	number record.Phone
	email  record.Email
}

func smsParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		from.Database(in, yield, func(db *sqlite.DB) bool {
			s := &smsReader{seen: map[string]string{}}
			if !s.join(db, yield) {
				return false
			}
			if t, ok := db.Table("message"); ok {
				s.cols.find(t)
			}
			var versions from.Versions
			for r, err := range db.All("message") {
				if err != nil {
					if !yield(record.Record{}, err) {
						return false
					}
					continue
				}
				var m smsMessage
				for _, p := range s.message(&r, &m) {
					if !yield(record.Record{}, fmt.Errorf("message %d: %w", r.ID, p)) {
						return false
					}
				}
				if !versions.Repeat(r, m) && !yield(in.Record(from.Origin(in, "message", r), m), nil) {
					return false
				}
			}
			return true
		})
	}
}

// join reads the small tables, and the one that tells the chat of each message.
func (s *smsReader) join(db *sqlite.DB, yield func(record.Record, error) bool) (more bool) {
	if s.handles, more = from.Join(db, "handle", yield, func(r sqlite.Row) (int64, smsHandle) {
		h := smsHandle{id: r.Text("id")}
		h.number, h.email = from.Handle(h.id)
		return r.ID, h
	}); !more {
		return false
	}
	if s.chats, more = from.Join(db, "chat", yield, func(r sqlite.Row) (int64, []string) {
		return r.ID, []string{r.Text("chat_identifier")}
	}); !more {
		return false
	}
	names, more := from.Join(db, "attachment", yield, func(r sqlite.Row) (int64, record.Path) { return r.ID, record.Path(r.Text("filename")) })
	if !more {
		return false
	}
	s.files, more = from.Group(db, "message_attachment_join", yield, func(r sqlite.Row) (int64, record.Path) {
		id := r.Int("attachment_id")
		if name := names[id]; name != "" {
			return r.Int("message_id"), name
		}
		return r.Int("message_id"), record.Path(fmt.Sprintf("attachment %d", id))
	})
	if !more {
		return false
	}
	s.deleted, more = from.Join(db, "chat_recoverable_message_join", yield, func(r sqlite.Row) (int64, int64) {
		return r.Int("message_id"), r.Int("delete_date")
	})
	return more && s.joinChats(db, "chat_message_join", yield) && s.joinChats(db, "chat_recoverable_message_join", yield)
}

func (s *smsReader) joinChats(db *sqlite.DB, table string, yield func(record.Record, error) bool) bool {
	for r, err := range db.Rows(table) {
		switch {
		case errors.Is(err, sqlite.ErrNoTable):
			return true
		case err == nil && len(s.joins) == smsMaxJoin:
			return yield(record.Record{}, fmt.Errorf("read table %s: more than %d rows", table, smsMaxJoin))
		case err != nil:
			if !yield(record.Record{}, err) {
				return false
			}
			continue
		}
		s.joins = append(s.joins, smsJoin{r.Int("message_id"), r.Int("chat_id")})
	}
	slices.SortStableFunc(s.joins, func(a, b smsJoin) int { return cmp.Compare(a.message, b.message) })
	return true
}

// chatsOf returns the identifiers of the chats of a message.
func (s *smsReader) chatsOf(message int64) []string {
	i := s.next // live messages come in the order of their rowids
	if i >= len(s.joins) || s.joins[i].message != message {
		i, _ = slices.BinarySearchFunc(s.joins, message, func(j smsJoin, m int64) int { return cmp.Compare(j.message, m) })
	}
	var chats []string
	for ; i < len(s.joins) && s.joins[i].message == message; i++ {
		id, ok := s.chats[s.joins[i].chat]
		if !ok {
			id = []string{fmt.Sprintf("chat %d", s.joins[i].chat)}
		}
		switch {
		case chats == nil:
			chats = id
		case !slices.Contains(chats, id[0]):
			chats = append(chats[:len(chats):len(chats)], id[0])
		}
	}
	s.next = i
	return chats
}

// message reads a row into an empty message. With errors, that has what could be
// read.
func (s *smsReader) message(r *sqlite.Row, m *smsMessage) (errs []error) {
	c := &s.cols
	m.Sent = epoch.Cocoa(r.IntAt(c.date))
	m.Read = epoch.Cocoa(r.IntAt(c.dateRead))
	m.Delivered = epoch.Cocoa(r.IntAt(c.dateDelivered))
	m.Played = epoch.Cocoa(r.IntAt(c.datePlayed))
	m.Edited = epoch.Cocoa(r.IntAt(c.dateEdited))
	m.Retracted = epoch.Cocoa(r.IntAt(c.dateRetracted))
	m.GUID = r.TextAt(c.guid)
	m.Direction = record.Name(r.IntAt(c.fromMe), "received", "sent")
	m.Service = s.shared(r, c.service)
	m.Account = s.shared(r, c.account)
	m.ToLine = s.shared(r, c.toLine)
	m.Subject = record.Text(r.TextAt(c.subject))
	m.Balloon = s.shared(r, c.balloon)
	if i := strings.LastIndexByte(m.Balloon, ':'); i >= 0 {
		m.App = record.App(m.Balloon[i+1:])
	}
	s.people(r, m)
	s.flags(r, m)
	m.Text = record.Text(r.TextAt(c.text))
	if err := m.body(r.BlobAt(c.body)); err != nil {
		errs = append(errs, fmt.Errorf("read attributedBody: %w", err))
	}
	if b := r.BlobAt(c.payload); len(b) > 0 {
		if err := m.payload(b); err != nil {
			errs = append(errs, fmt.Errorf("read payload_data: %w", err))
		}
	}
	if b := r.BlobAt(c.summary); smsHasHistory(b) {
		if err := m.summary(b); err != nil {
			errs = append(errs, fmt.Errorf("read message_summary_info: %w", err))
		}
	}
	return errs
}

// people fills in who the message is from or to, and in which chats.
func (s *smsReader) people(r *sqlite.Row, m *smsMessage) {
	if id := r.IntAt(s.cols.handle); id != 0 {
		if h, ok := s.handles[id]; ok {
			m.Number, m.Email = h.number, h.email
		} else {
			m.Handle = id
		}
	}
	if id := r.IntAt(s.cols.otherHandle); id != 0 {
		if m.OtherHandle = s.handles[id].id; m.OtherHandle == "" {
			m.OtherHandle = fmt.Sprintf("handle %d", id)
		}
	}
	if r.ID != 0 { // of recovered rows it may be lost
		m.Chats = s.chatsOf(r.ID)
		m.Attachments = s.files[r.ID]
		m.Deleted = epoch.Cocoa(s.deleted[r.ID])
	}
}

func (s *smsReader) flags(r *sqlite.Row, m *smsMessage) {
	c := &s.cols
	if kind := r.IntAt(c.kind); kind != 0 {
		m.Kind = record.Name(kind, smsKinds...)
	}
	m.GroupAction = r.IntAt(c.groupAction)
	m.GroupTitle = record.Text(r.TextAt(c.groupTitle))
	m.Reaction = r.IntAt(c.reaction)
	m.About = r.TextAt(c.about)
	m.ReplyTo = r.TextAt(c.replyTo)
	m.Error = r.IntAt(c.error)
	m.Corrupt = r.IntAt(c.corrupt) != 0
	m.Detonated = r.IntAt(c.detonated) != 0
	m.Spam = r.IntAt(c.spam) != 0
	m.Downgraded = r.IntAt(c.downgraded) != 0
	m.SystemMessage = r.IntAt(c.system) != 0
	m.IsRead = r.IntAt(c.isRead) != 0
	m.IsDelivered = r.IntAt(c.isDelivered) != 0
}

// shared returns the text of a column without a copy of its own if another row
// had the same.
func (s *smsReader) shared(r *sqlite.Row, column int) string {
	b := r.BlobAt(column)
	if len(b) == 0 {
		return r.TextAt(column)
	}
	if t, ok := s.seen[string(b)]; ok {
		return t
	}
	t := r.TextAt(column)
	if len(s.seen) < smsMaxTexts {
		s.seen[string(b)] = t
	}
	return t
}

// body reads attributedBody: the text if the row has none, and hidden links.
func (m *smsMessage) body(b []byte) error {
	hidden := bytes.Contains(b, []byte(typedstream.AttributeLink))
	if len(b) == 0 || m.Text != "" && !hidden && typedstream.Detect(b) {
		return nil
	}
	if text, ok := typedstream.BodyText(b); ok && !hidden { // most messages
		m.Text = record.Text(text)
		return nil
	}
	body, err := imessage.ParseBody(b)
	if m.Text == "" {
		m.Text = record.Text(body.Text)
	}
	for _, span := range body.Spans {
		m.link(span.Link)
	}
	return err
}

// link adds where a link leads, unless the text shows it.
func (m *smsMessage) link(url string) {
	if url != "" && len(m.Links) < smsMaxLinks && !slices.Contains(m.Links, record.URL(url)) && !slices.Contains(strings.Fields(string(m.Text)), url) {
		m.Links = append(m.Links, record.URL(url))
	}
}

// payload reads payload_data: the preview of a link or what an app made of its
// message.
func (m *smsMessage) payload(b []byte) error {
	p, err := imessage.ParsePayload(b)
	if errors.Is(err, plist.ErrFormat) && !bytes.HasPrefix(b, []byte("bplist")) {
		return nil // drawings and Digital Touch have forms of their own
	}
	for _, url := range p.URLs {
		m.link(url)
	}
	if l := p.Link; l != nil {
		m.shows("title", l.Title, "summary", l.Summary, "site", l.SiteName, "type", l.ItemType, "content", l.Special)
		if l.Media != nil {
			m.shows("name", l.Media.Name, "subtitle", l.Media.Subtitle, "artist", l.Media.Artist)
		}
		if l.Collaboration != nil {
			m.shows("collaboration", l.Collaboration.Title, "app", l.Collaboration.App)
		}
	}
	if a := p.App; a != nil {
		m.link(a.URL)
		m.shows("app", a.Name, "summary", a.Summary, "title", a.Title, "subtitle", a.Subtitle, "caption", a.Caption,
			"subcaption", a.Subcaption, "trailing caption", a.TrailingCaption, "trailing subcaption", a.TrailingSubcaption)
	}
	return err
}

// shows adds texts of a balloon that are not empty, each after its name.
func (m *smsMessage) shows(texts ...string) {
	for i := 0; i+1 < len(texts); i += 2 {
		if texts[i+1] != "" {
			m.Preview = append(m.Preview, record.KV{Key: texts[i], Value: texts[i+1]})
		}
	}
}

// smsHasHistory reports whether message_summary_info may hold the keys "ec" or
// "rp" of an edited message; most have neither and need not be parsed. The
// letter before is the binary form's mark of a text of two bytes.
func smsHasHistory(b []byte) bool {
	return bytes.Contains(b, []byte("Rec")) || bytes.Contains(b, []byte("Rrp")) || len(b) > 0 && b[0] == '<'
}

// summary reads message_summary_info: earlier versions and parts taken back.
func (m *smsMessage) summary(b []byte) error {
	s, err := imessage.ParseSummary(b)
	for _, part := range s.Retracted {
		m.RetractedParts = append(m.RetractedParts, strconv.Itoa(part))
	}
	for _, e := range s.Edits {
		for _, v := range e.Versions {
			key := "part " + strconv.Itoa(e.Part)
			if at := v.At(); !at.IsZero() {
				key += ", " + at.Format(record.Instant)
			}
			m.Versions = append(m.Versions, record.KV{Key: key, Value: v.Body.Text})
		}
	}
	return err
}

// smsColumns holds the places of the columns, -1 for those that are missing.
type smsColumns struct {
	date, dateRead, dateDelivered, datePlayed, dateEdited, dateRetracted,
	guid, fromMe, service, account, toLine, subject, balloon, handle, otherHandle,
	kind, groupAction, groupTitle, reaction, about, replyTo, error, corrupt,
	detonated, spam, downgraded, system, isRead, isDelivered,
	text, body, payload, summary int
}

func (c *smsColumns) find(t sqlite.Table) {
	for name, at := range map[string]*int{
		"date": &c.date, "date_read": &c.dateRead, "date_delivered": &c.dateDelivered, "date_played": &c.datePlayed,
		"date_edited": &c.dateEdited, "date_retracted": &c.dateRetracted, "guid": &c.guid, "is_from_me": &c.fromMe,
		"service": &c.service, "account": &c.account, "destination_caller_id": &c.toLine, "subject": &c.subject,
		"balloon_bundle_id": &c.balloon, "handle_id": &c.handle, "other_handle": &c.otherHandle, "item_type": &c.kind,
		"group_action_type": &c.groupAction, "group_title": &c.groupTitle, "associated_message_type": &c.reaction,
		"associated_message_guid": &c.about, "thread_originator_guid": &c.replyTo, "error": &c.error,
		"is_corrupt": &c.corrupt, "was_detonated": &c.detonated, "is_spam": &c.spam, "was_downgraded": &c.downgraded,
		"is_system_message": &c.system, "is_read": &c.isRead, "is_delivered": &c.isDelivered, "text": &c.text,
		"attributedBody": &c.body, "payload_data": &c.payload, "message_summary_info": &c.summary,
	} {
		*at = slices.IndexFunc(t.Columns, func(col sqlite.Column) bool { return strings.EqualFold(col.Name, name) })
	}
}
