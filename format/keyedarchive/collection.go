package keyedarchive

import (
	"iter"
	"net/url"
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/format/plist"
)

// members returns the list that a collection encoded under a key.
func (o Object) members(key string) plist.Value {
	if o.v.Kind() != plist.Dict {
		return plist.Value{}
	}
	return o.a.resolve(o.v.Get(key)).v
}

// Len returns the number of elements of an array or set, or of entries of a
// dictionary.
func (o Object) Len() int {
	if o.null {
		return 0
	}
	switch o.v.Kind() {
	case plist.Array, plist.Set:
		return o.v.Len()
	case plist.Dict:
		if list := o.members("NS.objects"); list.Kind() == plist.Array {
			return list.Len()
		}
		n := 0
		for key := range o.v.Items() {
			if strings.HasPrefix(key, "NS.object.") {
				n++
			}
		}
		return n
	}
	return 0
}

// Elems yields the elements of an NSArray, NSSet or NSOrderedSet, or of an
// array of the property list, in the order of the file. It yields nothing for a
// dictionary.
func (o Object) Elems() iter.Seq[Object] {
	return func(yield func(Object) bool) {
		list := o.v
		if o.v.Kind() == plist.Dict {
			if o.members("NS.keys").Kind() == plist.Array {
				return
			}
			if list = o.members("NS.objects"); list.Kind() == plist.Invalid {
				o.numbered(yield)
				return
			}
		}
		for v := range list.Elems() {
			if !yield(o.a.resolve(v)) {
				return
			}
		}
	}
}

// numbered yields the elements of a collection that has a key for each.
func (o Object) numbered(yield func(Object) bool) {
	if o.v.Get("NS.key.0").Kind() != plist.Invalid {
		return
	}
	for key, v := range o.v.Items() {
		if strings.HasPrefix(key, "NS.object.") && !yield(o.a.resolve(v)) {
			return
		}
	}
}

// Entries yields the keys and values of an NSDictionary in the order of the
// file. If one list is longer than the other, the missing key or value is a
// zero Object.
func (o Object) Entries() iter.Seq2[Object, Object] {
	return func(yield func(Object, Object) bool) {
		keys, vals := o.members("NS.keys"), o.members("NS.objects")
		if keys.Kind() != plist.Array {
			o.numberedEntries(yield)
			return
		}
		for i := range max(keys.Len(), vals.Len()) {
			if !yield(o.a.resolve(keys.Index(i)), o.a.resolve(vals.Index(i))) {
				return
			}
		}
	}
}

// numberedEntries is for old archives, with keys NS.key.0, NS.object.0 and so on.
func (o Object) numberedEntries(yield func(Object, Object) bool) {
	if o.v.Get("NS.key.0").Kind() == plist.Invalid {
		return
	}
	fields := make(map[string]plist.Value)
	for key, v := range o.v.Items() {
		fields[key] = v
	}
	for i := 0; ; i++ {
		n := strconv.Itoa(i)
		key, ok := fields["NS.key."+n]
		if !ok || !yield(o.a.resolve(key), o.a.resolve(fields["NS.object."+n])) {
			return
		}
	}
}

// Lookup returns the value of a string key of an archived dictionary, the first
// one if there are more.
func (o Object) Lookup(key string) Object {
	for k, v := range o.Entries() {
		if !k.null && k.Text() == key && k.Kind() != plist.Invalid {
			return v
		}
	}
	return Object{}
}

// url joins a URL and its base.
func (o Object) url(depth int) string {
	rel := o.Get("NS.relative")
	if depth == 0 || !rel.Exists() {
		return ""
	}
	text := rel.Text()
	base := o.Get("NS.base").url(depth - 1)
	if base == "" {
		return text
	}
	b, err := url.Parse(base)
	if err != nil {
		return base + text
	}
	u, err := b.Parse(text)
	if err != nil {
		return base + text
	}
	return u.String()
}

// validText replaces what is not UTF-8.
func validText(b []byte) string { return strings.ToValidUTF8(string(b), "\ufffd") }
