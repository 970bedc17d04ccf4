package ios

import (
	"context"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/binarycookies"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Cookies reads the cookies that apps and daemons were given.
var Cookies = artifact.Parser{
	ID:    "ios.cookies",
	Title: lang.Text{EN: "Cookies", FR: "Cookies"},
	Doc: `Cookies.binarycookies holds the cookies of Safari, of one app or of one
daemon, each in its own folder. A cookie is written when a host sets it, and stays
until it expires, is replaced or is removed; clearing the history of Safari
removes those of Safari only. A cookie of an exploit host shows that something on
the device spoke HTTP with it, and when it last set the cookie. Hosts that set
none leave nothing here. The values, which can open sessions, are not kept: only
their length is.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/**/*.binarycookies"},
	},
	Record: cookiesCookie{},
	Refs: []string{
		"https://github.com/libyal/dtformats/blob/main/documentation/Safari%20Cookies.asciidoc",
		"https://github.com/as0ler/BinaryCookieReader",
	},
	Parse: cookiesParse,
}

// cookiesCookie is one cookie, without its value.
type cookiesCookie struct {
	Created record.Time `json:"created"` // when it was last set: double at offset 48 of the record, seconds since 2001 UTC
	Expires record.Time `json:"expires"` // double at offset 40 of the record, seconds since 2001 UTC

	Domain     record.Domain `json:"domain"`                // without the dot before it
	Subdomains bool          `json:"subdomains"`            // a dot stood before the domain: it holds for the hosts below too
	Name       string        `json:"name"`                  // name of the cookie
	Path       string        `json:"path"`                  // path on the host, not on the device
	ValueSize  int64         `json:"value_size"`            // bytes of the value
	Secure     bool          `json:"secure,omitempty"`      // sent over TLS only
	HTTPOnly   bool          `json:"http_only,omitempty"`   // hidden from scripts
	Flags      int64         `json:"flags"`                 // all flags as stored
	Port       int64         `json:"port,omitempty"`        // the port that it is restricted to
	Comment    record.Text   `json:"comment,omitempty"`     // nearly always empty
	CommentURL record.URL    `json:"comment_url,omitempty"` // nearly always empty
}

// String implements [record.Data].
func (c cookiesCookie) String() string {
	return record.Line(fmt.Sprintf("Cookie %s of %s%s", c.Name, c.Domain, c.Path))
}

func cookiesParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		data, err := io.ReadAll(io.NewSectionReader(in.File, 0, binarycookies.MaxSize+1))
		if err != nil && !yield(record.Record{}, fmt.Errorf("read cookies: %w", err)) {
			return
		}
		file, err := binarycookies.Open(data)
		if err != nil {
			yield(record.Record{}, err)
			return
		}
		row := int64(0)
		for c, err := range file.Cookies() {
			if err != nil {
				if !yield(record.Record{}, err) {
					return
				}
				continue
			}
			row++
			at := record.Origin{Table: fmt.Sprintf("page %d", c.Page), Row: row, Offset: c.Offset}
			if !yield(in.Record(at, cookiesRecord(c)), nil) {
				return
			}
		}
	}
}

func cookiesRecord(c binarycookies.Cookie) cookiesCookie {
	domain, dot := strings.CutPrefix(c.Domain, ".")
	return cookiesCookie{
		Created:    epoch.CocoaReal(c.Created),
		Expires:    epoch.CocoaReal(c.Expires),
		Domain:     record.Domain(domain),
		Subdomains: dot,
		Name:       c.Name,
		Path:       c.Path,
		ValueSize:  int64(len(c.Value)),
		Secure:     c.Flags&binarycookies.Secure != 0,
		HTTPOnly:   c.Flags&binarycookies.HTTPOnly != 0,
		Flags:      int64(c.Flags),
		Port:       int64(c.Port),
		Comment:    record.Text(c.Comment),
		CommentURL: record.URL(c.CommentURL),
	}
}
