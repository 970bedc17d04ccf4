package sqlite

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// State says how a row stands to the database as its application sees it.
type State uint8

// The states of a row.
const (
	Live    State = iota // a query would return it
	Logged               // an earlier or uncommitted version, from the log, the journal or a page they replace
	Deleted              // recovered from space that is free
)

// String returns the state in lower case.
func (s State) String() string {
	switch s {
	case Logged:
		return "logged"
	case Deleted:
		return "deleted"
	}
	return "live"
}

// An Origin is the kind of place in which a row was found.
type Origin uint8

// The origins of a row.
const (
	Tree        Origin = iota // a cell of a b-tree page
	FreeBlock                 // a block in the free list of a b-tree page
	Gap                       // the unallocated space of a b-tree page
	FreePage                  // a page on the freelist
	Unreachable               // a page that nothing refers to
)

// String returns the origin in words.
func (o Origin) String() string {
	switch o {
	case FreeBlock:
		return "free block"
	case Gap:
		return "unallocated space"
	case FreePage:
		return "free page"
	case Unreachable:
		return "unreachable page"
	}
	return "b-tree"
}

// A Row is one version of one row. It stays valid after the iteration, but holds
// on to the page it lies on; [Row.Clone] one to keep many.
//
// A column is named without regard to case. A column that the table lacks reads
// as NULL, one added to the table after the row was written as its default.
type Row struct {
	ID     int64    // rowid; 0 in a table WITHOUT ROWID and where IDLost is set
	Offset int64    // bytes from the start of File to the cell, or to what is left of it
	Page   uint32   // number of the page, from 1
	State  State    // how the row stands to the live database
	File   FileKind // the file in which the cell lies
	Origin Origin   // the kind of place in which it lies
	// Assumed is set if the table is a guess by the shape of the record, since
	// nothing says to which table its page belonged.
	Assumed bool
	// IDLost is set if the rowid was overwritten.
	IDLost bool
	// Partial is set if the end of the row is damaged or overwritten. Its last
	// columns are then cut short or NULL.
	Partial bool
	// Changed is set by [DB.All] of a live row of which the log or the journal has
	// a version with other bytes.
	Changed bool

	enc     Encoding
	t       *Table
	payload []byte
	fields  []field
}

// field is one value of a record: its serial type and where its bytes start.
type field struct {
	serial uint32
	off    uint32
}

// Table returns the name of the table that the row belongs or belonged to.
func (r Row) Table() string {
	if r.t == nil {
		return ""
	}
	return r.t.Name
}

// Columns returns the names of the columns in the order of the table.
func (r Row) Columns() []string {
	if r.t == nil {
		return nil
	}
	return slices.Clone(r.t.names)
}

// Has reports whether the table has the column, whatever the row holds. A table
// with rowids has rowid, oid and _rowid_.
func (r Row) Has(col string) bool { return r.t.column(col) >= 0 }

// IsNull reports whether the column is NULL or absent.
func (r *Row) IsNull(col string) bool { return r.Value(col).Kind == Null }

// Int returns a column as an integer, by the rules of [Value.Int].
func (r *Row) Int(col string) int64 { return r.Value(col).Int() }

// Float returns a column as a real, by the rules of [Value.Float].
func (r *Row) Float(col string) float64 { return r.Value(col).Float() }

// Text returns a column as UTF-8, by the rules of [Value.Text].
func (r *Row) Text(col string) string { return r.Value(col).Text() }

// Blob returns the bytes of a column, by the rules of [Value.Blob].
func (r *Row) Blob(col string) []byte { return r.Value(col).Blob() }

// Value returns a column. The names rowid, oid and _rowid_ give the rowid where
// no column has them.
func (r *Row) Value(col string) Value {
	i := r.t.column(col)
	if i == rowidColumn {
		return r.rowid()
	}
	return r.At(i)
}

// At returns column i, counted from 0 in the order of the table.
func (r *Row) At(i int) Value {
	if r.t == nil || i < 0 || i >= len(r.t.Columns) {
		return Value{}
	}
	c := &r.t.Columns[i]
	if c.RowidAlias {
		return r.rowid()
	}
	if c.pos < 0 {
		return Value{} // computed on reading, so nothing of it is stored
	}
	if c.pos >= len(r.fields) {
		if r.Partial {
			return Value{}
		}
		return c.Default
	}
	v := r.stored(c.pos)
	if v.Kind == Int && c.affinity == affReal {
		return Value{Kind: Float, num: math.Float64bits(float64(int64(v.num)))}
	}
	return v
}

// IntAt returns what r.At(i).Int() does, sooner.
func (r *Row) IntAt(i int) int64 {
	f, c := r.fieldAt(i)
	if c == nil || f.serial >= 10 || f.serial == 7 || c.affinity == affReal {
		return r.At(i).Int()
	}
	switch f.serial {
	case 0, 8: // NULL and 0
		return 0
	case 9:
		return 1
	}
	b := r.payload[min(int(f.off), len(r.payload)):]
	if size := int(serialSize(uint64(f.serial))); size <= len(b) {
		return integer(b[:size])
	}
	return 0
}

// TextAt returns what r.At(i).Text() does, sooner where that is NULL.
func (r *Row) TextAt(i int) string {
	if f, c := r.fieldAt(i); c != nil && f.serial == 0 {
		return ""
	}
	return r.At(i).Text()
}

// BlobAt returns what r.At(i).Blob() does, sooner where that is NULL.
func (r *Row) BlobAt(i int) []byte {
	if f, c := r.fieldAt(i); c != nil && f.serial == 0 {
		return nil
	}
	return r.At(i).Blob()
}

// fieldAt returns what is stored of column i, nil if that takes more to tell.
func (r *Row) fieldAt(i int) (field, *Column) {
	if r.t == nil || uint(i) >= uint(len(r.t.Columns)) {
		return field{}, nil
	}
	c := &r.t.Columns[i]
	if c.RowidAlias || uint(c.pos) >= uint(len(r.fields)) {
		return field{}, nil
	}
	return r.fields[c.pos], c
}

// rowid returns the rowid as a value.
func (r *Row) rowid() Value {
	if r.IDLost || r.t.WithoutRowid {
		return Value{}
	}
	return Value{Kind: Int, num: uint64(r.ID)}
}

// Stored returns the number of values in the record. It differs from the number
// of columns if the table was altered, or the record is not what it seems.
func (r Row) Stored() int { return len(r.fields) }

// Clone returns a copy of the row that shares no memory with the database.
func (r Row) Clone() Row {
	r.payload, r.fields = slices.Clone(r.payload), slices.Clone(r.fields)
	return r
}

// stored returns the value at a position of the record.
func (r *Row) stored(pos int) Value {
	f := r.fields[pos]
	switch {
	case f.serial == 8 || f.serial == 9:
		return Value{Kind: Int, num: uint64(f.serial - 8)}
	case f.serial == 0 || f.serial == 10 || f.serial == 11:
		return Value{}
	}
	size := int(serialSize(uint64(f.serial)))
	b := r.payload[min(int(f.off), len(r.payload)):]
	if size > 0 && len(b) == 0 {
		return Value{} // cut off
	}
	if f.serial >= 12 {
		b = b[:min(size, len(b))]
		if f.serial&1 == 0 {
			return Value{Kind: Blob, b: b}
		}
		return Value{Kind: Text, enc: r.enc, b: b}
	}
	if size > len(b) {
		return Value{}
	}
	x := integer(b[:size])
	if f.serial != 7 {
		return Value{Kind: Int, num: uint64(x)}
	}
	if math.IsNaN(math.Float64frombits(uint64(x))) {
		return Value{} // SQLite reads it so
	}
	return Value{Kind: Float, num: uint64(x)}
}

// integer decodes a big-endian two's-complement integer of 1 to 8 bytes.
func integer(b []byte) int64 {
	x := int64(int8(b[0]))
	for _, c := range b[1:] {
		x = x<<8 | int64(c)
	}
	return x
}

// serialSize returns the number of bytes of a value of a serial type.
func serialSize(st uint64) uint64 {
	if st >= 12 {
		return (st - 12) / 2
	}
	return uint64("\x00\x01\x02\x03\x04\x06\x08\x08\x00\x00\x00\x00"[st])
}

// fieldSlab hands out slices of fields, which are never reused.
type fieldSlab []field

// The fields that a slab has at first, and at most unless a record needs more.
const (
	firstSlab = 16
	slabSize  = 2048
)

// parse reads the header of a record. With cut the payload may be shorter than
// the header says. Values past its end are then NULL or cut.
func (s *fieldSlab) parse(payload []byte, cut bool) ([]field, error) {
	head, n := varint(payload)
	if n == 0 || head < uint64(n) || head > uint64(len(payload)) && !cut {
		return nil, fmt.Errorf("%w: record header of %d bytes in a payload of %d", ErrFormat, head, len(payload))
	}
	h := payload[n:min(head, uint64(len(payload)))]
	if cap(*s)-len(*s) < len(h) {
		*s = make([]field, 0, max(min(4*cap(*s), slabSize), len(h), firstSlab))
	}
	out := (*s)[len(*s):]
	off := head
	for len(h) > 0 {
		st, n := uint64(h[0]), 1
		if st >= 0x80 {
			if st, n = varint(h); n == 0 {
				if cut {
					break
				}
				return nil, fmt.Errorf("%w: record header ends within a number", ErrFormat)
			}
		}
		h = h[n:]
		if st > math.MaxUint32 || off > uint64(len(payload)) && !cut {
			return nil, fmt.Errorf("%w: values of a record exceed its %d bytes", ErrFormat, len(payload))
		}
		out = append(out, field{uint32(st), uint32(min(off, math.MaxUint32))})
		off += serialSize(st)
	}
	if off > uint64(len(payload)) && !cut {
		return nil, fmt.Errorf("%w: values of a record exceed its %d bytes", ErrFormat, len(payload))
	}
	*s = (*s)[:len(*s)+len(out)]
	return out[:len(out):len(out)], nil
}

// varint decodes a big-endian SQLite varint and returns its length, 0 if b ends
// before it does.
func varint(b []byte) (uint64, int) {
	if len(b) > 0 && b[0] < 0x80 {
		return uint64(b[0]), 1
	}
	var x uint64
	for i := range min(9, len(b)) {
		if i == 8 {
			return x<<8 | uint64(b[8]), 9
		}
		x = x<<7 | uint64(b[i]&0x7f)
		if b[i] < 0x80 {
			return x, i + 1
		}
	}
	return 0, 0
}

func be16(b []byte, i int) int    { return int(binary.BigEndian.Uint16(b[i:])) }
func be32(b []byte, i int) uint32 { return binary.BigEndian.Uint32(b[i:]) }
