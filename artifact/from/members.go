package from

import (
	"fmt"
	"iter"
	"slices"

	"github.com/vigie-project/vigie/format/keyedarchive"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/record"
)

// Members returns the entries of an archived dictionary, or what any other
// object encoded, by their names in the order of the file.
func Members(o keyedarchive.Object) iter.Seq2[string, keyedarchive.Object] {
	if !o.IsA("NSDictionary") {
		return o.Fields()
	}
	return func(yield func(string, keyedarchive.Object) bool) {
		for k, v := range o.Entries() {
			if !yield(k.Text(), v) {
				return
			}
		}
	}
}

// Member returns a member of an object by its name; see [Members].
func Member(o keyedarchive.Object, name string) keyedarchive.Object {
	if o.IsA("NSDictionary") {
		return o.Lookup(name)
	}
	return o.Get(name)
}

// maxBudget bounds what the calls of one [Budget] visit together.
const maxBudget = 1 << 19

// A Budget bounds how much of the objects of one archive is listed in all: many
// of them can share one that stands for very many values. The zero Budget is
// ready for use.
type Budget struct{ nodes int }

// ObjectLeaves is [ObjectLeaves] within the budget.
func (b *Budget) ObjectLeaves(o keyedarchive.Object) ([]record.KV, error) {
	w := leafWalker{}
	if b.nodes > maxBudget {
		return nil, fmt.Errorf("list values: %w", errLeaves)
	}
	w.object("", o, 0)
	b.nodes += w.nodes
	return w.kvs, w.err
}

// ObjectRest is [Budget.ObjectLeaves] for an object without some of its members.
func (b *Budget) ObjectRest(o keyedarchive.Object, known ...string) ([]record.KV, error) {
	w := leafWalker{}
	if b.nodes > maxBudget {
		return nil, fmt.Errorf("list values: %w", errLeaves)
	}
	for name, v := range Members(o) {
		if w.nodes > maxLeafNodes {
			break
		}
		if !slices.Contains(known, name) {
			w.object(joinLeaf("", name), v, 1)
		}
	}
	b.nodes += w.nodes
	return w.kvs, w.err
}

// Blob returns the values of a property list or a keyed archive in a column of
// a database; see [Leaves]. A list whose containers are shared until they stand
// for very many values is refused.
func Blob(b []byte) ([]record.KV, error) {
	v, err := plist.Parse(b)
	if err != nil {
		return nil, err
	}
	if err := expansion(v); err != nil {
		return nil, err
	}
	return Leaves(v)
}
