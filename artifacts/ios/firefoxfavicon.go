package ios

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// FirefoxFavicon reads the icons of the sites that Firefox visited.
var FirefoxFavicon = artifact.Parser{
	ID:    "ios.firefoxfavicon",
	Title: lang.Text{EN: "Firefox site icons", FR: "Icônes de sites dans Firefox"},
	Doc: `Older versions of Firefox for iOS note in browser.db which icon belongs to
which page of the history, when they first load it. An icon can outlive the
history. Newer versions do not write it, so an empty table is usual.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/**/profile.*/browser.db"},
	},
	Record: firefoxFaviconIcon{},
	Refs:   []string{"https://docs.mvt.re/en/latest/ios/records/#firefox_faviconjson"},
	Parse:  from.SQLite(firefoxFaviconRead),
}

// firefoxFaviconIcon is an icon and a page that has it.
type firefoxFaviconIcon struct {
	// When the icon was loaded. Column favicons.date, seconds since 1970 UTC, or
	// milliseconds if its size says so.
	Loaded record.Time `json:"loaded"`

	Icon   record.URL `json:"icon"`              // column favicons.url
	Page   record.URL `json:"page,omitempty"`    // column history.url of the page that has it
	Width  int64      `json:"width,omitempty"`   // column favicons.width, pixels
	Height int64      `json:"height,omitempty"`  // column favicons.height, pixels
	Type   int64      `json:"type"`              // column favicons.type
	IconID int64      `json:"icon_id"`           // column favicons.id
	PageID int64      `json:"page_id,omitempty"` // column favicon_sites.siteID
}

// String implements [record.Data].
func (f firefoxFaviconIcon) String() string {
	return record.Line(fmt.Sprintf("Firefox icon %s of %s", f.Icon, f.Page))
}

func firefoxFaviconRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	if _, ok := db.Table("favicons"); !ok {
		return // newer versions have none
	}
	icons, more := from.Join(db, "favicons", yield, func(r sqlite.Row) (int64, firefoxFaviconIcon) {
		return r.Int("id"), firefoxFaviconRow(r)
	})
	if !more {
		return
	}
	pages, more := from.Join(db, "history", yield, func(r sqlite.Row) (int64, string) { return r.Int("id"), r.Text("url") })
	used := map[int64]bool{}
	_, ok := db.Table("favicon_sites")
	if !more || ok && !from.Rows(in, db, "favicon_sites", yield, func(r sqlite.Row) (firefoxFaviconIcon, bool) {
		id := r.Int("faviconID")
		used[id] = true
		f := icons[id]
		f.IconID, f.PageID = id, r.Int("siteID")
		f.Page = record.URL(pages[f.PageID])
		return f, true
	}) {
		return
	}
	from.Rows(in, db, "favicons", yield, func(r sqlite.Row) (firefoxFaviconIcon, bool) {
		f := firefoxFaviconRow(r)
		return f, !used[f.IconID] || f.Icon != icons[f.IconID].Icon
	})
}

func firefoxFaviconRow(r sqlite.Row) firefoxFaviconIcon {
	f := firefoxFaviconIcon{
		Loaded: epoch.UnixReal(r.Float("date")),
		Icon:   record.URL(r.Text("url")),
		Width:  r.Int("width"),
		Height: r.Int("height"),
		Type:   r.Int("type"),
		IconID: r.Int("id"),
	}
	if ms := r.Int("date"); ms >= 1e11 {
		f.Loaded = epoch.UnixMilli(ms)
	}
	return f
}
