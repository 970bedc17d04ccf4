package intrusionlog

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// lines reads lines of bounded length.
type lines struct {
	r      *bufio.Reader
	buf    []byte
	number int   // of the line read last
	offset int64 // where it began
	after  int64 // where the next begins
}

func newLines(r io.Reader) *lines { return &lines{r: bufio.NewReaderSize(r, 64<<10)} }

// next returns the next line, valid until the call after. A line that is too
// long is skipped and gives an error that matches ErrLine.
func (l *lines) next() ([]byte, error) {
	l.buf = l.buf[:0]
	l.offset = l.after
	l.number++
	long := false
	for {
		part, err := l.r.ReadSlice('\n')
		l.after += int64(len(part))
		if len(l.buf)+len(part) > maxLine {
			long = true
		}
		if !long {
			l.buf = append(l.buf, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && (!errors.Is(err, io.EOF) || l.after == l.offset):
			return nil, err
		case long:
			return nil, fmt.Errorf("line %d: %w: %d bytes, limit %d", l.number, ErrLine, l.after-l.offset, maxLine)
		}
		return l.buf, nil
	}
}

// object splits a JSON object into its keys and values, in their order, also
// keys that are there twice. What comes before an error is returned with it.
func object(b []byte, limit int) ([]Value, error) {
	if deep(b) {
		return nil, fmt.Errorf("deeper than %d", maxDepth)
	}
	if json.Valid(b) {
		return members(b, limit)
	}
	return damaged(b, limit)
}

// damaged is object for what is no valid JSON.
func damaged(b []byte, limit int) ([]Value, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	if t != json.Delim('{') {
		return nil, errNoObject
	}
	var list []Value
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return list, err
		}
		name, ok := key.(string)
		if !ok {
			return list, fmt.Errorf("key %v", key)
		}
		if len(list) == limit {
			return list, fmt.Errorf("more than %d keys", limit)
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return list, err
		}
		list = append(list, Value{name, raw})
	}
	if _, err := d.Token(); err != nil {
		return list, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return list, errors.New("more after the object")
	}
	return list, nil
}

var errNoObject = errors.New("no JSON object")

// members is object for valid JSON, as all values within one are. The values
// are parts of b.
func members(b []byte, limit int) ([]Value, error) {
	b = bytes.TrimLeft(b, space)
	if b[0] != '{' {
		return nil, errNoObject
	}
	list := make([]Value, 0, 8)
	for b = next(b[1:]); b[0] != '}'; b = next(b) {
		if len(list) == limit {
			return list, fmt.Errorf("more than %d keys", limit)
		}
		n := extent(b)
		name, _ := textOf(b[:n])
		b = next(b[n:]) // after the colon
		n = extent(b)
		list = append(list, Value{name, json.RawMessage(b[:n:n])})
		b = b[n:]
	}
	return list, nil
}

// strs returns the elements of a list of strings, false for any other valid
// JSON.
func strs(b []byte) ([]string, bool) {
	if b[0] != '[' {
		return nil, false
	}
	list := []string{}
	for b = next(b[1:]); b[0] != ']'; b = next(b) {
		if b[0] != '"' {
			return nil, false
		}
		n := extent(b)
		s, ok := textOf(b[:n])
		if !ok {
			return nil, false
		}
		list, b = append(list, s), b[n:]
	}
	return list, true
}

// space is what may stand between the parts of JSON.
const space = " \t\r\n"

// next skips what separates values of valid JSON.
func next(b []byte) []byte {
	for i, c := range b {
		switch c {
		case ',', ':', ' ', '\t', '\r', '\n':
		default:
			return b[i:]
		}
	}
	return nil
}

// extent returns the length of the value at the begin of valid JSON.
func extent(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			for i++; b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 {
				return i
			}
			if depth == 0 {
				return i + 1
			}
		case ',', ':', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
		}
	}
	return len(b)
}

// deep reports whether brackets outside strings nest deeper than maxDepth.
func deep(b []byte) bool {
	if bytes.Count(b, []byte{'{'})+bytes.Count(b, []byte{'['}) <= maxDepth {
		return false
	}
	depth, quoted := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// A fieldSet has the fields of an event that are not decoded yet.
type fieldSet struct {
	left   []Value
	scalar json.RawMessage // instead of fields, a value that is no object
	used   bool            // the scalar was decoded
}

// raw returns the value of a key, nil if there is none.
func (f *fieldSet) raw(key string) json.RawMessage {
	for _, v := range f.left {
		if v.Key == key {
			return v.Raw
		}
	}
	return nil
}

// take removes the first value of a key.
func (f *fieldSet) take(key string) {
	if i := slices.IndexFunc(f.left, func(v Value) bool { return v.Key == key }); i >= 0 {
		f.left = slices.Delete(f.left, i, i+1)
	}
}

// find calls use with the values of the keys until it accepts one, which is
// taken.
func (f *fieldSet) find(keys []string, use func(json.RawMessage) bool) {
	for _, key := range keys {
		if raw := f.raw(key); raw != nil && use(raw) {
			f.take(key)
			return
		}
	}
}

// text returns the first of the keys that is a string, number or bool, as text.
func (f *fieldSet) text(keys ...string) (s string) {
	f.find(keys, func(raw json.RawMessage) (ok bool) {
		s, ok = textOf(raw)
		return ok
	})
	return s
}

// number returns the first of the keys that is a whole number, also one written
// as a string; nil if there is none.
func (f *fieldSet) number(keys ...string) (n *int64) {
	f.find(keys, func(raw json.RawMessage) bool {
		v, ok := whole(raw)
		if ok {
			n = &v
		}
		return ok
	})
	return n
}

// flag returns the first of the keys that is a bool, also one written as 0, 1,
// "true" or "false"; nil if there is none.
func (f *fieldSet) flag(keys ...string) (b *bool) {
	f.find(keys, func(raw json.RawMessage) bool {
		b = flagOf(raw)
		return b != nil
	})
	return b
}

// flagOrScalar is flag, and takes a value that stands alone.
func (f *fieldSet) flagOrScalar(keys ...string) *bool {
	if f.scalar != nil {
		b := flagOf(f.scalar)
		f.used = b != nil
		return b
	}
	return f.flag(keys...)
}

// textOrScalar is text, and takes a value that stands alone.
func (f *fieldSet) textOrScalar(keys ...string) string {
	if f.scalar != nil {
		s, ok := textOf(f.scalar)
		f.used = ok
		return s
	}
	return f.text(keys...)
}

// texts returns a list of strings, or a single one.
func (f *fieldSet) texts(key string) []string {
	raw := f.raw(key)
	if raw == nil {
		return nil
	}
	list, ok := strs(raw)
	if !ok && json.Unmarshal(raw, &list) != nil || list == nil {
		s, ok := textOf(raw)
		if !ok {
			return nil
		}
		list = []string{s}
	}
	f.take(key)
	return list
}

func textOf(raw json.RawMessage) (string, bool) {
	var s string
	if len(raw) == 0 || raw[0] == '{' || raw[0] == '[' || raw[0] == 'n' {
		return "", false
	}
	if raw[0] != '"' {
		return string(raw), true
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1]), true // is valid UTF-8
	}
	err := json.Unmarshal(raw, &s)
	return s, err == nil
}

func whole(raw json.RawMessage) (int64, bool) {
	s, ok := textOf(raw)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	return n, err == nil
}

func flagOf(raw json.RawMessage) *bool {
	s, ok := textOf(raw)
	if !ok {
		return nil
	}
	var b bool
	switch s {
	case "true", "1":
		b = true
	case "false", "0":
	default:
		return nil
	}
	return &b
}
