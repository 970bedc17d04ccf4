package ips

import (
	"errors"
	"strconv"
)

// A Pair is a key and its value, of content whose keys are not known in advance.
type Pair struct{ Key, Value string }

// Limits of [Value.Leaves].
const (
	maxLeaves    = 4096     // values
	maxLeafDepth = 32       // lists and objects on the way to a value
	maxLeafBytes = 64 << 10 // of one value
	maxLeafTotal = 1 << 20  // bytes of all keys and values
)

// ErrMore says that there is more than is returned.
var ErrMore = errors.New("more values, depth or text than is read")

// Leaves returns the values below v that hold no others, with the keys and
// indexes on the way to each, separated by slashes. Empty lists and objects are
// there as "[]" and "{}". The error is [ErrMore].
func (v Value) Leaves(key string) ([]Pair, error) {
	w := walker{}
	w.value(key, v, 0)
	return w.pairs, w.err
}

type walker struct {
	pairs []Pair
	bytes int
	err   error
}

func (w *walker) value(key string, v Value, depth int) {
	if len(w.pairs) >= maxLeaves || depth > maxLeafDepth || w.bytes > maxLeafTotal {
		w.err = ErrMore
		return
	}
	empty := true
	switch {
	case v.IsObject():
		for name, m := range v.Members() {
			empty = false
			if w.value(join(key, name), m, depth+1); len(w.pairs) >= maxLeaves {
				return
			}
		}
		if empty {
			w.add(key, "{}")
		}
	case v.IsList():
		i := 0
		for e := range v.Items() {
			empty = false
			if w.value(join(key, strconv.Itoa(i)), e, depth+1); len(w.pairs) >= maxLeaves {
				return
			}
			i++
		}
		if empty {
			w.add(key, "[]")
		}
	case len(v) > maxLeafBytes:
		w.err = ErrMore
		w.add(key, v[:maxLeafBytes].Text())
	default:
		w.add(key, v.Text())
	}
}

func (w *walker) add(key, text string) {
	w.bytes += len(key) + len(text)
	w.pairs = append(w.pairs, Pair{key, text})
}

func join(key, name string) string {
	if key == "" {
		return name
	}
	return key + "/" + name
}
