package ios

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// SafariPreferences reads the settings and the recent searches of Safari.
var SafariPreferences = artifact.Parser{
	ID:    "ios.safaripreferences",
	Title: lang.Text{EN: "Searches and settings of Safari", FR: "Recherches et réglages de Safari"},
	Doc: `com.apple.mobilesafari.plist holds the settings of Safari and, under
RecentWebSearches, up to some twenty searches (observed) with their time, until
the history is cleared. It tells whether protections such as the fraud warning
were switched off, and what was looked for around an event. Keys that are missing
have their default.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/**/Library/Preferences/com.apple.mobilesafari.plist"},
	},
	Record: safariPreferencesEntry{},
	Refs:   []string{"https://github.com/abrignoni/iLEAPP/blob/main/scripts/artifacts/safariRecentWebSearches.py"},
	Parse:  from.Plist(safariPreferencesRead),
}

// safariPreferencesEntry is one setting or one search.
type safariPreferencesEntry struct {
	// When the search was made: Date of an element of RecentWebSearches, UTC; or
	// the value of a setting that is a date.
	Time record.Time `json:"time"`

	Key    string      `json:"key"`              // top-level key
	Search record.Text `json:"search,omitempty"` // SearchString of an element of RecentWebSearches, or an element of RecentSearches
	Value  record.Text `json:"value,omitempty"`  // value of a setting
	Values []record.KV `json:"values,omitempty"` // values within a setting that holds several, or the other keys of a search
}

// String implements [record.Data].
func (e safariPreferencesEntry) String() string {
	if e.Search != "" {
		return record.Line("Safari search: " + string(e.Search))
	}
	return record.Line("Safari setting: " + from.SettingLine(e.Key, string(e.Value), e.Values))
}

func safariPreferencesRead(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
	if root.Kind() != plist.Dict {
		yield(record.Record{}, fmt.Errorf("read settings: root is %s, not dict", root.Kind()))
		return
	}
	for key, v := range root.Items() {
		if (key == "RecentWebSearches" || key == "RecentSearches") && v.Kind() == plist.Array {
			if !safariPreferencesSearches(in, key, v, yield) {
				return
			}
			continue
		}
		s, err := from.NewSetting(key, v)
		e := safariPreferencesEntry{Time: s.Time, Key: key, Value: record.Text(s.Value), Values: s.Values}
		if !yield(in.Record(from.At(key, 0, v), e), nil) || err != nil && !yield(record.Record{}, err) {
			return
		}
	}
}

// safariPreferencesSearches reads searches: dictionaries, or in old versions
// texts.
func safariPreferencesSearches(in *artifact.Input, key string, list plist.Value, yield func(record.Record, error) bool) bool {
	for i := range list.Len() {
		v := list.Index(i)
		e := safariPreferencesEntry{Key: key, Search: record.Text(v.String())}
		var err error
		if v.Kind() == plist.Dict {
			e.Time, e.Search = epoch.Date(v.Get("Date").Time()), record.Text(v.Get("SearchString").String())
			e.Values, err = from.Rest(v, "Date", "SearchString")
		} else if err = v.Err(); err == nil && v.Kind() != plist.String {
			e.Values, err = from.Leaves(v)
		}
		if !yield(in.Record(from.At(fmt.Sprintf("%s[%d]", key, i), i+1, v), e), nil) || err != nil && !yield(record.Record{}, err) {
			return false
		}
	}
	return true
}
