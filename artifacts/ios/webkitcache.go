package ios

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/webkitcache"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// WebKitCache reads the responses that WebKit cached for web pages.
var WebKitCache = artifact.Parser{
	ID:    "ios.webkitcache",
	Title: lang.Text{EN: "Cached web pages and their parts (WebKit)", FR: "Pages web en cache et leurs éléments (WebKit)"},
	Doc: `WebKit keeps pages, scripts, images and other responses of the web in NetworkCache,
one file for each, for Safari, for every app that shows web pages and for daemons
that do, such as mail. A record has the address, the time of the response, its
headers, and the domain of the page that asked; the body is behind it or in a file
of its own. It goes when space is short, when website data is cleared, or weeks
later, and the whole cache goes when a new version of the system changes its form.
The script of an exploit that was cached is here with its address, and its digest
identifies it. Responses that forbid caching, as exploit servers mostly do, and
private browsing leave nothing. The addresses in a body that is text are listed too:
they show what was offered, not what was followed. Backups leave caches out.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/**/NetworkCache/Version */Records/*/Resource/" + strings.Repeat("?", 40)},
	},
	Record: webKitCacheResponse{},
	Refs: []string{
		"https://github.com/WebKit/WebKit/blob/main/Source/WebKit/NetworkProcess/cache/NetworkCacheStorage.cpp",
		"https://github.com/WebKit/WebKit/blob/main/Source/WebKit/NetworkProcess/cache/NetworkCacheEntry.cpp",
		"https://github.com/WebKit/WebKit/blob/main/Source/WebCore/platform/WebCorePersistentCoders.cpp",
	},
	Parse: webKitCacheParse,
}

// webKitCacheResponse is one response, a file of the cache.
type webKitCacheResponse struct {
	Stored record.Time `json:"stored"` // timeStamp of the metadata, seconds since 1970 UTC: when the response was stored or last confirmed by the server
	Used   record.Time `json:"used"`   // last change of the file, as the acquisition has it: WebKit sets it when it uses the record

	URL       record.URL    `json:"url"`                 // identifier of the key
	Final     record.URL    `json:"final,omitempty"`     // address of the response, if it differs
	Redirect  record.URL    `json:"redirect,omitempty"`  // header Location: where the response leads
	Partition record.Domain `json:"partition,omitempty"` // partition of the key: registrable domain of the page that asked
	Range     string        `json:"range,omitempty"`     // range of the key: part of the resource
	Status    int64         `json:"status,omitempty"`    // HTTP status
	Type      string        `json:"type,omitempty"`      // MIME type
	HTTP      string        `json:"http,omitempty"`      // version of HTTP
	Headers   []record.KV   `json:"headers,omitempty"`   // of the response; of those that hold secrets only the length

	Size     int64            `json:"size"`                // bytes of the body, of the metadata
	Place    string           `json:"place,omitempty"`     // where the body is: record, blob, or missing; none if the record is cut
	Hash     record.Hash      `json:"hash,omitempty"`      // SHA-256 of the body
	Links    []record.Mention `json:"links,omitempty"`     // addresses in a body that is text
	LinksCut bool             `json:"links_cut,omitempty"` // there are more than 100, or more than 1 MiB of text

	Version int64 `json:"version"` // of the storage
}

// String implements [record.Data].
func (c webKitCacheResponse) String() string {
	return record.Line(fmt.Sprintf("WebKit cached response %d to %s (%d bytes of %s)", c.Status, c.URL, c.Size, c.Type))
}

func webKitCacheParse(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		if err := context.Cause(ctx); err != nil {
			yield(record.Record{}, err)
			return
		}
		rec, err := from.WebKitRecord(in)
		c := webKitCacheResponse{
			Stored:    epoch.UnixReal(rec.Time),
			URL:       record.URL(rec.Key.Identifier),
			Partition: record.Domain(rec.Key.Partition),
			Range:     rec.Key.Range,
			Size:      int64(min(rec.BodySize, 1<<62)),
			Version:   int64(rec.Version),
		}
		cut := err != nil
		if cut && !yield(record.Record{}, err) || c.URL == "" {
			return
		}
		err = c.response(rec)
		if !cut { // else its header is cut as well, and there is no body
			err = errors.Join(err, c.body(in, rec))
			if err != nil && !yield(record.Record{}, err) {
				return
			}
		}
		if info, err := in.File.Stat(); err == nil {
			c.Used = epoch.Date(info.ModTime())
		}
		yield(in.Record(record.Origin{Table: rec.Key.Type}, c), nil)
	}
}

// response takes over the header of the record.
func (c *webKitCacheResponse) response(rec webkitcache.Record) error {
	resp, err := rec.Response()
	c.Status, c.Type, c.HTTP = int64(resp.Status), resp.MIME, resp.Version
	if u := record.URL(resp.URL); u != c.URL {
		c.Final = u
	}
	for _, h := range resp.Headers {
		if strings.EqualFold(h.Name, "Location") {
			c.Redirect = record.URL(h.Value)
		}
		c.Headers = append(c.Headers, from.HeaderValue(h.Name, h.Value))
	}
	return err
}

// body takes over what can be told of the body.
func (c *webKitCacheResponse) body(in *artifact.Input, rec webkitcache.Record) error {
	body, place, err := from.WebKitBody(in, rec)
	c.Place, c.Hash, c.Links, c.LinksCut = place, body.Hash, body.URLs, body.Cut
	return err
}
