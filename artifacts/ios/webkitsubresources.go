package ios

import (
	"context"
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

// WebKitSubresources reads what pages loaded, as WebKit remembers it.
var WebKitSubresources = artifact.Parser{
	ID:    "ios.webkitsubresources",
	Title: lang.Text{EN: "What web pages loaded (WebKit)", FR: "Ce que des pages web ont chargé (WebKit)"},
	Doc: `To load a page faster the next time, WebKit notes in NetworkCache which scripts,
images and other parts it asked for, with the first and the last time. The list is
written after the page was loaded from the net, and stays as the cache does, also
when the parts themselves may not be cached. It joins a page with the hosts it used:
a page that loaded the script of an exploit tells of it here. A part that was seen
once is marked, and has no request. Backups leave caches out.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/**/NetworkCache/Version */Records/*/SubResources/" + strings.Repeat("?", 40)},
	},
	Record: webKitSubresourcesPart{},
	Refs: []string{
		"https://github.com/WebKit/WebKit/blob/main/Source/WebKit/NetworkProcess/cache/NetworkCacheSubresourcesEntry.cpp",
		"https://github.com/WebKit/WebKit/blob/main/Source/WebKit/NetworkProcess/cache/NetworkCacheCoders.cpp",
	},
	Parse: webKitSubresourcesParse,
}

// webKitSubresourcesPart is one part of one page.
type webKitSubresourcesPart struct {
	First record.Time `json:"first"` // firstSeen, seconds since 1970 UTC
	Last  record.Time `json:"last"`  // lastSeen, seconds since 1970 UTC

	URL        record.URL    `json:"url,omitempty"`         // identifier of the key of the part, none for a page that loaded nothing
	Page       record.URL    `json:"page"`                  // identifier of the key of the record
	Partition  record.Domain `json:"partition,omitempty"`   // partition of the key: registrable domain of the page
	FirstParty record.URL    `json:"first_party,omitempty"` // firstPartyForCookies
	SameSite   bool          `json:"same_site"`             // isSameSite
	Once       bool          `json:"once"`                  // isTransient: seen once only
	Request    []record.KV   `json:"request,omitempty"`     // headers of the request; of those that hold secrets only the length
	Version    int64         `json:"version"`               // of the storage
}

// String implements [record.Data].
func (p webKitSubresourcesPart) String() string {
	if p.URL == "" {
		return record.Line(fmt.Sprintf("WebKit page %s loaded nothing else", p.Page))
	}
	return record.Line(fmt.Sprintf("WebKit page %s loaded %s", p.Page, p.URL))
}

func webKitSubresourcesParse(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		if err := context.Cause(ctx); err != nil {
			yield(record.Record{}, err)
			return
		}
		rec, err := from.WebKitRecord(in)
		if err != nil && !yield(record.Record{}, err) || len(rec.Header) == 0 {
			return
		}
		parts, perr := rec.Subresources()
		if len(parts) == 0 && perr == nil {
			parts = make([]webkitcache.Subresource, 1) // the page was there
		}
		for i, s := range parts {
			p := webKitSubresourcesPart{
				First:      epoch.UnixReal(s.First),
				Last:       epoch.UnixReal(s.Last),
				URL:        record.URL(s.Key.Identifier),
				Page:       record.URL(rec.Key.Identifier),
				Partition:  record.Domain(rec.Key.Partition),
				FirstParty: record.URL(s.FirstParty),
				SameSite:   s.SameSite,
				Once:       s.Transient,
				Version:    int64(rec.Version),
			}
			for _, h := range s.Headers {
				p.Request = append(p.Request, from.HeaderValue(h.Name, h.Value))
			}
			if !yield(in.Record(record.Origin{Table: rec.Key.Type, Row: int64(i + 1)}, p), nil) {
				return
			}
		}
		if perr != nil && err == nil {
			yield(record.Record{}, perr)
		}
	}
}
