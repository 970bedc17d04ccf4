package from

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"math"
	"path"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/protobuf"
	"github.com/vigie-project/vigie/format/segb"
	"github.com/vigie-project/vigie/record"
)

// Biome returns the patterns of the event streams with the given names: those of
// the phone itself, and those that other devices of the account sent.
func Biome(streams ...string) (patterns []artifact.Pattern) {
	for _, name := range streams {
		for _, root := range []string{"private/var/mobile/Library/Biome/", "private/var/db/biome/"} {
			for _, place := range []string{"/local/*", "/remote/*/*"} {
				patterns = append(patterns, artifact.Pattern{Kinds: evidence.IOSFilesystem, Glob: root + "streams/*/" + name + place})
			}
		}
	}
	return patterns
}

// An Event is one record of an event stream.
type Event struct {
	Stream   string      // name of the stream, from the path
	Device   string      // identifier of the device that sent it, "" for the phone itself
	Time     record.Time // when it was written, seconds since 2001 UTC
	Modified record.Time // second time of older segments, if it differs
	State    string      // "deleted" or a number, "" for written
	Message  []byte      // payload; nil if it was overwritten with zeros
}

// Segments parses a file of an event stream: one record for each event, also
// for deleted ones, which mostly have nothing but a time left. Of an event that
// is damaged it yields what is damaged and then the record with the rest.
func Segments[D record.Data](row func(Event) (D, error)) Parse {
	return func(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
		return func(yield func(record.Record, error) bool) {
			if in.Size == 0 {
				return
			}
			s, err := segb.Open(in.File, in.Size)
			if err != nil {
				yield(record.Record{}, err)
				return
			}
			base := Event{}
			base.Stream, base.Device = streamOf(in.Path)
			n := int64(0)
			for r, err := range s.Records {
				if ctx.Err() != nil {
					return
				}
				if err != nil {
					if !yield(record.Record{}, err) {
						return
					}
					continue
				}
				n++
				e, at := event(base, r, n)
				if e.Message != nil && r.State == segb.Written && !r.Valid && !yield(record.Record{}, fmt.Errorf("read event at offset %d: checksum differs", r.Offset)) {
					return
				}
				d, err := row(e)
				if err != nil && !yield(record.Record{}, fmt.Errorf("read event at offset %d: %w", r.Offset, err)) || !yield(in.Record(at, d), nil) {
					return
				}
			}
		}
	}
}

// event describes a record of a segment.
func event(e Event, r segb.Record, n int64) (Event, record.Origin) {
	at := record.Origin{Row: n, Offset: r.Offset}
	e.Time = epoch.CocoaReal(r.Time)
	if r.Modified != r.Time {
		e.Modified = epoch.CocoaReal(r.Modified)
	}
	if r.State != segb.Written {
		e.State = r.State.String()
	}
	if r.State == segb.Deleted {
		at.State = record.Deleted
	}
	if !r.Empty {
		e.Message = r.Data
	}
	return e, at
}

// streamOf returns the name of a stream and the device of its events from the
// path of a segment: "…/<stream>/local/<name>" or "…/<stream>/remote/<device>/<name>".
func streamOf(name string) (stream, device string) {
	for dir := path.Dir(name); strings.Contains(dir, "/"); dir = path.Dir(dir) {
		switch path.Base(dir) {
		case "local":
			return path.Base(path.Dir(dir)), ""
		case "remote":
			rest, _ := strings.CutPrefix(name, dir+"/")
			device, _, _ = strings.Cut(rest, "/")
			return path.Base(path.Dir(dir)), device
		}
	}
	return path.Base(path.Dir(name)), ""
}

// Err reports what is damaged of the message.
func (e Event) Err() error {
	for _, err := range protobuf.Fields(e.Message) {
		if err != nil {
			return err
		}
	}
	return nil
}

// Text returns the text in a field, "" if there is none. The path is that of
// [protobuf.Find].
func (e Event) Text(path ...int) string {
	f, ok := protobuf.Find(e.Message, path...)
	if !ok || f.Wire != protobuf.Bytes {
		return ""
	}
	return f.Text()
}

// Int returns the integer in a field, nil if there is none.
func (e Event) Int(path ...int) *int64 {
	f, ok := protobuf.Find(e.Message, path...)
	if !ok || f.Wire == protobuf.Bytes {
		return nil
	}
	n := f.Int()
	return &n
}

// Cocoa returns the time in a field that holds seconds since 2001 UTC as a real
// number.
func (e Event) Cocoa(path ...int) record.Time {
	f, ok := protobuf.Find(e.Message, path...)
	if !ok || f.Wire == protobuf.Bytes {
		return record.Time{}
	}
	return epoch.CocoaReal(f.Float())
}

// Unix returns the time in a field that holds seconds since 1970 UTC, as a real
// number or an integer.
func (e Event) Unix(path ...int) record.Time {
	f, ok := protobuf.Find(e.Message, path...)
	if !ok || f.Wire == protobuf.Bytes {
		return record.Time{}
	}
	return epoch.UnixReal(f.Float())
}

// Rest lists the values of the message but those in the given fields; see
// [MessageLeaves]. Of a message that is damaged all bytes follow under "damaged".
func (e Event) Rest(known ...string) []record.KV {
	kvs, err := MessageLeaves(e.Message)
	if err != nil {
		kvs = append(kvs, record.KV{Key: "damaged", Value: Data(e.Message)})
	}
	var rest []record.KV
next:
	for _, kv := range kvs {
		for _, k := range known {
			if kv.Key == k || strings.HasPrefix(kv.Key, k+".") {
				continue next
			}
		}
		rest = append(rest, kv)
	}
	return rest
}

// MessageLeaves lists the values of a protocol buffer of unknown type: the
// numbers of the fields with dots between, and the value as text. What can be a
// number in two ways is shown in the likelier one; bytes that are no text are
// opened if they are a message or a property list, and shown as [Data] does
// otherwise. On damage it returns what was read before, and the error.
func MessageLeaves(message []byte) ([]record.KV, error) {
	var kvs []record.KV
	limit := false
	err := protobuf.Walk(message, func(path []int, f protobuf.Field) bool {
		if limit = limit || len(kvs) >= maxLeafNodes; limit || f.Wire == protobuf.StartGroup || f.Wire == protobuf.EndGroup {
			return false
		}
		var key []byte
		for i, n := range path {
			if i > 0 {
				key = append(key, '.')
			}
			key = strconv.AppendInt(key, int64(n), 10)
		}
		if f.Wire == protobuf.Bytes {
			if opened(f) {
				return true
			}
			if bytes.HasPrefix(f.Data, []byte("bplist0")) {
				inner, err := Blob(f.Data)
				for _, kv := range inner {
					kvs = append(kvs, record.KV{Key: string(key) + "/" + kv.Key, Value: kv.Value})
				}
				if err == nil {
					return false
				}
			}
			kvs = append(kvs, record.KV{Key: string(key), Value: Data(f.Data)})
			return false
		}
		kvs = append(kvs, record.KV{Key: string(key), Value: messageNumber(f)})
		return false
	})
	if limit && err == nil {
		err = fmt.Errorf("list values: more than %d", maxLeafNodes)
	}
	return kvs, err
}

// opened reports whether bytes are shown as the message that they can be read
// as: if they are no text, or one with control characters, as tags are.
func opened(f protobuf.Field) bool {
	if !f.Message() {
		return false
	}
	return !utf8.Valid(f.Data) || bytes.IndexFunc(f.Data, unicode.IsControl) >= 0
}

// messageNumber shows a number: reals of usual size in the fixed types, else
// integers.
func messageNumber(f protobuf.Field) string {
	const small, large = 1e-9, 1e18
	switch v := math.Abs(f.Float()); {
	case f.Wire == protobuf.Varint:
		return strconv.FormatInt(f.Int(), 10)
	case v == 0 || v > small && v < large:
		return strconv.FormatFloat(f.Float(), 'f', -1, 64)
	}
	return strconv.FormatInt(f.Int(), 10)
}
