// Package smsbackup reads the files in which Android's telephony provider backs
// up text messages: a zlib stream of one JSON array with an object for each
// message. Files of SMS and of MMS share the form and differ in their keys.
//
// The format is that of TelephonyBackupAgent of AOSP
// (packages/providers/TelephonyProvider), since Android 6.
package smsbackup

import (
	"bytes"
	"compress/zlib"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// Limits of one file. Android writes at most 1000 messages into one.
const (
	maxSize     = 64 << 20 // bytes of JSON
	maxMessages = 100_000
	maxFields   = 1000 // keys of one message
	maxMessage  = 8 << 20
	maxBlanks   = 1 << 20 // bytes of white space in a row, which take time to skip
)

// Errors that callers test for.
var (
	// ErrFormat says that the data is no zlib stream with a JSON array.
	ErrFormat = errors.New("not a backup of text messages")

	// ErrMessage says that one element of the array is no message; the next can be
	// read.
	ErrMessage = errors.New("not a message")
)

// Read calls fn with each message of a file, in its order, or with an error that
// matches [ErrMessage] for an element that is none. The first error of fn ends
// reading and is returned. A file that is cut or damaged gives its messages up to
// there, then an error: it matches [ErrFormat] if there was no array.
func Read(r io.Reader, fn func(*Message, error) error) error {
	z, err := zlib.NewReader(r)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFormat, err)
	}
	limited := &io.LimitedReader{R: &unblank{r: z}, N: maxSize}
	d := json.NewDecoder(limited)
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return errors.Join(ErrFormat, err)
	}
	for n := 1; d.More(); n++ {
		if n > maxMessages {
			return fmt.Errorf("read messages: more than %d", maxMessages)
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return ended(fmt.Errorf("read message %d: %w", n, err), limited)
		}
		m, err := parse(raw, n)
		if err := fn(m, err); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return ended(fmt.Errorf("read end of messages: %w", err), limited)
	}
	if _, err := io.Copy(io.Discard, limited); err != nil { // the checksum of the stream
		return fmt.Errorf("read end of messages: %w", err)
	}
	return ended(nil, limited)
}

// An unblank refuses to read on within much white space: the decoder begins anew
// with all of it each time it reads some bytes more.
type unblank struct {
	r io.Reader
	n int // bytes of white space that were read last
}

// Read implements [io.Reader].
func (u *unblank) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	if rest := bytes.TrimRight(p[:n], " \t\r\n"); len(rest) > 0 {
		u.n = n - len(rest)
	} else {
		u.n += n
	}
	if u.n > maxBlanks {
		return 0, fmt.Errorf("more than %d bytes of white space", maxBlanks)
	}
	return n, err
}

// ended replaces the error of a file that is larger than the limit.
func ended(err error, limited *io.LimitedReader) error {
	if limited.N <= 0 {
		return fmt.Errorf("read messages: more than %d bytes", maxSize)
	}
	return err
}

// A Message is one message: the values of its keys.
type Message struct {
	Number int // in the file, from 1

	fields []field
	used   map[string]bool
}

type field struct {
	key   string
	value json.RawMessage
}

// A Value is a key and its value as text, for what a caller did not read.
type Value struct{ Key, Text string }

// parse reads the object of one message.
func parse(raw json.RawMessage, number int) (*Message, error) {
	if len(raw) > maxMessage {
		return nil, fmt.Errorf("read message %d: %w: %d bytes", number, ErrMessage, len(raw))
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("read message %d: %w: %.60q", number, ErrMessage, raw)
	}
	m := &Message{Number: number, used: map[string]bool{}}
	for d.More() {
		if len(m.fields) == maxFields {
			return nil, fmt.Errorf("read message %d: %w: more than %d keys", number, ErrMessage, maxFields)
		}
		var f field
		t, err := d.Token()
		if err == nil {
			f.key, _ = t.(string)
			err = d.Decode(&f.value)
		}
		if err != nil {
			return nil, fmt.Errorf("read message %d: %w: %w", number, ErrMessage, err)
		}
		m.fields = append(m.fields, f)
	}
	return m, nil
}

// get returns the first value of a key, nil if there is none.
func (m *Message) get(key string) json.RawMessage {
	i := slices.IndexFunc(m.fields, func(f field) bool { return f.key == key })
	if i < 0 {
		return nil
	}
	return m.fields[i].value
}

// Text returns the value of a key: a string as it is, anything else as it is
// written, "" for null and for a key that is not there.
func (m *Message) Text(key string) string {
	raw := m.get(key)
	if raw == nil {
		return ""
	}
	m.used[key] = true
	return text(raw)
}

// Int returns the value of a key that is a whole number, written as one or as a
// string. ok says whether it is one; if not, it stays for [Message.Rest].
func (m *Message) Int(key string) (n int64, ok bool) {
	raw := m.get(key)
	if raw == nil {
		return 0, false
	}
	n, err := strconv.ParseInt(text(raw), 10, 64)
	if err != nil {
		return 0, false
	}
	m.used[key] = true
	return n, true
}

// Texts returns the strings of a list. ok is as for [Message.Int].
func (m *Message) Texts(key string) (list []string, ok bool) {
	var values []json.RawMessage
	if raw := m.get(key); raw == nil || json.Unmarshal(raw, &values) != nil {
		return nil, false
	}
	m.used[key] = true
	for _, v := range values {
		list = append(list, text(v))
	}
	return list, true
}

// Messages returns the objects of a list, such as the addresses of an MMS. ok is
// as for [Message.Int]; it is false if any element is no object.
func (m *Message) Messages(key string) (list []*Message, ok bool) {
	var values []json.RawMessage
	if raw := m.get(key); raw == nil || json.Unmarshal(raw, &values) != nil {
		return nil, false
	}
	for i, v := range values {
		e, err := parse(v, i+1)
		if err != nil {
			return nil, false
		}
		list = append(list, e)
	}
	m.used[key] = true
	return list, true
}

// Rest returns the values that were not read, in the order of the file: keys
// that the caller does not know, values of another type than it asked for and
// further values of a key.
func (m *Message) Rest() []Value {
	var rest []Value
	seen := map[string]bool{}
	for _, f := range m.fields {
		if m.used[f.key] && !seen[f.key] {
			seen[f.key] = true
			continue
		}
		rest = append(rest, Value{f.key, text(f.value)})
	}
	return rest
}

// text returns a value as text.
func text(raw json.RawMessage) string {
	var s string
	if bytes.Equal(raw, []byte("null")) {
		return ""
	}
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}
