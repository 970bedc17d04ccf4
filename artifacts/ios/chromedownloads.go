package ios

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// ChromeDownloads reads the files that were downloaded with Chrome.
var ChromeDownloads = artifact.Parser{
	ID:    "ios.chromedownloads",
	Title: lang.Text{EN: "Downloads of Chrome", FR: "Téléchargements de Chrome"},
	Doc: `The history of Chrome, and of browsers that are built from it, has a table of
downloads with the chain of addresses that led to each file, its place, and often
its SHA-256. It stays until it is cleared. On iOS most versions do not use it:
an empty table is usual and says nothing.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Containers/Data/Application/*/Library/Application Support/Google/Chrome/*/History"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Containers/Data/Application/*/Library/Application Support/**/Default/History"},
	},
	Record: chromeDownloadsFile{},
	Refs:   []string{"https://source.chromium.org/chromium/chromium/src/+/main:components/history/core/browser/download_database.cc"},
	Parse:  from.SQLite(chromeDownloadsRead),
}

// chromeDownloadsFile is one download.
type chromeDownloadsFile struct {
	// Columns start_time, end_time and last_access_time, microseconds since 1601
	// UTC; in very old versions seconds since 1970.
	Started  record.Time `json:"started"`
	Ended    record.Time `json:"ended"`
	Accessed record.Time `json:"accessed"`

	// Addresses that the file was asked from, in the order of redirections: table
	// downloads_url_chains, or column url of old versions.
	URLs     []record.URL `json:"urls"`
	Path     record.Path  `json:"path"`                   // columns target_path or full_path
	Current  record.Path  `json:"current,omitempty"`      // column current_path, if it differs
	Hash     record.Hash  `json:"hash,omitempty"`         // column hash: SHA-256 of the file
	Referrer record.URL   `json:"referrer,omitempty"`     // column referrer
	Site     record.URL   `json:"site,omitempty"`         // column site_url
	Tab      record.URL   `json:"tab,omitempty"`          // column tab_url
	TabFrom  record.URL   `json:"tab_referrer,omitempty"` // column tab_referrer_url

	State     string `json:"state"`               // column state
	Danger    int64  `json:"danger,omitempty"`    // column danger_type, as Chromium numbers them
	Reason    int64  `json:"reason,omitempty"`    // column interrupt_reason
	Received  int64  `json:"received"`            // column received_bytes, bytes
	Size      int64  `json:"size"`                // column total_bytes, bytes; -1 if unknown
	Opened    bool   `json:"opened,omitempty"`    // column opened
	Method    string `json:"method,omitempty"`    // column http_method
	Type      string `json:"type,omitempty"`      // column mime_type
	Extension string `json:"extension,omitempty"` // columns by_ext_id and by_ext_name
	ETag      string `json:"etag,omitempty"`      // column etag
	Changed   string `json:"changed,omitempty"`   // column last_modified: header of the server, as it stands
	ID        int64  `json:"id"`                  // column id
	GUID      string `json:"guid,omitempty"`      // column guid
}

// String implements [record.Data].
func (f chromeDownloadsFile) String() string {
	var url record.URL
	if len(f.URLs) > 0 {
		url = f.URLs[len(f.URLs)-1]
	}
	return record.Line(fmt.Sprintf("Chrome downloaded %s to %s (%s)", url, f.Path, f.State))
}

var chromeDownloadsStates = []string{"in progress", "complete", "cancelled", "interrupted", "interrupted"}

// chromeDownloadsLink is one address of a chain.
type chromeDownloadsLink struct {
	index int64
	url   record.URL
}

func chromeDownloadsRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	if _, ok := db.Table("downloads"); !ok {
		return // not every version has it
	}
	chains, more := from.Group(db, "downloads_url_chains", yield, func(r sqlite.Row) (int64, chromeDownloadsLink) {
		return r.Int("id"), chromeDownloadsLink{r.Int("chain_index"), record.URL(r.Text("url"))}
	})
	if !more {
		return
	}
	from.Rows(in, db, "downloads", yield, func(r sqlite.Row) (chromeDownloadsFile, bool) {
		f := chromeDownloadsRow(r)
		if links := chains[f.ID]; r.State == sqlite.Live && len(links) > 0 {
			slices.SortStableFunc(links, func(a, b chromeDownloadsLink) int { return cmp.Compare(a.index, b.index) })
			f.URLs = nil
			for _, l := range links {
				f.URLs = append(f.URLs, l.url)
			}
		}
		return f, true
	})
}

func chromeDownloadsRow(r sqlite.Row) chromeDownloadsFile {
	f := chromeDownloadsFile{
		Started:  chromeDownloadsTime(r.Int("start_time")),
		Ended:    chromeDownloadsTime(r.Int("end_time")),
		Accessed: chromeDownloadsTime(r.Int("last_access_time")),
		Path:     record.Path(r.Text("target_path") + r.Text("full_path")),
		Hash:     record.Hash(hex.EncodeToString(r.Blob("hash"))),
		Referrer: record.URL(r.Text("referrer")),
		Site:     record.URL(r.Text("site_url")),
		Tab:      record.URL(r.Text("tab_url")),
		TabFrom:  record.URL(r.Text("tab_referrer_url")),
		State:    record.Name(r.Int("state"), chromeDownloadsStates...),
		Danger:   r.Int("danger_type"),
		Reason:   r.Int("interrupt_reason"),
		Received: r.Int("received_bytes"),
		Size:     r.Int("total_bytes"),
		Opened:   r.Int("opened") != 0,
		Method:   r.Text("http_method"),
		Type:     r.Text("mime_type"),
		ETag:     r.Text("etag"),
		Changed:  r.Text("last_modified"),
		ID:       r.Int("id"),
		GUID:     r.Text("guid"),
	}
	if p := record.Path(r.Text("current_path")); p != f.Path {
		f.Current = p
	}
	if id := r.Text("by_ext_id"); id != "" {
		f.Extension = id + " " + r.Text("by_ext_name")
	}
	if u := r.Text("url"); u != "" {
		f.URLs = []record.URL{record.URL(u)}
	}
	return f
}

// chromeDownloadsTime tells the unit by the size: as microseconds since 1601,
// 1e11 would lie in 1601.
func chromeDownloadsTime(v int64) record.Time {
	if v < 1e11 {
		return epoch.Unix(v)
	}
	return epoch.WebKit(v)
}
