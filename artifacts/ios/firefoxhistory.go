package ios

import (
	"fmt"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// FirefoxHistory reads the pages that Firefox visited.
var FirefoxHistory = artifact.Parser{
	ID:    "ios.firefoxhistory",
	Title: lang.Text{EN: "Firefox visits", FR: "Visites de Firefox"},
	Doc: `Firefox keeps one row for each visit outside private tabs: in places.db on
recent versions, in browser.db before (until about 2022). Both may exist; the old
one then stops at the update. With a Firefox account, visits of other devices are
there too, marked as not local. Rows stay until they are cleared, or make room
for newer ones. A page of which only the address is left has no visit time.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/**/profile.*/browser.db"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/**/profile.*/places.db"},
	},
	Record: firefoxHistoryVisit{},
	Refs: []string{
		"https://docs.mvt.re/en/latest/ios/records/#firefox_historyjson",
		"https://github.com/mozilla/application-services/blob/main/components/places/sql/create_shared_schema.sql",
	},
	Parse: from.SQLite(firefoxHistoryRead),
}

// firefoxHistoryVisit is one visit, or a page of which no visit is left.
type firefoxHistoryVisit struct {
	// When the page was visited. places.db: column moz_historyvisits.visit_date,
	// milliseconds; browser.db: column visits.date, microseconds; both since 1970
	// UTC and told apart by their size.
	Visited record.Time `json:"visited"`
	// For a page without a visit: columns last_visit_date_local and
	// last_visit_date_remote of moz_places, as above.
	LastHere  record.Time `json:"last_here"`
	LastThere record.Time `json:"last_elsewhere"`

	URL   record.URL  `json:"url"`             // column url of moz_places or history
	Title record.Text `json:"title,omitempty"` // column title of moz_places or history
	How   string      `json:"how,omitempty"`   // columns visit_type or type: link, typed, redirect…
	Local bool        `json:"local"`           // column is_local: made on this device
	Visit int64       `json:"visit,omitempty"` // column id of the visit; 0 for a page without one
	From  int64       `json:"from,omitempty"`  // column moz_historyvisits.from_visit
	Page  int64       `json:"page"`            // column place_id or siteID
	GUID  string      `json:"guid,omitempty"`  // column guid of the page, as synchronised

	Removed bool `json:"removed,omitempty"` // column history.is_deleted: kept only to be synchronised
}

// String implements [record.Data].
func (v firefoxHistoryVisit) String() string {
	if v.Visit == 0 {
		return record.Line(fmt.Sprintf("Firefox page without a visit: %s", v.URL))
	}
	return record.Line(fmt.Sprintf("Firefox visit to %s (%s)", v.URL, v.How))
}

// firefoxHistorySchema names the tables and columns of a version.
type firefoxHistorySchema struct {
	pages, visits, page, date, kind string
	kinds                           []string
}

var firefoxHistorySchemas = []firefoxHistorySchema{
	{"moz_places", "moz_historyvisits", "place_id", "visit_date", "visit_type", []string{"unknown", "link", "typed", "bookmark", "embedded",
		"permanent redirect", "temporary redirect", "download", "framed link", "reload"}},
	{"history", "visits", "siteID", "date", "type", []string{"unknown", "link", "typed", "bookmark", "embedded",
		"permanent redirect", "temporary redirect", "download", "framed link", "recently closed"}},
}

func firefoxHistoryRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	for _, s := range firefoxHistorySchemas {
		if _, ok := db.Table(s.visits); !ok {
			continue // newer versions of browser.db have other content
		}
		pages, more := from.Join(db, s.pages, yield, func(r sqlite.Row) (int64, firefoxHistoryVisit) {
			return r.Int("id"), firefoxHistoryPage(r)
		})
		// Where numbers of deleted pages are used again, a recovered visit may
		// name a page that it was not made to.
		table, _ := db.Table(s.pages)
		reused := !strings.Contains(strings.ToUpper(table.SQL), "AUTOINCREMENT")
		visited := map[int64]bool{}
		if !more || !from.Rows(in, db, s.visits, yield, func(r sqlite.Row) (firefoxHistoryVisit, bool) {
			id := r.Int(s.page)
			var v firefoxHistoryVisit
			if r.State == sqlite.Live || !reused {
				v, visited[id] = pages[id], true
			}
			v.LastHere, v.LastThere = record.Time{}, record.Time{}
			v.Visited, v.Visit, v.Page = firefoxHistoryTime(r.Int(s.date)), r.Int("id"), id
			v.How, v.Local, v.From = record.Name(r.Int(s.kind), s.kinds...), r.Int("is_local") != 0, r.Int("from_visit")
			return v, true
		}) {
			return
		}
		if !from.Rows(in, db, s.pages, yield, func(r sqlite.Row) (firefoxHistoryVisit, bool) {
			v := firefoxHistoryPage(r)
			return v, !visited[v.Page] || v.URL != pages[v.Page].URL
		}) {
			return
		}
	}
}

func firefoxHistoryPage(r sqlite.Row) firefoxHistoryVisit {
	return firefoxHistoryVisit{
		LastHere:  firefoxHistoryTime(r.Int("last_visit_date_local")),
		LastThere: firefoxHistoryTime(r.Int("last_visit_date_remote")),
		URL:       record.URL(r.Text("url")),
		Title:     record.Text(r.Text("title")),
		Page:      r.Int("id"),
		GUID:      r.Text("guid"),
		Removed:   r.Int("is_deleted") != 0,
	}
}

// firefoxHistoryTime tells the unit by the size: as milliseconds, 1e14 would lie
// in the year 5138, as microseconds in 1973.
func firefoxHistoryTime(v int64) record.Time {
	if v >= 1e14 {
		return epoch.UnixMicro(v)
	}
	return epoch.UnixMilli(v)
}
