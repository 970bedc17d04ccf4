package ios

import (
	"context"
	"fmt"
	"io"
	"iter"
	"path"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/webkitcache"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// WebKitStorage reads which sites stored something on the device.
var WebKitStorage = artifact.Parser{
	ID:    "ios.webkitstorage",
	Title: lang.Text{EN: "Sites with stored data (WebKit)", FR: "Sites ayant des données (WebKit)"},
	Doc: `A page can store data through WebKit: local storage, databases, caches. Each
origin that does has a file or folder, for Safari, for each app with web views and
for daemons; it stays until website data is cleared, or after weeks without use.
Until iOS 15 the name of the file tells the origin; later ones lie in folders named
by a digest, where a file called "origin" tells it, with the page around it. The
time is that of the file, if the acquisition has it. Private browsing leaves
nothing. The stored data themselves are not read.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/**/WebsiteData/LocalStorage/*.localstorage"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/**/WebsiteData/IndexedDB/**/IndexedDB.sqlite3"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/**/WebsiteData/WebSQL/*/*.db"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/**/WebKit/**/origin"},
	},
	Record: webKitStorageOrigin{},
	Refs: []string{
		"https://docs.mvt.re/en/latest/ios/records/#webkit_local_storagejson",
		"https://github.com/WebKit/WebKit/blob/main/Source/WebKit/NetworkProcess/storage/NetworkStorageManager.cpp",
		"https://github.com/WebKit/WebKit/blob/main/Source/WTF/wtf/persistence/PersistentCoders.h",
	},
	Parse: webKitStorageParse,
}

// webKitStorageOrigin is one file with data of an origin.
type webKitStorageOrigin struct {
	Changed record.Time `json:"changed"` // last change of the file, as the acquisition has it

	Origin  record.URL `json:"origin"`        // scheme, host and port, from the name of the file or folder, or from the file "origin"
	Top     record.URL `json:"top,omitempty"` // origin of the page around it, if it is another one
	Storage string     `json:"storage"`       // what is stored: local storage, indexed database, Web SQL, or several kinds (a file "origin")
}

// String implements [record.Data].
func (o webKitStorageOrigin) String() string {
	s := fmt.Sprintf("WebKit stored data of %s (%s)", o.Origin, o.Storage)
	if o.Top != "" {
		s += " in pages of " + string(o.Top)
	}
	return record.Line(s)
}

func webKitStorageParse(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		if err := context.Cause(ctx); err != nil {
			yield(record.Record{}, err)
			return
		}
		o, table, err := webKitStorageRead(in)
		if err != nil && !yield(record.Record{}, err) || o.Origin == "" {
			return
		}
		if info, err := in.File.Stat(); err == nil {
			o.Changed = epoch.Date(info.ModTime())
		}
		yield(in.Record(record.Origin{Table: table}, o), nil)
	}
}

// webKitStorageRead returns the origin that a file belongs to, and where it is
// told: in a part of the path, or in the file.
func webKitStorageRead(in *artifact.Input) (o webKitStorageOrigin, table string, err error) {
	if path.Base(in.Path) == "origin" {
		o.Storage = "several kinds"
		data, err := io.ReadAll(io.NewSectionReader(in.File, 0, webkitcache.MaxOrigins))
		if err != nil {
			return o, "", fmt.Errorf("read origin: %w", err)
		}
		page, own, err := webkitcache.Origins(data)
		switch {
		case page == (webkitcache.Origin{}):
		case err != nil:
			o.Origin = record.URL(page.String()) // of a file that ends early
		default:
			if o.Origin = record.URL(own.String()); page != own {
				o.Top = record.URL(page.String())
			}
		}
		return o, "origin", err
	}
	for part := range strings.SplitSeq(in.Path, "/") {
		switch part {
		case "LocalStorage":
			o.Storage = "local storage"
		case "IndexedDB":
			o.Storage = "indexed database"
		case "WebSQL":
			o.Storage = "Web SQL"
		}
		if origin, ok := webkitcache.ParseName(strings.TrimSuffix(part, ".localstorage")); ok && o.Storage != "" {
			url := record.URL(origin.String())
			if o.Origin != "" && o.Origin != url { // a page, then a frame in it
				o.Top = o.Origin
			}
			o.Origin, table = url, part
		}
	}
	if o.Origin == "" {
		return o, "", fmt.Errorf("read path: no origin in %q", in.Path)
	}
	return o, table, nil
}
