package plist

import (
	"fmt"
	"iter"
	"math"
	"math/bits"
	"strconv"
	"time"
)

// Kind is the type of a value.
type Kind uint8

// The kinds of values. Int holds what fits int64, Uint what needs uint64 and
// Int128 what needs more; the width in the file does not matter.
const (
	Invalid Kind = iota // absent, or damaged: see [Value.Err]
	Null
	Bool
	Int
	Uint
	Int128
	Real
	String
	Data
	Date
	UID // reference of a keyed archive; in XML a dict with the one key CF$UID
	Array
	Set
	Dict
)

var kindNames = [...]string{"invalid", "null", "bool", "int", "uint", "int128", "real",
	"string", "data", "date", "uid", "array", "set", "dict"}

// String returns the name of the kind in lower case.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "kind " + strconv.Itoa(int(k))
}

// A Value is one object of a property list, or nothing. It is small, refers to
// the document it was read from, and may be used from several goroutines. Two
// values are equal (==) if they are the same object of the same document.
//
// Accessors never fail: they return zero for a value of another kind.
type Value struct {
	d    *document
	obj  uint32 // number of the object or of the XML node
	at   uint32 // offset of the marker or element
	body uint32 // offset of the content behind marker and count
	n    uint32 // elements, entries, UTF-16 units or bytes of content; of Invalid the fault
	kind Kind
}

// mark returns the marker of a value of a binary list.
func (v Value) mark() byte { return v.d.src[v.at] }

// Kind returns the type of the value; [Invalid] for the zero Value, for an
// absent key or index and for a damaged object.
func (v Value) Kind() Kind { return v.kind }

// Err says why a value of kind [Invalid] cannot be read. It is nil for every
// other kind and for a value that is absent.
func (v Value) Err() error {
	switch {
	case v.kind != Invalid || v.d == nil:
		return nil
	case v.d.xml != nil:
		return v.d.xml.errs[v.obj]
	case fault(v.n) == faultMarker:
		return fmt.Errorf("read object %d at offset %d: %v 0x%02x", v.obj, v.at, faultMarker, v.mark())
	}
	return fmt.Errorf("read object %d at offset %d: %v", v.obj, v.at, fault(v.n))
}

// Offset returns where the value begins: in bytes from the start of the binary
// list (of its marker) or of the XML text (of its element; counted in UTF-8 if
// the text has another encoding).
func (v Value) Offset() int64 { return int64(v.at) }

// Object returns the number of the object in a binary list, and its position in
// document order in an XML list.
func (v Value) Object() int { return int(v.obj) }

// Bool returns the truth value of a [Bool].
func (v Value) Bool() bool {
	if v.kind != Bool {
		return false
	}
	if v.d.xml != nil {
		return v.d.xml.nodes[v.obj].a != 0
	}
	return v.mark()&1 != 0
}

// Int returns the value of an [Int], and 0 for numbers of other kinds.
func (v Value) Int() int64 {
	if v.kind != Int {
		return 0
	}
	_, lo := v.wide()
	return int64(lo)
}

// Uint returns the value of an [Int] that is not negative, of a [Uint] or of a
// [UID].
func (v Value) Uint() uint64 {
	switch v.kind {
	case Int, Uint, UID:
		hi, lo := v.wide()
		if hi < 0 {
			return 0
		}
		return lo
	}
	return 0
}

// Int128 returns the two halves of an integer of any of the three kinds, in
// two's complement: the value is hi·2⁶⁴ + lo.
func (v Value) Int128() (hi int64, lo uint64) {
	switch v.kind {
	case Int, Uint, Int128:
		return v.wide()
	}
	return 0, 0
}

// wide reads the integer content of an Int, Uint, Int128 or UID.
func (v Value) wide() (hi int64, lo uint64) {
	if t := v.d.xml; t != nil {
		return t.wide(v)
	}
	switch {
	case v.n > 8:
		return int64(v.d.number(uint64(v.body), 8)), v.d.number(uint64(v.body)+8, 8)
	case v.n == 8 && v.kind == Int:
		n := v.d.number(uint64(v.body), 8)
		return int64(n) >> 63, n
	}
	return 0, v.d.number(uint64(v.body), uint8(v.n))
}

// Float returns the value of a [Real], the nearest float of an integer of any
// kind, and for a [Date] the seconds since 2001-01-01 00:00:00 UTC exactly as
// stored. It can be NaN or infinite.
func (v Value) Float() float64 {
	switch v.kind {
	case Int:
		return float64(v.Int())
	case Uint:
		return float64(v.Uint())
	case Int128:
		hi, lo := v.wide()
		return float64(hi)*(1<<64) + float64(lo)
	case Real, Date:
		return v.float()
	}
	return 0
}

func (v Value) float() float64 {
	if t := v.d.xml; t != nil {
		return math.Float64frombits(t.nums[t.nodes[v.obj].a])
	}
	n := v.d.number(uint64(v.body), uint8(v.n))
	if v.n == 4 {
		return float64(math.Float32frombits(uint32(n)))
	}
	return math.Float64frombits(n)
}

// Seconds from 1970 to 2001, and the years that [Value.Time] returns.
const (
	cocoaEpoch = 978307200
	minSeconds = -62135596800 // year 1
	maxSeconds = 253402300799 // year 9999
)

// Time returns a [Date] in UTC, to the nanosecond nearest to the stored double.
// It is zero if the date lies outside the years 1 to 9999; Float has it then.
func (v Value) Time() time.Time {
	if v.kind != Date {
		return time.Time{}
	}
	return CocoaTime(v.float())
}

// CocoaTime returns the instant a number of seconds after 2001-01-01 00:00:00
// UTC, to the nearest nanosecond, and zero outside the years 1 to 9999.
func CocoaTime(seconds float64) time.Time {
	whole, frac := math.Modf(seconds)
	if !(whole > minSeconds-cocoaEpoch-1 && whole < maxSeconds-cocoaEpoch+1) {
		return time.Time{}
	}
	t := time.Unix(int64(whole)+cocoaEpoch, int64(math.Round(frac*1e9))).UTC()
	if t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}

// Len returns the number of elements of an [Array] or [Set], of entries of a
// [Dict], or of bytes of [Data].
func (v Value) Len() int {
	switch v.kind {
	case Array, Set, Dict, Data:
		return int(v.n)
	}
	return 0
}

// Index returns an element of an [Array] or [Set], counted from 0.
func (v Value) Index(i int) Value {
	if v.kind != Array && v.kind != Set || i < 0 || i >= int(v.n) {
		return Value{}
	}
	if t := v.d.xml; t != nil {
		return t.child(v, uint32(i))
	}
	return v.ref(uint32(i))
}

// Get returns the value of a key of a [Dict], of the first one if it is stored
// more than once. It compares one key after the other.
func (v Value) Get(key string) Value {
	if v.kind != Dict {
		return Value{}
	}
	if t := v.d.xml; t != nil {
		return t.get(v, key)
	}
	return v.find(key)
}

// Entries yields the keys and values of a [Dict] in the order of the file,
// repeated and unreadable keys included.
func (v Value) Entries() iter.Seq2[Value, Value] {
	return func(yield func(Value, Value) bool) {
		if v.kind != Dict {
			return
		}
		for i := range v.n {
			key, val := v.entry(i)
			if !yield(key, val) {
				return
			}
		}
	}
}

func (v Value) entry(i uint32) (key, val Value) {
	d := v.d
	if t := d.xml; t != nil {
		return t.child(v, 2*i), t.child(v, 2*i+1)
	}
	at, size := uint64(v.body)+uint64(i)*uint64(d.refSize), uint64(v.n)*uint64(d.refSize)
	return d.object(d.number(at, d.refSize)), d.object(d.number(at+size, d.refSize))
}

// Items is [Value.Entries] with the text of the keys. A key that is no string
// is shown as its number or, in angle brackets, as its kind.
func (v Value) Items() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		if v.kind != Dict {
			return
		}
		for i := range v.n {
			key, val := v.entry(i)
			if !yield(key.keyText(), val) {
				return
			}
		}
	}
}

func (v Value) keyText() string {
	switch v.kind {
	case String:
		return v.String()
	case Int:
		return strconv.FormatInt(v.Int(), 10)
	case Uint:
		return strconv.FormatUint(v.Uint(), 10)
	}
	return "<" + v.kind.String() + ">"
}

// Keys returns the keys of a [Dict] as [Value.Items] does.
func (v Value) Keys() []string {
	if v.kind != Dict {
		return nil
	}
	keys := make([]string, 0, v.n)
	for key := range v.Items() {
		keys = append(keys, key)
	}
	return keys
}

// Elems yields the elements of an [Array] or [Set] in the order of the file.
func (v Value) Elems() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		for i := range v.Len() {
			if v.kind != Array && v.kind != Set || !yield(v.Index(i)) {
				return
			}
		}
	}
}

// fits says whether a 128-bit integer is an Int, a Uint or neither.
func fits(hi int64, lo uint64) Kind {
	switch {
	case hi == 0 && bits.Len64(lo) < 64, hi == -1 && bits.Len64(lo) == 64:
		return Int
	case hi == 0:
		return Uint
	}
	return Int128
}
