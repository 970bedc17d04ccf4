package ios

import (
	"context"
	"fmt"
	"iter"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// SafariHistory reads the pages that Safari visited.
var SafariHistory = artifact.Parser{
	ID:    "ios.safarihistory",
	Title: lang.Text{EN: "Safari visits", FR: "Visites de Safari"},
	Doc: `Safari writes one row for each page it loads outside private browsing, and
for each step of a redirection, into History.db; each profile has its own. Visits
of the other devices of the Apple account arrive through iCloud and are marked.
Rows stay for a year at most (observed), until they are cleared, or until the
setting for their age removes them. A link that was opened from a message appears
here; a page inside another app does not. Network injection shows as a visit to
http:// that is redirected to another domain within a second. No row says little:
exploits run in private tabs, in apps and in iMessage, and history is easily
cleared, of which ios.safaritombstones may tell.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/**/Library/Safari/History.db"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/**/Library/Safari/Profiles/*/History.db"},
	},
	Record: safariHistoryVisit{},
	Refs: []string{
		"https://docs.mvt.re/en/latest/ios/records/#safari_historyjson",
		"https://www.amnesty.org/en/latest/research/2019/10/Morocco-Human-Rights-Defenders-Targeted-with-NSO-Groups-Spyware/",
	},
	Parse: safariHistoryParse,
}

// safariHistoryVisit is one visit, or a page of which no visit is left.
type safariHistoryVisit struct {
	// When the page was visited. Column history_visits.visit_time, seconds since
	// 2001 UTC; not set for a page without a visit.
	Visited record.Time `json:"visited"`

	URL   record.URL  `json:"url"`             // column history_items.url; empty if the page's row is lost
	Title record.Text `json:"title,omitempty"` // column history_visits.title

	// What the visit was redirected from and to, from the rows that columns
	// redirect_source and redirect_destination of history_visits name. These
	// pages have records of their own.
	RedirectedFrom string `json:"redirected_from,omitempty"`
	RedirectedTo   string `json:"redirected_to,omitempty"`
	// Seconds from this visit to the one it was redirected to.
	RedirectSeconds *float64 `json:"redirect_seconds,omitempty"`

	LoadFailed  bool   `json:"load_failed,omitempty"`  // column load_successful is 0
	NotGET      bool   `json:"not_get,omitempty"`      // column http_non_get: a form was sent, for example
	Synthesized bool   `json:"synthesized,omitempty"`  // column synthesized: made up by Safari, as after a merge
	SeenBy      string `json:"seen_by,omitempty"`      // column origin: this device, or another one of the account
	Visits      int64  `json:"visits,omitempty"`       // column history_items.visit_count
	Expansion   string `json:"expansion,omitempty"`    // column history_items.domain_expansion, the name of the site that is completed
	Visit       int64  `json:"visit,omitempty"`        // column history_visits.id; 0 for a page without a visit
	Page        int64  `json:"page,omitempty"`         // column history_items.id
	Source      int64  `json:"source_visit,omitempty"` // column redirect_source
	Destination int64  `json:"to_visit,omitempty"`     // column redirect_destination
	Generation  int64  `json:"generation,omitempty"`   // column generation, of the synchronisation
	Attributes  int64  `json:"attributes,omitempty"`   // column attributes
	Score       int64  `json:"score,omitempty"`        // column score, weight for suggestions
}

// String implements [record.Data].
func (v safariHistoryVisit) String() string {
	s := fmt.Sprintf("Visit to %s", v.URL)
	if v.Visit == 0 {
		s = fmt.Sprintf("Page without a visit: %s", v.URL)
	}
	if v.RedirectedFrom != "" {
		s += ", redirected from " + v.RedirectedFrom
	}
	if v.RedirectedTo != "" {
		s += ", redirected to " + v.RedirectedTo
	}
	return record.Line(s)
}

// safariHistoryMax bounds the pages, and the redirected visits, that are kept to
// join the tables.
const safariHistoryMax = 2 << 20

// safariHistoryReader holds what visits are joined with.
type safariHistoryReader struct {
	items map[int64]safariHistoryItem
	steps map[int64]safariHistoryStep // by visit, only those of redirections
}

type safariHistoryItem struct {
	url, expansion string
	visits         int64
	visited        bool
}

type safariHistoryStep struct {
	item int64
	time float64
}

func safariHistoryParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		from.Database(in, yield, func(db *sqlite.DB) bool {
			h := safariHistoryReader{items: map[int64]safariHistoryItem{}, steps: map[int64]safariHistoryStep{}}
			return h.load(db, yield) && from.Rows(in, db, "history_visits", yield, h.visit) &&
				from.Rows(in, db, "history_items", yield, h.unvisited)
		})
	}
}

// load reads what visits are joined with. The numbers of deleted rows are never
// used again (AUTOINCREMENT), so recovered rows join as live ones do.
func (h *safariHistoryReader) load(db *sqlite.DB, yield func(record.Record, error) bool) bool {
	for r, err := range db.All("history_items") {
		if err != nil {
			continue // yielded when the table is read for itself
		}
		if len(h.items) == safariHistoryMax {
			return yield(record.Record{}, fmt.Errorf("read table history_items: only %d pages are joined", safariHistoryMax))
		}
		if _, ok := h.items[r.Int("id")]; !ok && !r.IsNull("id") {
			h.items[r.Int("id")] = safariHistoryItem{url: r.Text("url"), expansion: r.Text("domain_expansion"), visits: r.Int("visit_count")}
		}
	}
	for r, err := range db.All("history_visits") {
		if err != nil || r.IsNull("id") || r.IsNull("redirect_source") && r.IsNull("redirect_destination") {
			continue
		}
		if len(h.steps) == safariHistoryMax {
			return yield(record.Record{}, fmt.Errorf("read table history_visits: only %d redirections are joined", safariHistoryMax))
		}
		if _, ok := h.steps[r.Int("id")]; !ok {
			h.steps[r.Int("id")] = safariHistoryStep{r.Int("history_item"), r.Float("visit_time")}
		}
	}
	return true
}

func (h *safariHistoryReader) visit(r sqlite.Row) (safariHistoryVisit, bool) {
	v := safariHistoryVisit{
		Visited:     epoch.CocoaReal(r.Float("visit_time")),
		Title:       record.Text(r.Text("title")),
		LoadFailed:  !r.IsNull("load_successful") && r.Int("load_successful") == 0,
		NotGET:      r.Int("http_non_get") != 0,
		Synthesized: r.Int("synthesized") != 0,
		Visit:       r.Int("id"),
		Page:        r.Int("history_item"),
		Source:      r.Int("redirect_source"),
		Destination: r.Int("redirect_destination"),
		Generation:  r.Int("generation"),
		Attributes:  r.Int("attributes"),
		Score:       r.Int("score"),
	}
	if !r.IsNull("origin") {
		v.SeenBy = record.Name(r.Int("origin"), "this device", "another device")
	}
	if item, ok := h.items[v.Page]; ok {
		v.URL, v.Expansion, v.Visits = record.URL(item.url), item.expansion, item.visits
		if !item.visited {
			item.visited = true
			h.items[v.Page] = item
		}
	}
	if s, ok := h.steps[v.Source]; ok {
		v.RedirectedFrom = h.items[s.item].url
	}
	if s, ok := h.steps[v.Destination]; ok {
		v.RedirectedTo = h.items[s.item].url
		seconds := s.time - r.Float("visit_time")
		v.RedirectSeconds = &seconds
	}
	return v, true
}

// unvisited gives a record for a page that no visit names: the visit is lost, or
// the page is an older version of a row.
func (h *safariHistoryReader) unvisited(r sqlite.Row) (safariHistoryVisit, bool) {
	v := safariHistoryVisit{
		URL:       record.URL(r.Text("url")),
		Expansion: r.Text("domain_expansion"),
		Visits:    r.Int("visit_count"),
		Page:      r.Int("id"),
	}
	item, ok := h.items[v.Page]
	return v, !ok || !item.visited || item.url != string(v.URL)
}
