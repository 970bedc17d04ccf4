package sqlite

import (
	"slices"
)

// A freed cell gets the header of a free block over its first 4 bytes: the place
// of the next block and the size of this one. Under it lay the length of the
// payload, the rowid, the length of the record header and perhaps the first
// serial type. The rest is enough to tell what was there, given the table.

// minRebuilt is how many bytes of values a record must have to be told from
// leavings of other things when its start is overwritten.
const minRebuilt = 4

// smallHeader is the longest record header whose length is one byte.
const smallHeader = 127

// rebuild returns the record of a cell that begins at an offset of a range and
// whose first 4 bytes are the header of a free block, in force or stale.
func (c *carver) rebuild(at int, s span) (r record, ok bool) {
	if c.shape == nil || c.indexed() || at+8 > s.to {
		return r, false
	}
	next, size := be16(c.b, at), be16(c.b, at+2)
	if size < 6 || at+size > len(c.b) || next != 0 && (next <= at+3 || next >= len(c.b)) {
		return r, false
	}
	try := func(start int, header []byte, body int) bool {
		r, ok = c.assemble(at, start, header, body, min(at+size, s.to), s)
		return ok
	}
	for _, n := range c.shape.counts {
		if h, from, found := c.serials(at+4, n, s.to); found && n >= 2 && try(3, h, from) {
			return r, true
		}
		if n >= 3 && c.lostSerial(span{at, s.to}, n, min(at+size, s.to), try) {
			return r, true
		}
	}
	for skip := range 8 {
		from := at + 4 + skip
		head, n, _ := c.head(c.b[:s.to], from, uint64(max(s.to-from, 0)))
		if n >= 2 && head <= smallHeader && try(4+skip, c.b[from+1:from+head], from+head) {
			return r, true
		}
	}
	return r, false
}

// serials returns the bytes of n serial types from an offset, and the offset
// after them.
func (c *carver) serials(at, n, limit int) (h []byte, end int, ok bool) {
	end = at
	for range n {
		if end >= limit {
			return nil, 0, false
		}
		_, m := varint(c.b[end:limit])
		if m == 0 {
			return nil, 0, false
		}
		end += m
	}
	return c.b[at:end], end, end-at < smallHeader
}

// lostSerial tries the serial types that the first of n values can have had when
// it is overwritten: what fits the size of the block, then what is common.
func (c *carver) lostSerial(in span, n, blockEnd int, try func(int, []byte, int) bool) bool {
	rest, body, ok := c.serials(in.from+4, n-1, in.to)
	if ok {
		size := 0
		for h := rest; len(h) > 0; {
			st, m := varint(h)
			h = h[m:]
			size += int(min(serialSize(st), maxPayload))
		}
		for _, st := range c.firstSerials(blockEnd - body - size) {
			if try(2, append([]byte{byte(st)}, rest...), body) {
				return true
			}
		}
	}
	// The first byte of a two-byte serial type: its payload is below 128 bytes,
	// so that byte can only be 0x81.
	if rest, body, ok = c.serials(in.from+4, n, in.to); ok && rest[0] < 0x80 {
		return try(2, append([]byte{0x81}, rest...), body)
	}
	return false
}

// firstSerials returns the one-byte serial types to try for the first column of
// a record, given the size that its value has if the record fills its block.
func (c *carver) firstSerials(size int) []uint32 {
	s := c.shape
	col := s.t.Columns[s.columns[0]]
	if col.RowidAlias {
		return []uint32{0}
	}
	var out []uint32
	for _, st := range s.first {
		if int(serialSize(uint64(st))) == size {
			out = append(out, st)
		}
	}
	if size > 0 && size < 58 {
		for _, st := range []uint32{0, 1, 2, 3, 4, 5, 6, 7, uint32(13 + 2*size), uint32(12 + 2*size)} {
			if int(serialSize(uint64(st))) == size && s.rate(0, st) >= choose(s.rows == 0, 1, 2) {
				out = append(out, st)
			}
		}
	} else if size == 0 && s.rate(0, 0) > 0 && len(out) == 0 {
		out = append(out, 0)
	}
	for _, st := range append(slices.Clip(s.first), 2, 1, 4, 3, 6, 5) {
		if s.rate(0, st) > 0 && !slices.Contains(out, st) {
			out = append(out, st)
		}
	}
	return slices.DeleteFunc(out, func(st uint32) bool { return st > 127 })
}

// assemble returns the record of the serial types header and the values at body,
// if the cell at an offset can have had it: its payload starts at at+start, and
// it ends where its block or the range does, or where another cell begins.
func (c *carver) assemble(at, start int, header []byte, body, blockEnd int, s span) (r record, ok bool) {
	size := 1 + len(header)
	for h := header; len(h) > 0; {
		st, m := varint(h)
		h = h[m:]
		if size += int(min(serialSize(st), maxPayload)); size > s.to {
			return r, false
		}
	}
	if size-1-len(header) < minRebuilt {
		return r, false
	}
	end := at + start + size
	id := start - varintLen(uint64(size))
	if end > blockEnd || id < 1 || id > 9 || size != localSize(size, c.db.pager.usable, true) {
		return r, false
	}
	if end != blockEnd && end != s.to && !c.begins(end, at+be16(c.b, at+2), s, 0) {
		return r, false
	}
	nonzero := 0
	for _, x := range c.b[body:end] {
		nonzero += choose(x != 0, 1, 0)
	}
	if nonzero < minRebuilt {
		return r, false
	}
	payload := make([]byte, 0, size)
	payload = append(payload, byte(1+len(header)))
	payload = append(payload, header...)
	payload = append(payload, c.b[body:end]...)
	if len(payload) != size {
		return r, false
	}
	fields, err := c.slab.parse(payload, false)
	if err != nil {
		return r, false
	}
	r.row = Row{IDLost: true, enc: c.db.encoding, payload: payload, fields: fields}
	r.end = end
	c.index = false
	r.score, ok = c.suits(fields, true)
	return r, ok && c.shape.rebuilt(fields) && sound(&r.row) == len(fields)
}

// maxBegins bounds how many blocks are followed to see whether one begins where
// another ends.
const maxBegins = 8

// begins reports whether a freed cell begins at an offset of a range, in a block
// that ended at blockEnd. Either it is whole, or it has the header of a block of
// its own, which ended there too or where a further cell begins.
func (c *carver) begins(at, blockEnd int, s span, depth int) bool {
	if at+8 > s.to {
		return true // the rest is too short for another
	}
	if _, ok := c.intact(at, s.to); ok {
		return true
	}
	next, size := be16(c.b, at), be16(c.b, at+2)
	if size < 6 || at+size > len(c.b) || next != 0 && (next <= at+3 || next >= len(c.b)) || depth > maxBegins {
		return false
	}
	return at+size >= blockEnd || c.begins(at+size, blockEnd, s, depth+1)
}

// varintLen returns the number of bytes of a varint.
func varintLen(x uint64) int {
	n := 1
	for ; x >= 0x80 && n < 9; x >>= 7 {
		n++
	}
	return n
}
