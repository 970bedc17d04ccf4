package ios

import (
	"errors"
	"fmt"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/format/sessionstate"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// SafariTabs reads the tabs, tab groups and profiles of Safari.
var SafariTabs = artifact.Parser{
	ID:    "ios.safaritabs",
	Title: lang.Text{EN: "Tabs of Safari (SafariTabs)", FR: "Onglets de Safari (SafariTabs)"},
	Doc: `From iOS 15, SafariTabs.db holds the tabs of Safari, private ones included,
in groups and profiles, with times, the device that looked at them last and the
pages that the back and forward buttons reach. Tabs that were closed recently may
still be there. Groups are shared between the devices of an Apple account, so a
tab need not have been opened on this one. An empty file means that no tab was
open, not that nothing was browsed.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/**/Library/Safari/SafariTabs.db"},
	},
	Record: safariTabsEntry{},
	Refs: []string{
		"https://github.com/abrignoni/iLEAPP/blob/main/scripts/artifacts/safariTabs.py",
		"https://github.com/WebKit/WebKit/blob/main/Source/WebKit/UIProcess/mac/LegacySessionStateCoding.cpp",
	},
	Parse: from.SQLite(safariTabsRead),
}

// safariTabsEntry is one row of the table bookmarks: a tab, a group or a profile.
type safariTabsEntry struct {
	// Times of the tab, dates of the two property lists in a row, or seconds
	// since 2001 (since 1970 if their size says so) in UTC: extra_attributes
	// com.apple.Bookmark/DateAdded and DateLastViewed, local_attributes
	// LastVisitTime and DateClosed or column date_closed, column last_modified.
	Added    record.Time `json:"added"`
	Viewed   record.Time `json:"viewed"`
	Visited  record.Time `json:"visited"`
	Closed   record.Time `json:"closed"`
	Modified record.Time `json:"modified"`

	Kind  string      `json:"kind"`            // columns type and subtype: tab, group or profile
	URL   record.URL  `json:"url,omitempty"`   // column url, as synchronised
	Title record.Text `json:"title,omitempty"` // column title
	// What this device loaded, if it differs: extra_attributes LocalURL and LocalTitle.
	LocalURL   record.URL  `json:"local_url,omitempty"`
	LocalTitle record.Text `json:"local_title,omitempty"`

	// The pages that the back and forward buttons reach, oldest first, from
	// local_attributes SessionState or the table session_state: the address
	// shown, the address asked for, and the title. The lists are of one length.
	History          []record.URL  `json:"history,omitempty"`
	HistoryRequested []record.URL  `json:"history_requested,omitempty"`
	HistoryTitles    []record.Text `json:"history_titles,omitempty"`

	Group   string `json:"group,omitempty"`   // titles of the rows above, by column parent, separated by " / "
	Private bool   `json:"private"`           // the group is titled Private, or windows.private_tab_group_id names it
	Removed bool   `json:"removed,omitempty"` // column deleted: kept only to be synchronised
	Hidden  bool   `json:"hidden,omitempty"`  // column hidden
	Device  string `json:"device,omitempty"`  // extra_attributes DeviceIdentifier, of the device that looked at it last
	Tab     string `json:"tab,omitempty"`     // column external_uuid
	ID      int64  `json:"id"`                // column id
	Parent  int64  `json:"parent"`            // column parent

	Attributes []record.KV `json:"attributes,omitempty"` // what else the two property lists hold
}

// String implements [record.Data].
func (t safariTabsEntry) String() string {
	kind := t.Kind
	if t.Private {
		kind = "private " + kind
	}
	return record.Line(fmt.Sprintf("Safari %s %s: %s", kind, t.URL, t.Title))
}

// safariTabsReader holds what rows are joined with.
type safariTabsReader struct {
	parents  map[int64]safariTabsParent
	private  map[int64]bool
	sessions map[string]int64
	db       *sqlite.DB
}

type safariTabsParent struct {
	title string
	above int64
}

func safariTabsRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	s := safariTabsReader{db: db}
	var more bool
	if s.parents, more = from.Join(db, "bookmarks", func(record.Record, error) bool { return true }, func(r sqlite.Row) (int64, safariTabsParent) {
		if r.Int("type") == 0 {
			return -1, safariTabsParent{} // a tab has nothing below it
		}
		return r.Int("id"), safariTabsParent{r.Text("title"), r.Int("parent")}
	}); !more {
		return
	}
	if s.private, more = from.Join(db, "windows", yield, func(r sqlite.Row) (int64, bool) { return r.Int("private_tab_group_id"), true }); !more {
		return
	}
	if s.sessions, more = from.Join(db, "session_state", yield, func(r sqlite.Row) (string, int64) { return r.Text("uuid"), r.ID }); !more {
		return
	}
	from.Each(in, db, "bookmarks", yield, s.row)
}

func (s *safariTabsReader) row(r sqlite.Row) (safariTabsEntry, error) {
	t := safariTabsEntry{
		Modified: epoch.CocoaOrUnix(r.Float("last_modified")),
		Closed:   epoch.CocoaOrUnix(r.Float("date_closed")),
		Kind:     record.Name(r.Int("type"), "tab", "group"),
		URL:      record.URL(r.Text("url")),
		Title:    record.Text(r.Text("title")),
		Removed:  r.Int("deleted") != 0,
		Hidden:   r.Int("hidden") != 0,
		Tab:      r.Text("external_uuid"),
		ID:       r.Int("id"),
		Parent:   r.Int("parent"),
	}
	if sub := r.Int("subtype"); sub != 0 {
		t.Kind = record.Name(sub, "", "", "profile")
	}
	s.place(&t)
	var errs []error
	for _, list := range [...]struct {
		col  string
		take func(plist.Value) error
	}{{"extra_attributes", t.extra}, {"local_attributes", t.local}} {
		if blob := r.Blob(list.col); len(blob) > 0 {
			v, err := plist.Parse(blob)
			if err == nil {
				err = list.take(v)
			}
			errs = append(errs, err)
		}
	}
	if id, ok := s.sessions[t.Tab]; ok && len(t.History) == 0 && r.State == sqlite.Live {
		row, err := s.db.Row("session_state", id)
		if err == nil {
			err = t.history(row.Blob("data"))
		}
		errs = append(errs, err)
	}
	if r.State != sqlite.Live {
		return t, nil // what is left of a deleted row is often cut
	}
	return t, errors.Join(errs...)
}

// safariTabsDepth is how many groups above a tab are named.
const safariTabsDepth = 8

// place names the groups above a row.
func (s *safariTabsReader) place(t *safariTabsEntry) {
	var titles []string
	for id := t.Parent; len(titles) < safariTabsDepth; {
		p, ok := s.parents[id]
		if !ok || id <= 0 {
			break
		}
		titles = append([]string{p.title}, titles...)
		t.Private = t.Private || s.private[id] || p.title == "Private"
		id = p.above
	}
	t.Group = strings.Join(titles, " / ")
}

// extra takes over what is synchronised with other devices.
func (t *safariTabsEntry) extra(v plist.Value) error {
	t.Added = safariTabsTime(v.Get("com.apple.Bookmark").Get("DateAdded"))
	t.Viewed = safariTabsTime(v.Get("DateLastViewed"))
	t.Device = v.Get("DeviceIdentifier").String()
	if u := record.URL(v.Get("LocalURL").String()); u != t.URL {
		t.LocalURL = u
	}
	if s := record.Text(v.Get("LocalTitle").String()); s != t.Title {
		t.LocalTitle = s
	}
	rest, err := from.Rest(v, "com.apple.Bookmark", "DateLastViewed", "DeviceIdentifier", "LocalURL", "LocalTitle")
	t.Attributes = append(t.Attributes, rest...)
	return err
}

// local takes over what only this device knows.
func (t *safariTabsEntry) local(v plist.Value) error {
	t.Visited = safariTabsTime(v.Get("LastVisitTime"))
	if closed := safariTabsTime(v.Get("DateClosed")); closed.IsSet() {
		t.Closed = closed
	}
	rest, err := from.Rest(v, "LastVisitTime", "DateClosed", "SessionState")
	t.Attributes = append(t.Attributes, rest...)
	if herr := t.history(v.Get("SessionState").Data()); err == nil {
		err = herr
	}
	return err
}

// history takes over the pages of a session state.
func (t *safariTabsEntry) history(data []byte) error {
	s, err := sessionstate.Parse(data)
	for _, p := range s.Pages {
		t.History = append(t.History, record.URL(p.URL))
		t.HistoryRequested = append(t.HistoryRequested, record.URL(p.Original))
		t.HistoryTitles = append(t.HistoryTitles, record.Text(p.Title))
	}
	return err
}

// safariTabsTime reads a date, or seconds.
func safariTabsTime(v plist.Value) record.Time {
	if v.Kind() == plist.Date {
		return epoch.Date(v.Time())
	}
	return epoch.CocoaOrUnix(v.Float())
}
