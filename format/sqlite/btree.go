package sqlite

import (
	"fmt"
)

// The types of b-tree pages.
const (
	innerIndex = 0x02
	innerTable = 0x05
	leafIndex  = 0x0a
	leafTable  = 0x0d
)

// Limits that keep a hostile file from exhausting memory or time.
const (
	maxDepth   = 32      // levels of a b-tree
	maxPayload = 1 << 28 // bytes of a row
)

// btreePage is the header of a b-tree page.
type btreePage struct {
	b     []byte
	kind  byte
	start int // of the page header
	cells int
	array int // start of the cell pointers
}

// parsePage reads the header of a b-tree page. Page 1 begins with the header of
// the database.
func parsePage(b []byte, n uint32, usable int) (btreePage, error) {
	p := btreePage{b: b[:min(len(b), usable)]}
	if n == 1 {
		p.start = headerSize
	}
	p.kind = b[p.start]
	p.array = p.start + 8
	switch p.kind {
	case innerIndex, innerTable:
		p.array += 4
	case leafIndex, leafTable:
	default:
		return p, fmt.Errorf("%w: page %d: type %#02x", ErrFormat, n, p.kind)
	}
	p.cells = be16(b, p.start+3)
	if p.array+2*p.cells > len(p.b) {
		return p, fmt.Errorf("%w: page %d: %d cells", ErrFormat, n, p.cells)
	}
	return p, nil
}

func (p *btreePage) inner() bool { return p.kind == innerIndex || p.kind == innerTable }
func (p *btreePage) table() bool { return p.kind == leafTable || p.kind == innerTable }

// cell returns the offset of cell i.
func (p *btreePage) cell(i int) int { return be16(p.b, p.array+2*i) }

// cell is a decoded cell of a leaf, or of any index page.
type cell struct {
	rowid int64
	size  int // bytes of the whole payload
	start int // offset of the payload in the page
	local int // bytes of the payload in the page
	end   int // offset of what follows the cell
}

// parseCell decodes the payload cell at offset c. An inner index cell begins
// with its child.
func parseCell(p *btreePage, c, usable int) (cell, error) {
	var out cell
	if p.kind == innerIndex {
		c += 4
	}
	if c >= len(p.b) {
		return out, fmt.Errorf("%w: cell at %d", ErrFormat, c)
	}
	size, n := varint(p.b[c:])
	c += n
	if n != 0 && p.kind == leafTable {
		var id uint64
		id, n = varint(p.b[c:])
		c += n
		out.rowid = int64(id)
	}
	if n == 0 || size > maxPayload {
		return out, fmt.Errorf("%w: payload of %d bytes", ErrFormat, size)
	}
	out.size, out.start = int(size), c
	out.local = localSize(out.size, usable, p.kind == leafTable)
	out.end = c + out.local
	if out.local < out.size {
		out.end += 4
	}
	if out.end > len(p.b) {
		return out, fmt.Errorf("%w: cell of %d bytes leaves its page", ErrFormat, out.size)
	}
	return out, nil
}

// localSize returns how many bytes of a payload lie in the b-tree page itself.
func localSize(size, usable int, table bool) int {
	most := usable - 35
	if !table {
		most = (usable-12)*64/255 - 23
	}
	if size <= most {
		return size
	}
	least := (usable-12)*32/255 - 23
	local := least + (size-least)%(usable-4)
	if local > most {
		return least
	}
	return local
}

// walker is one traversal of a b-tree. It visits each page at most once, which
// bounds the time that a hostile file can take.
type walker struct {
	v     *view
	t     *Table
	enc   Encoding
	yield func(Row, error) bool
	seen  pageSet
	spill pageSet // overflow pages seen; a lying chain must not hide a tree page
	slab  fieldSlab
}

// walk visits a page and those below it. It returns false to stop.
func (w *walker) walk(n uint32, depth int) bool {
	if depth > maxDepth {
		return w.fail(n, fmt.Errorf("%w: b-tree is too deep", ErrFormat))
	}
	if !w.v.exists(n) {
		return w.fail(n, fmt.Errorf("%w: no such page in a database of %d", ErrFormat, w.v.pages))
	}
	if !w.seen.add(n) {
		return w.fail(n, fmt.Errorf("%w: page is referred to twice", ErrFormat))
	}
	b, at, err := w.v.page(n)
	if err != nil {
		return w.fail(n, err)
	}
	p, err := parsePage(b, n, w.v.usable)
	if err != nil {
		return w.fail(n, err)
	}
	if p.table() == w.t.WithoutRowid {
		return w.fail(n, fmt.Errorf("%w: page type %#02x", ErrFormat, p.kind))
	}
	for i := range p.cells {
		c := p.cell(i)
		if p.inner() {
			if c+4 > len(p.b) {
				if !w.fail(n, fmt.Errorf("%w: cell %d at %d", ErrFormat, i, c)) {
					return false
				}
				continue
			}
			if !w.walk(be32(b, c), depth+1) {
				return false
			}
			if p.kind == innerTable {
				continue
			}
		}
		if !w.row(&p, n, at, c) {
			return false
		}
	}
	return !p.inner() || w.walk(be32(b, p.start+8), depth+1)
}

// fail yields an error about page n of the table.
func (w *walker) fail(n uint32, err error) bool {
	return w.yield(Row{}, fmt.Errorf("read table %q: page %d: %w", w.t.Name, n, err))
}

// row yields the row in the cell at offset c. A row whose overflow pages are
// damaged is yielded as far as it goes, after the error.
func (w *walker) row(p *btreePage, n uint32, at place, c int) bool {
	row, damage, err := w.decode(p, c)
	if err != nil {
		return w.fail(n, fmt.Errorf("cell at %d: %w", c, err))
	}
	if damage != nil && !w.fail(n, fmt.Errorf("cell at %d: %w", c, damage)) {
		return false
	}
	row.Offset, row.Page, row.File = at.off+int64(c), n, at.file
	return w.yield(row, nil)
}

// decode returns the row in the cell at offset c. The first error is about its
// overflow pages or lengths and leaves a partial row.
func (w *walker) decode(p *btreePage, c int) (row Row, damage, err error) {
	cell, err := parseCell(p, c, w.v.usable)
	if err != nil {
		return Row{}, nil, err
	}
	payload := p.b[cell.start : cell.start+cell.local : cell.start+cell.local]
	if cell.local < cell.size {
		payload, damage = w.v.overflow(payload, cell.size, be32(p.b, cell.end-4), &w.spill)
	}
	fields, err := w.slab.parse(payload, damage != nil)
	if err != nil {
		// The lengths contradict each other: read what the header describes.
		damage, payload = err, p.b[cell.start:]
		if fields, err = w.slab.parse(payload, true); err != nil {
			return Row{}, nil, err
		}
	}
	return Row{ID: cell.rowid, enc: w.enc, t: w.t, payload: payload, fields: fields, Partial: damage != nil}, damage, nil
}

// overflow returns a payload of size bytes whose start is local and whose rest
// lies in the chain of pages from next. Pages that seen has are not read again.
// With an error it returns what it has.
func (v *view) overflow(local []byte, size int, next uint32, seen *pageSet) ([]byte, error) {
	out, _, err := v.chain(local, size, next, seen, nil)
	return out, err
}

// chain does what overflow does and also returns the page that the last one
// names as the next, which is 0 where the chain is whole. It ends at a page that
// does not suit, unless suits is nil.
func (v *view) chain(local []byte, size int, next uint32, seen *pageSet, suits func(uint32) bool) (out []byte, last uint32, err error) {
	if int64(size) > int64(v.pages)*int64(v.usable) {
		return local, 0, fmt.Errorf("%w: payload of %d bytes", ErrFormat, size)
	}
	out = append(make([]byte, 0, min(size, chunkSize)), local...)
	for len(out) < size {
		if !v.exists(next) || suits != nil && !suits(next) || !seen.add(next) {
			return out, 0, fmt.Errorf("%w: overflow page %d: chain ends early or is no chain", ErrFormat, next)
		}
		b, _, err := v.page(next)
		if err != nil {
			return out, 0, fmt.Errorf("overflow: %w", err)
		}
		out = append(out, b[4:4+min(v.usable-4, size-len(out))]...)
		next = be32(b, 0)
	}
	return out, next, nil
}

// seek returns the leaf page that would hold a rowid, and the offset of its
// cell, or ErrNoRow.
func (w *walker) seek(root uint32, id int64) (Row, error) {
	n := root
	for range maxDepth {
		b, at, err := w.v.page(n)
		if err != nil {
			return Row{}, err
		}
		p, err := parsePage(b, n, w.v.usable)
		if err != nil {
			return Row{}, err
		}
		if !p.table() {
			return Row{}, fmt.Errorf("%w: page %d: type %#02x", ErrFormat, n, p.kind)
		}
		i, exact := p.search(id)
		switch {
		case p.kind == leafTable && !exact:
			return Row{}, ErrNoRow
		case p.kind == leafTable:
			c := p.cell(i)
			row, damage, err := w.decode(&p, c)
			if err == nil {
				err = damage
			}
			row.Offset, row.Page, row.File = at.off+int64(c), n, at.file
			return row, err
		case i < p.cells && p.cell(i)+4 <= len(p.b):
			n = be32(b, p.cell(i))
		default:
			n = be32(b, p.start+8)
		}
	}
	return Row{}, fmt.Errorf("%w: b-tree is too deep", ErrFormat)
}

// search returns the first cell whose rowid is not below id, and whether it is id.
func (p *btreePage) search(id int64) (int, bool) {
	lo, hi := 0, p.cells
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if p.key(mid) < id {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, lo < p.cells && p.key(lo) == id
}

// key returns the rowid of cell i of a table page, 0 if it is damaged.
func (p *btreePage) key(i int) int64 {
	c := p.cell(i)
	if p.kind == innerTable {
		c += 4
	} else if c < len(p.b) {
		_, n := varint(p.b[c:])
		c += n
	}
	if c >= len(p.b) {
		return 0
	}
	x, _ := varint(p.b[c:])
	return int64(x)
}
