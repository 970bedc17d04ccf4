// Package sessionstate reads the state of a tab that WebKit hands to browsers
// to keep: the list of pages that its back and forward buttons reach.
//
// The form is four bytes with a version, then a binary property list; see
// LegacySessionStateCoding in the sources of WebKit
// (Source/WebKit/UIProcess/mac). Safari stores it in BrowserState.db,
// SafariTabs.db and RecentlyClosedTabs.plist.
package sessionstate

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/vigie-project/vigie/format/plist"
)

// MaxPages is how many pages of a tab are read. WebKit keeps 100.
const MaxPages = 4096

// ErrFormat means that the bytes are no session state, as when a browser
// compressed or encrypted it.
var ErrFormat = errors.New("not a session state")

// A State is what the back and forward buttons of a tab reach.
type State struct {
	Version uint32 // 0 if the property list has no version before it
	Current int    // index in Pages of the page shown, -1 for none
	Pages   []Page // oldest first
}

// A Page is one step in the history of a tab. It has no time.
type Page struct {
	URL      string // shown last, after redirections
	Original string // asked for first
	Title    string
	Size     int // bytes of what WebKit keeps of the page: scroll position, forms
}

var magic = []byte("bplist0")

// Parse reads a session state. Empty data give an empty State. The error wraps
// [ErrFormat] if the bytes are something else; the State that is returned
// beside an error holds what could be read.
func Parse(data []byte) (State, error) {
	s := State{Current: -1}
	if len(data) == 0 {
		return s, nil
	}
	if !bytes.HasPrefix(data, magic) {
		if len(data) < 4 || !bytes.HasPrefix(data[4:], magic) {
			return s, fmt.Errorf("read %d bytes: %w", len(data), ErrFormat)
		}
		s.Version = binary.BigEndian.Uint32(data)
		data = data[4:]
	}
	root, err := plist.Parse(data)
	if err != nil {
		return s, fmt.Errorf("read session state: %w", err)
	}
	history := root.Get("SessionHistory")
	if n := history.Get("SessionHistoryCurrentIndex"); n.Kind() == plist.Int {
		s.Current = int(n.Int())
	}
	for e := range history.Get("SessionHistoryEntries").Elems() {
		if len(s.Pages) == MaxPages {
			return s, fmt.Errorf("read session state: more than %d pages", MaxPages)
		}
		if err := e.Err(); err != nil {
			return s, fmt.Errorf("read session state: page %d: %w", len(s.Pages), err)
		}
		s.Pages = append(s.Pages, Page{
			URL:      text(e.Get("SessionHistoryEntryURL")),
			Original: text(e.Get("SessionHistoryEntryOriginalURL")),
			Title:    text(e.Get("SessionHistoryEntryTitle")),
			Size:     e.Get("SessionHistoryEntryData").Len(),
		})
	}
	return s, nil
}

// text returns a string, also one that is stored as data.
func text(v plist.Value) string {
	if v.Kind() == plist.Data {
		return string(bytes.ToValidUTF8(v.Data(), []byte("\ufffd")))
	}
	return v.String()
}
