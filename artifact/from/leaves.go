package from

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/big"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/format/keyedarchive"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/record"
)

// Limits of [Leaves].
const (
	maxLeafNodes = 1 << 16 // values visited, shared ones counted each time
	maxLeafDepth = 48      // containers, and lists within data, on the way to a value
	maxLeafBytes = 4 << 20 // of all keys and values that are returned
	maxLeafData  = 1 << 10 // bytes of data that are written out
	maxSettings  = 1 << 18 // values of one file of settings
)

var errLeaves = errors.New("more values, depth or text than is read")

// Leaves returns the values below v that hold no others, with their paths, in
// the order of the file: for content whose keys are not known in advance. Data
// that is itself a property list is opened, and so is a keyed archive. Empty
// containers appear as "{}" and "[]". The error says that the list stops early,
// or that a value is damaged; the rest is there.
func Leaves(v plist.Value) ([]record.KV, error) {
	w := leafWalker{}
	w.value("", v, 0)
	return w.kvs, w.err
}

// ObjectLeaves is [Leaves] for an object of a keyed archive. Objects that are
// nil do not appear.
func ObjectLeaves(o keyedarchive.Object) ([]record.KV, error) {
	w := leafWalker{}
	w.object("", o, 0)
	return w.kvs, w.err
}

type leafWalker struct {
	kvs   []record.KV
	nodes int
	bytes int
	above []keyedarchive.Object
	err   error
}

// fail keeps the first error; the values that follow are only shown as damaged.
func (w *leafWalker) fail(path string, err error) {
	if w.err == nil {
		w.err = fmt.Errorf("list values: %q: %w", path, err)
	}
}

// enter counts a value and reports whether it may be looked at.
func (w *leafWalker) enter(depth int) bool {
	if w.nodes++; w.nodes > maxLeafNodes || depth > maxLeafDepth || w.bytes > maxLeafBytes {
		if w.err == nil {
			w.err = fmt.Errorf("list values: %w", errLeaves)
		}
		return false
	}
	return true
}

func (w *leafWalker) add(path, text string) {
	w.bytes += len(path) + len(text)
	w.kvs = append(w.kvs, record.KV{Key: path, Value: text})
}

func (w *leafWalker) value(path string, v plist.Value, depth int) {
	if !w.enter(depth) {
		return
	}
	switch v.Kind() {
	case plist.Array, plist.Set:
		if v.Len() == 0 {
			w.add(path, "[]")
		}
		for i := 0; i < v.Len() && w.nodes <= maxLeafNodes; i++ {
			w.value(joinLeaf(path, strconv.Itoa(i)), v.Index(i), depth+1)
		}
	case plist.Dict:
		if a, err := keyedarchive.Open(v); err == nil {
			w.object(path, a.Root(), depth+1)
			return
		}
		if v.Len() == 0 {
			w.add(path, "{}")
		}
		for key, e := range v.Items() {
			if w.nodes > maxLeafNodes {
				return
			}
			w.entry(joinLeaf(path, key), key, e, depth+1)
		}
	case plist.Data:
		w.data(path, v.Data(), depth)
	case plist.Invalid:
		if err := v.Err(); err != nil {
			w.fail(path, err)
			w.add(path, "damaged")
		}
	default:
		w.add(path, Text(v))
	}
}

// badKey is what [plist.Value.Items] gives for a key that cannot be read.
const badKey = "<invalid>"

// entry visits the value of a key of a dictionary.
func (w *leafWalker) entry(path, key string, v plist.Value, depth int) {
	if key == badKey && w.err == nil {
		w.err = fmt.Errorf("list values: %q: a key is damaged", path)
	}
	w.value(path, v, depth)
}

// data opens data that is a property list and writes out other data.
func (w *leafWalker) data(path string, b []byte, depth int) {
	if bytes.HasPrefix(b, []byte("bplist0")) {
		if v, err := plist.Parse(b); err == nil && expansion(v) == nil {
			w.value(path, v, depth+1)
			return
		}
	}
	w.add(path, Data(b))
}

func (w *leafWalker) object(path string, o keyedarchive.Object, depth int) {
	if !w.enter(depth) || o.IsNull() {
		return
	}
	if err := o.Err(); err != nil {
		w.fail(path, err)
		w.add(path, "damaged")
		return
	}
	if o.Kind() == plist.Data || o.Class() == "NSData" || o.Class() == "NSMutableData" {
		w.data(path, o.Data(), depth)
		return
	}
	if text, ok := objectText(o); ok {
		w.add(path, text)
		return
	}
	for _, a := range w.above {
		if a == o {
			return // a graph may lead back to itself
		}
	}
	w.above = append(w.above, o)
	w.members(path, o, depth+1)
	w.above = w.above[:len(w.above)-1]
}

// members visits what a collection or another object refers to.
func (w *leafWalker) members(path string, o keyedarchive.Object, depth int) {
	if o.Kind() != plist.Dict || o.Get("NS.objects").Exists() {
		i := 0
		for e := range o.Elems() {
			if w.nodes > maxLeafNodes {
				return
			}
			w.object(joinLeaf(path, strconv.Itoa(i)), e, depth)
			i++
		}
		for k, e := range o.Entries() {
			if w.nodes > maxLeafNodes {
				return
			}
			key, _ := objectText(k)
			w.object(joinLeaf(path, key), e, depth)
			i++
		}
		if i == 0 {
			w.add(path, "[]")
		}
		return
	}
	for key, e := range o.Fields() {
		if w.nodes > maxLeafNodes {
			return
		}
		w.object(joinLeaf(path, key), e, depth)
	}
}

// objectText returns the text of an object that holds a single value.
func objectText(o keyedarchive.Object) (string, bool) {
	switch o.Kind() {
	case plist.Array, plist.Set:
		return "", false
	case plist.Dict:
	default:
		return Text(o.Value()), true
	}
	switch o.Class() {
	case "NSString", "NSMutableString", "NSAttributedString", "NSMutableAttributedString":
		return o.Text(), true
	case "NSURL":
		return o.URL(), true
	case "NSUUID":
		return o.UUID(), true
	case "NSDate":
		return dateText(o.Time(), o.Float()), true
	case "NSNumber":
		return strconv.FormatFloat(o.Float(), 'g', -1, 64), true
	}
	return "", false
}

func joinLeaf(path, element string) string {
	if path == "" {
		return strings.TrimPrefix(plist.JoinPath("", element), "/")
	}
	return plist.JoinPath(path, element)
}

// Text returns a value of a property list as text: dates in RFC 3339, data as
// [Data] does, "damaged" for what cannot be read, and "" for containers and for
// a value that is absent.
func Text(v plist.Value) string {
	switch v.Kind() {
	case plist.String:
		return v.String()
	case plist.Bool:
		return strconv.FormatBool(v.Bool())
	case plist.Int:
		return strconv.FormatInt(v.Int(), 10)
	case plist.Uint, plist.Int128:
		hi, lo := v.Int128()
		n := new(big.Int).Lsh(big.NewInt(hi), 64)
		return n.Add(n, new(big.Int).SetUint64(lo)).String()
	case plist.UID:
		return "UID " + strconv.FormatUint(v.Uint(), 10)
	case plist.Real:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64)
	case plist.Date:
		return dateText(v.Time(), v.Float())
	case plist.Data:
		return Data(v.Data())
	case plist.Null:
		return "null"
	case plist.Invalid:
		if v.Err() != nil {
			return "damaged"
		}
	}
	return ""
}

// dateText writes an instant, or seconds since 2001 that are none.
func dateText(t time.Time, seconds float64) string {
	if t.IsZero() && !math.IsNaN(seconds) {
		return strconv.FormatFloat(seconds, 'g', -1, 64) + " s after 2001"
	}
	return t.UTC().Format(record.Instant)
}

// Data returns bytes as text: as they are if they are readable UTF-8, otherwise
// in hexadecimal. Of more than 1 KiB that is not readable it gives the length
// and the SHA-256.
func Data(b []byte) string {
	if utf8.Valid(b) && bytes.IndexFunc(b, func(r rune) bool { return !unicode.IsPrint(r) && r != '\n' && r != '\t' && r != '\r' }) < 0 {
		return string(b)
	}
	if len(b) > maxLeafData {
		sum := sha256.Sum256(b)
		return fmt.Sprintf("%d bytes, SHA-256 %s", len(b), hex.EncodeToString(sum[:]))
	}
	return hex.EncodeToString(b)
}

// A Setting is one top-level key of a property list of settings.
type Setting struct {
	File   string // name of the file without .plist, from [Settings]
	Key    string
	Value  string      // text of the value, "" if it holds others
	Values []record.KV // paths and texts of the values within it, if it holds others
	Time   record.Time // the value, if it is a date
	Plist  plist.Value
}

// Settings parses a property list whose keys are not known in advance: one
// record for each top-level key. A list that is no dictionary gives an error.
func Settings[D record.Data](row func(Setting) D) Parse {
	return Plist(func(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
		if root.Kind() != plist.Dict {
			yield(record.Record{}, fmt.Errorf("read settings: root is %s, not dict", root.Kind()))
			return
		}
		file := strings.TrimSuffix(path.Base(in.Path), ".plist")
		total := 0
		for key, v := range root.Items() {
			s, err := NewSetting(key, v)
			s.File = file
			if !yield(in.Record(At(key, 0, v), row(s)), nil) {
				return
			}
			if err != nil && !yield(record.Record{}, err) {
				return
			}
			if total += 1 + len(s.Values); total > maxSettings {
				yield(record.Record{}, fmt.Errorf("read settings: more than %d values", maxSettings))
				return
			}
		}
	})
}

// NewSetting describes a key and its value. The error is that of [Leaves].
func NewSetting(key string, v plist.Value) (Setting, error) {
	s := Setting{Key: key, Plist: v}
	switch v.Kind() {
	case plist.Array, plist.Set, plist.Dict, plist.Data, plist.Invalid:
		kvs, err := Leaves(v)
		if len(kvs) == 1 && kvs[0].Key == "" {
			s.Value = kvs[0].Value
		} else {
			s.Values = kvs
		}
		return s, err
	case plist.Date:
		s.Time = epoch.Date(v.Time())
	}
	s.Value = Text(v)
	return s, nil
}

// Rest is [Leaves] for a dictionary without some of its keys.
func Rest(dict plist.Value, known ...string) ([]record.KV, error) {
	w := leafWalker{}
	for key, v := range dict.Items() {
		if w.nodes > maxLeafNodes {
			break
		}
		if !slices.Contains(known, key) {
			w.value(joinLeaf("", key), v, 1)
		}
	}
	return w.kvs, w.err
}

// SettingLine returns one line of text for a setting: a key with its value, or
// with the values within it.
func SettingLine(key, value string, values []record.KV) string {
	var b strings.Builder
	b.WriteString(key + " =")
	if value != "" || len(values) == 0 {
		b.WriteString(" " + value)
	}
	for i, kv := range values {
		if i == maxLineValues {
			b.WriteString(" …")
			break
		}
		b.WriteString(" " + kv.Value)
	}
	return b.String()
}

// maxLineValues is how many values a line shows.
const maxLineValues = 8
