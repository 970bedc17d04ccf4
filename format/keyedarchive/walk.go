package keyedarchive

import (
	"fmt"

	"github.com/vigie-project/vigie/format/plist"
)

// MaxNodes is how many objects [Walk] visits, shared ones counted each time.
const MaxNodes = 4 << 20

// Walk calls fn for o and for what it refers to, depth first in the order of
// the file, and does not go below an object for which fn returns false. The
// path holds the keys and indexes from o, each after a slash; entries of an
// archived dictionary have the text of their key.
//
// A shared object is visited at each place; one that leads back to itself is
// not entered again, which is no error, since graphs may have cycles. Walk
// returns an error that wraps [plist.ErrTooDeep] or [plist.ErrTooMany] if the
// graph is deeper than [plist.MaxDepth] or larger than [MaxNodes].
func Walk(o Object, fn func(path string, o Object) bool) error {
	return walkWithin(o, MaxNodes, fn)
}

// walkWithin is Walk with another limit.
func walkWithin(o Object, limit int, fn func(string, Object) bool) error {
	w := walker{fn: fn, limit: limit}
	w.walk("", o)
	return w.err
}

type walker struct {
	fn    func(string, Object) bool
	nodes int
	limit int
	above []uint64
	err   error
	full  bool
}

func (w *walker) walk(path string, o Object) {
	if w.full {
		return
	}
	if w.nodes++; w.nodes > w.limit {
		w.err, w.full = fmt.Errorf("walk keyed archive: %w", plist.ErrTooMany), true
		return
	}
	if !w.fn(path, o) || o.null || !w.enter(path, o) {
		return
	}
	defer func() { w.above = w.above[:len(w.above)-1] }()
	switch {
	case o.v.Kind() == plist.Array, o.v.Kind() == plist.Set, o.members("NS.objects").Kind() == plist.Array:
		w.collection(path, o)
	default:
		for key, field := range o.Fields() {
			if w.full {
				return
			}
			w.walk(plist.JoinPath(path, key), field)
		}
	}
}

// collection walks through an array, set or dictionary.
func (w *walker) collection(path string, o Object) {
	i := 0
	for el := range o.Elems() {
		if w.full {
			return
		}
		w.walk(plist.JoinPath(path, fmt.Sprint(i)), el)
		i++
	}
	for key, val := range o.Entries() {
		if w.full {
			return
		}
		name := key.Text()
		if name == "" {
			name = "<" + key.Kind().String() + ">"
			if key.Kind() == plist.Int {
				name = fmt.Sprint(key.Int())
			}
		}
		w.walk(plist.JoinPath(path, name), val)
	}
}

// enter records an object as being visited, unless it is being visited already
// or is no container.
func (w *walker) enter(path string, o Object) bool {
	switch o.v.Kind() {
	case plist.Dict, plist.Array, plist.Set:
	default:
		return false
	}
	at := uint64(o.v.Object())
	for _, above := range w.above {
		if above == at {
			return false
		}
	}
	if len(w.above) >= plist.MaxDepth {
		if w.err == nil {
			w.err = fmt.Errorf("walk keyed archive at %q: %w", path, plist.ErrTooDeep)
		}
		return false
	}
	w.above = append(w.above, at)
	return true
}
