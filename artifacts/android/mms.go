package android

import (
	"fmt"
	"unicode/utf8"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/smsbackup"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// MMS reads the multimedia messages of a backup.
var MMS = artifact.Parser{
	ID:    "android.mms",
	Title: lang.Text{EN: "MMS of a backup", FR: "MMS d’une sauvegarde"},
	Doc: `During a backup the telephony provider writes the MMS of the phone that have a
text into files of at most 1000 messages. Pictures and other attachments are not in
them, at most their names.

It shows links that were sent to lure their reader, and messages that were
announced by the network and never fetched: their only content is the address from
which the phone would have fetched them. Deleted messages are not in a backup, and
backups without the provider are usual from Android 12 on.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.AndroidBackup, Glob: "data/user_de/0/com.android.providers.telephony/files/*_mms_backup"},
		{Kinds: evidence.AndroidBackup, Glob: "data/data/com.android.providers.telephony/files/*_mms_backup"},
	},
	Record: mmsMessage{},
	Refs: []string{
		"https://android.googlesource.com/platform/packages/providers/TelephonyProvider/+/refs/heads/main/src/com/android/providers/telephony/TelephonyBackupAgent.java",
		"https://developer.android.com/reference/android/provider/Telephony.BaseMmsColumns",
	},
	Parse: from.Messages(mmsData),
}

// mmsMessage is one message, an object of the array in the file. Times are in
// seconds, unlike those of SMS.
type mmsMessage struct {
	Date record.Time `json:"date"` // key date, seconds since 1970 UTC, clock of the phone: when received, or when sent or saved
	Sent record.Time `json:"sent"` // key date_sent, seconds since 1970 UTC: when the network got it from its sender

	Direction  string         `json:"direction"`            // key msg_box: received, sent, or not sent; empty for a code that is not known
	Box        string         `json:"box"`                  // key msg_box: inbox, sent, draft, outbox or failed
	Kind       string         `json:"kind"`                 // key m_type, such as "retrieved", or "notification" for a message that was not fetched
	Number     record.Phone   `json:"number"`               // keys mms_addresses, type 137: the sender; absent for the owner
	Email      record.Email   `json:"email,omitempty"`      // the same, if it is an e-mail address
	To         []record.Phone `json:"to,omitempty"`         // keys mms_addresses, types 151, 130 and 129: to, cc and bcc, numbers
	ToEmails   []record.Email `json:"to_emails,omitempty"`  // the same, e-mail addresses
	Recipients []record.Phone `json:"recipients,omitempty"` // key recipients: the other members of the conversation
	Own        record.Phone   `json:"own,omitempty"`        // key self_phone: number of the SIM card used

	Text          record.Text `json:"text"`                     // key mms_body
	Subject       record.Text `json:"subject,omitempty"`        // key sub, in the character set of sub_cs
	SubjectStored string      `json:"subject_stored,omitempty"` // key sub, if it is stored in another character set than sub_cs
	Location      record.URL  `json:"location,omitempty"`       // key ct_l: from where the network gives the content
	Transaction   string      `json:"transaction,omitempty"`    // key tr_id
	Version       string      `json:"version,omitempty"`        // key v: version of MMS, such as "1.2"
	Attachments   []record.KV `json:"attachments,omitempty"`    // key attachments: name and type of each; newer versions
	Read          bool        `json:"read"`                     // key read
	Archived      bool        `json:"archived,omitempty"`       // key archived: the conversation is
	Other         []record.KV `json:"other,omitempty"`          // other keys
}

// String implements [record.Data].
func (m mmsMessage) String() string {
	who := " from " + string(m.Number) + string(m.Email)
	if m.Direction != "received" {
		who = " to "
		if len(m.To) > 0 {
			who += string(m.To[0])
		} else if len(m.ToEmails) > 0 {
			who += string(m.ToEmails[0])
		}
	}
	text := string(m.Text)
	if text == "" {
		text = string(m.Subject)
	}
	if text == "" {
		text = string(m.Location)
	}
	return record.Line("MMS " + m.Direction + who + ": " + text)
}

// Names of the values of msg_box, and of m_type from 128 on: the types of
// message of OMA-TS-MMS_ENC.
var (
	mmsBoxes = []string{"", "inbox", "sent", "draft", "outbox", "failed"}
	mmsKinds = []string{"sent", "answer to sending", "notification", "answer to a notification", "retrieved", "acknowledgement",
		"delivery report", "read report, sent", "read report, received"}
)

// Constants of the keys.
const (
	mmsFirstKind = 128 // m_type
	mmsFrom      = 137 // type of an address
	mmsUTF8      = 106 // MIBenum of a character set
	mmsOwner     = "insert-address-token"
)

// mmsData describes a message.
func mmsData(m *smsbackup.Message) mmsMessage {
	d := mmsMessage{
		Text:        record.Text(m.Text("mms_body")),
		Location:    record.URL(m.Text("ct_l")),
		Transaction: m.Text("tr_id"),
		Own:         record.Phone(m.Text("self_phone")),
	}
	date, _ := m.Int("date")
	sent, _ := m.Int("date_sent")
	d.Date, d.Sent = epoch.Unix(date), epoch.Unix(sent)

	box, _ := m.Int("msg_box")
	d.Box = record.Name(box, mmsBoxes...)
	switch {
	case box == 1:
		d.Direction = "received"
	case box == 2:
		d.Direction = "sent"
	case box > 2 && box < int64(len(mmsBoxes)):
		d.Direction = "not sent"
	}
	if kind, ok := m.Int("m_type"); ok {
		d.Kind = fmt.Sprintf("code %d", kind)
		if i := kind - mmsFirstKind; i >= 0 && i < int64(len(mmsKinds)) {
			d.Kind = mmsKinds[i]
		}
	}
	if v, ok := m.Int("v"); ok {
		d.Version = fmt.Sprintf("%d.%d", v>>4, v&15) // two numbers of four bits
	}
	mmsAddresses(m, &d)
	mmsSubject(m, &d)
	m.Int("mms_charset") // the text was decoded by the phone
	recipients, _ := m.Texts("recipients")
	for _, r := range recipients {
		d.Recipients = append(d.Recipients, record.Phone(r))
	}
	attachments, _ := m.Messages("attachments")
	for _, a := range attachments {
		d.Attachments = append(d.Attachments, record.KV{Key: a.Text("filename"), Value: a.Text("mime_type")})
	}
	read, _ := m.Int("read")
	d.Read, d.Archived = read != 0, m.Text("archived") == "true"
	for _, v := range m.Rest() {
		d.Other = append(d.Other, record.KV{Key: v.Key, Value: v.Text})
	}
	return d
}

// mmsAddresses reads who sent the message and to whom.
func mmsAddresses(m *smsbackup.Message, d *mmsMessage) {
	addresses, _ := m.Messages("mms_addresses")
	for _, a := range addresses {
		address := a.Text("address")
		phone, email := from.Handle(address)
		kind, _ := a.Int("type")
		switch {
		case kind == mmsFrom && address == mmsOwner:
		case kind == mmsFrom && d.Number == "" && d.Email == "":
			d.Number, d.Email = phone, email
		case email != "":
			d.ToEmails = append(d.ToEmails, email)
		default:
			d.To = append(d.To, phone)
		}
	}
}

// mmsSubject reads the subject. The provider stores its bytes as if they were
// Latin-1, each byte a character, and some versions back them up like that.
func mmsSubject(m *smsbackup.Message, d *mmsMessage) {
	stored := m.Text("sub")
	d.Subject = record.Text(stored)
	if set, _ := m.Int("sub_cs"); set != mmsUTF8 {
		return
	}
	b := make([]byte, 0, len(stored))
	for _, r := range stored {
		if r > 0xff {
			return
		}
		b = append(b, byte(r))
	}
	if utf8.Valid(b) && string(b) != stored {
		d.Subject, d.SubjectStored = record.Text(b), stored
	}
}
