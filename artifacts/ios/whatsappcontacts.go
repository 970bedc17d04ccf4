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

// WhatsAppContacts reads the address book of WhatsApp.
var WhatsAppContacts = artifact.Parser{
	ID:    "ios.whatsappcontacts",
	Title: lang.Text{EN: "WhatsApp contacts", FR: "Contacts WhatsApp"},
	Doc: `ContactsV2.sqlite holds one row for each contact of the phone, with or without
WhatsApp, and for people the app knows of, with what they say about themselves and
how long their messages last. The app writes it when it syncs the contacts. It
tells who is behind an identifier. Incremental backups often lack it.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Containers/Shared/AppGroup/*/ContactsV2.sqlite"},
	},
	Record: whatsappcontactsContact{},
	Refs: []string{
		"https://docs.mvt.re/en/latest/ios/records/#whatsapp_contactsjson",
		"https://github.com/abrignoni/iLEAPP/blob/main/scripts/artifacts/whatsApp.py",
	},
	Parse: from.Table("ZWAADDRESSBOOKCONTACT", whatsappcontactsRow),
}

// whatsappcontactsContact is one row of ZWAADDRESSBOOKCONTACT. Texts are stored
// as blobs in some versions. Times are seconds since 2001 UTC.
type whatsappcontactsContact struct {
	Updated      record.Time `json:"updated"`                 // column ZLASTUPDATED
	AboutSet     record.Time `json:"about_set,omitempty"`     // column ZABOUTTIMESTAMP
	AboutExpires record.Time `json:"about_expires,omitempty"` // column ZABOUTEXPIRATIONTIMESTAMP
	DisappearSet record.Time `json:"disappear_set,omitempty"` // column ZDISAPPEARINGMODETIMESTAMP

	JID              string       `json:"jid"`                         // column ZWHATSAPPID
	LID              string       `json:"lid,omitempty"`               // column ZLID
	Number           record.Phone `json:"number"`                      // column ZPHONENUMBER
	LocalNumber      record.Phone `json:"local_number,omitempty"`      // column ZLOCALIZEDPHONENUMBER
	Name             string       `json:"name"`                        // column ZFULLNAME, or ZGIVENNAME and ZLASTNAME
	User             string       `json:"user,omitempty"`              // column ZUSERNAME
	Business         string       `json:"business,omitempty"`          // column ZBUSINESSNAME
	About            record.Text  `json:"about,omitempty"`             // column ZABOUTTEXT
	AboutEmoji       string       `json:"about_emoji,omitempty"`       // column ZABOUTEMOJI
	Notes            record.Text  `json:"notes,omitempty"`             // column ZNOTES
	DisappearSeconds *float64     `json:"disappear_seconds,omitempty"` // column ZDISAPPEARINGMODEDURATION: how long messages last; 0 or absent means for ever
	PhoneStatus      int64        `json:"phone_status"`                // columns ZPHONESTATUS or ZPHONENUMBERSTATUS, a code of WhatsApp
	SyncPolicy       int64        `json:"sync_policy,omitempty"`       // column ZSYNCPOLICY, a code of WhatsApp
	Identifier       string       `json:"identifier,omitempty"`        // column ZIDENTIFIER: ABPerson.guid of the address book
}

// String implements [record.Data].
func (c whatsappcontactsContact) String() string {
	id := c.JID
	if id == "" {
		id = c.LID
	}
	if id == "" {
		id = string(c.Number)
	}
	return record.Line(fmt.Sprintf("WhatsApp contact %s (%s)", id, c.Name))
}

func whatsappcontactsRow(r sqlite.Row) whatsappcontactsContact {
	c := whatsappcontactsContact{
		Updated:      from.Cocoa(r.Value("ZLASTUPDATED")),
		AboutSet:     from.Cocoa(r.Value("ZABOUTTIMESTAMP")),
		AboutExpires: from.Cocoa(r.Value("ZABOUTEXPIRATIONTIMESTAMP")),
		DisappearSet: from.Cocoa(r.Value("ZDISAPPEARINGMODETIMESTAMP")),
		JID:          r.Text("ZWHATSAPPID"),
		LID:          r.Text("ZLID"),
		Number:       record.Phone(r.Text("ZPHONENUMBER")),
		LocalNumber:  record.Phone(r.Text("ZLOCALIZEDPHONENUMBER")),
		Name:         r.Text("ZFULLNAME"),
		User:         r.Text("ZUSERNAME"),
		Business:     r.Text("ZBUSINESSNAME"),
		About:        record.Text(r.Text("ZABOUTTEXT")),
		AboutEmoji:   r.Text("ZABOUTEMOJI"),
		Notes:        record.Text(r.Text("ZNOTES")),
		PhoneStatus:  r.Int("ZPHONESTATUS"),
		SyncPolicy:   r.Int("ZSYNCPOLICY"),
		Identifier:   r.Text("ZIDENTIFIER"),
	}
	if c.Name == "" {
		c.Name = strings.TrimSpace(r.Text("ZGIVENNAME") + " " + r.Text("ZLASTNAME"))
	}
	if !r.Has("ZPHONESTATUS") {
		c.PhoneStatus = r.Int("ZPHONENUMBERSTATUS")
	}
	if !r.IsNull("ZDISAPPEARINGMODEDURATION") {
		seconds := r.Float("ZDISAPPEARINGMODEDURATION")
		c.DisappearSeconds = &seconds
	}
	return c
}
