package android

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/smsbackup"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// SMS reads the text messages of a backup.
var SMS = artifact.Parser{
	ID:    "android.sms",
	Title: lang.Text{EN: "SMS of a backup", FR: "SMS d’une sauvegarde"},
	Doc: `During a backup the telephony provider writes all SMS of the phone into files of
at most 1000 messages, whatever app shows them. Messages of WhatsApp, Signal and
other messengers are not among them, nor are RCS messages of Google Messages.

It shows links that were sent to lure their reader. Deleted messages are not in a
backup, and neither is anything that a phone kept to itself: backups without the
provider are usual from Android 12 on, so that no message may mean no backup.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.AndroidBackup, Glob: "data/user_de/0/com.android.providers.telephony/files/*_sms_backup"},
		{Kinds: evidence.AndroidBackup, Glob: "data/data/com.android.providers.telephony/files/*_sms_backup"},
	},
	Record: smsMessage{},
	Refs: []string{
		"https://android.googlesource.com/platform/packages/providers/TelephonyProvider/+/refs/heads/main/src/com/android/providers/telephony/TelephonyBackupAgent.java",
		"https://developer.android.com/reference/android/provider/Telephony.TextBasedSmsColumns",
	},
	Parse: from.Messages(smsData),
}

// smsMessage is one message, an object of the array in the file.
type smsMessage struct {
	Date record.Time `json:"date"` // key date, milliseconds since 1970 UTC, clock of the phone: when received, or when sent or saved
	Sent record.Time `json:"sent"` // key date_sent, milliseconds since 1970 UTC: when the network got it from its sender; of received messages

	Direction  string         `json:"direction"`            // key type: received, sent, or not sent; empty for a code that is not known
	Box        string         `json:"box"`                  // key type: inbox, sent, draft, outbox, failed or queued
	Number     record.Phone   `json:"number"`               // key address: the other side; a number, a short code or a name as the sender chose it
	Email      record.Email   `json:"email,omitempty"`      // the same, if it is an e-mail address
	Text       record.Text    `json:"text"`                 // key body
	Subject    record.Text    `json:"subject,omitempty"`    // key subject
	Recipients []record.Phone `json:"recipients,omitempty"` // key recipients: the other members of the conversation
	Own        record.Phone   `json:"own,omitempty"`        // key self_phone: number of the SIM card used
	Status     string         `json:"status,omitempty"`     // key status, of the delivery: complete, pending or failed; absent for none
	Read       bool           `json:"read"`                 // key read
	Archived   bool           `json:"archived,omitempty"`   // key archived: the conversation is
	Other      []record.KV    `json:"other,omitempty"`      // other keys, such as those of vendors
}

// String implements [record.Data].
func (m smsMessage) String() string {
	word := " to "
	if m.Direction == "received" {
		word = " from "
	}
	return record.Line("SMS " + m.Direction + word + string(m.Number) + string(m.Email) + ": " + string(m.Text))
}

// smsBoxes names the values of type.
var smsBoxes = []string{"", "inbox", "sent", "draft", "outbox", "failed", "queued"}

// smsStatus names the values of status.
var smsStatus = map[int64]string{-1: "", 0: "complete", 32: "pending", 64: "failed"}

// smsData describes a message.
func smsData(m *smsbackup.Message) smsMessage {
	d := smsMessage{
		Text:    record.Text(m.Text("body")),
		Subject: record.Text(m.Text("subject")),
		Own:     record.Phone(m.Text("self_phone")),
	}
	date, _ := m.Int("date")
	sent, _ := m.Int("date_sent")
	d.Date, d.Sent = epoch.UnixMilli(date), epoch.UnixMilli(sent)
	d.Number, d.Email = from.Handle(m.Text("address"))

	box, _ := m.Int("type")
	d.Box = record.Name(box, smsBoxes...)
	switch {
	case box == 1:
		d.Direction = "received"
	case box == 2:
		d.Direction = "sent"
	case box > 2 && box < int64(len(smsBoxes)):
		d.Direction = "not sent"
	}
	if status, ok := m.Int("status"); ok {
		if d.Status, ok = smsStatus[status]; !ok {
			d.Status = fmt.Sprintf("code %d", status)
		}
	}
	recipients, _ := m.Texts("recipients")
	for _, r := range recipients {
		d.Recipients = append(d.Recipients, record.Phone(r))
	}
	read, _ := m.Int("read")
	d.Read, d.Archived = read != 0, m.Text("archived") == "true"
	for _, v := range m.Rest() {
		d.Other = append(d.Other, record.KV{Key: v.Key, Value: v.Text})
	}
	return d
}
