package ios

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sessionstate"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// SafariBrowserState reads the open tabs of Safari and where they have been.
var SafariBrowserState = artifact.Parser{
	ID:    "ios.safaribrowserstate",
	Title: lang.Text{EN: "Tabs of Safari (BrowserState)", FR: "Onglets de Safari (BrowserState)"},
	Doc: `BrowserState.db holds the tabs that were open in Safari, private ones
included, and for each tab the pages that its back and forward buttons reach,
so that they come back after a restart. Safari writes it as tabs change; from
iOS 15 most tabs are in SafariTabs.db (ios.safaritabs) and this file may be
empty. A page can be here that was never in the history, or was cleared from it.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/**/Library/Safari/BrowserState.db"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/**/Library/Safari/Profiles/*/BrowserState.db"},
	},
	Record: safariBrowserStateTab{},
	Refs: []string{
		"https://docs.mvt.re/en/latest/ios/records/#safari_browser_statejson",
		"https://github.com/WebKit/WebKit/blob/main/Source/WebKit/UIProcess/mac/LegacySessionStateCoding.cpp",
	},
	Parse: from.SQLite(safariBrowserStateRead),
}

// safariBrowserStateTab is one tab, or the history of a tab that is gone.
type safariBrowserStateTab struct {
	// When the tab was last looked at. Column tabs.last_viewed_time, seconds
	// since 2001 UTC; since 1970 on iOS 26 (observed), told by its size.
	Viewed record.Time `json:"viewed"`

	URL     record.URL  `json:"url"`                   // column tabs.url
	Visible record.URL  `json:"visible_url,omitempty"` // column tabs.user_visible_url, if it differs
	Title   record.Text `json:"title,omitempty"`       // column tabs.title

	// The pages that the back and forward buttons reach, oldest first, from
	// session_data: the address shown, the address asked for, and the title.
	// The three lists are of one length.
	History          []record.URL  `json:"history,omitempty"`
	HistoryRequested []record.URL  `json:"history_requested,omitempty"`
	HistoryTitles    []record.Text `json:"history_titles,omitempty"`

	Private   bool   `json:"private"`              // column tabs.private_browsing
	FromLink  bool   `json:"from_link"`            // column tabs.opened_from_link
	Reader    bool   `json:"reader,omitempty"`     // column tabs.showing_reader
	Image     bool   `json:"image,omitempty"`      // column tabs.displaying_standalone_image
	ReadingID int64  `json:"reading_id,omitempty"` // column tabs.readinglist_bookmark_id, of Bookmarks.db
	Position  int64  `json:"position"`             // column tabs.order_index
	Tab       string `json:"tab"`                  // column tabs.uuid
	Window    string `json:"window,omitempty"`     // column tabs.browser_window_uuid
	StateSize int64  `json:"state_size,omitempty"` // column tab_sessions.uncompressed_session_data_size, bytes
}

// String implements [record.Data].
func (t safariBrowserStateTab) String() string {
	kind := "Tab"
	if t.Private {
		kind = "Private tab"
	}
	return record.Line(fmt.Sprintf("%s on %s (%d pages of history): %s", kind, t.URL, len(t.History), t.Title))
}

func safariBrowserStateRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	rows, more := from.Join(db, "tab_sessions", yield, func(r sqlite.Row) (string, int64) { return r.Text("tab_uuid"), r.ID })
	if !more {
		return
	}
	seen := map[string]bool{}
	var failed error // of the row just read
	emit := func(rec record.Record, err error) bool {
		again := yield(rec, err)
		if failed != nil && again {
			again, failed = yield(record.Record{}, failed), nil
		}
		return again
	}
	ok := from.Rows(in, db, "tabs", emit, func(r sqlite.Row) (safariBrowserStateTab, bool) {
		t := safariBrowserStateRow(r)
		data := r.Blob("session_data")                           // before iOS 12
		if id, ok := rows[t.Tab]; ok && r.State == sqlite.Live { // an older tab had another history
			s, err := db.Row("tab_sessions", id)
			if err != nil {
				failed = err
			}
			data, t.StateSize = s.Blob("session_data"), s.Int("uncompressed_session_data_size")
			seen[t.Tab] = true
		}
		if err := t.history(data); err != nil {
			failed = fmt.Errorf("read session_data of tab %q: %w", t.Tab, err)
		}
		if r.State != sqlite.Live {
			failed = nil // what is left of a deleted row is often cut
		}
		return t, true
	})
	if _, has := db.Table("tab_sessions"); !ok || !has {
		return
	}
	// Histories whose tab is gone, and older versions of the others.
	from.Rows(in, db, "tab_sessions", emit, func(r sqlite.Row) (safariBrowserStateTab, bool) {
		t := safariBrowserStateTab{Tab: r.Text("tab_uuid"), StateSize: r.Int("uncompressed_session_data_size")}
		if r.State == sqlite.Live && seen[t.Tab] {
			return t, false
		}
		if err := t.history(r.Blob("session_data")); err != nil && r.State == sqlite.Live {
			failed = fmt.Errorf("read session_data of tab %q: %w", t.Tab, err)
		}
		return t, r.State == sqlite.Live || len(t.History) > 0
	})
}

func safariBrowserStateRow(r sqlite.Row) safariBrowserStateTab {
	t := safariBrowserStateTab{
		Viewed:    epoch.CocoaOrUnix(r.Float("last_viewed_time")),
		URL:       record.URL(r.Text("url")),
		Title:     record.Text(r.Text("title")),
		Private:   r.Int("private_browsing") != 0,
		FromLink:  r.Int("opened_from_link") != 0,
		Reader:    r.Int("showing_reader") != 0,
		Image:     r.Int("displaying_standalone_image") != 0,
		ReadingID: r.Int("readinglist_bookmark_id"),
		Position:  r.Int("order_index"),
		Tab:       r.Text("uuid"),
		Window:    r.Text("browser_window_uuid"),
	}
	if u := record.URL(r.Text("user_visible_url")); u != t.URL {
		t.Visible = u
	}
	return t
}

// history takes over the pages of a session state.
func (t *safariBrowserStateTab) history(data []byte) error {
	s, err := sessionstate.Parse(data)
	for _, p := range s.Pages {
		t.History = append(t.History, record.URL(p.URL))
		t.HistoryRequested = append(t.HistoryRequested, record.URL(p.Original))
		t.HistoryTitles = append(t.HistoryTitles, record.Text(p.Title))
	}
	return err
}
