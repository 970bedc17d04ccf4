package stixpattern

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// A View offers the properties of one observation.
type View interface {
	// Values calls yield for each value at a path, with the number of the
	// object that has it, until yield returns false. A value is nil, bool,
	// int64, float64 or string.
	Values(path *Path, yield func(object int, value any) bool)
}

// An Equaler is a [View] that knows when two texts name the same thing, such as
// a host and a domain that contains it. It replaces the equality of text in "="
// and IN; without it, text is equal if its normal form C is.
type Equaler interface {
	View
	Equal(path *Path, observed, literal string) bool
}

// Eval reports whether an observation satisfies the test. The error says that a
// value cannot be compared, such as text that is no time with a time.
func (t *Test) Eval(v View) (bool, error) {
	r, err := t.eval(v)
	return r.any(), err
}

// A matched is the objects that satisfy a test, by their type.
type matched map[string][]int

func (m matched) any() bool {
	for _, ids := range m {
		if len(ids) > 0 {
			return true
		}
	}
	return false
}

// eval returns an entry, perhaps empty, for every type of object in the test.
func (t *Test) eval(v View) (matched, error) {
	if t.Op == Compare {
		ids, err := t.Cmp.objects(v)
		return matched{t.Cmp.Path.Object: ids}, err
	}
	all, err := t.Args[0].eval(v)
	if err != nil {
		return nil, err
	}
	for _, a := range t.Args[1:] {
		m, err := a.eval(v)
		if err != nil {
			return nil, err
		}
		if t.Op == Or {
			for typ, ids := range m {
				all[typ] = union(all[typ], ids)
			}
		} else {
			all = both(all, m)
		}
	}
	return all, nil
}

// both joins operands of AND: about one type of object, the same object must
// satisfy both; about different types, objects of the same observation.
func both(a, b matched) matched {
	out := matched{}
	var alone [2]bool // a type that only one side is about
	shared := false
	for typ, ids := range a {
		if other, ok := b[typ]; ok {
			out[typ] = intersect(ids, other)
			shared = shared || len(out[typ]) > 0
		} else {
			alone[0] = alone[0] || len(ids) > 0
		}
	}
	for typ, ids := range b {
		if _, ok := a[typ]; !ok {
			alone[1] = alone[1] || len(ids) > 0
		}
	}
	joined := alone[0] && b.any() || alone[1] && a.any()
	for typ, ids := range a {
		if joined {
			out[typ] = union(out[typ], ids)
		} else if !shared {
			out[typ] = nil
		}
	}
	for typ, ids := range b {
		if _, ok := a[typ]; ok {
			continue
		}
		out[typ] = nil
		if joined {
			out[typ] = ids
		}
	}
	return out
}

func union(a, b []int) []int {
	out := append(slices.Clone(a), b...)
	slices.Sort(out)
	return slices.Compact(out)
}

func intersect(a, b []int) (out []int) {
	for _, x := range a {
		if slices.Contains(b, x) {
			out = append(out, x)
		}
	}
	return out
}

// maxObjects bounds the objects of an observation that a comparison remembers.
const maxObjects = 10_000

func (c *Comparison) objects(v View) (ids []int, err error) {
	eq, _ := v.(Equaler)
	some := false
	v.Values(&c.Path, func(object int, value any) bool {
		some = true
		if c.Op == Exists {
			if !c.Not {
				ids = append(ids, object)
			}
			return true
		}
		var ok bool
		if ok, err = c.value(eq, value); err != nil {
			return false
		}
		if ok != c.Not && !slices.Contains(ids, object) {
			ids = append(ids, object)
		}
		return len(ids) < maxObjects
	})
	if c.Op == Exists && c.Not && !some {
		ids = []int{-1}
	}
	return ids, err
}

// value compares one value, without the NOT.
func (c *Comparison) value(eq Equaler, value any) (bool, error) {
	switch c.Op {
	case In:
		for _, l := range c.Set {
			if ok, err := c.literal(eq, value, l, Equal); ok || err != nil {
				return ok, err
			}
		}
		return false, nil
	case Like, Matches:
		s, ok := c.text(value)
		return ok && c.re.MatchString(s), nil
	case IsSubset, IsSuperset:
		s, ok := value.(string)
		if !ok {
			return false, nil
		}
		p, err := parsePrefix(s)
		if err != nil {
			return false, nil
		}
		if c.Op == IsSubset {
			return contains(c.prefix, p), nil
		}
		return contains(p, c.prefix), nil
	}
	return c.literal(eq, value, c.Value, c.Op)
}

func contains(outer, inner netip.Prefix) bool {
	return outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}

// text returns the value as text to search in: bytes become the characters of
// the same number.
func (c *Comparison) text(value any) (string, bool) {
	s, ok := value.(string)
	if !ok {
		return "", false
	}
	if b, ok := c.encoded(s); ok {
		return latin1(b), true
	}
	return nfc(s), true
}

// encoded decodes the value of a property whose name says how it is encoded.
func (c *Comparison) encoded(s string) (string, bool) {
	var b []byte
	var err error
	switch name := c.Path.Property(); {
	case strings.HasSuffix(name, "_hex"):
		b, err = hex.DecodeString(s)
	case strings.HasSuffix(name, "_bin"):
		b, err = base64.StdEncoding.DecodeString(s)
	default:
		return "", false
	}
	return string(b), err == nil
}

// literal compares a value with a literal by =, != or an order. Values of
// different kinds are different and have no order.
func (c *Comparison) literal(eq Equaler, value any, l Literal, op Op) (bool, error) {
	order, ok, err := 0, false, error(nil)
	switch v := value.(type) {
	case string:
		if l.Kind == Text && op == Equal && eq != nil {
			return eq.Equal(&c.Path, v, l.Text), nil
		}
		order, ok, err = c.compareText(v, l)
	case bool:
		if ok = l.Kind == Bool; ok && v != l.Bool {
			order = 1
		}
	case int64:
		if ok = l.Kind == Number; ok {
			if l.Whole {
				order = cmp(v, l.Int)
			} else {
				order = cmp(float64(v), l.Num)
			}
		}
	case float64:
		if ok = l.Kind == Number && !math.IsNaN(v); ok {
			order = cmp(v, l.Num)
		}
	}
	if err != nil {
		return false, err
	}
	if !ok {
		return op == NotEqual, nil
	}
	switch op {
	case Equal:
		return order == 0, nil
	case NotEqual:
		return order != 0, nil
	case Less:
		return order < 0, nil
	case LessEqual:
		return order <= 0, nil
	case Greater:
		return order > 0, nil
	}
	return order >= 0, nil
}

func cmp[T int64 | float64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func (c *Comparison) compareText(v string, l Literal) (order int, ok bool, err error) {
	b, binary := c.encoded(v)
	switch {
	case l.Kind == Timestamp:
		t, err := ParseTimestamp(v)
		if err != nil {
			return 0, false, fmt.Errorf("compare with a time: %w", err)
		}
		return t.Compare(l.Time), true, nil
	case l.Kind == Text && !binary:
		return strings.Compare(nfc(v), nfc(l.Text)), true, nil
	case l.Kind == Text:
		want, ok := toBytes(l.Text)
		return strings.Compare(b, want), ok, nil
	case l.Kind == Bytes && binary:
		return strings.Compare(b, l.Text), true, nil
	case l.Kind == Bytes:
		got, ok := toBytes(v)
		return strings.Compare(got, l.Text), ok, nil
	}
	return 0, false, nil
}

// toBytes turns characters below 256 into bytes of the same number.
func toBytes(s string) (string, bool) {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 255 {
			return "", false
		}
		b = append(b, byte(r))
	}
	return string(b), true
}

func latin1(b string) string {
	r := make([]rune, len(b))
	for i := range len(b) {
		r[i] = rune(b[i])
	}
	return string(r)
}

func nfc(s string) string { return norm.NFC.String(s) }
