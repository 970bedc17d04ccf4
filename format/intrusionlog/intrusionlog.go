// Package intrusionlog reads the events of Android's intrusion logging, an
// opt-in of Advanced Protection since Android 16: text files with one JSON
// object on each line, whose keys are kinds of event and whose values are the
// events.
//
// Google publishes no schema. The kinds of security event are those of
// android.app.admin.SecurityLog (AOSP); the names of their values are those
// that MVT and ALEAPP read, and the plain form of the names of SecurityLog's
// values where neither reads them. Every value that is not decoded is kept.
package intrusionlog

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"unicode/utf8"
)

// Limits of one file.
const (
	maxLine   = 4 << 20 // bytes of one line
	maxEvents = 10_000  // events of one line
	maxFields = 1000    // keys of one event
	maxDepth  = 64      // of JSON within a line
)

// Kinds of the top level, the keys of a line.
const (
	KindDNS      = "dns_event"
	KindConnect  = "connect_event"
	KindSecurity = "security_event"
)

// ErrLine says that a line, or one event of it, cannot be read; the next can.
var ErrLine = errors.New("not an intrusion log event")

// An Event is one event of one line.
type Event struct {
	// Line is the number of the line in its file, from 1; Offset where the line
	// begins, in bytes.
	Line   int
	Offset int64

	// Kind is the key of the event: [KindDNS], [KindConnect], [KindSecurity] or
	// one that is not known.
	Kind string
	// Tag is what happened, for [KindSecurity]: the first key that says nothing
	// about the event itself, such as "app_process_start". Empty otherwise.
	Tag string

	// ID is event_id as it is written, empty if there is none.
	ID string
	// Time is event_time in nanoseconds since 1970-01-01 UTC, 0 if there is none.
	// It is written in milliseconds, in nanoseconds for security events; whole
	// numbers out of the range of int64 nanoseconds are 0 and stay in Rest.
	Time int64

	// Body is the decoded event: *[DNS] or *[Connect], for security events what
	// [Tags] lists, nil for a kind or tag that is not known.
	Body any

	// Rest has the values that are not decoded, by key, in the order of the
	// line; for security events also those of the tag, as "tag.key".
	Rest []Value

	// Raw is the event as it is written, without the key of its kind.
	Raw json.RawMessage
}

// A Value is a key and what is written for it.
type Value struct {
	Key string
	Raw json.RawMessage
}

// Fingerprint identifies the kind and the whole content of an event, whatever
// the order of its keys: the same event is often in several files. The ID of
// the event takes part.
func (e *Event) Fingerprint() [32]byte {
	sum := sha256.New()
	fmt.Fprintf(sum, "%q\n", e.Kind)
	var v any
	d := json.NewDecoder(bytes.NewReader(e.Raw))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		sum.Write(e.Raw)
		return [32]byte(sum.Sum(nil))
	}
	b, err := json.Marshal(v) // sorts keys
	if err != nil {
		b = e.Raw
	}
	sum.Write(b)
	return [32]byte(sum.Sum(nil))
}

// Read calls fn with each event of a file, in its order, or with an error that
// matches [ErrLine] for a line or event that cannot be read; reading goes on
// then. The first error of fn ends reading and is returned, as is an error of r.
// Empty lines are nothing. The event, Rest and what is raw in it are valid until
// fn returns; Body and the strings may be kept.
func Read(r io.Reader, fn func(*Event, error) error) error {
	lines, d := newLines(r), &decoder{fn: fn}
	for {
		line, err := lines.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && !errors.Is(err, ErrLine) {
			return fmt.Errorf("read line %d: %w", lines.number, err)
		}
		if err == nil {
			err = d.line(line, lines.number, lines.offset)
		} else {
			err = fn(nil, err)
		}
		if err != nil {
			return err
		}
	}
}

// A decoder decodes lines, with memory that it uses again for each.
type decoder struct {
	fn     func(*Event, error) error
	event  Event
	events []Value // of a line
	fields fieldSet
	inner  fieldSet
	rest   []Value
}

// line reads the events of one line; its result is an error of fn.
func (d *decoder) line(line []byte, number int, offset int64) error {
	line = bytes.TrimSpace(line)
	if len(line) == 0 {
		return nil
	}
	if !utf8.Valid(line) {
		line = bytes.ToValidUTF8(line, []byte("\uFFFD"))
	}
	var err error
	d.events, err = object(d.events[:0], line, maxEvents)
	for _, v := range d.events {
		d.event = Event{Line: number, Offset: offset, Kind: v.Key, Raw: v.Raw}
		if ferr := d.fields.load(v.Raw); ferr != nil {
			ferr = fmt.Errorf("line %d: %w: %.100q: %w", number, ErrLine, v.Key, ferr)
			if err := d.fn(nil, ferr); err != nil {
				return err
			}
			continue
		}
		d.decode()
		if err := d.fn(&d.event, nil); err != nil {
			return err
		}
	}
	if err != nil {
		return d.fn(nil, fmt.Errorf("line %d: %w: %w", number, ErrLine, err))
	}
	return nil
}

// decode fills the event from its fields.
func (d *decoder) decode() {
	e, f := &d.event, &d.fields
	d.rest = d.rest[:0]
	e.ID = f.text("event_id")
	unit := int64(1e6)
	if e.Kind == KindSecurity {
		unit = 1
	}
	if i := f.index("event_time"); i >= 0 {
		if n, ok := whole(f.list[i].Raw); ok && n <= math.MaxInt64/unit && n >= math.MinInt64/unit {
			e.Time = n * unit
			f.take(i)
		}
	}
	switch e.Kind {
	case KindDNS:
		e.Body = decodeDNS(f)
	case KindConnect:
		e.Body = decodeConnect(f)
	case KindSecurity:
		d.decodeTag()
	}
	for i, v := range f.list {
		if !f.taken(i) {
			d.rest = append(d.rest, v)
		}
	}
	if len(d.rest) > 0 {
		e.Rest = d.rest
	}
}

// decodeTag finds the tag of a security event and decodes what it says.
func (d *decoder) decodeTag() {
	e, f := &d.event, &d.fields
	for i, v := range f.list {
		if f.taken(i) {
			continue
		}
		switch v.Key {
		case "event_id", "event_time", "event_type", "timestamp":
			continue
		}
		e.Tag = v.Key
		tag, known := tagsByName[v.Key]
		if !known {
			return // stays in Rest
		}
		inner := &d.inner
		if err := inner.load(v.Raw); err != nil {
			inner.scalar = v.Raw
		}
		f.take(i)
		e.Body = tag.decode(inner)
		if inner.scalar != nil && !inner.used {
			d.rest = append(d.rest, v)
		}
		for j, left := range inner.list {
			if !inner.taken(j) {
				d.rest = append(d.rest, Value{e.Tag + "." + left.Key, left.Raw})
			}
		}
		return
	}
}
