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

// ContactValues reads the numbers and addresses in the address book.
var ContactValues = artifact.Parser{
	ID:    "ios.contactvalues",
	Title: lang.Text{EN: "Numbers and addresses of contacts", FR: "Numéros et adresses des contacts"},
	Doc: `AddressBook.sqlitedb holds one row for each number, e-mail address, postal
address, web page or account of a contact. Deleted rows are recovered here one by
one, so an address can be found again when its contact is gone. The rows have no
dates: those of the contact are in ios.contacts.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/AddressBook/AddressBook.sqlitedb"},
	},
	Record: contactvaluesValue{},
	Refs: []string{
		"https://docs.mvt.re/en/latest/ios/records/#contactsjson",
		"https://github.com/abrignoni/iLEAPP/blob/main/scripts/artifacts/addressBook.py",
	},
	Parse: from.SQLite(contactvaluesRead),
}

// contactvaluesValue is one row of ABMultiValue.
type contactvaluesValue struct {
	Contact  string       `json:"contact"`          // ABPerson.First, Middle, Last or Organization by record_id, or "contact" and its number
	Property string       `json:"property"`         // column property: number, e-mail address, URL…
	Label    string       `json:"label,omitempty"`  // ABMultiValueLabel.value by label: Home, Work, or what the owner wrote
	Number   record.Phone `json:"number,omitempty"` // column value of numbers
	Email    record.Email `json:"email,omitempty"`  // column value of e-mail addresses
	URL      record.URL   `json:"url,omitempty"`    // column value of web pages
	Value    record.Text  `json:"value,omitempty"`  // column value of everything else
	Parts    []record.KV  `json:"parts,omitempty"`  // ABMultiValueEntry with the names of its keys: street, service, user name…
	GUID     string       `json:"guid"`             // column guid
}

// String implements [record.Data].
func (v contactvaluesValue) String() string {
	value := string(v.Number) + string(v.Email) + string(v.URL) + string(v.Value)
	for _, p := range v.Parts {
		value += " " + p.Value
	}
	return record.Line(fmt.Sprintf("%s of %s: %s", v.Property, v.Contact, strings.TrimSpace(value)))
}

func contactvaluesRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	people, more := from.Join(db, "ABPerson", yield, func(r sqlite.Row) (int64, string) {
		name := strings.Join(strings.Fields(r.Text("First")+" "+r.Text("Middle")+" "+r.Text("Last")), " ")
		if name == "" {
			name = r.Text("Organization")
		}
		return r.ID, name
	})
	if !more {
		return
	}
	labels, more := from.Join(db, "ABMultiValueLabel", yield, func(r sqlite.Row) (int64, string) {
		return r.ID, strings.TrimSuffix(strings.TrimPrefix(r.Text("value"), "_$!<"), ">!$_")
	})
	if !more {
		return
	}
	keys, more := from.Join(db, "ABMultiValueEntryKey", yield, func(r sqlite.Row) (int64, string) { return r.ID, r.Text("value") })
	if !more {
		return
	}
	parts, more := from.Group(db, "ABMultiValueEntry", yield, func(r sqlite.Row) (int64, record.KV) {
		key := keys[r.Int("key")]
		if key == "" {
			key = fmt.Sprintf("key %d", r.Int("key"))
		}
		return r.Int("parent_id"), record.KV{Key: key, Value: r.Text("value")}
	})
	if !more {
		return
	}
	from.Rows(in, db, "ABMultiValue", yield, func(r sqlite.Row) (contactvaluesValue, bool) {
		v := contactvaluesRow(r)
		if v.Contact = people[r.Int("record_id")]; v.Contact == "" {
			v.Contact = fmt.Sprintf("contact %d", r.Int("record_id"))
		}
		if id := r.Int("label"); id != 0 {
			if v.Label = labels[id]; v.Label == "" {
				v.Label = fmt.Sprintf("label %d", id)
			}
		}
		v.Parts = parts[r.Int("UID")]
		return v, true
	})
}

func contactvaluesRow(r sqlite.Row) contactvaluesValue {
	v := contactvaluesValue{GUID: r.Text("guid")}
	value := r.Text("value")
	switch property := r.Int("property"); property {
	case 3:
		v.Property, v.Number = "number", record.Phone(value)
	case 4:
		v.Property, v.Email = "e-mail address", record.Email(value)
	case 22:
		v.Property, v.URL = "URL", record.URL(value)
	default:
		v.Property, v.Value = contactvaluesProperty(property), record.Text(value)
	}
	return v
}

// contactvaluesProperty names the other properties of AddressBook.framework.
func contactvaluesProperty(code int64) string {
	switch code {
	case 5:
		return "postal address"
	case 12:
		return "date"
	case 13:
		return "instant message account"
	case 23:
		return "related name"
	case 46:
		return "social profile"
	}
	return fmt.Sprintf("property %d", code)
}
