package plist

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Errors of [Walk].
var (
	ErrCycle   = errors.New("container holds itself")
	ErrTooDeep = fmt.Errorf("nested deeper than %d", MaxDepth)
	ErrTooMany = fmt.Errorf("more than %d values", MaxNodes)
)

// Paths given to the function of [Walk] are cut at these lengths in bytes.
const (
	maxPathKey = 256
	maxPath    = 4096
)

// Walk calls fn for v and for every value below it, in the order of the file,
// and does not go below a value for which fn returns false. The path of v is
// "", below it each key or index is preceded by a slash. Keys themselves are
// visited only if they are no strings, which is damage, or cannot be read.
//
// A container that is shared is visited at each place. One that holds itself is
// not entered again. Walk goes on after such an error, and returns it in the
// end; it stops after [MaxNodes] values.
func Walk(v Value, fn func(path string, v Value) bool) error {
	return walkWithin(v, MaxNodes, fn)
}

// walkWithin is Walk with another limit.
func walkWithin(v Value, limit int, fn func(string, Value) bool) error {
	w := walker{fn: fn, limit: limit}
	w.walk("", v)
	return w.err
}

type walker struct {
	fn    func(string, Value) bool
	nodes int
	limit int
	above []uint32 // containers on the way to the current value
	err   error
	full  bool
}

func (w *walker) walk(path string, v Value) {
	if w.nodes++; w.nodes > w.limit {
		w.err, w.full = fmt.Errorf("walk property list: %w", ErrTooMany), true
		return
	}
	if !w.fn(path, v) || v.Len() == 0 || v.kind == Data || !w.enter(path, v) {
		return
	}
	defer func() { w.above = w.above[:len(w.above)-1] }()
	switch v.kind {
	case Array, Set:
		for i := 0; i < v.Len() && !w.full; i++ {
			w.walk(JoinPath(path, strconv.Itoa(i)), v.Index(i))
		}
	case Dict:
		for i := uint32(0); i < v.n && !w.full; i++ {
			key, val := v.entry(i)
			below := JoinPath(path, key.keyText())
			if key.kind != String {
				w.fn(below, key)
			}
			w.walk(below, val)
		}
	}
}

// enter records a container as being visited, unless it must not be.
func (w *walker) enter(path string, v Value) bool {
	var err error
	if len(w.above) >= MaxDepth {
		err = ErrTooDeep
	}
	for _, obj := range w.above {
		if obj == v.obj {
			err = ErrCycle
		}
	}
	if err != nil {
		if w.err == nil {
			w.err = fmt.Errorf("walk property list at %q: %w", path, err)
		}
		return false
	}
	w.above = append(w.above, v.obj)
	return true
}

// JoinPath appends a key or index to a path as [Walk] does: after a slash, with
// keys cut to 256 bytes and no growth beyond 4 KiB, so that hostile keys and
// depths cannot make paths that fill the memory.
func JoinPath(path, element string) string {
	if len(path) > maxPath {
		return path
	}
	if len(element) > maxPathKey {
		cut := maxPathKey
		for cut > 0 && !utf8.RuneStart(element[cut]) {
			cut--
		}
		element = strings.ToValidUTF8(element[:cut], "") + "…"
	}
	return path + "/" + element
}
