package evidence

import (
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"iter"
	"slices"
)

// A memberIndex finds the members of an archive by name without holding the
// names: 16 bytes a member, the name is compared with the archive itself. What
// an archive needs to list its members in order is kept beside.
type memberIndex struct {
	seed  maphash.Seed
	slots []memberSlot // sorted by hash once finished

	// ordered says to keep order, the offsets in the order of the archive.
	ordered bool
	order   []int64

	// logged says to keep log, the names in the order of the archive: each as
	// its size, the length that it shares with the one before, and the rest. A
	// log longer than maxNameCache is given up where the order is kept.
	logged  bool
	log     []byte
	last    string
	dropped []int64 // sorted offsets of members that are not used
}

type memberSlot struct {
	hash uint64
	off  int64 // of the header
}

// Bounds on the bytes of the list of names: where names cannot be had otherwise,
// and where they can be read again.
const (
	maxNameLog   = 256 << 20
	maxNameCache = 96 << 20
)

func newMemberIndex() memberIndex { return memberIndex{seed: maphash.MakeSeed()} }

// add adds a member of size bytes.
func (x *memberIndex) add(name string, off, size int64) {
	x.slots = append(x.slots, memberSlot{maphash.String(x.seed, name), off})
	if x.ordered {
		x.order = append(x.order, off)
	}
	if x.logged {
		x.addLog(name, off, size)
	}
	if x.ordered && len(x.log) > maxNameCache {
		x.logged, x.log = false, nil
	}
}

func (x *memberIndex) addLog(name string, off, size int64) {
	same := 0
	for same < len(name) && same < len(x.last) && name[same] == x.last[same] {
		same++
	}
	x.log = binary.AppendUvarint(x.log, uint64(off))
	x.log = binary.AppendUvarint(x.log, uint64(max(0, size)))
	x.log = binary.AppendUvarint(x.log, uint64(same))
	x.log = binary.AppendUvarint(x.log, uint64(len(name)-same))
	x.log = append(x.log, name[same:]...)
	x.last = name
}

// walkLog calls fn with the names of the log, and the sizes they were added with.
func (x *memberIndex) walkLog(fn func(name string, size int64) error) error {
	var name []byte
	number := func(p []byte) (uint64, []byte) {
		v, n := binary.Uvarint(p)
		return v, p[n:]
	}
	for p := x.log; len(p) > 0; {
		var off, size, same, rest uint64
		off, p = number(p)
		size, p = number(p)
		same, p = number(p)
		rest, p = number(p)
		name = append(name[:same], p[:rest]...)
		p = p[rest:]
		if x.isDropped(int64(off)) {
			continue
		}
		if err := fn(string(name), int64(size)); err != nil {
			return err
		}
	}
	return nil
}

// finish sorts the index. Of members with the same name the first stays, and
// again is called with the name of each other one.
func (x *memberIndex) finish(nameAt func(off int64) string, again func(name string)) {
	slices.SortFunc(x.slots, func(a, b memberSlot) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.off, b.off))
	})
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
					x.dropped = append(x.dropped, s.off)
				} else {
					seen[name] = true
					kept = append(kept, s)
				}
			}
		}
		from = to
	}
	x.slots = kept
	slices.Sort(x.dropped)
	if len(x.dropped) == 0 {
		return
	}
	x.order = slices.DeleteFunc(x.order, x.isDropped)
	for _, off := range x.dropped {
		again(nameAt(off))
	}
}

// isDropped reports whether the member is not used, an earlier one having its
// name.
func (x *memberIndex) isDropped(off int64) bool {
	_, found := slices.BinarySearch(x.dropped, off)
	return found
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
