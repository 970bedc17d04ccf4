package keyedarchive

import (
	"fmt"
	"iter"
	"time"

	"github.com/vigie-project/vigie/format/plist"
)

// An Object is one object of an archive, a value stored in the place of one, or
// nothing. Accessors never fail; they return zero for an object of another
// type. Two objects are equal (==) if they are the same one of one archive.
type Object struct {
	a        *Archive
	v        plist.Value
	number   uint64
	null     bool
	dangling bool
}

// Exists reports whether there is an object or value that can be read. It is
// false for nil.
func (o Object) Exists() bool { return o.v.Kind() != plist.Invalid && !o.null }

// IsNull reports whether the object is nil ("$null") or NSNull.
func (o Object) IsNull() bool {
	return o.null || o.v.Kind() == plist.Null || o.v.Kind() == plist.Dict && o.Class() == "NSNull"
}

// Err says why the object cannot be read: a reference to a number that does not
// exist, or a damaged object in the property list. It is nil for an absent key.
func (o Object) Err() error {
	if o.dangling {
		return fmt.Errorf("read object %d of keyed archive: only %d objects", o.number, o.a.objects.Len())
	}
	return o.v.Err()
}

// Kind returns the type of the stored value: [plist.Dict] for every object with
// fields, [plist.Null] for nil.
func (o Object) Kind() plist.Kind {
	if o.null {
		return plist.Null
	}
	return o.v.Kind()
}

// Value returns the value as stored, with unresolved references.
func (o Object) Value() plist.Value { return o.v }

// Number returns the number of the object in $objects, or 0 for nil and for a
// value that is stored in a field itself.
func (o Object) Number() int { return int(o.number) }

// class returns the description of the class.
func (o Object) class() plist.Value {
	if o.v.Kind() != plist.Dict {
		return plist.Value{}
	}
	return o.a.resolve(o.v.Get("$class")).v
}

// Class returns the name of the class, such as "NSMutableDictionary", and ""
// for a plain value (strings, numbers and data are usually stored as such).
func (o Object) Class() string { return o.class().Get("$classname").String() }

// Classes returns the class and the classes it inherits from, nearest first.
// Archives from other writers may name none.
func (o Object) Classes() []string {
	list := o.class().Get("$classes")
	names := make([]string, 0, min(list.Len(), maxClasses))
	for v := range list.Elems() {
		if len(names) == maxClasses {
			break
		}
		names = append(names, v.String())
	}
	return names
}

// maxClasses is how long an inheritance is read.
const maxClasses = 64

// IsA reports whether the object is of a class or inherits from it.
func (o Object) IsA(name string) bool {
	c := o.class()
	if c.Get("$classname").String() == name {
		return true
	}
	list := c.Get("$classes")
	for i := range min(list.Len(), maxClasses) {
		if list.Index(i).String() == name {
			return true
		}
	}
	return false
}

// Get returns what the object encoded under a key. It does not look into the
// entries of an archived dictionary: see [Object.Lookup].
func (o Object) Get(key string) Object {
	if o.v.Kind() != plist.Dict {
		return Object{}
	}
	return o.a.resolve(o.v.Get(key))
}

// Fields yields what the object encoded, in the order of the file, without its
// class.
func (o Object) Fields() iter.Seq2[string, Object] {
	return func(yield func(string, Object) bool) {
		for key, v := range o.v.Items() {
			if key != "$class" && !yield(key, o.a.resolve(v)) {
				return
			}
		}
	}
}

// Bool returns the truth of a boolean or archived NSNumber.
func (o Object) Bool() bool { return o.numeric("NS.boolval").Bool() }

// Int returns a whole number that fits, or 0.
func (o Object) Int() int64 { return o.numeric("NS.intval").Int() }

// Uint returns a whole number that is not negative, or 0.
func (o Object) Uint() uint64 { return o.numeric("NS.intval").Uint() }

// Float returns a number of any kind, or the seconds since 2001-01-01 UTC of an
// NSDate exactly as stored.
func (o Object) Float() float64 {
	if t := o.v.Get("NS.time"); t.Kind() != plist.Invalid {
		return o.a.resolve(t).v.Float()
	}
	return o.numeric("NS.dblval").Float()
}

// numeric returns the value of a number, also of an NSNumber stored as object.
func (o Object) numeric(key string) plist.Value {
	if o.v.Kind() != plist.Dict {
		return o.v
	}
	if v := o.v.Get(key); v.Kind() != plist.Invalid {
		return o.a.resolve(v).v
	}
	for _, other := range [...]string{"NS.intval", "NS.dblval", "NS.boolval"} {
		if v := o.v.Get(other); v.Kind() != plist.Invalid {
			return o.a.resolve(v).v
		}
	}
	return plist.Value{}
}

// Text returns the text of a string, an NSString, NSMutableString or
// NSAttributedString, and "" for anything else, nil included.
func (o Object) Text() string { return o.text(maxIndirect) }

// maxIndirect bounds strings within strings and bases of URLs.
const maxIndirect = 8

func (o Object) text(depth int) string {
	switch {
	case o.null || depth == 0:
		return ""
	case o.v.Kind() != plist.Dict:
		return o.v.String()
	}
	if s := o.Get("NS.string"); s.Exists() {
		return s.text(depth - 1)
	}
	if b := o.Get("NS.bytes"); b.v.Kind() == plist.Data {
		return validText(b.v.Data())
	}
	if s := o.Get("NSString"); s.Exists() {
		return s.text(depth - 1)
	}
	return ""
}

// Data returns the bytes of data or of an archived NSData or NSMutableData. Do
// not change them.
func (o Object) Data() []byte {
	if o.v.Kind() != plist.Dict {
		return o.v.Data()
	}
	if d := o.Get("NS.data"); d.Exists() {
		return d.v.Data()
	}
	return o.Get("NS.bytes").v.Data()
}

// Time returns the instant of an NSDate or of a date of the property list, in
// UTC. It is zero outside the years 1 to 9999; Float has the stored seconds.
func (o Object) Time() time.Time {
	if o.v.Kind() != plist.Dict {
		return o.v.Time()
	}
	switch v := o.Get("NS.time").v; v.Kind() {
	case plist.Real, plist.Int:
		return plist.CocoaTime(v.Float())
	default:
		return v.Time()
	}
}

// URL returns the text of an NSURL, and "" for anything else. If the URL is
// relative to a base, the base stands before it, resolved as RFC 3986 says as
// far as both can be parsed.
func (o Object) URL() string { return o.url(maxIndirect) }

// UUID returns an NSUUID in the usual upper-case form, and the bytes in
// hexadecimal if there are not 16 of them.
func (o Object) UUID() string {
	b := o.Get("NS.uuidbytes").v.Data()
	if len(b) != 16 {
		return fmt.Sprintf("%X", b)
	}
	return fmt.Sprintf("%X-%X-%X-%X-%X", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
