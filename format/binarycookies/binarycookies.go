// Package binarycookies reads Cookies.binarycookies, in which Safari, WebKit and
// the network library of Apple systems keep the cookies of an application.
//
// A file is a list of pages, each with its own table of records; a damaged page
// or record costs only itself.
//
// Source: the tables in the README of interstateone/BinaryCookies. No published
// file was at hand to compare with; the tests write their own.
package binarycookies

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math"
	"strings"
	"time"
)

// Limits of what is read.
const (
	// MaxSize is the size in bytes of the largest file.
	MaxSize = 64 << 20

	maxPages   = 1 << 16
	magic      = "cook"
	pageMagic  = "\x00\x00\x01\x00"
	recordHead = 56 // bytes of a record before its texts
	epoch      = 978307200
)

// Flags of a cookie. Other bits, of which the source knows two without a meaning,
// are kept as they are.
const (
	Secure   = 1 << 0 // sent only over TLS
	HTTPOnly = 1 << 2 // hidden from scripts
)

var (
	errMagic    = errors.New("no binary cookies")
	errTooLarge = fmt.Errorf("larger than %d MiB", MaxSize>>20)
	errBeyond   = errors.New("beyond the end")
	errOverlap  = errors.New("records overlap")
)

// A Cookie is one record of a file.
type Cookie struct {
	Domain, Name, Path, Value string  // bytes that are no UTF-8 are replaced
	Comment, CommentURL       string  // nearly always empty
	Port                      uint16  // 0: not restricted
	HasPort                   bool    // Port was recorded
	Version                   uint32  // of the cookie, as stored
	Flags                     uint32  // [Secure], [HTTPOnly] and unknown bits
	Expires                   float64 // seconds since 2001-01-01 UTC
	Created                   float64 // seconds since 2001-01-01 UTC; when it was last set
	Page                      int     // from 0
	Offset                    int64   // of the record, bytes from the start of the file
}

// ExpiresAt returns when the cookie ends, in UTC; zero if that is no date
// between the years 1 and 9999.
func (c Cookie) ExpiresAt() time.Time { return instant(c.Expires) }

// CreatedAt returns when the cookie was set, in UTC; zero if that is no date
// between the years 1 and 9999.
func (c Cookie) CreatedAt() time.Time { return instant(c.Created) }

// A File is an opened file.
type File struct {
	data  []byte
	pages []span
	tail  int
}

type span struct{ at, size int }

// Open reads the list of pages. Pages that the file is too short for are
// reported by [File.Cookies].
func Open(data []byte) (*File, error) {
	switch {
	case len(data) > MaxSize:
		return nil, fmt.Errorf("open cookies of %d bytes: %w", len(data), errTooLarge)
	case len(data) < 8 || string(data[:4]) != magic:
		return nil, fmt.Errorf("open cookies: %w", errMagic)
	}
	count := int64(binary.BigEndian.Uint32(data[4:]))
	if count > maxPages || 8+4*count > int64(len(data)) {
		return nil, fmt.Errorf("open cookies: %d pages in %d bytes", count, len(data))
	}
	f := &File{data: data}
	at := 8 + 4*int(count)
	for i := range int(count) {
		size := int(binary.BigEndian.Uint32(data[8+4*i:]))
		f.pages = append(f.pages, span{at, size})
		at += size
	}
	f.tail = min(at, len(data))
	return f, nil
}

// Pages returns the number of pages that the file lists.
func (f *File) Pages() int { return len(f.pages) }

// Tail returns what stands behind the pages: normally a checksum of 4 bytes, a
// mark of 8 and a binary property list with the policy of the application.
func (f *File) Tail() []byte { return f.data[f.tail:] }

// Cookies yields the cookies in the order of the file. An error stands for one
// page, record or text that cannot be read. What can be read follows: the other
// pages and records, and the record itself without the text.
func (f *File) Cookies() iter.Seq2[Cookie, error] {
	return func(yield func(Cookie, error) bool) {
		for number, p := range f.pages {
			page := f.data[min(p.at, len(f.data)):min(p.at+p.size, len(f.data))]
			if len(page) < p.size && !yield(Cookie{}, fmt.Errorf("read page %d at offset %d: %d of %d bytes are there", number, p.at, len(page), p.size)) {
				return
			}
			if len(page) > 0 && !readPage(page, number, p.at, yield) {
				return
			}
		}
	}
}

// readPage yields the records of a page; it is false when yield was.
func readPage(page []byte, number, at int, yield func(Cookie, error) bool) bool {
	if len(page) < 8 || string(page[:4]) != pageMagic {
		return yield(Cookie{}, fmt.Errorf("read page %d at offset %d: no page of cookies", number, at))
	}
	count := int64(binary.LittleEndian.Uint32(page[4:]))
	if fit := int64(len(page)-8) / 4; count > fit {
		err := fmt.Errorf("read page %d at offset %d: %d records do not fit, %d do", number, at, count, fit)
		if !yield(Cookie{}, err) {
			return false
		}
		count = fit
	}
	total := 0
	for i := range int(count) {
		offset := binary.LittleEndian.Uint32(page[8+4*i:])
		c, size, err := readRecord(page, offset)
		if total += size; total > len(page) {
			return yield(Cookie{}, fmt.Errorf("read page %d at offset %d: %w", number, at, errOverlap))
		}
		if err != nil {
			err = fmt.Errorf("read record %d of page %d at offset %d: %w", i, number, at+int(offset), err)
			if !yield(Cookie{}, err) {
				return false
			}
		}
		c.Page, c.Offset = number, int64(at)+int64(offset)
		if size > 0 && !yield(c, nil) {
			return false
		}
	}
	return true
}

// readRecord reads the record at an offset of its page and returns its size,
// which is 0 if there is no record.
func readRecord(page []byte, offset uint32) (c Cookie, size int, err error) {
	if uint64(offset)+recordHead > uint64(len(page)) {
		return c, 0, errBeyond
	}
	rec := page[offset:]
	claimed := binary.LittleEndian.Uint32(rec)
	if uint64(claimed) > uint64(len(rec)) || claimed < recordHead {
		return c, 0, fmt.Errorf("record of %d bytes: %w", claimed, errBeyond)
	}
	rec = rec[:claimed]
	word := func(at int) uint32 { return binary.LittleEndian.Uint32(rec[at:]) }
	c.Version, c.Flags, c.HasPort = word(4), word(8), word(12) != 0
	c.Expires = math.Float64frombits(binary.LittleEndian.Uint64(rec[40:]))
	c.Created = math.Float64frombits(binary.LittleEndian.Uint64(rec[48:]))
	if c.HasPort && len(rec) >= recordHead+2 {
		c.Port = binary.LittleEndian.Uint16(rec[recordHead:])
	}
	texts := [...]*string{&c.Domain, &c.Name, &c.Path, &c.Value, &c.Comment, &c.CommentURL}
	for i, text := range texts {
		s, textErr := readText(rec, word(16+4*i))
		if *text = s; textErr != nil && err == nil {
			err = textErr
		}
	}
	return c, len(rec), err
}

// readText reads a text that ends with a zero byte; offset 0 means none.
func readText(rec []byte, offset uint32) (string, error) {
	if offset == 0 {
		return "", nil
	}
	if offset < recordHead || uint64(offset) >= uint64(len(rec)) {
		return "", fmt.Errorf("text at %d of %d bytes: %w", offset, len(rec), errBeyond)
	}
	s := rec[offset:]
	end := bytes.IndexByte(s, 0)
	if end < 0 {
		return "", fmt.Errorf("text at %d of %d bytes: no end", offset, len(rec))
	}
	return strings.ToValidUTF8(string(s[:end]), "\ufffd"), nil
}

// instant converts seconds since 2001 with a precision of a microsecond, which
// is about that of the doubles.
func instant(seconds float64) time.Time {
	if !(math.Abs(seconds) < 1e12) {
		return time.Time{}
	}
	t := time.UnixMicro(int64(math.Round(seconds*1e6)) + epoch*1e6).UTC()
	if t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}
