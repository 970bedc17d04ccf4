package ios

import (
	"fmt"
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

// Nicknames reads names and pictures shared in the Messages app.
var Nicknames = artifact.Parser{
	ID:    "ios.nicknames",
	Title: lang.Text{EN: "Names and photos shared in Messages", FR: "Noms et photos partagés dans Messages"},
	Doc: `The folder NickNameCache holds small databases of the names and pictures that
people share with iMessage, of what is pending, and with whom the owner shares
theirs; the name of the file says which. imagent writes a row when an address
shares something, so an unknown address here was in touch by iMessage. Meaning and
life of the rows are not documented by Apple.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/MessagesMetaData/NickNameCache/*.db"},
	},
	Record: nicknamesEntry{},
	Refs:   []string{"https://support.apple.com/guide/iphone/set-up-messages-iph4fd9a9a4a/ios"},
	Parse:  from.SQLite(nicknamesRead),
}

// nicknamesEntry is one row of kvtable.
type nicknamesEntry struct {
	// Column date, which not all files have. Its epoch is not documented: read as
	// seconds since 2001 UTC, or since 1970 if that would be after 2032.
	Date record.Time `json:"date,omitempty"`

	Key    record.Text  `json:"key"`              // column key: an address, or an identifier of the picture
	Number record.Phone `json:"number,omitempty"` // the key, if it is a number
	Email  record.Email `json:"email,omitempty"`  // the key, if it is an e-mail address
	Type   string       `json:"type,omitempty"`   // column value_type
	Values []record.KV  `json:"values,omitempty"` // column value: a property list, an archive or something else
}

// String implements [record.Data].
func (e nicknamesEntry) String() string {
	return record.Line(fmt.Sprintf("shared name or photo: %s, %d values", e.Key, len(e.Values)))
}

func nicknamesRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	from.Each(in, db, "kvtable", yield, func(r sqlite.Row) (nicknamesEntry, error) {
		e := nicknamesEntry{
			Date: epoch.CocoaOrUnix(r.Float("date")),
			Key:  record.Text(r.Text("key")),
			Type: r.Text("value_type"),
		}
		if n, m := from.Handle(string(e.Key)); m != "" || strings.HasPrefix(string(n), "+") {
			e.Number, e.Email = n, m
		}
		var err error
		e.Values, err = nicknamesValue(r.Value("value"))
		return e, err
	})
}

func nicknamesValue(v sqlite.Value) ([]record.KV, error) {
	b := v.Blob()
	if v.Kind == sqlite.Blob && plist.Detect(b) != plist.None {
		kvs, err := from.Blob(b)
		if err != nil {
			err = fmt.Errorf("read value: %w", err)
		}
		if kvs == nil {
			kvs = []record.KV{{Key: "value", Value: from.Data(b)}}
		}
		return kvs, err
	}
	switch {
	case v.IsNull():
		return nil, nil
	case v.Kind == sqlite.Blob:
		return []record.KV{{Key: "value", Value: from.Data(b)}}, nil
	}
	return []record.KV{{Key: "value", Value: v.Text()}}, nil
}
