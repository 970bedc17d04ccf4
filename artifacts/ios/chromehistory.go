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

// ChromeHistory reads the pages that Chrome and its relatives visited.
var ChromeHistory = artifact.Parser{
	ID:    "ios.chromehistory",
	Title: lang.Text{EN: "Chrome visits", FR: "Visites de Chrome"},
	Doc: `Chrome, and other browsers that are built from it, write one row for each
visit outside incognito tabs and for each step of a redirection, with how it came
about: link, typed, reload, form. Rows stay for 90 days, or until they are
cleared. With a Google account, visits of other devices are there too. A page of
which only the address is left has no visit time of its own.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Containers/Data/Application/*/Library/Application Support/Google/Chrome/*/History"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Containers/Data/Application/*/Library/Application Support/**/Default/History"},
	},
	Record: chromeHistoryVisit{},
	Refs: []string{
		"https://docs.mvt.re/en/latest/ios/records/#chrome_historyjson",
		"https://source.chromium.org/chromium/chromium/src/+/main:components/history/core/browser/visit_database.cc",
		"https://source.chromium.org/chromium/chromium/src/+/main:ui/base/page_transition_types.h",
	},
	Parse: from.SQLite(chromeHistoryRead),
}

// chromeHistoryVisit is one visit, or a page of which no visit is left.
type chromeHistoryVisit struct {
	// When the page was visited. Column visits.visit_time, microseconds since
	// 1601 UTC.
	Visited record.Time `json:"visited"`
	// For a page without a visit: column urls.last_visit_time, as above.
	Last record.Time `json:"last"`

	URL      record.URL  `json:"url"`                // column urls.url
	Title    record.Text `json:"title,omitempty"`    // column urls.title
	Referrer record.URL  `json:"referrer,omitempty"` // column visits.external_referrer_url of later versions
	Search   record.Text `json:"search,omitempty"`   // column keyword_search_terms.term of the page

	How    string     `json:"how,omitempty"`    // low byte of column visits.transition: link, typed, reload…
	Flags  []string   `json:"flags,omitempty"`  // other bits of it, such as "client redirect"
	Source string     `json:"source,omitempty"` // column visit_source.source: browsed, synchronised, imported
	App    record.App `json:"app,omitempty"`    // column visits.app_id of later versions

	DurationSeconds float64 `json:"duration_seconds,omitempty"` // column visits.visit_duration, microseconds
	Visits          int64   `json:"visits,omitempty"`           // column urls.visit_count
	Typed           int64   `json:"typed,omitempty"`            // column urls.typed_count
	Hidden          bool    `json:"hidden,omitempty"`           // column urls.hidden
	Visit           int64   `json:"visit,omitempty"`            // column visits.id; 0 for a page without a visit
	From            int64   `json:"from,omitempty"`             // column visits.from_visit: the visit before, also of a redirection
	Opener          int64   `json:"opener,omitempty"`           // column visits.opener_visit of later versions
	Page            int64   `json:"page"`                       // column urls.id
}

// String implements [record.Data].
func (v chromeHistoryVisit) String() string {
	if v.Visit == 0 {
		return record.Line(fmt.Sprintf("Chrome page without a visit: %s", v.URL))
	}
	return record.Line(fmt.Sprintf("Chrome visit to %s (%s)", v.URL, strings.Join(append([]string{v.How}, v.Flags...), ", ")))
}

var chromeHistoryHow = []string{"link", "typed", "bookmark", "frame", "frame by a link", "suggestion", "start page",
	"form", "reload", "keyword", "keyword suggestion"}

// chromeHistoryFlags are the bits of transition above the low byte.
var chromeHistoryFlags = []struct {
	bit  uint32
	name string
}{
	{0x00200000, "by a program (3)"}, {0x00400000, "by a program (2)"}, {0x00800000, "blocked"}, {0x01000000, "back or forward"}, {0x02000000, "address bar"},
	{0x04000000, "home page"}, {0x08000000, "by a program"}, {0x10000000, "start of redirections"}, {0x20000000, "end of redirections"},
	{0x40000000, "client redirect"}, {0x80000000, "server redirect"},
}

var chromeHistorySources = []string{"synchronised", "browsed", "extension", "imported from Firefox", "imported from Internet Explorer", "imported from Safari"}

// chromeHistoryReader holds what visits are joined with.
type chromeHistoryReader struct {
	pages   map[int64]chromeHistoryVisit
	sources map[int64]int64
	terms   map[int64]string
	visited map[int64]bool
	// The numbers of deleted pages are used again, so that a recovered visit may
	// name a page that it was not made to.
	reused bool
}

func chromeHistoryRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	h := chromeHistoryReader{visited: map[int64]bool{}}
	urls, _ := db.Table("urls")
	h.reused = !strings.Contains(strings.ToUpper(urls.SQL), "AUTOINCREMENT")
	var more bool
	if h.terms, more = from.Join(db, "keyword_search_terms", yield, func(r sqlite.Row) (int64, string) { return r.Int("url_id"), r.Text("term") }); !more {
		return
	}
	if h.sources, more = from.Join(db, "visit_source", yield, func(r sqlite.Row) (int64, int64) { return r.Int("id"), r.Int("source") }); !more {
		return
	}
	if h.pages, more = from.Join(db, "urls", yield, func(r sqlite.Row) (int64, chromeHistoryVisit) { return r.Int("id"), h.page(r) }); !more {
		return
	}
	_ = from.Rows(in, db, "visits", yield, h.visit) && from.Rows(in, db, "urls", yield, h.unvisited)
}

func (h *chromeHistoryReader) page(r sqlite.Row) chromeHistoryVisit {
	return chromeHistoryVisit{
		Last:   epoch.WebKit(r.Int("last_visit_time")),
		URL:    record.URL(r.Text("url")),
		Title:  record.Text(r.Text("title")),
		Search: record.Text(h.terms[r.Int("id")]),
		Visits: r.Int("visit_count"),
		Typed:  r.Int("typed_count"),
		Hidden: r.Int("hidden") != 0,
		Page:   r.Int("id"),
	}
}

func (h *chromeHistoryReader) visit(r sqlite.Row) (chromeHistoryVisit, bool) {
	var v chromeHistoryVisit
	if id := r.Int("url"); r.State == sqlite.Live || !h.reused {
		v = h.pages[id]
		h.visited[id] = true
	}
	v.Last = record.Time{}
	v.Visited = epoch.WebKit(r.Int("visit_time"))
	v.Referrer = record.URL(r.Text("external_referrer_url"))
	v.App = record.App(r.Text("app_id"))
	v.DurationSeconds = float64(r.Int("visit_duration")) / 1e6
	v.Visit, v.From, v.Opener, v.Page = r.Int("id"), r.Int("from_visit"), r.Int("opener_visit"), r.Int("url")
	transition := uint32(r.Int("transition"))
	v.How = record.Name(int64(transition&0xff), chromeHistoryHow...)
	for _, f := range chromeHistoryFlags {
		if transition&f.bit != 0 {
			v.Flags = append(v.Flags, f.name)
			transition &^= f.bit
		}
	}
	if rest := transition &^ 0xff; rest != 0 {
		v.Flags = append(v.Flags, fmt.Sprintf("bits 0x%08x", rest))
	}
	if source, ok := h.sources[v.Visit]; ok {
		v.Source = record.Name(source, chromeHistorySources...)
	}
	return v, true
}

// unvisited gives a record for a page that no visit names, and for an older
// version of its row.
func (h *chromeHistoryReader) unvisited(r sqlite.Row) (chromeHistoryVisit, bool) {
	v := h.page(r)
	return v, !h.visited[v.Page] || v.URL != h.pages[v.Page].URL
}
