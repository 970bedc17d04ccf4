package ios

import (
	"context"
	"fmt"
	"iter"
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

// HomeKit reads the homes, their users and the invitations to them.
var HomeKit = artifact.Parser{
	ID:    "ios.homekit",
	Title: lang.Text{EN: "HomeKit homes, users and invitations", FR: "Domiciles, utilisateurs et invitations HomeKit"},
	Doc: `homed keeps the homes of the user, the people with access and the invitations sent
and received in datastore3.sqlite. In 2022 Pegasus attacked phones through HomeKit:
invitations from or users with addresses that nobody knows deserve a look, also if the
owner never used HomeKit. Names of tables and columns change between versions: every
table about homes, users, accounts, persons and invitations is read, and its columns
are kept as they are. Empty tables are usual.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/homed/datastore3.sqlite"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/homed/datastore.sqlite"},
	},
	Record: homeKit{},
	Refs:   []string{"https://citizenlab.ca/2023/04/nso-groups-pegasus-spyware-returns-in-2022/", "https://developer.apple.com/documentation/homekit"},
	Parse:  homeKitParse,
}

// homeKit is one row of a table about homes or people. Times are taken from the
// columns whose names say so, as seconds since 2001 UTC, which Core Data uses.
type homeKit struct {
	Created record.Time `json:"created"` // first column with CREAT or START and DATE or TIME in its name
	Expires record.Time `json:"expires"` // first column with EXPIR in its name
	Latest  record.Time `json:"latest"`  // latest of all other columns with DATE or TIMESTAMP in their names

	Table  string         `json:"table"`            // such as ZMKFHOME
	Name   record.Text    `json:"name,omitempty"`   // first column ending in NAME, ZNAME before others
	Emails []record.Email `json:"emails,omitempty"` // all values of the form of an e-mail address
	Phones []record.Phone `json:"phones,omitempty"` // all values of the form of an international phone number
	Values []record.KV    `json:"values,omitempty"` // all columns that are not empty; lists and archives in them are opened
}

// String implements [record.Data].
func (h homeKit) String() string {
	return record.Line(fmt.Sprintf("HomeKit %s %s %s %s", h.Table, h.Name, homeKitJoin(h.Emails), homeKitJoin(h.Phones)))
}

func homeKitJoin[T ~string](list []T) string {
	text := make([]string, len(list))
	for i, e := range list {
		text[i] = string(e)
	}
	return strings.Join(text, " ")
}

// homeKitTables are parts of the names of tables that are read.
var homeKitTables = []string{"HOME", "USER", "INVIT", "ACCOUNT", "PERSON", "GUEST", "PEOPLE"}

func homeKitParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		from.Database(in, yield, func(db *sqlite.DB) bool {
			for _, t := range db.Tables() {
				if !homeKitWanted(t.Name) {
					continue
				}
				if !from.Rows(in, db, t.Name, yield, func(r sqlite.Row) (homeKit, bool) { return homeKitRow(t.Name, r), true }) {
					return false
				}
			}
			return true
		})
	}
}

func homeKitWanted(table string) bool {
	table = strings.ToUpper(table)
	if strings.HasPrefix(table, "Z_") || strings.HasPrefix(table, "SQLITE_") {
		return false // joins and the tables of Core Data itself
	}
	for _, part := range homeKitTables {
		if strings.Contains(table, part) {
			return true
		}
	}
	return false
}

func homeKitRow(table string, r sqlite.Row) homeKit {
	h := homeKit{Table: table, Name: record.Text(r.Text("ZNAME"))}
	for i, col := range r.Columns() {
		v := r.At(i)
		if v.IsNull() || col == "Z_PK" || col == "Z_ENT" || col == "Z_OPT" {
			continue
		}
		up := strings.ToUpper(col)
		if h.time(up, v) {
			continue
		}
		if h.Name == "" && strings.HasSuffix(up, "NAME") {
			h.Name = record.Text(v.Text())
		}
		h.value(col, v)
	}
	return h
}

// time takes over a time, and reports whether the value is one.
func (h *homeKit) time(col string, v sqlite.Value) bool {
	dated := strings.Contains(col, "DATE") && !strings.Contains(col, "UPDATE") || strings.Contains(col, "TIMESTAMP")
	if !dated && !strings.Contains(col, "EXPIR") || v.Kind != sqlite.Float && v.Kind != sqlite.Int {
		return false
	}
	t := epoch.CocoaReal(v.Float())
	switch {
	case strings.Contains(col, "EXPIR") && !h.Expires.IsSet():
		h.Expires = t
	case (strings.Contains(col, "CREAT") || strings.Contains(col, "START")) && !h.Created.IsSet():
		h.Created = t
	case t.After(h.Latest.Time):
		h.Latest = t
	}
	h.Values = append(h.Values, record.KV{Key: col, Value: v.Text()})
	return true
}

// value takes over any other value, and what is in it if it is a list.
func (h *homeKit) value(col string, v sqlite.Value) {
	kvs := []record.KV{{Key: col, Value: ""}}
	if v.Kind == sqlite.Blob {
		kvs[0].Value = from.Data(v.Blob())
		if list, err := plist.Parse(v.Blob()); err == nil {
			kvs, _ = from.Leaves(list)
			for i := range kvs {
				kvs[i].Key = strings.TrimSuffix(col+"/"+kvs[i].Key, "/")
			}
		}
	} else {
		kvs[0].Value = v.Text()
	}
	for _, kv := range kvs {
		switch {
		case strings.Count(kv.Value, "@") == 1 && !strings.ContainsAny(kv.Value, " /:") && strings.Contains(kv.Value, "."):
			h.Emails = append(h.Emails, record.Email(kv.Value))
		case len(kv.Value) > 6 && kv.Value[0] == '+' && strings.Trim(kv.Value[1:], "0123456789 -()") == "":
			h.Phones = append(h.Phones, record.Phone(kv.Value))
		}
	}
	h.Values = append(h.Values, kvs...)
}
