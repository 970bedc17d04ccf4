package indicator

import (
	"math/bits"
	"strings"
)

// An index finds indicators by the keys that an observation offers. Its cost
// does not depend on how many there are: a filter of a few bits a key, which
// stays in the cache, answers nearly all questions.
type index struct {
	seed    uint64
	filter  []uint64 // one word a key, three bits of it
	slots   []slot   // open addressing, at most half full
	entries []entry
	kinds   uint32 // kinds that have entries, one bit each
	bits4   [33]int
	bits6   [129]int // ranges of each length of prefix
}

type slot struct {
	tag   uint32
	entry uint32 // from 1; 0 is free
}

// An entry is one atom of one indicator. Entries with the same kind and key are
// chained from the first one.
type entry struct {
	key   string
	ref   uint32 // indicator in the set
	next  uint32 // from 1
	last  uint32 // of the first entry of a chain: its last one
	kind  Kind
	leaf  uint16 // leaf of the pattern it triggers
	exact bool
}

var fold = func() (t [256]byte) {
	for i := range t {
		t[i] = byte(i)
		if i >= 'A' && i <= 'Z' {
			t[i] += 'a' - 'A'
		}
	}
	return t
}()

const prime = 0x9E3779B97F4A7C15 | 1

// step adds one byte to a hash. Capitals of ASCII are folded for all keys, and
// told apart when they are verified.
func step(h uint64, c byte) uint64 { return (h ^ uint64(fold[c])) * prime }

// finish spreads a hash over all bits.
func finish(h uint64) uint64 {
	h ^= bits.RotateLeft64(h, 32)
	h *= 0xD6E8FEB86659FD93
	return h ^ h>>29
}

// hash hashes a key forwards, as paths and names are.
func (x *index) hash(key string) uint64 {
	h := x.seed
	for i := range len(key) {
		h = step(h, key[i])
	}
	return finish(h)
}

// hashBack hashes a key backwards, as hosts are.
func (x *index) hashBack(key string) uint64 {
	h := ^x.seed
	for i := len(key) - 1; i >= 0; i-- {
		h = step(h, key[i])
	}
	return finish(h)
}

func (x *index) has(k Kind) bool { return x.kinds&(1<<k) != 0 }

func (x *index) keyHash(kind Kind, key string) uint64 {
	if kind == Domain || kind == urlHost {
		return x.hashBack(key)
	}
	return x.hash(key)
}

// newIndex returns an index for n entries.
func newIndex(n int, seed uint64) *index {
	x := &index{seed: seed, entries: make([]entry, 0, n)}
	words := 1 << bits.Len(uint(max(n, 1)*6/64))
	x.filter = make([]uint64, words)
	x.slots = make([]slot, 1<<bits.Len(uint(max(n, 4)*3/2)))
	return x
}

func (x *index) add(e entry) {
	x.kinds |= 1 << e.kind
	h := x.keyHash(e.kind, e.key)
	x.entries = append(x.entries, e)
	n := uint32(len(x.entries))
	first := x.find(h, e.kind, e.key, "")
	if first != 0 {
		f := &x.entries[first-1]
		if f.last == 0 {
			f.next = n
		} else {
			x.entries[f.last-1].next = n
		}
		f.last = n
		return
	}
	x.mark(h)
	i := h & uint64(len(x.slots)-1)
	for x.slots[i].entry != 0 {
		i = (i + 1) & uint64(len(x.slots)-1)
	}
	x.slots[i] = slot{tag: uint32(h >> 32), entry: n}
}

// mark says to the filter, and to nothing else, that keys go on beyond a hash:
// a host ends in these two labels, a path begins with these folders. What has no
// mark need not be looked up any further.
func (x *index) mark(h uint64) {
	word, mask := x.place(h)
	x.filter[word] |= mask
}

// place returns the word of the filter for a hash, and its bits.
func (x *index) place(h uint64) (word uint64, mask uint64) {
	return h >> 40 & uint64(len(x.filter)-1), 1<<(h>>34&63) | 1<<(h>>28&63) | 1<<(h>>22&63)
}

// maybe reports whether a hash can be in the index.
func (x *index) maybe(h uint64) bool {
	word, mask := x.place(h)
	return x.filter[word]&mask == mask
}

// find returns the first entry of a kind with the key head+tail, counted from
// 1, or 0. Names and paths are compared as they are, everything else without
// regard to capitals of ASCII.
func (x *index) find(h uint64, kind Kind, head, tail string) uint32 {
	if !x.maybe(h) {
		return 0
	}
	for i := h & uint64(len(x.slots)-1); x.slots[i].entry != 0; i = (i + 1) & uint64(len(x.slots)-1) {
		s := x.slots[i]
		if s.tag != uint32(h>>32) {
			continue
		}
		if e := &x.entries[s.entry-1]; e.kind == kind && same(kind, e.key, head, tail) {
			return s.entry
		}
	}
	return 0
}

func same(kind Kind, key, head, tail string) bool {
	if len(key) != len(head)+len(tail) {
		return false
	}
	switch kind {
	case Path, PathEnd, FileName, Process, truncated, URL, Address:
		return strings.HasPrefix(key, head) && key[len(head):] == tail
	}
	return folded(key[:len(head)], head) && folded(key[len(head):], tail)
}

// folded compares a key, already in lower case, with text.
func folded(key, s string) bool {
	for i := range len(s) {
		if key[i] != fold[s[i]] {
			return false
		}
	}
	return true
}
