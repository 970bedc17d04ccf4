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

// SafariFavicon reads the icons of the pages that Safari visited.
var SafariFavicon = artifact.Parser{
	ID:    "ios.safarifavicon",
	Title: lang.Text{EN: "Safari site icons", FR: "Icônes de sites dans Safari"},
	Doc: `Safari notes which icon belongs to which page, and which icons it asked for
and did not get: a host that answers one page and nothing else is what an exploit
server looks like. Rows outlive a cleared history. The file is a cache, so it is in
file systems and not in backups, and the system may empty it.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/**/Library/Image Cache/Favicons/Favicons.db"},
	},
	Record: safariFaviconIcon{},
	Refs:   []string{"https://docs.mvt.re/en/latest/ios/records/#safari_faviconjson"},
	Parse:  from.SQLite(safariFaviconRead),
}

// safariFaviconIcon is a page and its icon.
type safariFaviconIcon struct {
	// When the icon was stored or refused. Columns icon_info.timestamp or
	// rejected_resources.timestamp, seconds since 2001 UTC.
	Stored record.Time `json:"stored"`

	Page     record.URL `json:"page,omitempty"` // column page_url.url or rejected_resources.page_url
	Icon     record.URL `json:"icon,omitempty"` // column icon_info.url or rejected_resources.icon_url
	Rejected bool       `json:"rejected"`       // the row is of rejected_resources: no icon was had
	UUID     string     `json:"uuid,omitempty"` // column uuid, the name of the image file
}

// String implements [record.Data].
func (f safariFaviconIcon) String() string {
	state := "icon"
	if f.Rejected {
		state = "rejected icon"
	}
	return record.Line(fmt.Sprintf("Safari %s %s of %s", state, f.Icon, f.Page))
}

func safariFaviconRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	icons, more := from.Join(db, "icon_info", yield, func(r sqlite.Row) (string, safariFaviconIcon) {
		return r.Text("uuid"), safariFaviconRow(r)
	})
	used := map[string]bool{}
	if !more || !from.Rows(in, db, "page_url", yield, func(r sqlite.Row) (safariFaviconIcon, bool) {
		f := icons[r.Text("uuid")]
		f.UUID, f.Page = r.Text("uuid"), record.URL(r.Text("url"))
		used[f.UUID] = true
		return f, true
	}) || !from.Rows(in, db, "icon_info", yield, func(r sqlite.Row) (safariFaviconIcon, bool) {
		f := safariFaviconRow(r)
		return f, !used[f.UUID] || f.Icon != icons[f.UUID].Icon
	}) {
		return
	}
	if _, ok := db.Table("rejected_resources"); !ok {
		return
	}
	from.Rows(in, db, "rejected_resources", yield, func(r sqlite.Row) (safariFaviconIcon, bool) {
		return safariFaviconIcon{
			Stored:   epoch.CocoaReal(r.Float("timestamp")),
			Page:     record.URL(r.Text("page_url")),
			Icon:     record.URL(r.Text("icon_url")),
			Rejected: true,
		}, true
	})
}

func safariFaviconRow(r sqlite.Row) safariFaviconIcon {
	return safariFaviconIcon{Stored: epoch.CocoaReal(r.Float("timestamp")), Icon: record.URL(r.Text("url")), UUID: r.Text("uuid")}
}
