package from

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/record"
)

// Limits of [Elements].
const (
	maxElement = 8 << 20   // bytes of one element
	maxRetried = 64 << 20  // bytes of damaged elements, parts of which may be read again
	jsonWindow = 256 << 10 // bytes read at once when looking for the next element
)

var errElement = fmt.Errorf("longer than %d MiB", maxElement>>20)

// What [elementReader.begin] finds instead of a first element.
var (
	errNull  = errors.New("null")
	errBlank = errors.New("the file is empty")
)

// JSON is one value of a JSON text, which is valid.
type JSON []byte

// An Element is one value of a list.
type Element struct {
	JSON
	Number int64 // from 1; damaged elements are counted
	Offset int64 // of its first byte, from the start of the file
}

// Elements yields the elements of a file that is one JSON list, or else the
// values that it holds one after another, such as one on each line; a file that
// is null has none, while one that is blank is an error: no program writes a list
// so, but a copy that failed looks like that. Elements are valid until the next one is asked for. What is
// damaged, or longer than 8 MiB, gives an error, and reading goes on with the
// next element that is laid out like the ones before.
func Elements(f evidence.File) iter.Seq2[Element, error] {
	return func(yield func(Element, error) bool) {
		r := elementReader{file: f, kind: '{'}
		if err := r.begin(); err != nil {
			if err != errNull {
				yield(Element{}, fmt.Errorf("read list: %w", err))
			}
			return
		}
		for {
			e, err := r.next()
			if err == io.EOF {
				return
			}
			if !yield(e, err) {
				return
			}
			if err == nil {
				continue
			}
			if r.retried += max(0, r.off-e.Offset); r.retried > maxRetried {
				yield(Element{}, fmt.Errorf("read list: too much is damaged; given up at offset %d", e.Offset))
				return
			}
			if !r.resume(e.Offset) {
				return
			}
		}
	}
}

type elementReader struct {
	file   evidence.File
	list   bool // the file is a list; else values stand one after another
	kind   byte // first byte of the last element that was read
	number int64

	retried int64 // bytes of damaged elements

	dec   *json.Decoder
	base  int64  // offset of the first byte that dec reads
	allow int    // bytes that dec may still read
	off   int64  // of the next byte that dec reads
	extra []byte // read before the file
	raw   json.RawMessage
}

// Read reads on for dec, which asks for as much as one element takes.
func (r *elementReader) Read(p []byte) (int, error) {
	if len(r.extra) > 0 {
		n := copy(p, r.extra)
		r.extra = r.extra[n:]
		return n, nil
	}
	if r.allow <= 0 {
		return 0, errElement
	}
	n, err := r.file.ReadAt(p[:min(len(p), r.allow)], r.off)
	r.off, r.allow = r.off+int64(n), r.allow-n
	if n > 0 {
		return n, nil
	}
	return 0, err
}

// start makes dec read from an offset, as if a list began before it.
func (r *elementReader) start(offset int64) {
	r.base, r.off, r.allow, r.extra = offset, offset, maxElement, nil
	if r.list {
		r.base, r.extra = offset-1, []byte{'['}
	}
	r.dec = json.NewDecoder(r)
	if r.list {
		_, _ = r.dec.Token() // the bracket
	}
}

// begin finds out whether the file is a list. The error is errNull or errBlank if
// there is nothing to read.
func (r *elementReader) begin() error {
	var head [512]byte
	n, err := r.file.ReadAt(head[:], 0)
	if err != nil && err != io.EOF {
		return err
	}
	text := bytes.TrimPrefix(head[:n], []byte("\xef\xbb\xbf"))
	rest := bytes.TrimLeft(text, " \t\r\n")
	var base int64 // of head
	for len(rest) == 0 && n == len(head) {
		base += int64(n)
		if n, err = r.file.ReadAt(head[:], base); err != nil && err != io.EOF {
			return err
		}
		rest = bytes.TrimLeft(head[:n], " \t\r\n")
	}
	if len(rest) == 0 {
		return errBlank
	}
	at := base + int64(n-len(rest))
	if r.list = rest[0] == '['; r.list {
		at++
		if first := bytes.TrimLeft(rest[1:], " \t\r\n"); len(first) > 0 && first[0] == '"' {
			r.kind = '"'
		}
	} else if string(bytes.TrimRight(rest, " \t\r\n")) == "null" {
		return errNull
	}
	r.start(at)
	return nil
}

// next reads one element. With an error other than io.EOF, the element says where
// the damage begins.
func (r *elementReader) next() (Element, error) {
	end := r.base + r.dec.InputOffset()
	r.allow = maxElement
	if r.list && !r.dec.More() {
		if _, err := r.dec.Token(); err == nil {
			return r.afterList()
		}
	}
	err := r.dec.Decode(&r.raw)
	if err == io.EOF && !r.list {
		return Element{}, err
	}
	r.number++
	e := Element{JSON: JSON(r.raw), Number: r.number, Offset: r.base + r.dec.InputOffset() - int64(len(r.raw))}
	if err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		e.JSON, e.Offset = nil, r.skip(end)
		return e, fmt.Errorf("read element %d at offset %d: %w", e.Number, e.Offset, err)
	}
	r.kind = r.raw[0]
	return e, nil
}

// afterList reports what follows the end of a list.
func (r *elementReader) afterList() (Element, error) {
	at := r.skip(r.base + r.dec.InputOffset())
	var one [1]byte
	if n, err := r.file.ReadAt(one[:], at); n == 0 {
		return Element{}, err
	}
	return Element{Offset: at}, fmt.Errorf("read list: more follows its end at offset %d", at)
}

// skip returns the offset of the first byte, from an offset on, that separates
// no elements.
func (r *elementReader) skip(at int64) int64 {
	buf := make([]byte, 4<<10)
	for {
		n, err := r.file.ReadAt(buf, at)
		if rest := bytes.TrimLeft(buf[:n], ", \t\r\n"); len(rest) > 0 || err != nil {
			return at + int64(n-len(rest))
		}
		at += int64(n)
	}
}

// resume finds the next element after one that is damaged and begins at an
// offset. It returns whether there is one.
func (r *elementReader) resume(at int64) bool {
	mark := r.mark(at)
	buf := make([]byte, jsonWindow)
	for at++; ; {
		n, err := r.file.ReadAt(buf, at)
		if i := bytes.Index(buf[:n], mark); i >= 0 {
			r.start(at + int64(i+len(mark)) - 1)
			return true
		}
		if err != nil || n <= len(mark) {
			return false
		}
		at += int64(n - len(mark))
	}
}

// mark returns the bytes before an element, with its first one, that tell the
// elements of this list from what is within them: those of an element that begins
// a line are indented alike.
func (r *elementReader) mark(at int64) []byte {
	if !r.list {
		return []byte{'\n', r.kind}
	}
	before := make([]byte, min(at, 64))
	n, _ := r.file.ReadAt(before, at-int64(len(before)))
	before = before[:n]
	if i := bytes.LastIndexByte(before, '\n'); i >= 0 && len(bytes.Trim(before[i:], " \t\n")) == 0 {
		return append(before[i:], r.kind)
	}
	if r.kind == '"' {
		return []byte(`","`)
	}
	return []byte(`},{`)
}

// Text returns a string, a number as it is written, "true", "false", "" for null
// and for a value that is absent, and a list or an object as JSON.
func (v JSON) Text() string {
	if len(v) == 0 || v[0] == 'n' {
		return ""
	}
	if v[0] != '"' {
		return string(v)
	}
	if bytes.IndexByte(v, '\\') < 0 {
		return strings.ToValidUTF8(string(v[1:len(v)-1]), "\ufffd")
	}
	var s string
	_ = json.Unmarshal(v, &s) // v is valid
	return s
}

// Int returns a number, or a string that is one; ok is whether it is an integer
// of 64 bits.
func (v JSON) Int() (n int64, ok bool) {
	n, err := strconv.ParseInt(v.Text(), 10, 64)
	return n, err == nil
}

// Bool reports whether the value is true.
func (v JSON) Bool() bool { return string(v) == "true" }

// Time returns a string that is a time in RFC 3339. The zero time of Go, which
// some programs write for a time they do not know, gives the zero Time.
func (v JSON) Time() record.Time {
	t, err := time.Parse(time.RFC3339Nano, v.Text())
	if err != nil || t.IsZero() {
		return record.Time{}
	}
	zone := record.RecordedOffset
	if _, seconds := t.Zone(); seconds == 0 {
		zone = record.RecordedUTC
	}
	return record.Time{Time: t.UTC(), Rule: record.AsText, Zone: zone}
}

// IsObject reports whether the value is an object.
func (v JSON) IsObject() bool { return len(v) > 0 && v[0] == '{' }

// Items yields the elements of a list; any other value has none.
func (v JSON) Items() iter.Seq[JSON] {
	return func(yield func(JSON) bool) {
		if len(v) == 0 || v[0] != '[' {
			return
		}
		for rest := blank(v[1:]); rest[0] != ']'; {
			n := valueSize(rest)
			if !yield(rest[:n]) {
				return
			}
			rest = blank(rest[n:])
		}
	}
}

// Members yields the keys of an object and their values in order; any other
// value has none.
func (v JSON) Members() iter.Seq2[string, JSON] {
	return func(yield func(string, JSON) bool) {
		if !v.IsObject() {
			return
		}
		for rest := blank(v[1:]); rest[0] != '}'; {
			n := valueSize(rest)
			key := rest[:n].Text()
			rest = blank(rest[n:])
			n = valueSize(rest)
			if !yield(key, rest[:n]) {
				return
			}
			rest = blank(rest[n:])
		}
	}
}

// blank skips what separates values.
func blank(v JSON) JSON {
	for len(v) > 1 && (v[0] <= ' ' || v[0] == ',' || v[0] == ':') {
		v = v[1:]
	}
	return v
}

// valueSize returns the length of the value at the start of a valid text.
func valueSize(v JSON) int {
	depth := 0
	for i := 0; i < len(v); i++ {
		switch v[i] {
		case '"':
			i += stringSize(v[i:]) - 1
		case '{', '[':
			depth++
			continue
		case '}', ']':
			depth--
		default:
			if depth == 0 {
				return wordSize(v)
			}
			continue
		}
		if depth <= 0 {
			return i + 1
		}
	}
	return len(v)
}

// stringSize returns the length of a string with its quotes.
func stringSize(v JSON) int {
	for i := 1; i < len(v); i++ {
		switch v[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(v)
}

// wordSize returns the length of a number or of true, false or null.
func wordSize(v JSON) int {
	if i := bytes.IndexAny(v, ",]} \t\r\n"); i > 0 {
		return i
	}
	return len(v)
}
