package evidence

import (
	"cmp"
	"hash/maphash"
	"iter"
	"slices"
)

// A memberIndex finds the members of an archive by name without holding the
// names: 16 bytes a member, the name is compared with the archive itself.
type memberIndex struct {
	seed  maphash.Seed
	slots []memberSlot // sorted by hash once finished
	order []int64      // offsets in the order of the archive
}

type memberSlot struct {
	hash uint64
	off  int64 // of the header
}

func newMemberIndex() memberIndex { return memberIndex{seed: maphash.MakeSeed()} }

// add adds a member.
func (x *memberIndex) add(name string, off int64) {
	x.slots = append(x.slots, memberSlot{maphash.String(x.seed, name), off})
	x.order = append(x.order, off)
}

// finish sorts the index. Of members with the same name the first stays, and
// again is called with the name of each other one.
func (x *memberIndex) finish(nameAt func(off int64) string, again func(name string)) {
	slices.SortFunc(x.slots, func(a, b memberSlot) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.off, b.off))
	})
	var dropped []int64
	kept := x.slots[:0]
	for from := 0; from < len(x.slots); {
		to := from + 1
		for to < len(x.slots) && x.slots[to].hash == x.slots[from].hash {
			to++
		}
		if to == from+1 {
			kept = append(kept, x.slots[from])
		} else {
			seen := make(map[string]bool)
			for _, s := range x.slots[from:to] {
				if name := nameAt(s.off); seen[name] {
					dropped = append(dropped, s.off)
				} else {
					seen[name] = true
					kept = append(kept, s)
				}
			}
		}
		from = to
	}
	x.slots = kept
	slices.Sort(dropped)
	if len(dropped) == 0 {
		return
	}
	x.order = slices.DeleteFunc(x.order, func(off int64) bool {
		_, found := slices.BinarySearch(dropped, off)
		return found
	})
	for _, off := range dropped {
		again(nameAt(off))
	}
}

// find returns the offsets of the members that may have the name.
func (x *memberIndex) find(name string) []int64 {
	hash := maphash.String(x.seed, name)
	at, ok := slices.BinarySearchFunc(x.slots, hash, func(s memberSlot, h uint64) int { return cmp.Compare(s.hash, h) })
	if !ok {
		return nil
	}
	var offs []int64
	for ; at < len(x.slots) && x.slots[at].hash == hash; at++ {
		offs = append(offs, x.slots[at].off)
	}
	return offs
}

// inOrder yields the offsets in the order of the archive.
func (x *memberIndex) inOrder() iter.Seq[int64] { return slices.Values(x.order) }
