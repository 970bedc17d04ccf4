package message

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"math"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/format/protobuf"
)

// Limits of states.
const (
	maxStateDepth = 32      // of lists and messages in each other
	maxState      = 1 << 20 // bytes of text
	maxFields     = 1 << 16 // of a protobuf message
)

// The kinds of [State].
const (
	StatePlist    = 1 // a property list
	StateProtobuf = 2 // a protobuf message whose type is not known
	StateCustom   = 3 // a C structure, named by library and type
)

// A State is what a statedump entry holds: a process wrote down what it knows at
// that moment.
type State struct {
	Kind    uint32 // see [StatePlist] and the others
	Library string // that defines the structure, of a custom state
	Type    string // of the structure, of a custom state
	Title   string // that the process gave it
	Data    []byte
}

// AppendState appends the data of a state as text and returns the extended
// buffer. Property lists, protobuf messages and structures of locationd become
// JSON on one line; repeated fields of a message are an array. The DNS and
// network configuration are lines of text. What cannot be decoded leaves a mark
// in angle brackets and the data in base64 or, if it is printable, as it is;
// options count it as unsupported. The text is cut after 1 MiB, with a mark.
//
// The structures are known by their type or by their title, since the fields of
// library and type are not always filled.
func AppendState(dst []byte, s *State, o *Options) []byte {
	start := len(dst)
	dst, ok := appendState(dst, s)
	if o != nil && o.Stats != nil {
		o.Stats.Messages++
		if !ok {
			o.Stats.Unsupported++
		}
	}
	if len(dst)-start > maxState {
		cut := start + maxState
		for cut > start && !utf8.RuneStart(dst[cut]) {
			cut--
		}
		return append(dst[:cut], "<decode: state too long>"...)
	}
	return dst
}

// appendState decodes by the kind.
func appendState(dst []byte, s *State) ([]byte, bool) {
	if len(s.Data) == 0 {
		return append(dst, "<decode: missing data>"...), false
	}
	switch s.Kind {
	case StatePlist:
		root, err := plist.Parse(s.Data)
		if err != nil {
			return appendRaw(dst, "property list", s.Data), false
		}
		out := jsonWriter{dst: dst, limit: len(dst) + maxState}
		out.plist(root, 0)
		return out.dst, true
	case StateProtobuf:
		out := jsonWriter{dst: dst, limit: len(dst) + maxState}
		if !out.message(s.Data, 0) {
			return appendRaw(dst, "protobuf", s.Data), false
		}
		return out.dst, true
	case StateCustom:
		return appendCustom(dst, s)
	}
	return appendRaw(dst, "kind "+strconv.FormatUint(uint64(s.Kind), 10), s.Data), false
}

// structures are the custom states that are known, by type and by title.
var structures = map[string]decode{
	"CLDaemonStatusStateTracker":          appendDaemonStatus,
	"CLClientManagerStateTracker":         appendClientManager,
	"CLLocationManagerStateTracker":       appendLocationManager,
	"_CLDaemonStatusStateTrackerState":    appendDaemonStatus,
	"_CLClientManagerStateTrackerState":   appendClientManager,
	"_CLLocationManagerStateTrackerState": appendLocationManager,
	"DNS Configuration":                   appendDNSConfiguration,
	"Network information":                 appendNetworkInformation,
	"dnsinfo":                             appendDNSConfiguration,
	"nwi":                                 appendNetworkInformation,
}

// appendCustom appends a C structure.
func appendCustom(dst []byte, s *State) ([]byte, bool) {
	fn := structures[s.Type]
	if fn == nil {
		fn = structures[s.Title]
	}
	if fn != nil {
		if out, status := fn(dst, s.Data, time.UTC); status != unsupported {
			return out, true
		}
	}
	name := s.Library + "/" + s.Type
	if name == "/" {
		name = s.Title
	}
	return appendRaw(dst, name, s.Data), false
}

// appendRaw appends data that could not be decoded.
func appendRaw(dst []byte, what string, data []byte) []byte {
	dst = append(dst, "<decode: unsupported "...)
	dst = append(dst, bytes.ToValidUTF8([]byte(what), []byte("\ufffd"))...)
	dst = append(dst, "> "...)
	if text, ok := printable(data); ok {
		return append(dst, text...)
	}
	return base64.StdEncoding.AppendEncode(dst, data[:min(len(data), maxState)])
}

// printable returns text without trailing NULs if it is text for people.
func printable(data []byte) ([]byte, bool) {
	data = bytes.TrimRight(data, "\x00")
	if len(data) == 0 || len(data) > maxState || !utf8.Valid(data) {
		return nil, false
	}
	for _, r := range string(data) {
		if !unicode.IsPrint(r) && r != '\n' && r != '\t' && r != '\r' {
			return nil, false
		}
	}
	return data, true
}

// A jsonWriter writes JSON until it is long enough.
type jsonWriter struct {
	dst   []byte
	limit int
}

// full reports whether nothing more is written.
func (w *jsonWriter) full() bool { return len(w.dst) > w.limit }

// plist writes a property list: data in base64, dates as RFC 3339, UIDs as
// objects. Damaged values say why.
func (w *jsonWriter) plist(v plist.Value, depth int) {
	switch v.Kind() {
	case plist.Dict:
		w.dict(v, depth)
	case plist.Array, plist.Set:
		w.array(v, depth)
	case plist.Bool:
		w.dst = strconv.AppendBool(w.dst, v.Bool())
	case plist.Int:
		w.dst = appendInt(w.dst, v.Int())
	case plist.Uint:
		w.dst = appendUint(w.dst, v.Uint())
	case plist.Int128:
		w.wide(v)
	case plist.Real:
		w.dst = appendJSONFloat(w.dst, v.Float())
	case plist.String:
		w.dst = appendJSON(w.dst, v.String(), false)
	case plist.Data:
		w.data(v.Data())
	case plist.Date:
		if t := v.Time(); !t.IsZero() {
			w.dst = append(t.AppendFormat(append(w.dst, '"'), time.RFC3339Nano), '"')
			break
		}
		w.dst = appendJSONFloat(w.dst, v.Float())
	case plist.UID:
		w.dst = appendUint(append(w.dst, `{"CF$UID":`...), v.Uint())
		w.dst = append(w.dst, '}')
	case plist.Null:
		w.dst = append(w.dst, "null"...)
	default:
		w.mark("damaged value")
	}
}

// wide writes an integer of 128 bits as its two halves in hexadecimal digits.
func (w *jsonWriter) wide(v plist.Value) {
	hi, lo := v.Int128()
	var b [16]byte
	for i := range 8 {
		b[i], b[8+i] = byte(hi>>(56-8*i)), byte(lo>>(56-8*i))
	}
	w.dst = append(hex.AppendEncode(append(w.dst, `"0x`...), b[:]), '"')
}

// mark writes a note in the place of a value.
func (w *jsonWriter) mark(text string) {
	w.dst = append(append(append(w.dst, `"<decode: `...), text...), `>"`...)
}

// data writes bytes in base64.
func (w *jsonWriter) data(data []byte) {
	w.dst = append(w.dst, '"')
	w.dst = base64.StdEncoding.AppendEncode(w.dst, data[:min(len(data), maxState)])
	w.dst = append(w.dst, '"')
}

// dict writes a dictionary in the order of the file.
func (w *jsonWriter) dict(v plist.Value, depth int) {
	if depth >= maxStateDepth {
		w.mark("nested too deep")
		return
	}
	w.dst = append(w.dst, '{')
	first := true
	for key, value := range v.Items() {
		if w.full() {
			break
		}
		if !first {
			w.dst = append(w.dst, ',')
		}
		first = false
		w.dst = append(appendJSON(w.dst, key, false), ':')
		w.plist(value, depth+1)
	}
	w.dst = append(w.dst, '}')
}

// array writes an array or a set.
func (w *jsonWriter) array(v plist.Value, depth int) {
	if depth >= maxStateDepth {
		w.mark("nested too deep")
		return
	}
	w.dst = append(w.dst, '[')
	first := true
	for value := range v.Elems() {
		if w.full() {
			break
		}
		if !first {
			w.dst = append(w.dst, ',')
		}
		first = false
		w.plist(value, depth+1)
	}
	w.dst = append(w.dst, ']')
}

// message writes a protobuf message: field numbers are the keys, in the order of
// their first use. It is false, and nothing is written, for what is none.
func (w *jsonWriter) message(data []byte, depth int) bool {
	var order []int
	fields := map[int][]protobuf.Field{}
	count := 0
	for f, err := range protobuf.Fields(data) {
		if count++; err != nil || count > maxFields {
			return false
		}
		if f.Wire == protobuf.StartGroup || f.Wire == protobuf.EndGroup {
			return false
		}
		if fields[f.Number] == nil {
			order = append(order, f.Number)
		}
		fields[f.Number] = append(fields[f.Number], f)
	}
	w.dst = append(w.dst, '{')
	for i, number := range order {
		if w.full() {
			break
		}
		if i > 0 {
			w.dst = append(w.dst, ',')
		}
		w.dst = append(appendInt(append(w.dst, '"'), int64(number)), `":`...)
		w.repeated(fields[number], depth)
	}
	w.dst = append(w.dst, '}')
	return true
}

// repeated writes the values of one field.
func (w *jsonWriter) repeated(fields []protobuf.Field, depth int) {
	if len(fields) == 1 {
		w.field(fields[0], depth)
		return
	}
	w.dst = append(w.dst, '[')
	for i, f := range fields {
		if w.full() {
			break
		}
		if i > 0 {
			w.dst = append(w.dst, ',')
		}
		w.field(f, depth)
	}
	w.dst = append(w.dst, ']')
}

// field writes one value. Bytes are shown as text if they are printable, as a
// message if they can be read as one, else in base64; 64 fixed bits as a float
// if that is plausible, since most of them are doubles.
func (w *jsonWriter) field(f protobuf.Field, depth int) {
	switch f.Wire {
	case protobuf.Varint:
		w.dst = appendInt(w.dst, f.Int())
	case protobuf.Fixed32:
		w.fixed(f.Value, float64(math.Float32frombits(uint32(f.Value))), 32)
	case protobuf.Fixed64:
		w.fixed(f.Value, math.Float64frombits(f.Value), 64)
	default:
		if text, ok := printable(f.Data); ok || len(f.Data) == 0 {
			w.dst = appendJSON(w.dst, text, false)
			return
		}
		if depth >= maxStateDepth || !w.message(f.Data, depth+1) {
			w.data(f.Data)
		}
	}
}

// fixed writes a fixed field: a float of ordinary size, else an integer.
func (w *jsonWriter) fixed(bits uint64, f float64, size int) {
	if a := math.Abs(f); a >= 1e-9 && a < 1e15 {
		w.dst = strconv.AppendFloat(w.dst, f, 'g', -1, size)
		return
	}
	w.dst = appendUint(w.dst, bits)
}
