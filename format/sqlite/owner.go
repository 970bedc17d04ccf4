package sqlite

import (
	"bytes"
	"fmt"
)

// maxTrunks bounds the trunk pages of a freelist that are followed.
const maxTrunks = 1 << 20

// An owner says what a page is used for: one of the constants, or ownTable plus
// the place of a table in findings.tables.
type owner uint32

const (
	ownNone  owner = iota // nothing refers to the page
	ownOther              // index or overflow
	ownTrunk              // trunk of the freelist
	ownFree               // leaf of the freelist
	ownTable              // first table
)

// ownerMap tells the owner of each page. It grows only with the pages set.
type ownerMap map[uint32]*[1024]owner

func (m ownerMap) get(n uint32) owner {
	if b := m[n>>10]; b != nil {
		return b[n&1023]
	}
	return ownNone
}

func (m ownerMap) set(n uint32, o owner) {
	b := m[n>>10]
	if b == nil {
		b = new([1024]owner)
		m[n>>10] = b
	}
	b[n&1023] = o
}

// findOwners walks all that the live database refers to, and lists for each table
// those of its pages that hold more than its rows. Damage is passed over, since
// reading the rows reports it.
func (db *DB) findOwners(f *findings) {
	m := f.owners
	for i, t := range f.tables {
		if t.Root != 0 && !t.Virtual && !t.Dropped {
			db.claim(m, t.Root, ownTable+owner(i), 0)
		}
	}
	for _, x := range db.indexes {
		db.claim(m, x.root, ownOther, 0)
	}
	db.claimFreelist(m)
}

// fixed reports whether page n is at a fixed place, where no row can be: the
// pointer maps of an auto-vacuum database and the page that file locks use.
func (db *DB) fixed(n uint32) bool {
	lock := uint32(1<<30/db.pageSize) + 1
	if n == lock {
		return true
	}
	step := uint32(db.pager.usable/5 + 1)
	if db.autoRoot == 0 || n < 2 {
		return false
	}
	at := (n-2)/step*step + 2
	if at == lock {
		at++
	}
	return n == at
}

// claim gives a page of a b-tree and those below it to an owner. A page that has
// one keeps it, so each is read once.
func (db *DB) claim(m ownerMap, n uint32, o owner, depth int) {
	if depth > maxDepth || !db.live.exists(n) || m.get(n) != ownNone || db.fixed(n) {
		return
	}
	b, at, err := db.live.page(n)
	if err != nil {
		return
	}
	p, err := parsePage(b, n, db.pager.usable)
	if err != nil {
		return
	}
	own := false
	keep := func() { // before other pages are read, since the memory is used again
		if !own {
			b = bytes.Clone(b)
			p, _ = parsePage(b, n, db.pager.usable)
			own = true
		}
	}
	if p.inner() {
		keep()
	}
	m.set(n, o)
	used := p.array + 2*p.cells
	for i := range p.cells {
		c := p.cell(i)
		if p.inner() {
			if c+4 > len(p.b) {
				continue
			}
			db.claim(m, be32(b, c), o, depth+1)
			if p.kind == innerTable {
				_, n := varint(p.b[c+4:])
				used += 4 + n
				continue
			}
		}
		cell, err := parseCell(&p, c, db.pager.usable)
		if err != nil {
			continue
		}
		used += max(cell.end-c, 4)
		if cell.local < cell.size {
			keep()
			db.claimOverflow(m, be32(b, cell.end-4), cell.size-cell.local)
		}
	}
	if o >= ownTable {
		db.found.countBlocks(&p)
	}
	if o >= ownTable && p.residue(used) {
		i := o - ownTable
		db.found.own[i] = append(db.found.own[i], image{n: n, at: at, v: &db.live, state: Live, owner: o})
	}
	if p.inner() {
		db.claim(m, be32(b, p.start+8), o, depth+1)
	}
}

// residue reports whether a page, of whose bytes so many are in use, holds
// something in the rest.
func (p *btreePage) residue(used int) bool {
	content := be16(p.b, p.start+5)
	if content == 0 {
		content = 65536
	}
	from, to := min(p.array+2*p.cells, len(p.b)), min(content, len(p.b))
	if rest := len(p.b) - used - (to - from); to < from || rest < 0 || rest > 3 {
		return true
	}
	return !blank(p.b[from:to])
}

// claimOverflow marks a chain of overflow pages that holds rest bytes.
func (db *DB) claimOverflow(m ownerMap, n uint32, rest int) {
	for ; rest > 0 && db.live.exists(n) && m.get(n) == ownNone; rest -= db.pager.usable - 4 {
		b, _, err := db.live.page(n)
		if err != nil {
			return
		}
		m.set(n, ownOther)
		n = be32(b, 0)
	}
}

// claimFreelist marks the pages of the freelist that nothing else uses.
func (db *DB) claimFreelist(m ownerMap) {
	n := db.freeTrunk
	for range maxTrunks {
		if !db.live.exists(n) || m.get(n) != ownNone {
			return
		}
		b, _, err := db.live.page(n)
		if err != nil {
			return
		}
		m.set(n, ownTrunk)
		for _, leaf := range trunkLeaves(b, db.pager.usable) {
			if db.live.exists(leaf) && m.get(leaf) == ownNone {
				m.set(leaf, ownFree)
			}
		}
		n = be32(b, 0)
	}
	db.problem(fmt.Errorf("read freelist: %w: more than %d trunk pages", ErrFormat, maxTrunks))
}

// trunkLeaves returns the pages that a trunk page of the freelist lists, nil if
// its count cannot be right.
func trunkLeaves(b []byte, usable int) []uint32 {
	n := be32(b, 4)
	if n > uint32(usable/4-2) {
		return nil
	}
	out := make([]uint32, n)
	for i := range out {
		out[i] = be32(b, 8+4*i)
	}
	return out
}

// countBlocks counts the free blocks of a page, and those that hold only zeros
// after their header.
func (f *findings) countBlocks(p *btreePage) {
	for at := be16(p.b, p.start+1); at != 0 && at+4 <= len(p.b); {
		next, size := be16(p.b, at), be16(p.b, at+2)
		if size < 4 || at+size > len(p.b) {
			return
		}
		f.free++
		if blank(p.b[at+4 : at+size]) {
			f.wiped++
		}
		if next <= at {
			return
		}
		at = next
	}
}

// blank reports whether there are only zeros.
func blank(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// Wiped returns how many places the live database keeps free for reuse, that is
// free blocks of table pages and pages on the freelist, and how many of them hold
// nothing but zeros. If most do, the application deletes securely or something
// wiped the file: that [DB.All] finds no deleted rows does not mean there were
// none.
func (db *DB) Wiped() (wiped, free int) {
	f := db.find()
	return f.wiped, f.free
}
