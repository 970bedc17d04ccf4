package from

import (
	"context"
	"fmt"
	"iter"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/format/keyedarchive"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/record"
)

// Plist parses a property list, binary or XML. read gets its root, and yields
// records; it makes their origin with [At].
func Plist(read func(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool)) Parse {
	return func(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
		return func(yield func(record.Record, error) bool) {
			root, err := plist.Read(in.File, in.Size)
			if err != nil && !yield(record.Record{}, err) || root.Kind() == plist.Invalid {
				return // a list that breaks off is read as far as it goes
			}
			if err := expansion(root); err != nil {
				yield(record.Record{}, err)
				return
			}
			if err := damagedKeys(root); err != nil && !yield(record.Record{}, err) {
				return
			}
			read(in, root, yield)
		}
	}
}

// Limits of how often containers of one property list are shared.
const (
	maxContainers = 1 << 20 // that are looked at
	maxShared     = 1 << 16 // values beyond twice those that are stored
)

// expansion refuses a list whose containers are shared until a few of them stand
// for very many values. No writer of property lists shares containers; scalars
// and objects of keyed archives are another matter.
func expansion(root plist.Value) error {
	e := expander{values: map[int]uint64{}}
	if n := e.count(root, 0); n > 2*e.stored+maxShared {
		return fmt.Errorf("read property list: %d containers with %d values stand for %d values", len(e.values), e.stored, n)
	}
	return nil
}

type expander struct {
	values map[int]uint64 // below each container, by its object
	stored uint64         // values in these containers
}

// count returns how many values a walk from v would visit, at most about 2^40.
func (e *expander) count(v plist.Value, depth int) uint64 {
	switch v.Kind() {
	case plist.Array, plist.Set, plist.Dict:
	default:
		return 1
	}
	obj := v.Object()
	if n, ok := e.values[obj]; ok {
		return n
	}
	if depth == plist.MaxDepth || len(e.values) == maxContainers {
		return 1
	}
	e.values[obj] = 1 // what leads back here counts once
	e.stored += uint64(v.Len())
	n := uint64(1)
	add := func(child plist.Value) { n = min(n+e.count(child, depth+1), 1<<40) }
	for child := range v.Elems() {
		add(child)
	}
	for _, child := range v.Entries() {
		add(child)
	}
	e.values[obj] = n
	return n
}

// damagedKeys reports keys of the root that cannot be read: what looks for one
// of them would take it as absent.
func damagedKeys(root plist.Value) error {
	n := 0
	for key := range root.Entries() {
		if key.Kind() == plist.Invalid {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return fmt.Errorf("read property list: %d of %d keys of the root are damaged", n, root.Len())
}

// Archive parses an NSKeyedArchiver archive. read gets its root object.
func Archive(read func(in *artifact.Input, root keyedarchive.Object, yield func(record.Record, error) bool)) Parse {
	return Plist(func(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
		a, err := keyedarchive.Open(root)
		if err != nil {
			yield(record.Record{}, err)
			return
		}
		read(in, a.Root(), yield)
	})
}

// At returns the origin of the value v of a property list: key says where it
// is, such as "ProfileEvents[3]", row is its index from 1 or 0.
func At(key string, row int, v plist.Value) record.Origin {
	return record.Origin{Table: key, Row: int64(row), Offset: v.Offset()}
}
