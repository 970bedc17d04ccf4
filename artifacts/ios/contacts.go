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

// Contacts reads the people and organisations in the address book.
var Contacts = artifact.Parser{
	ID:    "ios.contacts",
	Title: lang.Text{EN: "Contacts", FR: "Contacts"},
	Doc: `AddressBook.sqlitedb holds one row for each contact of each account, with the
dates when it was made and last changed. It tells known correspondents from
unknown ones: a message, a call or an invitation from an address that is nowhere
here deserves a second look. Contacts stay until they are deleted; an account that
is removed takes its contacts along. That there are none can mean that they are
in an app of their own.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/AddressBook/AddressBook.sqlitedb"},
	},
	Record: contactsPerson{},
	Refs: []string{
		"https://docs.mvt.re/en/latest/ios/records/#contactsjson",
		"https://github.com/abrignoni/iLEAPP/blob/main/scripts/artifacts/addressBook.py",
	},
	Parse: from.SQLite(contactsRead),
}

// contactsPerson is one contact, a row of ABPerson.
type contactsPerson struct {
	Created  record.Time `json:"created"`  // column CreationDate, seconds since 2001 UTC
	Modified record.Time `json:"modified"` // column ModificationDate, seconds since 2001 UTC

	Name         string         `json:"name"`                   // columns Prefix, First, Middle, Last, Suffix, or DisplayName
	Organization string         `json:"organization,omitempty"` // columns Organization, Department and JobTitle
	Nickname     string         `json:"nickname,omitempty"`     // column Nickname
	Kind         string         `json:"kind"`                   // column Kind: person or organisation
	Note         record.Text    `json:"note,omitempty"`         // column Note
	Numbers      []record.Phone `json:"numbers,omitempty"`      // ABMultiValue.value of property 3
	Emails       []record.Email `json:"emails,omitempty"`       // ABMultiValue.value of property 4
	URLs         []record.URL   `json:"urls,omitempty"`         // ABMultiValue.value of property 22
	Store        string         `json:"store,omitempty"`        // ABStore.Name by StoreID: the account's address book
	Birthday     string         `json:"birthday,omitempty"`     // column Birthday, seconds since 2001 as text, at noon UTC of the day
	External     string         `json:"external,omitempty"`     // column ExternalUUID: the card's name on the account's server
	GUID         string         `json:"guid"`                   // column guid
}

// String implements [record.Data].
func (p contactsPerson) String() string {
	s := p.Name
	if s == "" {
		s = p.Organization
	}
	if s == "" {
		s = "without name"
	}
	return record.Line(fmt.Sprintf("contact %s, %d numbers, %d e-mail addresses", s, len(p.Numbers), len(p.Emails)))
}

// contactsValue is one row of ABMultiValue.
type contactsValue struct {
	property int64
	value    string
}

func contactsRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	stores, more := from.Join(db, "ABStore", yield, func(r sqlite.Row) (int64, string) { return r.ID, r.Text("Name") })
	if !more {
		return
	}
	values, more := from.Group(db, "ABMultiValue", yield, func(r sqlite.Row) (int64, contactsValue) {
		return r.Int("record_id"), contactsValue{r.Int("property"), r.Text("value")}
	})
	if !more {
		return
	}
	from.Rows(in, db, "ABPerson", yield, func(r sqlite.Row) (contactsPerson, bool) {
		p := contactsRow(r)
		p.Store = stores[r.Int("StoreID")]
		for _, v := range values[r.ID] {
			switch {
			case v.value == "":
			case v.property == 3:
				p.Numbers = append(p.Numbers, record.Phone(v.value))
			case v.property == 4:
				p.Emails = append(p.Emails, record.Email(v.value))
			case v.property == 22:
				p.URLs = append(p.URLs, record.URL(v.value))
			}
		}
		return p, true
	})
}

func contactsRow(r sqlite.Row) contactsPerson {
	p := contactsPerson{
		Created:      from.Cocoa(r.Value("CreationDate")),
		Modified:     from.Cocoa(r.Value("ModificationDate")),
		Name:         contactsJoined(r, " ", "Prefix", "First", "Middle", "Last", "Suffix"),
		Organization: contactsJoined(r, ", ", "Organization", "Department", "JobTitle"),
		Nickname:     r.Text("Nickname"),
		Kind:         record.Name(r.Int("Kind"), "person", "organisation"),
		Note:         record.Text(r.Text("Note")),
		Birthday:     r.Text("Birthday"),
		External:     r.Text("ExternalUUID"),
		GUID:         r.Text("guid"),
	}
	if p.Name == "" {
		p.Name = r.Text("DisplayName")
	}
	return p
}

// contactsJoined returns the texts of columns that are not empty.
func contactsJoined(r sqlite.Row, sep string, columns ...string) string {
	var texts []string
	for _, c := range columns {
		if t := r.Text(c); t != "" {
			texts = append(texts, t)
		}
	}
	return strings.Join(texts, sep)
}
