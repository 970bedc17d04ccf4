package intrusionlog

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// A fieldSet has the fields of an event, and knows which are decoded.
type fieldSet struct {
	list   []Value
	done   [(maxFields + 63) / 64]uint64 // bits of the fields that are decoded
	scalar json.RawMessage               // instead of fields, a value that is no object
	used   bool                          // the scalar was decoded
}

// load takes the fields of an object of valid JSON.
func (f *fieldSet) load(raw json.RawMessage) (err error) {
	*f = fieldSet{list: f.list[:0]}
	f.list, err = members(f.list, raw, maxFields)
	return err
}

func (f *fieldSet) taken(i int) bool { return f.done[i/64]>>(i%64)&1 != 0 }

func (f *fieldSet) take(i int) { f.done[i/64] |= 1 << (i % 64) }

// index returns the first field of a key that is not taken, -1 if there is none.
func (f *fieldSet) index(key string) int {
	for i := range f.list {
		if f.list[i].Key == key && !f.taken(i) {
			return i
		}
	}
	return -1
}

// text returns the first of the keys that is a string, number or bool, as text.
func (f *fieldSet) text(keys ...string) string {
	for _, key := range keys {
		if i := f.index(key); i >= 0 {
			if s, ok := textOf(f.list[i].Raw); ok {
				f.take(i)
				return s
			}
		}
	}
	return ""
}

// number returns the first of the keys that is a whole number, also one written
// as a string; nil if there is none.
func (f *fieldSet) number(keys ...string) *int64 {
	for _, key := range keys {
		if i := f.index(key); i >= 0 {
			if n, ok := whole(f.list[i].Raw); ok {
				f.take(i)
				return &n
			}
		}
	}
	return nil
}

// flag returns the first of the keys that is a bool, also one written as 0, 1,
// "true" or "false"; nil if there is none.
func (f *fieldSet) flag(keys ...string) *bool {
	for _, key := range keys {
		if i := f.index(key); i >= 0 {
			if b := flagOf(f.list[i].Raw); b != nil {
				f.take(i)
				return b
			}
		}
	}
	return nil
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
	i := f.index(key)
	if i < 0 {
		return nil
	}
	raw := f.list[i].Raw
	list, ok := strs(raw)
	if !ok && json.Unmarshal(raw, &list) != nil || list == nil {
		s, ok := textOf(raw)
		if !ok {
			return nil
		}
		list = []string{s}
	}
	f.take(i)
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
	if n, ok := digits(raw); ok {
		return n, true
	}
	s, ok := textOf(raw)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	return n, err == nil
}

// maxDigits is how many decimal digits fit in an int64, whatever they are.
const maxDigits = 18

// digits reads a number that is written in few digits and nothing else.
func digits(raw []byte) (n int64, ok bool) {
	for _, c := range raw {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
		if len(raw) > maxDigits {
			return 0, false
		}
	}
	return n, len(raw) > 0
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
