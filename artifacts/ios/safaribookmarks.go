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
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// SafariBookmarks reads bookmarks and the reading list of Safari.
var SafariBookmarks = artifact.Parser{
	ID:    "ios.safaribookmarks",
	Title: lang.Text{EN: "Bookmarks and reading list of Safari", FR: "Signets et liste de lecture de Safari"},
	Doc: `Bookmarks.db holds the bookmarks, favourites and reading list of Safari,
which are shared between the devices of an Apple account and stay until somebody
deletes them; a deleted one is kept, marked, until it is synchronised. A bookmark
was made by a person or came with a configuration profile. It shows interest in an
address, and that the page of a reading list was loaded for later; not a visit.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/**/Library/Safari/Bookmarks.db"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/**/Library/Safari/Profiles/*/Bookmarks.db"},
	},
	Record: safariBookmarksEntry{},
	Refs:   []string{"https://github.com/abrignoni/iLEAPP/blob/main/scripts/artifacts/safariBookmarks.py"},
	Parse:  from.SQLite(safariBookmarksRead),
}

// safariBookmarksEntry is one row of the table bookmarks.
type safariBookmarksEntry struct {
	// Times of the bookmark, from the property list in extra_attributes:
	// DateAdded of com.apple.Bookmark or com.apple.ReadingList, DateLastViewed
	// of the latter, DateLastFetched of com.apple.ReadingListNonSync; and from
	// column last_modified, seconds since 2001. All UTC.
	Added    record.Time `json:"added"`
	Viewed   record.Time `json:"viewed"`
	Fetched  record.Time `json:"fetched"`
	Modified record.Time `json:"modified"`

	Kind    string      `json:"kind"`              // column type: bookmark or folder
	URL     record.URL  `json:"url,omitempty"`     // column url
	Title   record.Text `json:"title,omitempty"`   // column title
	Preview record.Text `json:"preview,omitempty"` // PreviewText of com.apple.ReadingList: how the page begins
	Folder  string      `json:"folder,omitempty"`  // titles of the folders above, by column parent, separated by " / "
	Reading bool        `json:"reading_list"`      // has the attributes of the reading list
	Removed bool        `json:"removed,omitempty"` // column deleted: kept only to be synchronised
	Hidden  bool        `json:"hidden,omitempty"`  // column hidden
	UUID    string      `json:"uuid,omitempty"`    // column external_uuid
	ID      int64       `json:"id"`                // column id
	Parent  int64       `json:"parent"`            // column parent

	Attributes []record.KV `json:"attributes,omitempty"` // all that extra_attributes and local_attributes hold, but the preview
}

// String implements [record.Data].
func (b safariBookmarksEntry) String() string {
	what := "Safari " + b.Kind
	if b.Reading {
		what = "Reading list"
	}
	return record.Line(fmt.Sprintf("%s %s: %s", what, b.URL, b.Title))
}

// safariBookmarksFolder is what a bookmark is joined with.
type safariBookmarksFolder struct {
	title string
	above int64
}

func safariBookmarksRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	folders, _ := from.Join(db, "bookmarks", func(record.Record, error) bool { return true }, func(r sqlite.Row) (int64, safariBookmarksFolder) {
		if r.Int("type") == 0 {
			return -1, safariBookmarksFolder{} // a bookmark has nothing below it
		}
		return r.Int("id"), safariBookmarksFolder{r.Text("title"), r.Int("parent")}
	})
	from.Each(in, db, "bookmarks", yield, func(r sqlite.Row) (safariBookmarksEntry, error) {
		b, err := safariBookmarksRow(r)
		b.Folder = safariBookmarksPath(folders, b.Parent)
		if r.State != sqlite.Live {
			err = nil // what is left of a deleted row is often cut
		}
		return b, err
	})
}

// safariBookmarksDepth is how many folders above a bookmark are named.
const safariBookmarksDepth = 16

func safariBookmarksPath(folders map[int64]safariBookmarksFolder, id int64) string {
	var titles []string
	for len(titles) < safariBookmarksDepth {
		f, ok := folders[id]
		if !ok || id < 0 {
			break
		}
		titles = append([]string{f.title}, titles...)
		if f.above == id {
			break
		}
		id = f.above
	}
	return strings.Join(titles, " / ")
}

func safariBookmarksRow(r sqlite.Row) (safariBookmarksEntry, error) {
	b := safariBookmarksEntry{
		Modified: epoch.CocoaOrUnix(r.Float("last_modified")),
		Kind:     record.Name(r.Int("type"), "bookmark", "folder"),
		URL:      record.URL(r.Text("url")),
		Title:    record.Text(r.Text("title")),
		Removed:  r.Int("deleted") != 0,
		Hidden:   r.Int("hidden") != 0,
		UUID:     r.Text("external_uuid"),
		ID:       r.Int("id"),
		Parent:   r.Int("parent"),
	}
	var errs []error
	for _, col := range [...]string{"extra_attributes", "local_attributes"} {
		if blob := r.Blob(col); len(blob) > 0 {
			v, err := plist.Parse(blob)
			if err == nil {
				err = b.attributes(v)
			}
			errs = append(errs, err)
		}
	}
	return b, errors.Join(errs...)
}

// attributes takes over a property list of a row.
func (b *safariBookmarksEntry) attributes(v plist.Value) error {
	list, local := v.Get("com.apple.ReadingList"), v.Get("com.apple.ReadingListNonSync")
	b.Reading = b.Reading || list.Kind() == plist.Dict
	for _, t := range [...]struct {
		to   *record.Time
		from plist.Value
	}{
		{&b.Added, v.Get("com.apple.Bookmark").Get("DateAdded")},
		{&b.Added, list.Get("DateAdded")},
		{&b.Viewed, list.Get("DateLastViewed")},
		{&b.Fetched, local.Get("DateLastFetched")},
	} {
		if t.from.Kind() == plist.Date {
			*t.to = epoch.Date(t.from.Time())
		}
	}
	if s := list.Get("PreviewText").String(); s != "" {
		b.Preview = record.Text(s)
	}
	kvs, err := from.Leaves(v)
	for _, kv := range kvs {
		if kv.Key != "com.apple.ReadingList/PreviewText" {
			b.Attributes = append(b.Attributes, kv)
		}
	}
	return err
}
