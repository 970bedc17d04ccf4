package ios

import (
	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Routined reads where the phone was.
var Routined = artifact.Parser{
	ID:      "ios.routined",
	Title:   lang.Text{EN: "Places and visits", FR: "Lieux et visites"},
	Private: true,
	Doc: `routined keeps positions of the last week or so (Cache.sqlite) and the places that the
owner visits often, with the times of visits (Local.sqlite and Cloud-V2.sqlite). It tells
where the phone was when something happened to it, such as the injection of a page by a
network. It says much about a person and nothing about spyware by itself: it is read only
when asked for by name.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Caches/com.apple.routined/Cache.sqlite"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Caches/com.apple.routined/Local.sqlite"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Caches/com.apple.routined/Cloud*.sqlite"},
	},
	Record: routinedPlace{},
	Refs:   []string{"https://github.com/mac4n6/APOLLO", "https://www.mac4n6.com/blog/2018/11/6/knowledge-is-power-using-the-knowledgecdb-database-on-macos-and-ios-to-determine-precise-user-and-application-usage"},
	Parse:  from.SQLite(routinedRead),
}

// routinedPlace is one position, visit or place.
type routinedPlace struct {
	Time    record.Time `json:"time"`    // columns ZTIMESTAMP, ZDATE: seconds since 2001 UTC
	Entry   record.Time `json:"entry"`   // column ZENTRYDATE, seconds since 2001 UTC
	Exit    record.Time `json:"exit"`    // column ZEXITDATE, seconds since 2001 UTC
	Created record.Time `json:"created"` // column ZCREATIONDATE, seconds since 2001 UTC

	Table     string      `json:"table"`               // name of the table
	Latitude  *float64    `json:"latitude,omitempty"`  // columns ZLATITUDE, ZLOCATIONLATITUDE: degrees
	Longitude *float64    `json:"longitude,omitempty"` // columns ZLONGITUDE, ZLOCATIONLONGITUDE: degrees
	Accuracy  *float64    `json:"accuracy,omitempty"`  // columns ZHORIZONTALACCURACY, ZLOCATIONHORIZONTALUNCERTAINTY, ZUNCERTAINTY: metres
	Values    []record.KV `json:"values,omitempty"`    // other columns
}

// String implements [record.Data].
func (p routinedPlace) String() string { return record.Line("Position: " + p.Table) }

func routinedRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	for _, t := range db.Tables() {
		_, plain := t.Column("ZLATITUDE")
		_, place := t.Column("ZLOCATIONLATITUDE")
		if (plain || place) && !from.Rows(in, db, t.Name, yield, func(r sqlite.Row) (routinedPlace, bool) { return routinedRow(t.Name, r), true }) {
			return
		}
	}
}

func routinedRow(table string, r sqlite.Row) routinedPlace {
	used := []string{"ZTIMESTAMP", "ZDATE", "ZENTRYDATE", "ZEXITDATE", "ZCREATIONDATE"}
	first := func(names ...string) *float64 {
		used = append(used, names...)
		for _, name := range names {
			if !r.IsNull(name) {
				v := r.Float(name)
				return &v
			}
		}
		return nil
	}
	p := routinedPlace{
		Time: from.Cocoa(r.Value("ZTIMESTAMP")), Entry: from.Cocoa(r.Value("ZENTRYDATE")), Exit: from.Cocoa(r.Value("ZEXITDATE")),
		Created: from.Cocoa(r.Value("ZCREATIONDATE")), Table: table,
		Latitude: first("ZLATITUDE", "ZLOCATIONLATITUDE"), Longitude: first("ZLONGITUDE", "ZLOCATIONLONGITUDE"),
		Accuracy: first("ZHORIZONTALACCURACY", "ZLOCATIONHORIZONTALUNCERTAINTY", "ZUNCERTAINTY"),
	}
	if !p.Time.IsSet() {
		p.Time = from.Cocoa(r.Value("ZDATE"))
	}
	p.Values = from.RowRest(r, used...)
	return p
}
