package ios

import (
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Knowledge reads what the phone noted of its use.
var Knowledge = artifact.Parser{
	ID:    "ios.knowledge",
	Title: lang.Text{EN: "Use of the phone (knowledgeC)", FR: "Usage du téléphone (knowledgeC)"},
	Doc: `knowledgeC.db has one event for each use of an app, page of Safari, notification,
installation, screen lock, audio route and other things that the daemons of suggestions
were told, with begin and end, for about four weeks. From iOS 16 most streams moved to
Biome and few are left here. It shows what was in front when a link was opened or a
process crashed, and whether the screen was on. Rows that were deleted can often be
recovered.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/mobile/Library/CoreDuet/Knowledge/knowledgeC.db"},
	},
	Record: knowledgeEvent{},
	Refs: []string{
		"https://www.mac4n6.com/blog/2018/8/5/knowledge-is-power-using-the-knowledgecdb-database-on-macos-and-ios-to-determine-precise-user-and-application-usage",
		"https://github.com/mac4n6/APOLLO",
	},
	Parse: from.SQLite(knowledgeRead),
}

// knowledgeEvent is one row of ZOBJECT. Streams of numbers have Number, others App,
// URL or Value.
type knowledgeEvent struct {
	Start   record.Time `json:"start"`   // column ZSTARTDATE, seconds since 2001 UTC
	End     record.Time `json:"end"`     // column ZENDDATE, seconds since 2001 UTC
	Created record.Time `json:"created"` // column ZCREATIONDATE, seconds since 2001 UTC

	Stream string      `json:"stream"`              // column ZSTREAMNAME: such as "/app/inFocus"
	App    record.App  `json:"app,omitempty"`       // column ZVALUESTRING of streams about apps
	URL    record.URL  `json:"url,omitempty"`       // column ZVALUESTRING if it is an address
	Value  record.Text `json:"value,omitempty"`     // column ZVALUESTRING of other streams
	Number *float64    `json:"number,omitempty"`    // column ZVALUEDOUBLE where there is no text, or ZVALUEINTEGER
	Source record.App  `json:"source,omitempty"`    // ZSOURCE.ZBUNDLEID: app that told it
	Item   string      `json:"item,omitempty"`      // ZSOURCE.ZITEMID
	Group  string      `json:"group,omitempty"`     // ZSOURCE.ZGROUPID
	Device string      `json:"device,omitempty"`    // ZSOURCE.ZDEVICEID: other device of the account
	Origin string      `json:"source_id,omitempty"` // ZSOURCE.ZSOURCEID: kind of source
	ID     string      `json:"id,omitempty"`        // column ZUUID
	Offset *int64      `json:"offset,omitempty"`    // column ZSECONDSFROMGMT: seconds of the zone of the phone east of UTC
	Detail []record.KV `json:"detail,omitempty"`    // columns of ZSTRUCTUREDMETADATA, and ZMETADATA
	Other  []record.KV `json:"other,omitempty"`     // other columns of ZOBJECT
}

// String implements [record.Data].
func (k knowledgeEvent) String() string {
	text := string(k.App) + string(k.URL) + string(k.Value)
	if k.Number != nil && text == "" {
		text = strconv.FormatFloat(*k.Number, 'f', -1, 64)
	}
	return record.Line(k.Stream + ": " + text)
}

func knowledgeRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	sources, more := from.Join(db, "ZSOURCE", yield, func(r sqlite.Row) (int64, knowledgeEvent) {
		return r.ID, knowledgeEvent{Source: record.App(r.Text("ZBUNDLEID")), Item: r.Text("ZITEMID"), Group: r.Text("ZGROUPID"),
			Device: r.Text("ZDEVICEID"), Origin: r.Text("ZSOURCEID")}
	})
	if !more {
		return
	}
	from.Each(in, db, "ZOBJECT", yield, func(r sqlite.Row) (knowledgeEvent, error) {
		k := sources[r.Int("ZSOURCE")]
		err := k.object(r)
		if id := r.Int("ZSTRUCTUREDMETADATA"); id != 0 && r.State == sqlite.Live {
			if row, err := db.Row("ZSTRUCTUREDMETADATA", id); err == nil {
				k.Detail = append(k.Detail, knowledgeDetail(row)...)
			}
		}
		return k, err
	})
}

// object takes over a row of ZOBJECT. The error is that of its metadata.
func (k *knowledgeEvent) object(r sqlite.Row) (err error) {
	k.Start, k.End, k.Created = from.Cocoa(r.Value("ZSTARTDATE")), from.Cocoa(r.Value("ZENDDATE")), from.Cocoa(r.Value("ZCREATIONDATE"))
	k.Stream, k.ID = r.Text("ZSTREAMNAME"), r.Text("ZUUID")
	if !r.IsNull("ZSECONDSFROMGMT") {
		offset := r.Int("ZSECONDSFROMGMT")
		k.Offset = &offset
	}
	switch text := r.Text("ZVALUESTRING"); {
	case text == "":
		for _, col := range []string{"ZVALUEDOUBLE", "ZVALUEINTEGER"} {
			if !r.IsNull(col) && k.Number == nil {
				n := r.Float(col)
				k.Number = &n
			}
		}
	case strings.Contains(text, "://"):
		k.URL = record.URL(text)
	case strings.HasPrefix(k.Stream, "/app/"), strings.HasPrefix(k.Stream, "/notification/"), strings.HasPrefix(k.Stream, "/widgets/"):
		k.App = record.App(text)
	default:
		k.Value = record.Text(text)
	}
	if blob := r.Blob("ZMETADATA"); len(blob) > 0 {
		if k.Detail, err = from.Blob(blob); err != nil {
			k.Detail = append(k.Detail, record.KV{Key: "ZMETADATA", Value: from.Data(blob)})
		}
	}
	k.Other = from.RowRest(r, knowledgeColumns...)
	return err
}

// knowledgeColumns are those that have fields, or say again what others do.
var knowledgeColumns = []string{"ZSTARTDATE", "ZENDDATE", "ZCREATIONDATE", "ZLOCALCREATIONDATE", "ZSTREAMNAME", "ZVALUESTRING", "ZVALUEINTEGER", "ZVALUEDOUBLE", "ZINTEGERVALUE",
	"ZDOUBLEVALUE", "ZUUID", "ZUUIDHASH", "ZSECONDSFROMGMT", "ZSOURCE", "ZSTRUCTUREDMETADATA", "ZENDDAYOFWEEK", "ZENDSECONDOFDAY",
	"ZSTARTDAYOFWEEK", "ZSTARTSECONDOFDAY", "ZHASCUSTOMMETADATA", "ZHASSTRUCTUREDMETADATA"}

// knowledgeDetail lists the columns of a row of ZSTRUCTUREDMETADATA, with the
// beginning of their names cut off as far as all have it.
func knowledgeDetail(r sqlite.Row) (kvs []record.KV) {
	for _, kv := range from.RowRest(r, "ZMETADATAHASH") {
		kvs = append(kvs, record.KV{Key: strings.TrimPrefix(strings.TrimPrefix(kv.Key, "Z_DK"), "Z_"), Value: kv.Value})
	}
	return kvs
}
