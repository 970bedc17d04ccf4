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

// CacheStorage reads the responses that web sites themselves kept on the device.
var CacheStorage = artifact.Parser{
	ID:    "ios.cachestorage",
	Title: lang.Text{EN: "Responses stored by web sites", FR: "Réponses conservées par des sites web"},
	Doc: `A script of a web site, mostly a service worker, can keep responses on the device
under a name, to work without a network. WebKit writes one file for each, with the
request and the body, for Safari and every app that shows web pages, and keeps it
until the site removes it or website data is cleared, also after the history is
cleared. Few sites do this; the site decided what to keep, so it tells of the site
rather than of a person. The addresses in a body that is text are listed too.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/**/CacheStorage/**/Records/*/*/" + strings.Repeat("?", 40)},
	},
	Record: cacheStorageResponse{},
	Refs: []string{
		"https://github.com/WebKit/WebKit/blob/main/Source/WebKit/NetworkProcess/storage/CacheStorageDiskStore.cpp",
		"https://developer.mozilla.org/en-US/docs/Web/API/CacheStorage",
	},
	Parse: cacheStorageParse,
}

// cacheStorageResponse is one response, a file of the storage.
type cacheStorageResponse struct {
	Stored record.Time `json:"stored"` // timeStamp of the metadata, seconds since 1970 UTC

	URL        record.URL  `json:"url"`                   // address of the request
	FirstParty record.URL  `json:"first_party,omitempty"` // address of the page, of the request
	Method     string      `json:"method,omitempty"`      // of the request
	Request    []record.KV `json:"request,omitempty"`     // headers of the request; of those that hold secrets only the length
	Cache      string      `json:"cache"`                 // type of the key: identifier of the cache of the site

	Size     int64            `json:"size"`                // bytes of the body, of the metadata
	Place    string           `json:"place,omitempty"`     // where the body is: record, blob, or missing; none if the record is cut
	Hash     record.Hash      `json:"hash,omitempty"`      // SHA-256 of the body
	Links    []record.Mention `json:"links,omitempty"`     // addresses in a body that is text
	LinksCut bool             `json:"links_cut,omitempty"` // there are more than 100, or more than 1 MiB of text

	Partition string `json:"partition,omitempty"` // partition of the key
	Version   int64  `json:"version"`             // of the storage
}

// String implements [record.Data].
func (c cacheStorageResponse) String() string {
	return record.Line(fmt.Sprintf("Web site kept the response to %s %s (%d bytes)", c.Method, c.URL, c.Size))
}

func cacheStorageParse(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		if err := context.Cause(ctx); err != nil {
			yield(record.Record{}, err)
			return
		}
		rec, err := from.WebKitRecord(in)
		if err != nil && !yield(record.Record{}, err) || len(rec.Header) == 0 {
			return
		}
		c := cacheStorageResponse{
			Stored:    epoch.UnixReal(rec.Time),
			Cache:     rec.Key.Type,
			Partition: rec.Key.Partition,
			Size:      int64(min(rec.BodySize, 1<<62)),
			Version:   int64(rec.Version),
		}
		cut := err != nil
		err = c.request(rec)
		if !cut { // else its header is cut as well, and there is no body
			err = errors.Join(err, c.body(in, rec))
			if err != nil && !yield(record.Record{}, err) {
				return
			}
		}
		yield(in.Record(record.Origin{Table: rec.Key.Type}, c), nil)
	}
}

// request takes over the header of the record.
func (c *cacheStorageResponse) request(rec webkitcache.Record) error {
	req, err := rec.Request()
	c.URL, c.FirstParty, c.Method = record.URL(req.URL), record.URL(req.FirstParty), req.Method
	for _, h := range req.Headers {
		c.Request = append(c.Request, from.HeaderValue(h.Name, h.Value))
	}
	return err
}

// body takes over what can be told of the body.
func (c *cacheStorageResponse) body(in *artifact.Input, rec webkitcache.Record) error {
	body, place, err := from.WebKitBody(in, rec)
	c.Place, c.Hash, c.Links, c.LinksCut = place, body.Hash, body.URLs, body.Cut
	return err
}
