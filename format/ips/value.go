package ips

import (
	"bytes"
	"iter"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A Value is one value of a JSON text as it is written, or its beginning if the
// text ends within it. It is read when asked for: nothing is decoded that is not
// needed, and text that is damaged costs only the values in it.
type Value []byte

// Exists reports whether there is a value, be it null.
func (v Value) Exists() bool { return len(v) > 0 }

// IsObject reports whether the value is an object.
func (v Value) IsObject() bool { return len(v) > 0 && v[0] == '{' }

// IsList reports whether the value is a list.
func (v Value) IsList() bool { return len(v) > 0 && v[0] == '[' }

// IsNull reports whether the value is null or absent.
func (v Value) IsNull() bool { return len(v) == 0 || v[0] == 'n' }

// Get returns the value of a key, of the object under the first key, and so on:
// the first one if a key is there several times, none if it is not there.
func (v Value) Get(keys ...string) Value {
	for _, want := range keys {
		var found Value
		for key, value := range v.rawMembers() {
			if is(key, want) {
				found = value
				break
			}
		}
		v = found
	}
	return v
}

// is reports whether a key as it is written is a text.
func is(key []byte, want string) bool {
	return string(key) == want || bytes.IndexByte(key, '\\') >= 0 && unquote(key) == want
}

// Text returns a string, a number as it is written, "true", "false", "" for null
// and for no value, and a list or an object as JSON. What is no UTF-8 is U+FFFD.
func (v Value) Text() string {
	switch {
	case v.IsNull():
		return ""
	case v[0] != '"':
		return strings.ToValidUTF8(string(v), "\ufffd")
	}
	return strings.ToValidUTF8(unquote(v.quoted()), "\ufffd")
}

// word is [Value.Text] for texts of which there are few.
func (v Value) word() string {
	switch string(v) {
	case `"P"`:
		return "P"
	case `"S"`:
		return "S"
	case `"arm64e"`:
		return "arm64e"
	case `"arm64"`:
		return "arm64"
	}
	return v.Text()
}

// quoted returns a string without its quotes, and another value as it is.
func (v Value) quoted() []byte {
	if v[0] != '"' {
		return v
	}
	if n := len(v) - 1; n > 0 && v[n] == '"' && (v[n-1] != '\\' || stringSize(v) == n+1) {
		return v[1:n]
	}
	return v[1:]
}

// unquote replaces the escapes of a string.
func unquote(s []byte) string {
	i := bytes.IndexByte(s, '\\')
	if i < 0 {
		return string(s)
	}
	b := make([]byte, 0, len(s))
	for i >= 0 && i+1 < len(s) {
		b = append(b, s[:i]...)
		c := s[i+1]
		s = s[i+2:]
		switch c {
		case 'n':
			b = append(b, '\n')
		case 't':
			b = append(b, '\t')
		case 'r':
			b = append(b, '\r')
		case 'b':
			b = append(b, '\b')
		case 'f':
			b = append(b, '\f')
		case 'u':
			var r rune
			r, s = escaped(s)
			b = utf8.AppendRune(b, r)
		default:
			b = append(b, c)
		}
		i = bytes.IndexByte(s, '\\')
	}
	return string(append(b, s...))
}

// escaped reads the digits of an escape and of the other half of a pair.
func escaped(s []byte) (rune, []byte) {
	if len(s) < 4 {
		return utf8.RuneError, nil
	}
	n, err := strconv.ParseUint(string(s[:4]), 16, 16)
	if err != nil {
		return utf8.RuneError, s[4:]
	}
	s = s[4:]
	if utf16.IsSurrogate(rune(n)) && len(s) >= 6 && s[0] == '\\' && s[1] == 'u' {
		if low, err := strconv.ParseUint(string(s[2:6]), 16, 16); err == nil {
			if r := utf16.DecodeRune(rune(n), rune(low)); r != utf8.RuneError {
				return r, s[6:]
			}
		}
	}
	return rune(n), s
}

// Int returns a number, or a string that is one; ok is whether it is an integer
// of 64 bits. A real number without fraction is one.
func (v Value) Int() (n int64, ok bool) {
	if v.IsNull() || v.IsObject() || v.IsList() || len(v) > 64 {
		return 0, false
	}
	if len(v) < 18 {
		if n, ok := v.digits(); ok {
			return n, true
		}
	}
	s := v.Text()
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, true
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil && f == float64(int64(f)) && f > -1<<53 && f < 1<<53 {
		return int64(f), true
	}
	return 0, false
}

// digits reads a number of less than 18 digits.
func (v Value) digits() (n int64, ok bool) {
	for _, c := range v {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	return n, true
}

// Number returns a pointer to what [Value.Int] returns, nil if it is none.
func (v Value) Number() *int64 {
	if n, ok := v.Int(); ok {
		return &n
	}
	return nil
}

// Uint returns an address: a number of 64 bits without sign, or a string that is
// one, decimal or with 0x; 0 if it is none.
func (v Value) Uint() uint64 {
	if v.IsNull() || v.IsObject() || v.IsList() || len(v) > 64 {
		return 0
	}
	if n, ok := v.digits(); ok && len(v) < 18 {
		return uint64(n)
	}
	n, err := strconv.ParseUint(v.Text(), 0, 64)
	if err != nil {
		if i, ok := v.Int(); ok {
			return uint64(i)
		}
	}
	return n
}

// Bool returns true or false, or a number as whether it is not zero; nil if it is
// neither.
func (v Value) Bool() *bool {
	var b bool
	switch v.Text() {
	case "true", "1":
		b = true
	case "false", "0":
	default:
		n, ok := v.Int()
		if !ok {
			return nil
		}
		b = n != 0
	}
	return &b
}

// Items yields the elements of a list; any other value has none.
func (v Value) Items() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		if !v.IsList() {
			return
		}
		for rest := blank(v[1:]); len(rest) > 0 && rest[0] != ']' && rest[0] != '}'; {
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
func (v Value) Members() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for key, m := range v.rawMembers() {
			if !yield(strings.ToValidUTF8(unquote(key), "\ufffd"), m) {
				return
			}
		}
	}
}

// rawMembers is [Value.Members] with keys as they are written, without quotes.
func (v Value) rawMembers() iter.Seq2[[]byte, Value] {
	return func(yield func([]byte, Value) bool) {
		if !v.IsObject() {
			return
		}
		for rest := blank(v[1:]); len(rest) > 0 && rest[0] != '}' && rest[0] != ']'; {
			n := valueSize(rest)
			key := rest[:n].quoted()
			rest = blank(rest[n:])
			if len(rest) == 0 || rest[0] == '}' || rest[0] == ']' {
				return
			}
			n = valueSize(rest)
			if !yield(key, rest[:n]) {
				return
			}
			rest = blank(rest[n:])
		}
	}
}

// walkObject calls fn with each key of an object at the start of a text, as it is
// written, and with the text from its value on; fn returns the text after the
// value. It returns what follows the object. So nothing is looked at twice.
func walkObject(text Value, fn func(key []byte, text Value) Value) Value {
	if !text.IsObject() {
		return skip(text)
	}
	rest := blank(text[1:])
	for len(rest) > 0 && rest[0] != '}' && rest[0] != ']' {
		n := valueSize(rest)
		key := rest[:n].quoted()
		rest = blank(rest[n:])
		if len(rest) == 0 || rest[0] == '}' || rest[0] == ']' {
			break
		}
		rest = blank(fn(key, rest))
	}
	if len(rest) > 0 {
		rest = rest[1:]
	}
	return rest
}

// walkList is [walkObject] for the elements of a list.
func walkList(text Value, fn func(text Value) Value) Value {
	if !text.IsList() {
		return skip(text)
	}
	rest := blank(text[1:])
	for len(rest) > 0 && rest[0] != ']' && rest[0] != '}' {
		rest = blank(fn(rest))
	}
	if len(rest) > 0 {
		rest = rest[1:]
	}
	return rest
}

// skip returns what follows the value at the start of a text.
func skip(text Value) Value {
	if len(text) == 0 {
		return text
	}
	return text[valueSize(text):]
}

// Values yields the values that stand one after another in a text.
func Values(text []byte) iter.Seq[Value] {
	return func(yield func(Value) bool) {
		for rest := blank(text); len(rest) > 0; {
			n := valueSize(rest)
			if !yield(rest[:n]) {
				return
			}
			rest = blank(rest[n:])
		}
	}
}

// blank skips what separates values.
func blank(v Value) Value {
	for len(v) > 0 && (v[0] <= ' ' || v[0] == ',' || v[0] == ':') {
		v = v[1:]
	}
	return v
}

// special are the bytes that make the form of a value.
var special = [256]bool{'"': true, '{': true, '[': true, '}': true, ']': true}

// valueSize returns the length of the value at the start of a text, at least 1:
// all of the text if it ends within the value.
func valueSize(v Value) int {
	switch v[0] {
	case '"':
		return stringSize(v)
	case '{', '[':
	default:
		return wordSize(v)
	}
	depth := 0
	for i := 0; i < len(v); i++ {
		c := v[i]
		if !special[c] {
			for c == ' ' && len(v)-i > 8 && string(v[i+1:i+9]) == indent {
				i += 8
			}
			continue
		}
		switch c {
		case '"':
			i += stringSize(v[i:]) - 1
		case '{', '[':
			depth++
		default:
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(v)
}

// indent is what many lines begin with.
const indent = "        "

// stringSize returns the length of a string with its quotes.
func stringSize(v Value) int {
	if n := bytes.IndexByte(v[1:], '"'); n >= 0 && bytes.IndexByte(v[1:1+n], '\\') < 0 {
		return n + 2
	}
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

// wordSize returns the length of a number or of true, false or null, at least 1.
func wordSize(v Value) int {
	for i := 1; i < len(v); i++ {
		switch c := v[i]; {
		case c <= ' ', c == ',', c == ':', c == ']', c == '}', c == '[', c == '{', c == '"':
			return i
		}
	}
	return len(v)
}
