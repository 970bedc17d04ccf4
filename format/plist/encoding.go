package plist

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// declared finds the encoding that an XML declaration names.
var declared = regexp.MustCompile(`^<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']`)

// toUTF8 converts a text document to valid UTF-8 that XML allows. Bytes and
// characters that XML forbids become U+FFFD: Apple's writer puts control
// characters into XML lists as they are.
func toUTF8(src string) (string, error) {
	if s, ok := fromUTF16(src); ok {
		return legalise(s), nil
	}
	src = strings.TrimPrefix(src, "\ufeff")
	m := declared.FindStringSubmatch(src)
	if m == nil {
		return legalise(src), nil
	}
	switch name := strings.ToLower(m[1]); name {
	case "utf-8", "utf8", "us-ascii", "ascii", "utf-16", "utf16":
		// A document that says UTF-16 but is not was converted earlier.
		return legalise(src), nil
	case "iso-8859-1", "latin1", "latin-1", "iso8859-1":
		return legalise(fromLatin1(src)), nil
	default:
		return "", fmt.Errorf("XML in encoding %q: not supported", name)
	}
}

// fromUTF16 converts a text that has a byte order mark of UTF-16 or begins with
// "<" in it.
func fromUTF16(src string) (string, bool) {
	if len(src) < 2 {
		return src, false
	}
	switch src[:2] {
	case "\xfe\xff":
		return decodeUTF16(src[2:], true), true
	case "\xff\xfe":
		return decodeUTF16(src[2:], false), true
	case "\x00<":
		return decodeUTF16(src, true), true
	case "<\x00":
		return decodeUTF16(src, false), true
	}
	return src, false
}

func fromLatin1(src string) string {
	var b strings.Builder
	b.Grow(len(src) + len(src)/8)
	for i := 0; i < len(src); i++ {
		b.WriteRune(rune(src[i]))
	}
	return b.String()
}

// legalise replaces what must not stand in XML text.
func legalise(s string) string {
	if legal(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if allowed(r) {
			return r
		}
		return utf8.RuneError
	}, s)
}

func legal(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' && s[i] != '\t' && s[i] != '\n' && s[i] != '\r' || s[i] == 0xef {
			return strings.IndexFunc(s[i:], func(r rune) bool { return !allowed(r) }) < 0
		}
	}
	return true
}

// allowed is the production Char of XML 1.0.
func allowed(r rune) bool {
	return r >= ' ' && r <= 0xd7ff || r == '\t' || r == '\n' || r == '\r' ||
		r >= 0xe000 && r <= 0xfffd || r >= 0x10000
}
