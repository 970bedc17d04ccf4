package record

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"unicode/utf8"
)

// AppendJSON appends the record as one line of JSON, without a line end.
// Invalid UTF-8 becomes U+FFFD. It fails only for data that [TypeOf] refuses.
func (r Record) AppendJSON(b []byte) ([]byte, error) {
	b = r.Origin.AppendJSON(r.appendStart(b))
	b = append(b, `,"data":`...)
	b, err := AppendData(b, r.Data)
	return append(b, '}'), err
}

// appendStart appends what stands before the origin.
func (r Record) appendStart(b []byte) []byte {
	return append(AppendString(append(b, `{"artifact":`...), r.Artifact), `,"origin":`...)
}

// MarshalJSON implements [json.Marshaler]; see [Record.AppendJSON].
func (r Record) MarshalJSON() ([]byte, error) { return r.AppendJSON(nil) }

// AppendJSON appends the origin as a JSON object.
func (o Origin) AppendJSON(b []byte) []byte { return o.appendRest(o.appendPlace(b)) }

// appendPlace appends the beginning of the object, with what says where to look.
func (o *Origin) appendPlace(b []byte) []byte {
	b = AppendString(append(b, `{"source":`...), o.Source)
	b = AppendString(append(b, `,"path":`...), o.Path)
	for _, f := range [...]struct{ key, value string }{{`,"stored":`, o.Stored}, {`,"table":`, o.Table}} {
		if f.value != "" {
			b = AppendString(append(b, f.key...), f.value)
		}
	}
	return b
}

// appendRest appends what differs between the records of a place.
func (o *Origin) appendRest(b []byte) []byte {
	if o.Row != 0 {
		b = strconv.AppendInt(append(b, `,"row":`...), o.Row, 10)
	}
	if o.Offset != 0 {
		b = strconv.AppendInt(append(b, `,"offset":`...), o.Offset, 10)
	}
	if o.State != Live {
		b = AppendString(append(b, `,"state":`...), string(o.State))
	}
	return append(b, '}')
}

// AppendData appends the data of a record as a JSON object.
func AppendData(b []byte, data Data) ([]byte, error) {
	t, err := TypeOf(data)
	if err != nil {
		return append(b, "null"...), err
	}
	c := t.copyOf(data)
	b = c.appendJSON(b)
	t.release(c)
	return b, nil
}

// appendFloat appends a number, and null for what JSON has no number for.
func appendFloat(b []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(b, "null"...)
	}
	return strconv.AppendFloat(b, f, 'g', -1, 64)
}

const hexDigits = "0123456789abcdef"

// AppendString appends s as a JSON string. Invalid UTF-8 becomes U+FFFD;
// control characters and line separators are escaped.
func AppendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		for i+8 <= len(s) && verbatim(s[i:i+8]) {
			i += 8
		}
		if i == len(s) || len(s) >= 8 && len(s)-i < 8 && verbatim(s[len(s)-8:]) {
			break
		}
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' && c != 0x7f {
				i++
				continue
			}
			b = append(b, s[start:i]...)
			switch c {
			case '"', '\\':
				b = append(b, '\\', c)
			case '\n':
				b = append(b, '\\', 'n')
			case '\r':
				b = append(b, '\\', 'r')
			case '\t':
				b = append(b, '\\', 't')
			default:
				b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			}
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			b = append(append(b, s[start:i]...), `\ufffd`...)
			i++
			start = i
			continue
		}
		if r == 0x2028 || r == 0x2029 {
			b = append(append(b, s[start:i]...), `\u202`...)
			b = append(b, hexDigits[r&15])
			i += size
			start = i
			continue
		}
		i += size
	}
	return append(append(b, s[start:]...), '"')
}

// verbatim reports whether the eight bytes of s are ASCII and stand for
// themselves in a JSON string.
func verbatim(s string) bool {
	x := word(s)
	quote, slash, del := x^'"'*ones, x^'\\'*ones, x^0x7f*ones
	// Each term has the high bit of a byte set if that is below a space, or one
	// of the three; borrows spoil only bytes above one that is.
	return (x|(x-' '*ones)|(quote-ones)|(slash-ones)|(del-ones))&highs == 0
}

// printable reports whether the eight bytes of s are ASCII and no controls.
func printable(s string) bool {
	x := word(s)
	return (x|(x-' '*ones)|(x^0x7f*ones-ones))&highs == 0 // see verbatim
}

// Each byte of a word, or its high bit.
const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)

// word returns eight bytes.
func word(s string) uint64 {
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// Registry finds the type of the data of each artifact, to read records back.
type Registry map[string]reflect.Type

// Add makes the registry know the type of an artifact from a value of it.
func (g Registry) Add(artifact string, data Data) { g[artifact] = reflect.TypeOf(data) }

// Unmarshal reads a record that [Record.AppendJSON] wrote.
func (g Registry) Unmarshal(line []byte) (Record, error) {
	var raw struct {
		Artifact string          `json:"artifact"`
		Origin   Origin          `json:"origin"`
		Data     json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(line, &raw); err != nil {
		return Record{}, fmt.Errorf("read record: %w", err)
	}
	t, ok := g[raw.Artifact]
	if !ok {
		return Record{}, fmt.Errorf("read record: artifact %q is not known to this version", raw.Artifact)
	}
	p := reflect.New(t)
	if err := json.Unmarshal(raw.Data, p.Interface()); err != nil {
		return Record{}, fmt.Errorf("read record of %s: %w", raw.Artifact, err)
	}
	data := p.Elem().Interface().(Data)
	if desc, err := TypeOf(data); err == nil && desc.HasWallTimes() {
		if err := desc.readResolved(p.Elem(), raw.Data); err != nil {
			return Record{}, fmt.Errorf("read record of %s: %w", raw.Artifact, err)
		}
		data = p.Elem().Interface().(Data)
	}
	return Record{Artifact: raw.Artifact, Origin: raw.Origin, Data: data}, nil
}
