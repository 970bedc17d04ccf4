package ios

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"unicode/utf16"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/format/webkitcache"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// LocalStorage reads what web pages kept in local storage.
var LocalStorage = artifact.Parser{
	ID:    "ios.localstorage",
	Title: lang.Text{EN: "Values in local storage of web pages", FR: "Valeurs du stockage local des pages web"},
	Doc: `A page can keep values under names, for its own origin only; WebKit has one database
for each origin, for Safari and every app that shows web pages. Values stay until the
page removes them or website data is cleared, also after the history is cleared, and
have no time of their own. Of a value only its length and the addresses in it are
kept here, since values can open sessions: scripts of advertisers and of landing pages
leave the addresses that they were called with. Most origins hold a few values that
tell nothing.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/**/LocalStorage/*.localstorage"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/**/LocalStorage/localstorage.sqlite3"},
	},
	Record: localStorageValue{},
	Refs: []string{
		"https://github.com/WebKit/WebKit/blob/main/Source/WebKit/NetworkProcess/storage/SQLiteStorageArea.cpp",
		"https://html.spec.whatwg.org/multipage/webstorage.html",
	},
	Parse: from.SQLite(localStorageRead),
}

// localStorageValue is one value, a row of ItemTable.
type localStorageValue struct {
	Origin record.URL  `json:"origin,omitempty"` // scheme, host and port, from the name of the file, or from the file "origin" two folders up
	Top    record.URL  `json:"top,omitempty"`    // origin of the page around it, if it is another one
	Key    record.Text `json:"key"`              // column key
	Size   int64       `json:"size"`             // bytes of column value

	Links    []record.Mention `json:"links,omitempty"`     // addresses in column value
	LinksCut bool             `json:"links_cut,omitempty"` // there are more than 100, or more than 1 MiB of text
}

// String implements [record.Data].
func (v localStorageValue) String() string {
	return record.Line(fmt.Sprintf("Local storage of %s: %s, %d bytes", v.Origin, v.Key, v.Size))
}

func localStorageRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	if _, ok := db.Table("ItemTable"); !ok && len(db.Tables()) == 0 {
		return // nothing was stored yet
	}
	own, top, err := localStorageOrigin(in)
	if err != nil && !yield(record.Record{}, err) {
		return
	}
	from.Rows(in, db, "ItemTable", yield, func(r sqlite.Row) (localStorageValue, bool) {
		value := r.Blob("value")
		v := localStorageValue{Origin: own, Top: top, Key: record.Text(r.Text("key")), Size: int64(len(value))}
		urls, cut := from.URLs(localStorageText(value))
		for _, u := range urls {
			v.Links = append(v.Links, record.Mention(u))
		}
		v.LinksCut = cut
		return v, true
	})
}

// localStorageOrigin returns whose values a database holds, and the page around it if that is
// another one.
func localStorageOrigin(in *artifact.Input) (own, top record.URL, err error) {
	name, legacy := strings.CutSuffix(path.Base(in.Path), ".localstorage")
	if legacy {
		o, ok := webkitcache.ParseName(name)
		if !ok {
			return "", "", fmt.Errorf("read path: no origin in %q", name)
		}
		return record.URL(o.String()), "", nil
	}
	f, err := in.Open("../origin")
	if errors.Is(err, fs.ErrNotExist) {
		return "", "", nil
	}
	if err != nil {
		return "", "", err
	}
	defer f.Close()
	data, err := io.ReadAll(io.NewSectionReader(f, 0, webkitcache.MaxOrigins))
	if err != nil {
		return "", "", fmt.Errorf("read origin: %w", err)
	}
	page, o, err := webkitcache.Origins(data)
	if err != nil {
		return "", "", err
	}
	if page != o {
		top = record.URL(page.String())
	}
	return record.URL(o.String()), top, nil
}

// localStorageMax is how many bytes of a value are looked at.
const localStorageMax = 2 << 20

// localStorageText returns a value, which is stored in UTF-16 in little endian, as UTF-8.
func localStorageText(value []byte) []byte {
	value = value[:min(len(value), localStorageMax+2)]
	units := make([]uint16, len(value)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(value[2*i:])
	}
	return []byte(string(utf16.Decode(units)))
}
