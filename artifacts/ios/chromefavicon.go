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

// ChromeFavicon reads the icons of the pages that Chrome visited.
var ChromeFavicon = artifact.Parser{
	ID:    "ios.chromefavicon",
	Title: lang.Text{EN: "Chrome site icons", FR: "Icônes de sites dans Chrome"},
	Doc: `Chrome, and browsers that are built from it, note which icon belongs to which
page. Rows are written when a page is loaded, refreshed after a week, and removed
with the history, but not always at once. An icon without its page in the history
shows a visit that was cleared.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Containers/Data/Application/*/Library/Application Support/Google/Chrome/*/Favicons"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Containers/Data/Application/*/Library/Application Support/**/Default/Favicons"},
	},
	Record: chromeFaviconIcon{},
	Refs: []string{
		"https://docs.mvt.re/en/latest/ios/records/#chrome_faviconjson",
		"https://source.chromium.org/chromium/chromium/src/+/main:components/favicon/core/favicon_database.cc",
	},
	Parse: from.SQLite(chromeFaviconRead),
}

// chromeFaviconIcon is a page and its icon.
type chromeFaviconIcon struct {
	// When the image was loaded and last used. Columns last_updated and
	// last_requested of favicon_bitmaps, microseconds since 1601 UTC, the latest
	// of the sizes of the icon; each may be missing.
	Updated   record.Time `json:"updated"`
	Requested record.Time `json:"requested"`

	Page   record.URL `json:"page,omitempty"` // column icon_mapping.page_url; empty for an icon without a page
	Icon   record.URL `json:"icon"`           // column favicons.url
	Type   int64      `json:"type"`           // column favicons.icon_type: 1 favicon, 2 and 4 touch icons, 8 web manifest
	IconID int64      `json:"icon_id"`        // column favicons.id
}

// String implements [record.Data].
func (f chromeFaviconIcon) String() string {
	return record.Line(fmt.Sprintf("Chrome icon %s of %s", f.Icon, f.Page))
}

// chromeFaviconTimes are the times of an icon, as stored.
type chromeFaviconTimes struct{ updated, requested int64 }

func chromeFaviconRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	bitmaps, more := from.Group(db, "favicon_bitmaps", yield, func(r sqlite.Row) (int64, chromeFaviconTimes) {
		return r.Int("icon_id"), chromeFaviconTimes{r.Int("last_updated"), r.Int("last_requested")}
	})
	if !more {
		return
	}
	icons, more := from.Join(db, "favicons", yield, func(r sqlite.Row) (int64, chromeFaviconIcon) {
		return r.Int("id"), chromeFaviconRow(r, bitmaps)
	})
	used := map[int64]bool{}
	if !more || !from.Rows(in, db, "icon_mapping", yield, func(r sqlite.Row) (chromeFaviconIcon, bool) {
		id := r.Int("icon_id")
		used[id] = true
		var f chromeFaviconIcon
		if r.State == sqlite.Live { // the number of a deleted icon is used again
			f = icons[id]
		}
		f.IconID, f.Page = id, record.URL(r.Text("page_url"))
		return f, true
	}) {
		return
	}
	from.Rows(in, db, "favicons", yield, func(r sqlite.Row) (chromeFaviconIcon, bool) {
		f := chromeFaviconRow(r, bitmaps)
		return f, !used[f.IconID] || f.Icon != icons[f.IconID].Icon
	})
}

func chromeFaviconRow(r sqlite.Row, bitmaps map[int64][]chromeFaviconTimes) chromeFaviconIcon {
	f := chromeFaviconIcon{Icon: record.URL(r.Text("url")), Type: r.Int("icon_type"), IconID: r.Int("id")}
	var last chromeFaviconTimes
	for _, t := range bitmaps[f.IconID] {
		last.updated, last.requested = max(last.updated, t.updated), max(last.requested, t.requested)
	}
	f.Updated, f.Requested = epoch.WebKit(last.updated), epoch.WebKit(last.requested)
	return f
}
