package intrusionlog

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// object appends to list the keys and values of a JSON object, in their order,
// also keys that are there twice. What comes before an error is returned with it.
func object(list []Value, b []byte, limit int) ([]Value, error) {
	if valid(b) {
		return members(list, b, limit)
	}
	if deep(b) {
		return list, fmt.Errorf("deeper than %d", maxDepth)
	}
	return damaged(list, b, limit)
}

// damaged is object for what is no valid JSON.
func damaged(list []Value, b []byte, limit int) ([]Value, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	t, err := d.Token()
	if err != nil {
		return list, err
	}
	if t != json.Delim('{') {
		return list, errNoObject
	}
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
func members(list []Value, b []byte, limit int) ([]Value, error) {
	b = bytes.TrimLeft(b, space)
	if b[0] != '{' {
		return list, errNoObject
	}
	for b = next(b[1:]); b[0] != '}'; b = next(b) {
		if len(list) == limit {
			return list, fmt.Errorf("more than %d keys", limit)
		}
		n := extent(b)
		name := keyOf(b[:n])
		b = next(b[n:]) // after the colon
		n = extent(b)
		list = append(list, Value{name, json.RawMessage(b[:n:n])})
		b = b[n:]
	}
	return list, nil
}

// keyOf returns a key of valid JSON; those that are known are not allocated.
func keyOf(quoted []byte) string {
	if name, ok := knownKeys[string(quoted[1:len(quoted)-1])]; ok {
		return name
	}
	name, _ := textOf(quoted)
	return name
}

// strs returns the elements of a list of strings, false for any other valid
// JSON.
func strs(b []byte) ([]string, bool) {
	if b[0] != '[' {
		return nil, false
	}
	list := make([]string, 0, bytes.Count(b, []byte{','})+1)
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
	switch b[0] {
	case '"':
		return quoted(b)
	case '{', '[':
	default:
		for i, c := range b {
			if structure[c]&ends != 0 {
				return i
			}
		}
		return len(b)
	}
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			i += quoted(b[i:]) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(b)
}

// quoted returns the length of the string at the begin of valid JSON.
func quoted(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
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
