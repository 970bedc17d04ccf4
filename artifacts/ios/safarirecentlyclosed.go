package ios

import (
	"errors"
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/format/sessionstate"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// SafariRecentlyClosed reads the tabs that were closed lately.
var SafariRecentlyClosed = artifact.Parser{
	ID:    "ios.safarirecentlyclosed",
	Title: lang.Text{EN: "Recently closed tabs of Safari", FR: "Onglets de Safari fermés récemment"},
	Doc: `Safari remembers the tabs that were closed, so that they can be opened
again: address, title, when it was closed and the pages that its back and forward
buttons reached. The file is rewritten when a tab is closed; later systems keep
closed tabs in SafariTabs.db instead. It is separate from the history, and may
name pages that are not there any more.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/**/Library/Safari/RecentlyClosedTabs.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/**/Library/Safari/Profiles/*/RecentlyClosedTabs.plist"},
	},
	Record: safariRecentlyClosedTab{},
	Refs:   []string{"https://github.com/ydkhatri/mac_apt/blob/master/plugins/safari.py"},
	Parse:  from.Plist(safariRecentlyClosedRead),
}

// safariRecentlyClosedTab is one tab, closed alone or with its window.
type safariRecentlyClosedTab struct {
	// When the tab, or the window that held it, was closed, and when it was last
	// looked at. Keys DateClosed and LastVisitTime, dates or seconds since 2001,
	// UTC.
	Closed  record.Time `json:"closed"`
	Visited record.Time `json:"visited"`

	URL   record.URL  `json:"url"`             // TabURL
	Title record.Text `json:"title,omitempty"` // TabTitle

	// The pages that the back and forward buttons reached, oldest first, from
	// SessionState: the address shown, the address asked for, and the title. The
	// lists are of one length.
	History          []record.URL  `json:"history,omitempty"`
	HistoryRequested []record.URL  `json:"history_requested,omitempty"`
	HistoryTitles    []record.Text `json:"history_titles,omitempty"`

	Private bool   `json:"private"`          // IsPrivateWindow of the window
	Tab     string `json:"tab,omitempty"`    // TabUUID
	Window  string `json:"window,omitempty"` // WindowUUID

	Attributes []record.KV `json:"attributes,omitempty"` // its other keys
}

// String implements [record.Data].
func (t safariRecentlyClosedTab) String() string {
	return record.Line(fmt.Sprintf("Closed tab on %s (%d pages of history): %s", t.URL, len(t.History), t.Title))
}

// safariRecentlyClosedDepth bounds how deep tabs are looked for: a list of
// states, which hold windows, which hold tabs.
const safariRecentlyClosedDepth = 10

// safariRecentlyClosedReader walks through the list. Wherever a dictionary has a
// TabURL it is a tab; what it lacks is of the dictionaries around it.
type safariRecentlyClosedReader struct {
	in    *artifact.Input
	yield func(record.Record, error) bool
	row   int
}

func safariRecentlyClosedRead(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
	r := safariRecentlyClosedReader{in: in, yield: yield}
	r.walk("", root, safariRecentlyClosedTab{}, 0)
}

func (r *safariRecentlyClosedReader) walk(path string, v plist.Value, around safariRecentlyClosedTab, depth int) bool {
	if err := v.Err(); err != nil {
		return r.yield(record.Record{}, err)
	}
	if depth > safariRecentlyClosedDepth {
		return r.yield(record.Record{}, fmt.Errorf("read %s: nested deeper than %d", path, safariRecentlyClosedDepth))
	}
	switch v.Kind() {
	case plist.Array:
		for i := range v.Len() {
			if e := v.Index(i); e.Kind() != plist.Data && !r.walk(fmt.Sprintf("%s[%d]", path, i), e, around, depth+1) {
				return false
			}
		}
	case plist.Dict:
		around.inherit(v)
		if v.Get("TabURL").Kind() == plist.String {
			return r.tab(path, v, around)
		}
		for key, e := range v.Items() {
			if (e.Kind() == plist.Dict || e.Kind() == plist.Array || e.Err() != nil) && !r.walk(plist.JoinPath(path, key), e, around, depth+1) {
				return false
			}
		}
	}
	return true
}

// inherit takes over what holds for the tabs within v too.
func (t *safariRecentlyClosedTab) inherit(v plist.Value) {
	if d := safariRecentlyClosedTime(v.Get("DateClosed")); d.IsSet() {
		t.Closed = d
	}
	if s := v.Get("WindowUUID").String(); s != "" {
		t.Window = s
	}
	t.Private = t.Private || v.Get("IsPrivateWindow").Bool()
}

func (r *safariRecentlyClosedReader) tab(path string, v plist.Value, t safariRecentlyClosedTab) bool {
	t.Visited = safariRecentlyClosedTime(v.Get("LastVisitTime"))
	t.URL = record.URL(v.Get("TabURL").String())
	t.Title = record.Text(v.Get("TabTitle").String())
	t.Tab = v.Get("TabUUID").String()
	state, err := sessionstate.Parse(v.Get("SessionState").Data())
	if err != nil {
		err = fmt.Errorf("read %s: %w", path, err)
	}
	for _, p := range state.Pages {
		t.History = append(t.History, record.URL(p.URL))
		t.HistoryRequested = append(t.HistoryRequested, record.URL(p.Original))
		t.HistoryTitles = append(t.HistoryTitles, record.Text(p.Title))
	}
	rest, rerr := from.Rest(v, "DateClosed", "WindowUUID", "IsPrivateWindow", "LastVisitTime", "TabURL", "TabTitle", "TabUUID", "SessionState")
	t.Attributes = rest
	r.row++
	if !r.yield(r.in.Record(from.At(path, r.row, v), t), nil) {
		return false
	}
	if err := errors.Join(err, rerr); err != nil {
		return r.yield(record.Record{}, err)
	}
	return true
}

// safariRecentlyClosedTime reads a date, or seconds since 2001.
func safariRecentlyClosedTime(v plist.Value) record.Time {
	if v.Kind() == plist.Date {
		return epoch.Date(v.Time())
	}
	return epoch.CocoaReal(v.Float())
}
