package sqlite

import (
	"slices"
)

// image is one version of one page that may hold rows which are not live.
type image struct {
	n      uint32
	at     place
	v      *view // the pages of the same time, for overflow chains
	state  State // of the rows in its cells
	origin Origin
	owner  owner // of the page number in the live database
}

// minBody is how many bytes of the values must be left of a record whose end is
// overwritten, if that is less than half.
const minBody = 16

// span is a range of bytes of a page.
type span struct{ from, to int }

// carver finds the records in one page image.
type carver struct {
	db   *DB
	img  *image
	b    []byte // the usable bytes of the page
	at   place
	seen pageSet
	*scratch
	// suits returns how well a record suits the table looked for, or false. It
	// is given records with few columns, or in doubtful places, as strict.
	suits func(fields []field, strict bool) (int, bool)
	index bool // the record before suits is of an index b-tree
	// shape is that of the table looked for, nil if it is unknown. Records whose
	// start is overwritten are found only with it.
	shape *shape
	// emit takes each record with its score and reports whether to go on.
	emit func(Row, int) bool
}

// scratch is memory that carvers share.
type scratch struct {
	slab   fieldSlab
	covers []bool
	busy   bool
}

// record is a candidate, at offsets of the page.
type record struct {
	row   Row
	end   int
	score int
}

// run looks through the page: the cells of its pointer array unless they are
// live, then all bytes that no cell covers.
func (c *carver) run(b []byte, live bool) bool {
	c.b = b[:c.db.pager.usable]
	c.at = c.img.at
	c.seen = pageSet{}
	p, err := parsePage(b, c.img.n, c.db.pager.usable)
	if c.img.owner == ownTrunk || err != nil {
		from := 0
		if c.img.owner == ownTrunk {
			from = 8 + 4*len(trunkLeaves(b, c.db.pager.usable))
		}
		return c.scan(span{from, len(c.b)}, c.img.origin)
	}
	c.covers = slices.Grow(c.covers[:0], len(c.b))[:len(c.b)]
	clear(c.covers)
	c.cover(0, p.array+2*p.cells)
	for i := range p.cells {
		if !c.cell(&p, p.cell(i), live) {
			return false
		}
	}
	content := be16(b, p.start+5)
	for _, s := range c.gaps() {
		origin := c.img.origin
		if origin == Tree {
			origin = Gap
			if s.from >= content && content != 0 {
				origin = FreeBlock
			}
		}
		if !c.scan(s, origin) {
			return false
		}
	}
	return true
}

func (c *carver) cover(from, to int) {
	for i := from; i < min(to, len(c.covers)); i++ {
		c.covers[i] = true
	}
}

// gaps returns the ranges that no cell covers.
func (c *carver) gaps() []span {
	var out []span
	for i := 0; i < len(c.covers); {
		j := i
		for j < len(c.covers) && c.covers[j] == c.covers[i] {
			j++
		}
		if !c.covers[i] && j-i >= 4 {
			out = append(out, span{i, j})
		}
		i = j
	}
	return out
}

// cell covers the bytes of a cell and, if it is not live, emits its row.
func (c *carver) cell(p *btreePage, at int, live bool) bool {
	if p.kind == innerTable {
		if at+4 < len(p.b) {
			_, n := varint(p.b[at+4:])
			c.cover(at, at+4+n)
		}
		return true
	}
	cell, err := parseCell(p, at, c.db.pager.usable)
	if err != nil {
		return true // what is there is looked through as unallocated space
	}
	if live {
		c.cover(at, max(cell.end, at+4))
		return true
	}
	payload, partial := c.whole(c.b[cell.start:cell.start+cell.local], cell)
	fields, err := c.slab.parse(payload, partial)
	if err != nil {
		return true
	}
	c.index = p.kind != leafTable
	score, ok := c.suits(fields, false)
	if !ok {
		return true
	}
	c.cover(at, max(cell.end, at+4))
	row := Row{ID: cell.rowid, Partial: partial, payload: payload, fields: fields}
	return c.found(record{row, cell.end, score + 1}, at, c.img.state, c.img.origin)
}

// found completes a row and emits it.
func (c *carver) found(r record, at int, state State, origin Origin) bool {
	r.row.Offset, r.row.Page, r.row.File = c.at.off+int64(at), c.img.n, c.at.file
	r.row.State, r.row.Origin, r.row.enc = state, origin, c.db.encoding
	return c.emit(r.row, r.score)
}

// whole returns the payload of a cell with its overflow pages. A chain that does
// not end where it must was reused since, so the payload stays cut.
func (c *carver) whole(local []byte, cell cell) (payload []byte, partial bool) {
	local = slices.Clip(local)
	if cell.local >= cell.size {
		return local, false
	}
	budget := &c.db.found.overflow
	if *budget -= int64(cell.size); *budget < 0 {
		return local, true
	}
	next := be32(c.b, cell.end-4)
	payload, last, err := c.img.v.chain(local, cell.size, next, &c.seen, c.unused)
	if err != nil || last != 0 {
		return local, true
	}
	return payload, false
}

// unused reports whether a page can still be the overflow page that it was.
func (c *carver) unused(n uint32) bool {
	if c.img.state == Logged {
		return true // the view is of another time than the owners
	}
	o := c.db.found.owners.get(n)
	return o == ownNone || o == ownFree
}

// scan looks for records at every offset of a range.
func (c *carver) scan(s span, origin Origin) bool {
	for at := s.from; at+4 <= s.to; {
		if c.b[at] == 0 && c.b[at+1] == 0 && c.b[at+2] == 0 && c.b[at+3] == 0 {
			at++
			continue
		}
		r, ok := c.intact(at, s.to)
		if ok {
			ok = c.overwritten(&r, at)
		} else {
			r, ok = c.rebuild(at, s)
		}
		if !ok {
			at++
			continue
		}
		if !c.found(r, at, Deleted, origin) {
			return false
		}
		at = max(r.end, at+4)
	}
	return true
}

// intact returns the record of a cell that begins at an offset and of which at
// least the header lies before end.
func (c *carver) intact(at, end int) (r record, ok bool) {
	b := c.b[:end]
	size, n := varint(b[at:])
	if n == 0 || size < 2 || size > maxPayload {
		return r, false
	}
	start := at + n
	if !c.indexed() && start < end {
		id, m := varint(b[start:])
		if m == 0 {
			return r, false
		}
		start += m
		r.row.ID = int64(id)
	}
	head, fields, body := c.head(b, start, size)
	if fields == 0 || head+body != int(size) {
		return r, false
	}
	cl := cell{size: int(size), start: start, local: localSize(int(size), c.db.pager.usable, !c.indexed())}
	cl.end = start + cl.local + choose(cl.local < cl.size, 4, 0)
	var payload []byte
	if cl.end > end {
		// The rest was overwritten. What is left must be worth the doubt.
		if head+min(body/2, minBody) > end-start || fields < 3 {
			return r, false
		}
		payload, r.row.Partial = slices.Clip(b[start:min(end, start+cl.local)]), true
		cl.end = end
	} else {
		payload, r.row.Partial = c.whole(b[start:start+cl.local], cl)
	}
	var err error
	if r.row.fields, err = c.slab.parse(payload, r.row.Partial); err != nil {
		return r, false
	}
	r.row.payload, r.row.enc, r.end = payload, c.db.encoding, cl.end
	c.index = c.indexed()
	if r.score, ok = c.suits(r.row.fields, fields < 3 || r.row.Partial); !ok {
		return r, false
	}
	return r, c.cut(&r.row, sound(&r.row))
}

// cut ends a record before value n, which is not what it was, and reports whether
// enough is left of it.
func (c *carver) cut(row *Row, n int) bool {
	if n == len(row.fields) {
		return true
	}
	off := min(int(row.fields[n].off), len(row.payload))
	if len(row.fields) < 3 || off-int(row.fields[0].off) < minBody {
		return false
	}
	row.payload, row.Partial = slices.Clip(row.payload[:off]), true
	return true
}

// overwritten cuts a record at the first place where another, which is whole,
// begins: it was written over the end of the first.
func (c *carver) overwritten(r *record, at int) bool {
	header := int(r.row.fields[0].off)
	for i := at + header + 2; i < r.end-4; i++ {
		in, ok := c.intact(i, r.end)
		if !ok || in.row.Partial || len(in.row.fields) < 3 {
			continue
		}
		r.end = i
		left := i - at - varintLen(uint64(len(r.row.payload))) - varintLen(uint64(r.row.ID))
		for n, f := range r.row.fields {
			if int(f.off)+int(serialSize(uint64(f.serial))) > left {
				return c.cut(&r.row, n)
			}
		}
		return true
	}
	return true
}

// indexed reports whether the table looked for is kept in an index b-tree.
func (c *carver) indexed() bool { return c.shape != nil && c.shape.t.WithoutRowid }

// head returns the length of the record header at an offset, the number of its
// values and their length together. It returns 0 values if there is none, or the
// record would be longer than size.
func (c *carver) head(b []byte, at int, size uint64) (head, fields, body int) {
	if at >= len(b) {
		return 0, 0, 0
	}
	h, n := varint(b[at:])
	if n == 0 || h < uint64(n)+1 || h > uint64(len(b)-at) || h > size {
		return 0, 0, 0
	}
	rest := size - h
	for p := b[at+n : at+int(h)]; len(p) > 0; {
		st, m := uint64(p[0]), 1
		if st >= 0x80 {
			st, m = varint(p)
		}
		if m == 0 || st == 10 || st == 11 || st > 2*maxPayload {
			return 0, 0, 0
		}
		n := serialSize(st)
		if n > rest || fields == c.db.found.widest {
			return 0, 0, 0
		}
		rest -= n
		body += int(n)
		fields++
		p = p[m:]
	}
	return int(h), fields, body
}
