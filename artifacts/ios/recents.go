package ios

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Recents reads which addresses and places were used lately.
var Recents = artifact.Parser{
	ID:    "ios.recents",
	Title: lang.Text{EN: "Recent addresses and places", FR: "Adresses et lieux récents"},
	Doc: `The database Recents holds the addresses that Mail, Messages, Calendar, Maps and
others offer when one begins to type: each with the last times it was used. recentsd
writes it and syncs it with the other devices of the account. An address stays
when its messages are deleted, until newer ones push it out. It is in encrypted
backups and file systems.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Recents/Recents"},
	},
	Record: recentsEntry{},
	Refs:   []string{"https://github.com/abrignoni/iLEAPP/blob/main/scripts/artifacts/recents.py"},
	Parse:  from.SQLite(recentsRead),
}

// recentsEntry is one row of table recents, with its addresses.
type recentsEntry struct {
	Last record.Time `json:"last"` // column last_date, milliseconds since 1970 UTC

	Uses      []string       `json:"uses,omitempty"`      // column dates: the last times, converted; milliseconds since 1970 UTC between colons
	App       record.App     `json:"app"`                 // column bundle_identifier: which list it belongs to
	Source    record.App     `json:"source,omitempty"`    // column original_source: the app that used it
	Name      record.Text    `json:"name,omitempty"`      // column display_name
	Numbers   []record.Phone `json:"numbers,omitempty"`   // contacts.address by recent_id: numbers
	Emails    []record.Email `json:"emails,omitempty"`    // contacts.address: e-mail addresses
	URLs      []record.URL   `json:"urls,omitempty"`      // contacts.address: addresses with a scheme
	Addresses []record.KV    `json:"addresses,omitempty"` // contacts.address of other kinds; the key is contacts.kind
	Names     []string       `json:"names,omitempty"`     // contacts.display_name
	From      record.Text    `json:"from,omitempty"`      // column sending_address: which of the owner's addresses was used
	Count     int64          `json:"count"`               // column count: addresses of a group
	Weight    float64        `json:"weight,omitempty"`    // column weight: how high it is listed
	Group     string         `json:"group,omitempty"`     // column group_kind
	Metadata  []record.KV    `json:"metadata,omitempty"`  // metadata.key and value, a property list or text: subject, thread and others
}

// String implements [record.Data].
func (e recentsEntry) String() string {
	var all []string
	for _, n := range e.Numbers {
		all = append(all, string(n))
	}
	for _, m := range e.Emails {
		all = append(all, string(m))
	}
	for _, a := range e.Addresses {
		all = append(all, a.Value)
	}
	return record.Line(fmt.Sprintf("recently used in %s: %s %s", e.App, e.Name, strings.Join(all, ", ")))
}

// recentsContact is a row of contacts.
type recentsContact struct{ kind, address, name string }

// recentsMetadata is a row of metadata.
type recentsMetadata struct {
	key    string
	values []record.KV
	err    error
}

func recentsRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	contacts, more := from.Group(db, "contacts", yield, func(r sqlite.Row) (int64, recentsContact) {
		return r.Int("recent_id"), recentsContact{r.Text("kind"), r.Text("address"), r.Text("display_name")}
	})
	if !more {
		return
	}
	metadata, more := from.Group(db, "metadata", yield, func(r sqlite.Row) (int64, recentsMetadata) {
		m := recentsMetadata{key: r.Text("key")}
		m.values, m.err = recentsValue(m.key, r.Value("value"))
		return r.Int("recent_id"), m
	})
	if !more {
		return
	}
	from.Each(in, db, "recents", yield, func(r sqlite.Row) (recentsEntry, error) {
		e := recentsRow(r)
		for _, c := range contacts[r.ID] {
			e.contact(c)
		}
		var errs []error
		for _, m := range metadata[r.ID] {
			if e.Metadata = append(e.Metadata, m.values...); m.err != nil {
				errs = append(errs, m.err)
			}
		}
		return e, errors.Join(errs...)
	})
}

func recentsRow(r sqlite.Row) recentsEntry {
	e := recentsEntry{
		Last:   epoch.UnixMilli(r.Int("last_date")),
		App:    record.App(r.Text("bundle_identifier")),
		Source: record.App(r.Text("original_source")),
		Name:   record.Text(r.Text("display_name")),
		From:   record.Text(r.Text("sending_address")),
		Count:  r.Int("count"),
		Weight: r.Float("weight"),
		Group:  r.Text("group_kind"),
	}
	for _, text := range strings.FieldsFunc(r.Text("dates"), func(c rune) bool { return c == ':' || c == ',' }) {
		if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
			if t := epoch.UnixMilli(ms); !t.IsZero() {
				text = t.Format(record.Instant)
			}
		}
		e.Uses = append(e.Uses, text)
	}
	return e
}

// contact adds an address to the list of its kind.
func (e *recentsEntry) contact(c recentsContact) {
	if c.name != "" {
		e.Names = append(e.Names, c.name)
	}
	number, email := from.Handle(c.address)
	switch {
	case c.address == "":
	case strings.Contains(c.address, "://"):
		e.URLs = append(e.URLs, record.URL(c.address))
	case email != "":
		e.Emails = append(e.Emails, email)
	case strings.Trim(string(number), "+0123456789 ()-.") == "":
		e.Numbers = append(e.Numbers, number)
	default:
		e.Addresses = append(e.Addresses, record.KV{Key: c.kind, Value: c.address})
	}
}

// recentsValue reads the value of a row of metadata.
func recentsValue(key string, v sqlite.Value) ([]record.KV, error) {
	b := v.Blob()
	if plist.Detect(b) == plist.None || v.Kind != sqlite.Blob {
		text := v.Text()
		if v.Kind == sqlite.Blob {
			text = from.Data(b)
		}
		return []record.KV{{Key: key, Value: text}}, nil
	}
	kvs, err := from.Blob(b)
	if err != nil {
		err = fmt.Errorf("read metadata %s: %w", key, err)
	}
	if kvs == nil {
		kvs = []record.KV{{Value: from.Data(b)}}
	}
	for i := range kvs {
		kvs[i].Key = strings.TrimSuffix(key+"/"+kvs[i].Key, "/")
	}
	return kvs, err
}
