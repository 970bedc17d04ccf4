package stixpattern

import (
	"errors"
	"slices"
	"time"
)

// An Instance is one observation that satisfies a leaf of a pattern.
type Instance struct {
	ID          int       // the same in every leaf that the observation satisfies, from 0
	First, Last time.Time // when it was observed; equal for an instant, zero if unknown
}

// ErrTooComplex says that the observations can be combined in too many ways to
// try them all.
var ErrTooComplex = errors.New("observations combine in too many ways")

// maxTries bounds the combinations that one evaluation tries.
const maxTries = 500_000

// Combine looks for observations that satisfy the whole pattern, given for each
// leaf the ones that satisfy it, in time order. It returns the IDs of the first
// set found, in the order of the pattern, or nil. Observations without a time
// satisfy neither FOLLOWEDBY nor a qualifier on time.
func (p *Pattern) Combine(leaves [][]Instance) (ids []int, err error) {
	c := combiner{leaves: leaves}
	c.each(p.Root, func(b binding) bool {
		for _, in := range b {
			ids = append(ids, in.ID)
		}
		return false
	})
	if ids == nil && c.tries >= maxTries {
		return nil, ErrTooComplex
	}
	return ids, nil
}

// A binding is a set of distinct observations that satisfies an expression.
type binding []Instance

func (b binding) has(id int) bool {
	return slices.ContainsFunc(b, func(in Instance) bool { return in.ID == id })
}

func (b binding) disjoint(o binding) bool {
	for _, in := range o {
		if b.has(in.ID) {
			return false
		}
	}
	return true
}

// spread returns the latest start and the earliest end; known is false if an
// observation has no time.
func (b binding) spread() (latest, earliest time.Time, known bool) {
	for i, in := range b {
		if in.First.IsZero() {
			return latest, earliest, false
		}
		if i == 0 || in.First.After(latest) {
			latest = in.First
		}
		if i == 0 || in.Last.Before(earliest) {
			earliest = in.Last
		}
	}
	return latest, earliest, true
}

type combiner struct {
	leaves [][]Instance
	tries  int
}

// each calls yield for every binding of the expression until it returns false;
// it returns false if it was stopped.
func (c *combiner) each(n *Observed, yield func(binding) bool) bool {
	return c.qualified(n, len(n.Qualifiers), yield)
}

// qualified applies the first k qualifiers.
func (c *combiner) qualified(n *Observed, k int, yield func(binding) bool) bool {
	if c.tries++; c.tries > maxTries {
		return false
	}
	if k == 0 {
		return c.operator(n, yield)
	}
	q := n.Qualifiers[k-1]
	if q.Repeats > 0 {
		return c.repeat(n, k-1, q.Repeats, yield)
	}
	return c.qualified(n, k-1, func(b binding) bool {
		if c.tries++; c.tries > maxTries {
			return false
		}
		return !q.holds(b) || yield(b)
	})
}

// holds tests a qualifier on time.
func (q Qualifier) holds(b binding) bool {
	latest, earliest, known := b.spread()
	if !known {
		return false
	}
	if q.Within > 0 {
		return latest.Sub(earliest) <= q.Within
	}
	for _, in := range b {
		if !in.First.Before(q.Stop) || in.Last.Before(q.Start) {
			return false
		}
	}
	return true
}

func (c *combiner) operator(n *Observed, yield func(binding) bool) bool {
	switch n.Op {
	case OneOf:
		for _, in := range c.leaves[n.Leaf] {
			if c.tries++; c.tries > maxTries || !yield(binding{in}) {
				return false
			}
		}
		return true
	case AnyOf:
		for _, a := range n.Args {
			if !c.each(a, yield) {
				return false
			}
		}
		return true
	}
	return c.product(n, 0, nil, yield)
}

// product joins one binding of each operand, from operand i on. Have is
// what the operands before gave.
func (c *combiner) product(n *Observed, i int, have binding, yield func(binding) bool) bool {
	if i == len(n.Args) {
		return yield(have)
	}
	return c.each(n.Args[i], func(b binding) bool {
		if c.tries++; c.tries > maxTries {
			return false
		}
		if !have.disjoint(b) || n.Op == FollowedBy && i > 0 && !follows(have, b) {
			return true
		}
		return c.product(n, i+1, slices.Concat(have, b), yield)
	})
}

// follows reports whether b can have been observed after a, or at once.
func follows(a, b binding) bool {
	latest, _, known := a.spread()
	_, earliest, known2 := b.spread()
	return known && known2 && !earliest.Before(latest)
}

// repeat looks for n disjoint bindings of an expression: first in neighbours in
// time, which is what qualifiers on time ask for, then in every other way.
func (c *combiner) repeat(o *Observed, k, n int, yield func(binding) bool) bool {
	var all []binding
	c.qualified(o, k, func(b binding) bool {
		all = append(all, b)
		return true
	})
	if c.tries > maxTries {
		return false
	}
	if len(all) < n {
		return true
	}
	for i := 0; i+n <= len(all); i++ {
		if b, ok := join(all[i : i+n]); ok && !yield(b) {
			return false
		}
		if c.tries += n; c.tries > maxTries {
			return false
		}
	}
	return c.choose(all, n, nil, yield)
}

func join(bs []binding) (out binding, ok bool) {
	for _, b := range bs {
		if !out.disjoint(b) {
			return nil, false
		}
		out = append(out, b...)
	}
	return out, true
}

func (c *combiner) choose(all []binding, n int, have binding, yield func(binding) bool) bool {
	if n == 0 {
		return yield(have)
	}
	for i := 0; i+n <= len(all); i++ {
		if c.tries++; c.tries > maxTries {
			return false
		}
		if have.disjoint(all[i]) && !c.choose(all[i+1:], n-1, slices.Concat(have, all[i]), yield) {
			return false
		}
	}
	return true
}
