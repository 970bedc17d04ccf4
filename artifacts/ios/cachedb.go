package ios

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"strings"
	"time"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// CacheDB reads the responses to requests of apps and daemons that were cached.
var CacheDB = artifact.Parser{
	ID:    "ios.cachedb",
	Title: lang.Text{EN: "Cached web responses", FR: "Réponses web en cache"},
	Doc: `Cache.db is where the network library of Apple systems keeps responses for one
app or daemon: address, time, headers, and the body or the name of the file that
holds it. A response is written when it arrives and goes when it expires or space
is short, hours to months later. It shows what processes asked for that have no
history, system daemons above all, and the digest of a body identifies a file that
an exploit server sent. The addresses in a body that is text are listed too: they
show what was offered, not what was followed. A response that forbids caching leaves nothing. Backups
leave caches out.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/**/Cache.db"},
	},
	Record: cacheDBResponse{},
	Refs: []string{
		"https://docs.mvt.re/en/latest/ios/records/#cache_filesjson",
		"https://developer.apple.com/documentation/foundation/urlcache",
	},
	Parse: from.SQLite(cacheDBRead),
}

// cacheDBResponse is one request and the response to it.
type cacheDBResponse struct {
	// When the response was stored: column cfurl_cache_response.time_stamp, text
	// in UTC to the second. When it was received: element 1 of response_object,
	// seconds since 2001 UTC.
	Stored   record.Time `json:"stored"`
	Received record.Time `json:"received"`
	// The text of the column, if it is no time.
	StoredText string `json:"stored_text,omitempty"`

	URL     record.URL  `json:"url"`               // column request_key
	Final   record.URL  `json:"final,omitempty"`   // element 0 of response_object, if it differs
	Method  string      `json:"method,omitempty"`  // element of request_object before its headers
	Status  int64       `json:"status,omitempty"`  // element 3 of response_object: HTTP status
	Type    string      `json:"type,omitempty"`    // last element of response_object: MIME type
	Headers []record.KV `json:"headers,omitempty"` // of the response; of those that hold secrets only the length
	Request []record.KV `json:"request,omitempty"` // headers of the request, as above

	Size int64       `json:"size"`           // bytes of the body, -1 if its file is missing or the row is not live
	Hash record.Hash `json:"hash,omitempty"` // SHA-256 of the body
	File string      `json:"file,omitempty"` // name of the file in fsCachedData that holds the body

	Links    []record.Mention `json:"links,omitempty"`     // addresses in a body that is text: that they were followed is not said
	LinksCut bool             `json:"links_cut,omitempty"` // there are more than 100, or more than 1 MiB of text

	Partition string `json:"partition,omitempty"` // column partition: the site that asked
	Policy    int64  `json:"policy"`              // column storage_policy
	Version   int64  `json:"version"`             // column version
	Key       int64  `json:"key"`                 // column hash_value
	ID        int64  `json:"id"`                  // column entry_ID
}

// String implements [record.Data].
func (c cacheDBResponse) String() string {
	return record.Line(fmt.Sprintf("Cached response %d to %s %s (%d bytes of %s)", c.Status, c.Method, c.URL, c.Size, c.Type))
}

func cacheDBRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	if _, ok := db.Table("cfurl_cache_response"); !ok && len(db.Tables()) > 0 {
		return // another program's file of that name
	}
	from.Each(in, db, "cfurl_cache_response", yield, func(r sqlite.Row) (cacheDBResponse, error) {
		c := cacheDBRow(r)
		if r.State != sqlite.Live {
			c.Size = -1 // the other tables hold what replaced it
			return c, nil
		}
		return c, errors.Join(c.objects(db), c.body(in, db))
	})
}

func cacheDBRow(r sqlite.Row) cacheDBResponse {
	c := cacheDBResponse{
		URL:       record.URL(r.Text("request_key")),
		Partition: r.Text("partition"),
		Policy:    r.Int("storage_policy"),
		Version:   r.Int("version"),
		Key:       r.Int("hash_value"),
		ID:        r.Int("entry_ID"),
	}
	text := r.Text("time_stamp")
	if t, err := time.Parse(time.DateTime, text); err == nil {
		c.Stored = record.Time{Time: t, Rule: record.AsText}
	} else {
		c.StoredText = text
	}
	return c
}

// objects takes over what cfurl_cache_blob_data holds: two property lists with
// the archived response and request.
func (c *cacheDBResponse) objects(db *sqlite.DB) error {
	row, err := db.Row("cfurl_cache_blob_data", c.ID)
	if err != nil {
		return cacheDBMissing(err)
	}
	var errs []error
	if blob := row.Blob("response_object"); len(blob) > 0 {
		v, err := plist.Parse(blob)
		errs = append(errs, err)
		list := v.Get("Array")
		if u := record.URL(list.Index(0).Get("_CFURLString").String()); u != c.URL {
			c.Final = u
		}
		c.Received = epoch.CocoaReal(list.Index(1).Float())
		c.Status = list.Index(3).Int()
		c.Headers, _ = cacheDBHeaders(list)
		if s := list.Index(list.Len() - 1).String(); !strings.HasPrefix(s, "__CFURL") {
			c.Type = s
		}
	}
	if blob := row.Blob("request_object"); len(blob) > 0 {
		v, err := plist.Parse(blob)
		errs = append(errs, err)
		var before plist.Value
		c.Request, before = cacheDBHeaders(v.Get("Array"))
		c.Method = before.String()
	}
	return errors.Join(errs...)
}

// cacheDBHeaders returns the headers in the list of an archived request or
// response, and the element before them. They are its first dictionary that is
// no URL.
func cacheDBHeaders(list plist.Value) (headers []record.KV, before plist.Value) {
	for i := range list.Len() {
		v := list.Index(i)
		if v.Kind() != plist.Dict || v.Get("_CFURLString").Kind() != plist.Invalid {
			continue
		}
		for name, value := range v.Items() {
			if name != "__hhaa__" { // the same headers once more, as an archive
				headers = append(headers, from.HeaderValue(name, from.Text(value)))
			}
		}
		return headers, list.Index(i - 1)
	}
	return nil, plist.Value{}
}

// body takes over the size and the digest of the body, and the addresses in it.
func (c *cacheDBResponse) body(in *artifact.Input, db *sqlite.DB) error {
	row, err := db.Row("cfurl_cache_receiver_data", c.ID)
	if err != nil {
		return cacheDBMissing(err)
	}
	if row.Int("isDataOnFS") == 0 {
		return c.read(bytes.NewReader(row.Blob("receiver_data")))
	}
	c.File, c.Size = row.Text("receiver_data"), -1
	if c.File == "." || strings.ContainsAny(c.File, `/\`) || !fs.ValidPath(c.File) {
		return fmt.Errorf("read body: %q is no name of a file", c.File)
	}
	f, err := in.Open("fsCachedData/" + c.File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // removed, or not acquired
	}
	if err != nil {
		return err
	}
	defer f.Close()
	return c.read(io.NewSectionReader(f, 0, math.MaxInt64))
}

func (c *cacheDBResponse) read(r io.Reader) error {
	body, err := from.ReadBody(r)
	c.Size, c.Hash, c.Links, c.LinksCut = body.Size, body.Hash, body.URLs, body.Cut
	return err
}

// cacheDBMissing drops the error for a row that is not there.
func cacheDBMissing(err error) error {
	if errors.Is(err, sqlite.ErrNoRow) || errors.Is(err, sqlite.ErrNoTable) {
		return nil
	}
	return err
}
