package unifiedlog

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/format/protobuf"
)

var errShortDump = errors.New("read dump: shorter than its header")

// Limits of the text of a statedump.
const (
	maxStateText  = 1 << 20
	maxStateDepth = 64
)

// appendPlist writes a property list as JSON.
func appendPlist(dst, data []byte) []byte {
	if len(data) == 0 {
		return append(dst, "{}"...)
	}
	v, err := plist.Parse(data)
	if err != nil {
		dst = append(dst, "<"...)
		dst = append(dst, err.Error()...)
		return appendHex(append(dst, "> "...), data)
	}
	w := stateWriter{out: dst, limit: len(dst) + maxStateText}
	w.value(v, 0)
	return w.out
}

// A stateWriter writes JSON up to a limit.
type stateWriter struct {
	out   []byte
	limit int
	full  bool
}

// more reports whether there is room; the first time there is none it says so.
func (w *stateWriter) more() bool {
	if len(w.out) < w.limit {
		return true
	}
	if !w.full {
		w.full = true
		w.out = append(w.out, `"..."`...)
	}
	return false
}

func (w *stateWriter) text(s string) {
	b, err := json.Marshal(s)
	if err != nil {
		b = []byte(`""`)
	}
	w.out = append(w.out, b...)
}

func (w *stateWriter) value(v plist.Value, depth int) {
	if depth > maxStateDepth {
		w.out = append(w.out, `"..."`...)
		return
	}
	if !w.more() {
		return
	}
	switch v.Kind() {
	case plist.Dict:
		w.out = append(w.out, '{')
		first := true
		for k, e := range v.Items() {
			if first = w.comma(first); w.full {
				break
			}
			w.text(k)
			w.out = append(w.out, ':')
			w.value(e, depth+1)
		}
		w.out = append(w.out, '}')
	case plist.Array, plist.Set:
		w.out = append(w.out, '[')
		first := true
		for e := range v.Elems() {
			if first = w.comma(first); w.full {
				break
			}
			w.value(e, depth+1)
		}
		w.out = append(w.out, ']')
	default:
		w.scalar(v)
	}
}

// comma separates elements and stops where there is no room.
func (w *stateWriter) comma(first bool) bool {
	if !first {
		w.out = append(w.out, ',')
	}
	w.more()
	return false
}

func (w *stateWriter) scalar(v plist.Value) {
	switch v.Kind() {
	case plist.Bool:
		w.out = strconv.AppendBool(w.out, v.Bool())
	case plist.Int:
		w.out = strconv.AppendInt(w.out, v.Int(), 10)
	case plist.Uint:
		w.out = strconv.AppendUint(w.out, v.Uint(), 10)
	case plist.Real:
		w.float(v.Float())
	case plist.String:
		w.text(v.String())
	case plist.Data:
		w.text(base64.StdEncoding.EncodeToString(v.Data()))
	case plist.Date:
		w.text(v.Time().UTC().Format(time.RFC3339Nano))
	case plist.Null:
		w.out = append(w.out, "null"...)
	case plist.Invalid:
		w.out = append(w.out, "null"...)
		if err := v.Err(); err != nil {
			w.out = w.out[:len(w.out)-4]
			w.text("<" + err.Error() + ">")
		}
	default:
		w.text(v.String())
	}
}

func (w *stateWriter) float(f float64) {
	if b, err := json.Marshal(f); err == nil {
		w.out = append(w.out, b...)
		return
	}
	w.text(strconv.FormatFloat(f, 'g', -1, 64))
}

// appendProtobuf writes a protocol buffer of an unknown type: an object from
// the numbers of fields to lists of values.
func appendProtobuf(dst, data []byte) []byte {
	w := stateWriter{out: dst, limit: len(dst) + maxStateText}
	w.message(data, 0)
	return w.out
}

func (w *stateWriter) message(data []byte, depth int) {
	w.out = append(w.out, '[')
	first := true
	for f, err := range protobuf.Fields(data) {
		if first = w.comma(first); w.full {
			break
		}
		if err != nil {
			w.text("<" + err.Error() + ">")
			break
		}
		w.out = append(w.out, '{', '"')
		w.out = strconv.AppendInt(w.out, int64(f.Number), 10)
		w.out = append(w.out, '"', ':')
		switch {
		case f.Wire != protobuf.Bytes:
			w.out = strconv.AppendUint(w.out, f.Value, 10)
		case printable(f.Data):
			w.text(string(f.Data))
		case depth < maxStateDepth/2 && f.Message():
			w.message(f.Data, depth+1)
		default:
			w.text(base64.StdEncoding.EncodeToString(f.Data))
		}
		w.out = append(w.out, '}')
	}
	w.out = append(w.out, ']')
}

// printable reports whether bytes are text.
func printable(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\n' && c != '\t' || c >= 0x7f {
			return false
		}
	}
	return true
}
