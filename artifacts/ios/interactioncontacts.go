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

// InteractionContacts reads since when the owner has been in touch with whom.
var InteractionContacts = artifact.Parser{
	ID:    "ios.interactioncontacts",
	Title: lang.Text{EN: "People and their first and last interactions", FR: "Personnes, premières et dernières interactions"},
	Doc: `interactionC.db sums up for each address in each app how often and from when to
when something came from it or went to it. The sums stay longer than the single
interactions, and longer than the messages in the apps: they show that an address
was in touch with the owner though nothing else is left.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/CoreDuet/People/interactionC.db"},
	},
	Record: interactioncontactsContact{},
	Refs:   []string{"https://docs.mvt.re/en/latest/ios/records/#interactioncjson"},
	Parse:  from.Table("ZCONTACTS", interactioncontactsRow),
}

// interactioncontactsContact is one row of ZCONTACTS. Times are seconds since
// 2001 UTC.
type interactioncontactsContact struct {
	Created     record.Time `json:"created"`                // column ZCREATIONDATE
	FirstFrom   record.Time `json:"first_from,omitempty"`   // column ZFIRSTINCOMINGSENDERDATE: first thing that came from it
	LastFrom    record.Time `json:"last_from,omitempty"`    // column ZLASTINCOMINGSENDERDATE
	FirstTo     record.Time `json:"first_to,omitempty"`     // column ZFIRSTOUTGOINGRECIPIENTDATE: first thing that went to it
	LastTo      record.Time `json:"last_to,omitempty"`      // column ZLASTOUTGOINGRECIPIENTDATE
	FirstFellow record.Time `json:"first_fellow,omitempty"` // column ZFIRSTINCOMINGRECIPIENTDATE: first thing that came to it and the owner
	LastFellow  record.Time `json:"last_fellow,omitempty"`  // column ZLASTINCOMINGRECIPIENTDATE

	Identifier string       `json:"identifier"`       // column ZIDENTIFIER: address in the app
	Custom     string       `json:"custom,omitempty"` // column ZCUSTOMIDENTIFIER
	Number     record.Phone `json:"number,omitempty"` // the identifier, if it is a number; of WhatsApp without its server
	Email      record.Email `json:"email,omitempty"`  // the identifier, if it is an e-mail address
	Name       string       `json:"name,omitempty"`   // column ZDISPLAYNAME
	Person     string       `json:"person,omitempty"` // column ZPERSONID: identifier of the contact
	From       int64        `json:"from"`             // column ZINCOMINGSENDERCOUNT
	To         int64        `json:"to"`               // column ZOUTGOINGRECIPIENTCOUNT
	Fellow     int64        `json:"fellow"`           // column ZINCOMINGRECIPIENTCOUNT
}

// String implements [record.Data].
func (c interactioncontactsContact) String() string {
	who := strings.TrimSpace(c.Identifier + " " + c.Name)
	return record.Line(fmt.Sprintf("%d interactions from %s, %d to them", c.From, who, c.To))
}

func interactioncontactsRow(r sqlite.Row) interactioncontactsContact {
	c := interactioncontactsContact{
		Created:     from.Cocoa(r.Value("ZCREATIONDATE")),
		FirstFrom:   from.Cocoa(r.Value("ZFIRSTINCOMINGSENDERDATE")),
		LastFrom:    from.Cocoa(r.Value("ZLASTINCOMINGSENDERDATE")),
		FirstTo:     from.Cocoa(r.Value("ZFIRSTOUTGOINGRECIPIENTDATE")),
		LastTo:      from.Cocoa(r.Value("ZLASTOUTGOINGRECIPIENTDATE")),
		FirstFellow: from.Cocoa(r.Value("ZFIRSTINCOMINGRECIPIENTDATE")),
		LastFellow:  from.Cocoa(r.Value("ZLASTINCOMINGRECIPIENTDATE")),
		Identifier:  r.Text("ZIDENTIFIER"),
		Custom:      r.Text("ZCUSTOMIDENTIFIER"),
		Name:        r.Text("ZDISPLAYNAME"),
		Person:      r.Text("ZPERSONID"),
		From:        r.Int("ZINCOMINGSENDERCOUNT"),
		To:          r.Int("ZOUTGOINGRECIPIENTCOUNT"),
		Fellow:      r.Int("ZINCOMINGRECIPIENTCOUNT"),
	}
	user, server, _ := strings.Cut(c.Identifier, "@")
	switch {
	case server == "s.whatsapp.net":
		c.Number = record.Phone("+" + user)
	case server == "lid" || server == "g.us":
	case server != "" || strings.HasPrefix(user, "+") || strings.HasPrefix(user, "tel:"):
		c.Number, c.Email = from.Handle(c.Identifier)
	}
	return c
}
