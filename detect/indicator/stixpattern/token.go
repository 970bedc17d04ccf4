package stixpattern

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// A token is one word of a pattern. Its kind is a literal kind, 'w' for a name
// or keyword, 'q' for a quoted name inside a path (the same as Text), or the
// operator or punctuation itself.
type token struct {
	kind string
	text string // of words
	lit  Literal
	pos  int
}

const (
	tokWord = "word"
	tokLit  = "literal"
	tokEnd  = "end of pattern"
)

type lexer struct {
	src string
	pos int
}

func (l *lexer) errorf(pos int, format string, args ...any) error {
	return fmt.Errorf("byte %d: %s", pos, fmt.Sprintf(format, args...))
}

// skip passes over white space and comments.
func (l *lexer) skip() error {
	for l.pos < len(l.src) {
		rest := l.src[l.pos:]
		switch {
		case strings.HasPrefix(rest, "//"):
			if i := strings.IndexByte(rest, '\n'); i >= 0 {
				l.pos += i + 1
			} else {
				l.pos = len(l.src)
			}
		case strings.HasPrefix(rest, "/*"):
			i := strings.Index(rest[2:], "*/")
			if i < 0 {
				return l.errorf(l.pos, "comment without end")
			}
			l.pos += i + 4
		default:
			r, n := utf8.DecodeRuneInString(rest)
			if !unicode.IsSpace(r) && r != '\u200b' && r != '\ufeff' {
				return nil
			}
			l.pos += n
		}
	}
	return nil
}

func (l *lexer) next() (token, error) {
	if err := l.skip(); err != nil {
		return token{}, err
	}
	pos := l.pos
	if pos == len(l.src) {
		return token{kind: tokEnd, pos: pos}, nil
	}
	c := l.src[pos]
	switch {
	case c == '\'':
		s, err := l.quoted()
		return token{kind: tokLit, lit: Literal{Kind: Text, Text: s}, pos: pos}, err
	case (c == 'h' || c == 'b' || c == 't') && strings.HasPrefix(l.src[pos+1:], "'"):
		return l.prefixed(c)
	case c >= '0' && c <= '9', c == '.' && digitAt(l.src, pos+1), c == '-' || c == '+':
		return l.number()
	case c == '_' || c < utf8.RuneSelf && unicode.IsLetter(rune(c)):
		return l.word(), nil
	}
	for _, op := range [...]string{"!=", "<>", "<=", ">=", "=="} {
		if strings.HasPrefix(l.src[pos:], op) {
			l.pos += len(op)
			return token{kind: op, pos: pos}, nil
		}
	}
	if strings.IndexByte("[]()=<>:.,*", c) >= 0 {
		l.pos++
		return token{kind: l.src[pos : pos+1], pos: pos}, nil
	}
	r, _ := utf8.DecodeRuneInString(l.src[pos:])
	return token{}, l.errorf(pos, "unexpected %q", r)
}

func digitAt(s string, i int) bool { return i < len(s) && s[i] >= '0' && s[i] <= '9' }

// word reads a name. A hyphen belongs to it; the parser refuses one where the
// grammar has none.
func (l *lexer) word() token {
	pos := l.pos
	for l.pos < len(l.src) {
		c := l.src[l.pos]
		if c != '_' && c != '-' && (c >= utf8.RuneSelf || !unicode.IsLetter(rune(c)) && !unicode.IsDigit(rune(c))) {
			break
		}
		l.pos++
	}
	return token{kind: tokWord, text: l.src[pos:l.pos], pos: pos}
}

// quoted reads a string. A backslash stands before a quote or a backslash; one
// before another character is kept, as the feeds that forget to double it mean.
func (l *lexer) quoted() (string, error) {
	pos := l.pos
	var b strings.Builder
	for i := pos + 1; i < len(l.src); i++ {
		switch c := l.src[i]; {
		case c == '\'':
			l.pos = i + 1
			return b.String(), nil
		case c == '\\' && i+1 < len(l.src) && (l.src[i+1] == '\'' || l.src[i+1] == '\\'):
			i++
			b.WriteByte(l.src[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", l.errorf(pos, "string without end")
}

func (l *lexer) prefixed(c byte) (token, error) {
	pos := l.pos
	l.pos++
	s, err := l.quoted()
	if err != nil {
		return token{}, err
	}
	lit := Literal{Kind: Bytes}
	switch c {
	case 'h':
		var b []byte
		b, err = hex.DecodeString(s)
		lit.Text = string(b)
	case 'b':
		var b []byte
		b, err = base64.StdEncoding.Strict().DecodeString(s)
		lit.Text = string(b)
	default:
		lit.Kind = Timestamp
		lit.Time, err = ParseTimestamp(s)
	}
	if err != nil {
		return token{}, l.errorf(pos, "%v", err)
	}
	return token{kind: tokLit, lit: lit, pos: pos}, nil
}

func (l *lexer) number() (token, error) {
	pos := l.pos
	end := pos
	if l.src[end] == '-' || l.src[end] == '+' {
		end++
	}
	digits, points := 0, 0
	for ; end < len(l.src) && (l.src[end] == '.' || digitAt(l.src, end)); end++ {
		if l.src[end] == '.' {
			points++
		} else {
			digits++
		}
	}
	text := l.src[pos:end]
	if digits == 0 || points > 1 || text[len(text)-1] == '.' {
		return token{}, l.errorf(pos, "%q is no number", text)
	}
	if end < len(l.src) && (l.src[end] == '_' || unicode.IsLetter(rune(l.src[end]))) {
		return token{}, l.errorf(pos, "%q is followed by %q", text, l.src[end])
	}
	l.pos = end
	lit := Literal{Kind: Number}
	var err error
	if lit.Num, err = strconv.ParseFloat(text, 64); err != nil || math.IsInf(lit.Num, 0) {
		return token{}, l.errorf(pos, "%q is no number", text)
	}
	if lit.Int, err = strconv.ParseInt(text, 10, 64); err == nil {
		lit.Whole = true
	}
	return token{kind: tokLit, lit: lit, pos: pos}, nil
}

// ParseTimestamp reads a time in the only form that STIX allows, RFC 3339 in UTC
// with "T" and "Z" in capitals, such as 2026-01-02T03:04:05.678Z.
func ParseTimestamp(s string) (time.Time, error) {
	if len(s) < 20 || s[10] != 'T' || s[len(s)-1] != 'Z' || strings.ContainsAny(s[19:], ",+-") {
		return time.Time{}, fmt.Errorf("%q is no time in UTC", s)
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is no time in UTC", s)
	}
	return t, nil
}

func appendInt(b []byte, i int) []byte { return strconv.AppendInt(b, int64(i), 10) }

// appendName appends a property name, hash names in one spelling.
func appendName(b []byte, name string, hash bool) []byte {
	if hash {
		return append(b, strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(name))...)
	}
	for _, c := range []byte(name) {
		if c != '_' && !(c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z') {
			return append(append(append(b, '\''), name...), '\'')
		}
	}
	return append(b, name...)
}
