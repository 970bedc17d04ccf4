package from

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/netip"
	"strings"
	"unicode/utf8"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/record"
)

// Limits of [Links].
const (
	maxLinkText = 256 << 10 // bytes of one text that are looked at
	maxLinks    = 1 << 20   // records of one database
)

// A LinkText is a text in a database of unknown schema.
type LinkText struct {
	Table  string
	Column string // with the path of the text in a property list or message that the column holds
	Text   string // its first 256 KiB
}

// IsSQLite reports whether the input begins as a SQLite database does. One that
// is encrypted as a whole does not.
func IsSQLite(in *artifact.Input) (bool, error) {
	const magic = "SQLite format 3\x00"
	head := make([]byte, len(magic))
	n, err := in.File.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("read header: %w", err)
	}
	return string(head[:n]) == magic, nil
}

// Links parses a SQLite database of unknown schema: one record for each text in
// any table that [HasLink]. Texts that are stored as blobs are looked at too, and
// the texts in binary property lists, in keyed archives and in messages of protocol
// buffers that are. An input that does not begin as a SQLite database, as encrypted ones do not, gives
// a note that says so.
func Links[D record.Data](row func(in *artifact.Input, t LinkText) D) Parse {
	return func(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
		return func(yield func(record.Record, error) bool) {
			plain, err := IsSQLite(in)
			if err != nil {
				yield(record.Record{}, err)
			}
			if !plain {
				if in.Size > 0 && in.Note != nil {
					in.Note(evidence.Note{Code: "encryption-unknown", Path: in.Path, Detail: "no SQLite database: it is encrypted or of another format", Count: 1})
				}
				return
			}
			Database(in, yield, func(db *sqlite.DB) bool {
				n := 0
				for _, table := range db.Tables() {
					if table.Virtual {
						continue // its content is in its shadow tables
					}
					if !linksTable(ctx, in, db, table, &n, yield, row) {
						return false
					}
				}
				return true
			})
		}
	}
}

func linksTable[D record.Data](ctx context.Context, in *artifact.Input, db *sqlite.DB, table sqlite.Table, n *int,
	yield func(record.Record, error) bool, row func(in *artifact.Input, t LinkText) D) bool {
	var versions Versions
	for r, err := range db.All(table.Name) {
		if ctx.Err() != nil {
			return false
		}
		if err != nil {
			if !yield(record.Record{}, err) {
				return false
			}
			continue
		}
		for i := range table.Columns {
			texts, err := linkTexts(r.At(i))
			if err != nil && !yield(record.Record{}, fmt.Errorf("read %s, row %d: column %s: %w", table.Name, r.ID, table.Columns[i].Name, err)) {
				return false
			}
			for _, text := range texts {
				if !HasLink(text.Value) {
					continue
				}
				if *n++; *n > maxLinks {
					yield(record.Record{}, fmt.Errorf("read database: more than %d texts with links", maxLinks))
					return false
				}
				column := strings.TrimSuffix(table.Columns[i].Name+"/"+text.Key, "/")
				t := LinkText{Table: table.Name, Column: column, Text: strings.ToValidUTF8(text.Value, "\ufffd")}
				d := row(in, t)
				if !versions.Repeat(r, d) && !yield(in.Record(Origin(in, table.Name, r), d), nil) {
					return false
				}
			}
		}
	}
	return true
}

// linkTexts returns the texts of a value: itself, or those of the property list
// or message that it is, with their paths.
func linkTexts(v sqlite.Value) ([]record.KV, error) {
	if v.Kind == sqlite.Blob {
		b := v.Blob()
		switch head := b[:min(len(b), maxLinkText)]; {
		case bytes.HasPrefix(b, []byte("bplist0")):
			root, err := plist.Read(bytes.NewReader(b), int64(len(b)))
			if err != nil {
				return nil, err
			}
			return Leaves(root)
		case len(b) <= maxLinkText && (!utf8.Valid(b) || bytes.IndexByte(head, 0) >= 0):
			texts, err := MessageLeaves(b)
			if err != nil {
				return nil, nil // no message: anything else, such as a picture
			}
			return texts, nil
		}
	}
	text, cut := linkText(v)
	if cut {
		return []record.KV{{Value: text}}, fmt.Errorf("text is longer than %d bytes", maxLinkText)
	}
	return []record.KV{{Value: text}}, nil
}

// linkText returns the text of a value, and whether it was cut.
func linkText(v sqlite.Value) (string, bool) {
	switch v.Kind {
	case sqlite.Text:
	case sqlite.Blob:
		if b := v.Blob(); bytes.IndexByte(b[:min(len(b), maxLinkText)], 0) >= 0 || !utf8.Valid(b) {
			return "", false
		}
	default:
		return "", false
	}
	s := v.Text()
	if v.Kind == sqlite.Blob {
		s = string(v.Blob()[:min(len(v.Blob()), maxLinkText+1)])
	}
	if len(s) > maxLinkText {
		return s[:maxLinkText], true
	}
	return s, false
}

// HasLink reports whether a text holds what looks like a URL, an e-mail address
// or the name of a host. It is generous: names of files and of apps that look
// like neither are left out by their last or first part, other mistakes are not.
func HasLink(s string) bool {
	if strings.Contains(s, "://") {
		return true
	}
	for i := 0; ; {
		dot := strings.IndexByte(s[i:], '.')
		if dot < 0 {
			return false
		}
		dot += i
		start, end := dot, dot+1
		for start > 0 && hostByte(s[start-1]) {
			start--
		}
		for end < len(s) && hostByte(s[end]) {
			end++
		}
		if hostLike(strings.TrimRight(s[start:end], ".")) {
			return true
		}
		i = end
	}
}

func hostByte(c byte) bool {
	return c == '.' || c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= utf8.RuneSelf
}

// hostLike reports whether a word could be the name of a host.
func hostLike(word string) bool {
	if len(word) > 253 || strings.Contains(word, "..") || strings.HasPrefix(word, ".") {
		return false
	}
	if ip, err := netip.ParseAddr(word); err == nil {
		return ip.Is4()
	}
	first, _, _ := strings.Cut(word, ".")
	last := word[strings.LastIndexByte(word, '.')+1:]
	if len(last) < 2 || len(last) == len(word) || notHosts[strings.ToLower(last)] || appPrefixes[strings.ToLower(first)] {
		return false
	}
	if strings.HasPrefix(last, "xn--") {
		return true
	}
	for i := range len(last) {
		if c := last[i]; c < 'A' || 'Z' < c && c < 'a' || 'z' < c && c < utf8.RuneSelf {
			return false
		}
	}
	return true
}

// appPrefixes lists what identifiers of apps begin with, and host names do not.
var appPrefixes = map[string]bool{"com": true, "org": true, "net": true, "group": true}

// notHosts lists ends of names of files that are no top-level domains.
var notHosts = func() map[string]bool {
	m := map[string]bool{}
	for _, e := range strings.Fields(`aac amr avif bin caf css csv dat data db doc docx enc gif heic htm html ics ipa ips jpeg jpg js json
key lm log m4a m4v mp3 mp4 mpeg opus pdf pkpass plist png ppt pptx sqlite svg thumb tif tiff tmp txt vcf wav webm webp xls xlsx xml`) {
		m[e] = true
	}
	return m
}()
