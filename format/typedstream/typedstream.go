// Package typedstream reads what NSArchiver wrote: the "streamtyped" form that
// Messages uses for the styled text of a message (column attributedBody).
//
// A stream is a sequence of groups, each a type encoding and its values; what
// the values of an object mean is known only to its class. [Decode] gives the
// groups; [ParseAttributedString] and [Text] know the classes of styled text.
//
// Source: python-typedstream (stream.py), checked byte by byte against published
// message bodies.
package typedstream

import (
	"errors"
	"fmt"
	"strings"
)

// Limits of what is read.
const (
	// MaxSize is the size in bytes of the largest stream.
	MaxSize = 16 << 20
	// MaxDepth is how deep objects may be nested.
	MaxDepth = 64
	// MaxValues is how many values one stream may hold.
	MaxValues = 1 << 18

	maxClasses = 64 // length of an inheritance
)

// ErrFormat means that the bytes are no typed stream of version 4.
var ErrFormat = errors.New("not a typed stream")

// Kind is the type of a value.
type Kind uint8

// The kinds of values, with the type encodings they come from.
const (
	Nil    Kind = iota // an object, class or string that is not there
	Int                // c C s S i I l L q Q B
	Float              // f d
	String             // + * : %
	Data               // [12c] and [12C]
	Array              // other arrays
	Struct             // {name=…}
	Obj                // @
	Class              // #
)

// A Value is one value of a group or of an object.
type Value struct {
	Kind   Kind
	Type   string  // type encoding, such as "i"
	Group  int     // number of the group among those of its object, from 0
	Offset int     // bytes from the start of the stream
	Int    int64   // of Int
	Float  float64 // of Float
	Text   string  // of String and Class (its name); bytes that are no UTF-8 replaced
	Data   []byte  // of Data
	Elems  []Value // of Array and Struct
	Object *Object // of Obj; the same pointer for the same object
}

// An Object is an archived object.
type Object struct {
	Values []Value // all that it encoded
	Offset int     // bytes from the start of the stream
	class  *class
}

// A class knows the class it inherits from.
type class struct {
	name  string
	super *class
}

// Class returns the name of the object's class.
func (o *Object) Class() string {
	if o == nil || o.class == nil {
		return ""
	}
	return o.class.name
}

// Classes returns the class and those it inherits from, nearest first.
func (o *Object) Classes() []string {
	var names []string
	for c := o.class; c != nil && len(names) < maxClasses; c = c.super {
		names = append(names, c.name)
	}
	return names
}

// IsA reports whether the object is of a class or inherits from it.
func (o *Object) IsA(name string) bool {
	if o == nil {
		return false
	}
	c := o.class
	for n := 0; c != nil && n < maxClasses; n++ {
		if c.name == name {
			return true
		}
		c = c.super
	}
	return false
}

// Detect reports whether data begins like a typed stream of version 4.
func Detect(data []byte) bool {
	return len(data) > headerSize && (string(data[:headerSize]) == littleMagic || string(data[:headerSize]) == bigMagic)
}

const (
	headerSize  = 13
	littleMagic = "\x04\x0bstreamtyped"
	bigMagic    = "\x04\x0btypedstream"
)

// Decode reads a whole stream and returns the values of its groups. With an
// error it returns what came before it, down to unfinished objects.
func Decode(data []byte) ([]Value, error) {
	switch {
	case len(data) > MaxSize:
		return nil, fmt.Errorf("decode typed stream of %d bytes: larger than %d MiB", len(data), MaxSize>>20)
	case !Detect(data):
		return nil, fmt.Errorf("decode typed stream: %w", ErrFormat)
	}
	r := &reader{src: string(data), pos: headerSize, big: string(data[:headerSize]) == bigMagic}
	if _, err := r.integer(); err != nil { // version of the system, 1000 ever since
		return nil, fmt.Errorf("decode typed stream: %w", err)
	}
	var values []Value
	for group := 0; r.pos < len(r.src); group++ {
		if err := r.group(&values, group); err != nil {
			return values, fmt.Errorf("decode typed stream: %w", err)
		}
	}
	return values, nil
}

// Text returns the text of the first string object of a stream: the body of an
// attributed string. If the stream is damaged, the error says so, and the text
// is what could be read of it; without one the text is whole.
func Text(data []byte) (string, error) {
	values, err := Decode(data)
	if o := firstString(values, MaxDepth); o != nil {
		if text, ok := o.text(); ok {
			return text, err
		}
	}
	if err != nil {
		return "", err
	}
	return "", fmt.Errorf("read text of typed stream: no string in it")
}

// firstString finds the first object that is an NSString, in stream order.
func firstString(values []Value, depth int) *Object {
	for _, v := range values {
		if v.Object == nil || depth == 0 {
			continue
		}
		if v.Object.IsA("NSString") {
			return v.Object
		}
		if o := firstString(v.Object.Values, depth-1); o != nil {
			return o
		}
	}
	return nil
}

// text returns the characters of an NSString.
func (o *Object) text() (string, bool) {
	for _, v := range o.Values {
		if v.Kind == String {
			return v.Text, true
		}
	}
	return "", false
}

// valid replaces what is not UTF-8.
func valid(s string) string { return strings.ToValidUTF8(s, "\ufffd") }
