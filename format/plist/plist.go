// Package plist reads property lists, the form in which Apple systems keep most
// of their settings and small records: binary ("bplist00") and XML. The old
// OpenStep text form is recognised and refused.
//
// A document is checked where it is read: a binary list is not expanded, so an
// object that is shared a million times costs nothing until somebody looks at
// it, and an object that cannot be read costs only itself: it is a [Value] of
// kind [Invalid] whose [Value.Err] says why.
//
// Source for the binary form: the comment and code of CFBinaryPList.c
// (swift-corelibs-foundation); for the XML form: PropertyList-1.0.dtd and the
// plist(5) manual page.
package plist

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Limits of what is read.
const (
	// MaxSize is the size in bytes of the largest document that is read.
	MaxSize = 64 << 20
	// MaxDepth is how deep containers may be nested in XML and in [Walk].
	MaxDepth = 512
	// MaxNodes is how many values [Walk] visits, shared ones counted each time.
	MaxNodes = 16 << 20
)

// Errors that callers test for.
var (
	// ErrFormat means that the bytes are no property list at all.
	ErrFormat = errors.New("not a property list")
	// ErrOpenStep means the OpenStep text form, which is not read.
	ErrOpenStep = errors.New("OpenStep text form is not supported")
	// ErrTooLarge means more than [MaxSize] bytes.
	ErrTooLarge = fmt.Errorf("larger than %d MiB", MaxSize>>20)
)

// Format is a form of property list.
type Format uint8

// The forms that [Detect] tells apart.
const (
	None     Format = iota // not recognised
	Binary                 // "bplist0" and a version digit
	XML                    // a plist element
	OpenStep               // text with braces, recognised by its first characters only
)

// String returns the name of the form.
func (f Format) String() string {
	switch f {
	case Binary:
		return "binary"
	case XML:
		return "XML"
	case OpenStep:
		return "OpenStep"
	}
	return "none"
}

// detectSpan is how far a plist element is searched.
const detectSpan = 1024

// Detect says which form the first bytes of a file have: the magic of a binary
// list, or a plist element or document type within the first KiB, also in
// UTF-16. OpenStep is a guess from the first character; text of other kinds
// begins with the same ones.
func Detect(head []byte) Format {
	if len(head) > 2*detectSpan {
		head = head[:2*detectSpan]
	}
	s := string(head)
	if strings.HasPrefix(s, binaryMagic) {
		return Binary
	}
	if u, ok := fromUTF16(s); ok {
		s = u
	}
	s = strings.TrimLeft(strings.TrimPrefix(s, "\ufeff"), " \t\r\n")
	switch {
	case s == "":
		return None
	case s[0] == '<':
		if strings.Contains(s, "<plist") || strings.Contains(s, "<!DOCTYPE plist") {
			return XML
		}
	case s[0] == '{', s[0] == '(', strings.HasPrefix(s, "/*"), strings.HasPrefix(s, "//"):
		return OpenStep
	}
	return None
}

// Parse reads a binary or XML property list and returns its root. It copies
// data once and keeps the copy as long as a value of the document is in use.
//
// A binary list is an error if its trailer cannot be right; damage elsewhere
// shows as values of kind [Invalid]. An XML list that breaks off is an error
// too, but then the returned root holds what came before, and its kind is not
// Invalid. Errors wrap [ErrFormat], [ErrOpenStep] or [ErrTooLarge] where these
// apply.
func Parse(data []byte) (Value, error) {
	if len(data) > MaxSize {
		return Value{}, fmt.Errorf("parse property list of %d bytes: %w", len(data), ErrTooLarge)
	}
	return parse(string(data))
}

// Read is [Parse] for a file of the given size in bytes. It also fails when r
// does or when r has less than size bytes.
func Read(r io.ReaderAt, size int64) (Value, error) {
	if size < 0 || size > MaxSize {
		return Value{}, fmt.Errorf("read property list of %d bytes: %w", size, ErrTooLarge)
	}
	var b strings.Builder
	b.Grow(int(size))
	n, err := io.Copy(&b, io.NewSectionReader(r, 0, size))
	if err == nil && n < size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return Value{}, fmt.Errorf("read property list: %w", err)
	}
	return parse(b.String())
}

// parse reads a document that fits uint32 offsets.
func parse(src string) (Value, error) {
	var v Value
	var err error
	switch {
	case strings.HasPrefix(src, "bplist"):
		v, err = parseBinary(src)
	default:
		v, err = parseText(src)
	}
	if err != nil {
		return v, fmt.Errorf("parse property list: %w", err)
	}
	return v, nil
}

// parseText reads what is no binary list.
func parseText(src string) (Value, error) {
	text, err := toUTF8(src)
	if err != nil {
		return Value{}, err
	}
	switch start := strings.TrimLeft(text, " \t\r\n"); {
	case strings.HasPrefix(start, "<"):
		return parseXML(text)
	case start != "" && utf8.ValidString(start[:1]) && strings.ContainsAny(start[:1], "{("),
		strings.HasPrefix(start, "//"), strings.HasPrefix(start, "/*"):
		return Value{}, ErrOpenStep
	}
	return Value{}, ErrFormat
}
