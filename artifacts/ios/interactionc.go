package ios

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// InteractionC reads who the owner was in touch with, in any app.
var InteractionC = artifact.Parser{
	ID:    "ios.interactionc",
	Title: lang.Text{EN: "Interactions with people (CoreDuet)", FR: "Interactions avec des personnes (CoreDuet)"},
	Doc: `interactionC.db holds one row for each message, call, mail or share that apps tell
the system about, with who was concerned, when, and sometimes a text or an
attachment. The system writes it to suggest people, and drops rows after weeks or
months. It often survives the deletion of the message in its app. That a row was
made long after what it tells of points to a restore or an import. It is in
encrypted backups and file systems; from iOS 16 on it holds less.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/CoreDuet/People/interactionC.db"},
	},
	Record: interactioncInteraction{},
	Refs:   []string{"https://docs.mvt.re/en/latest/ios/records/#interactioncjson"},
	Parse:  from.SQLite(interactioncRead),
}

// interactioncInteraction is one row of ZINTERACTIONS. Times are seconds since
// 2001 UTC.
type interactioncInteraction struct {
	Started record.Time `json:"started"`         // column ZSTARTDATE
	Ended   record.Time `json:"ended,omitempty"` // column ZENDDATE
	Created record.Time `json:"created"`         // column ZCREATIONDATE: when the row was made

	App         record.App     `json:"app"`                   // column ZBUNDLEID
	TargetApp   record.App     `json:"target_app,omitempty"`  // column ZTARGETBUNDLEID: the app that was shared to
	Account     record.Text    `json:"account,omitempty"`     // column ZACCOUNT: the owner's account in the app
	Direction   string         `json:"direction"`             // column ZDIRECTION: incoming or outgoing
	Sender      string         `json:"sender,omitempty"`      // ZCONTACTS.ZIDENTIFIER by ZSENDER: address in the app
	SenderName  string         `json:"sender_name,omitempty"` // ZCONTACTS.ZDISPLAYNAME by ZSENDER
	Recipients  []string       `json:"recipients,omitempty"`  // ZCONTACTS.ZIDENTIFIER by Z_nINTERACTIONRECIPIENT
	Names       []string       `json:"names,omitempty"`       // ZCONTACTS.ZDISPLAYNAME of the recipients
	Numbers     []record.Phone `json:"numbers,omitempty"`     // phone numbers of sender, recipients and domain
	Emails      []record.Email `json:"emails,omitempty"`      // e-mail addresses of them
	Count       int64          `json:"count,omitempty"`       // column ZRECIPIENTCOUNT
	Domain      string         `json:"domain,omitempty"`      // column ZDOMAINIDENTIFIER: the conversation in the app
	Group       record.Text    `json:"group,omitempty"`       // column ZGROUPNAME
	Response    bool           `json:"response,omitempty"`    // column ZISRESPONSE
	Mechanism   *int64         `json:"mechanism,omitempty"`   // column ZMECHANISM: a code that Apple does not document
	URL         record.URL     `json:"url,omitempty"`         // column ZCONTENTURL
	Texts       []record.Text  `json:"texts,omitempty"`       // ZATTACHMENT.ZCONTENTTEXT by Z_nINTERACTIONS
	URLs        []record.URL   `json:"urls,omitempty"`        // ZATTACHMENT.ZCONTENTURL
	UTIs        []string       `json:"utis,omitempty"`        // ZATTACHMENT.ZUTI: types of the attachments
	Attachments []string       `json:"attachments,omitempty"` // ZATTACHMENT: bytes, and identifiers in Photos or the cloud
	Location    string         `json:"location,omitempty"`    // column ZLOCATIONUUID
	Intent      string         `json:"intent,omitempty"`      // column ZDERIVEDINTENTIDENTIFIER
}

// String implements [record.Data].
func (i interactioncInteraction) String() string {
	sender := interactioncNamed(i.SenderName, i.Sender)
	to := "unknown"
	if len(i.Recipients) > 0 {
		to = interactioncNamed(i.Names[0], i.Recipients[0])
	} else if i.Direction == "incoming" {
		to = "the owner"
	} else if i.Domain != "" {
		to = i.Domain
	}
	if sender == "" {
		sender = "unknown"
		if i.Direction == "outgoing" {
			sender = "the owner"
		}
	}
	s := fmt.Sprintf("[%s] %s from %s to %s", i.App, i.Direction, sender, to)
	if i.Group != "" {
		s += " (group " + string(i.Group) + ")"
	}
	if len(i.Texts) > 0 {
		s += ": " + string(i.Texts[0])
	}
	return record.Line(s)
}

func interactioncNamed(name, id string) string {
	if name == "" || name == id {
		return id
	}
	return name + " (" + id + ")"
}

// interactioncContact is what an interaction takes from a row of ZCONTACTS.
type interactioncContact struct{ id, name string }

// interactioncAttachment is what it takes from a row of ZATTACHMENT.
type interactioncAttachment struct{ text, url, uti, rest string }

// interactioncReader joins the tables.
type interactioncReader struct {
	contacts    map[int64]interactioncContact
	attachments map[int64]interactioncAttachment
	recipients  map[int64][]int64
	attached    map[int64][]int64
}

func interactioncRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	var c interactioncReader
	if c.join(db, yield) {
		from.Rows(in, db, "ZINTERACTIONS", yield, func(r sqlite.Row) (interactioncInteraction, bool) { return c.row(r), true })
	}
}

func (c *interactioncReader) join(db *sqlite.DB, yield func(record.Record, error) bool) (more bool) {
	c.contacts, more = from.Join(db, "ZCONTACTS", yield, func(r sqlite.Row) (int64, interactioncContact) {
		id := r.Text("ZIDENTIFIER")
		if id == "" {
			id = r.Text("ZCUSTOMIDENTIFIER")
		}
		return r.Int("Z_PK"), interactioncContact{id, r.Text("ZDISPLAYNAME")}
	})
	if !more {
		return false
	}
	c.attachments, more = from.Join(db, "ZATTACHMENT", yield, func(r sqlite.Row) (int64, interactioncAttachment) {
		rest := fmt.Sprintf("%d bytes", r.Int("ZSIZEINBYTES"))
		for _, id := range []string{r.Text("ZPHOTOLOCALIDENTIFIER"), r.Text("ZCLOUDIDENTIFIER"), hex.EncodeToString(r.Blob("ZIDENTIFIER"))} {
			if id != "" {
				rest += ", " + id
			}
		}
		return r.Int("Z_PK"), interactioncAttachment{r.Text("ZCONTENTTEXT"), r.Text("ZCONTENTURL"), r.Text("ZUTI"), rest}
	})
	if !more {
		return false
	}
	pairs := func(table, of, to string) (m map[int64][]int64) {
		key, value := from.ColumnLike(db, table, "Z_", of), from.ColumnLike(db, table, "Z_", to)
		m, more = from.Group(db, table, yield, func(r sqlite.Row) (int64, int64) { return r.Int(key), r.Int(value) })
		return m
	}
	if c.recipients = pairs(from.TableLike(db, "Z_", "INTERACTIONRECIPIENT"), "INTERACTIONRECIPIENT", "RECIPIENTS"); !more {
		return false
	}
	c.attached = pairs(from.TableLike(db, "Z_", "INTERACTIONS"), "INTERACTIONS", "ATTACHMENTS")
	return more
}

func (c *interactioncReader) row(r sqlite.Row) interactioncInteraction {
	i := interactioncInteraction{
		Started:   from.Cocoa(r.Value("ZSTARTDATE")),
		Ended:     from.Cocoa(r.Value("ZENDDATE")),
		Created:   from.Cocoa(r.Value("ZCREATIONDATE")),
		App:       record.App(r.Text("ZBUNDLEID")),
		TargetApp: record.App(r.Text("ZTARGETBUNDLEID")),
		Account:   record.Text(r.Text("ZACCOUNT")),
		Direction: record.Name(r.Int("ZDIRECTION"), "incoming", "outgoing"),
		Count:     r.Int("ZRECIPIENTCOUNT"),
		Domain:    r.Text("ZDOMAINIDENTIFIER"),
		Group:     record.Text(r.Text("ZGROUPNAME")),
		Response:  r.Int("ZISRESPONSE") != 0,
		URL:       record.URL(r.Text("ZCONTENTURL")),
		Location:  r.Text("ZLOCATIONUUID"),
		Intent:    r.Text("ZDERIVEDINTENTIDENTIFIER"),
	}
	if !r.IsNull("ZMECHANISM") {
		mechanism := r.Int("ZMECHANISM")
		i.Mechanism = &mechanism
	}
	if id := r.Int("ZSENDER"); id != 0 {
		sender := c.contact(id)
		i.Sender, i.SenderName = sender.id, sender.name
		i.address(sender.id)
	}
	pk := r.Int("Z_PK")
	for _, id := range c.recipients[pk] {
		p := c.contact(id)
		i.Recipients, i.Names = append(i.Recipients, p.id), append(i.Names, p.name)
		i.address(p.id)
	}
	i.address(i.Domain)
	for _, id := range c.attached[pk] {
		a, ok := c.attachments[id]
		if !ok {
			a.rest = fmt.Sprintf("attachment %d", id)
		}
		i.attach(a)
	}
	return i
}

func (c *interactioncReader) contact(id int64) interactioncContact {
	p, ok := c.contacts[id]
	if !ok {
		p.id = fmt.Sprintf("contact %d", id)
	}
	return p
}

func (i *interactioncInteraction) attach(a interactioncAttachment) {
	if a.text != "" {
		i.Texts = append(i.Texts, record.Text(a.text))
	}
	if a.url != "" {
		i.URLs = append(i.URLs, record.URL(a.url))
	}
	if a.uti != "" {
		i.UTIs = append(i.UTIs, a.uti)
	}
	i.Attachments = append(i.Attachments, a.rest)
}

// address adds an address in an app if it is a number or an e-mail address.
func (i *interactioncInteraction) address(id string) {
	user, server, mail := strings.Cut(id, "@")
	switch {
	case server == "s.whatsapp.net":
		id = "+" + user
	case server == "lid" || server == "g.us" || user == "" || !mail && user[0] != '+' && !strings.HasPrefix(user, "tel:"):
		return
	}
	switch n, e := from.Handle(id); {
	case e != "" && !slices.Contains(i.Emails, e):
		i.Emails = append(i.Emails, e)
	case n != "" && !slices.Contains(i.Numbers, n):
		i.Numbers = append(i.Numbers, n)
	}
}
