package sqlite

import (
	"encoding/binary"
	"math"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

// Limits of what is learned from the live rows of a table.
const (
	sampleRows    = 4096 // live rows looked at
	sampleSerials = 64   // serial types kept of a column
	sampleLengths = 16   // numbers of values kept
)

// shape is what the records of a table look like: by its declaration, and by a
// sample of its live rows.
type shape struct {
	t       *Table
	columns []int // column at each position of a record, -1 if unknown
	lengths map[int]bool
	serials []map[uint32]int // how often each serial type was seen at a position
	rows    int
	counts  []int    // the keys of lengths, the full number first
	first   []uint32 // serial types of the first value, the most frequent first
}

// learn returns the shape of a table.
func (db *DB) learn(t *Table) *shape {
	s := &shape{t: t, columns: make([]int, t.stored), lengths: map[int]bool{t.stored: true}, serials: make([]map[uint32]int, t.stored)}
	for i, c := range t.Columns {
		if c.pos >= 0 && c.pos < t.stored {
			s.columns[c.pos] = i
		}
	}
	for row, err := range db.rows(t) {
		if err != nil {
			continue
		}
		if s.rows++; s.rows > sampleRows {
			break
		}
		if len(s.lengths) < sampleLengths {
			s.lengths[len(row.fields)] = true
		}
		for i, f := range row.fields[:min(len(row.fields), t.stored)] {
			if s.serials[i] == nil {
				s.serials[i] = map[uint32]int{}
			}
			if len(s.serials[i]) < sampleSerials || s.serials[i][f.serial] > 0 {
				s.serials[i][f.serial]++
			}
		}
	}
	for n := range s.lengths {
		s.counts = append(s.counts, n)
	}
	slices.SortFunc(s.counts, func(a, b int) int { return b - a })
	if t.stored > 0 {
		s.first = s.common(0)
	}
	return s
}

// rebuilt reports whether a record whose start was overwritten says enough to be
// told from leavings of other things: its integers are no wider than usual, and
// there are several values or a text.
func (s *shape) rebuilt(fields []field) bool {
	text := false
	for i, f := range fields {
		switch kindOf(f.serial) {
		case Text:
			text = text || f.serial >= 13+2*minRebuilt
		case Int:
			widest := uint64(4)
			for have := range s.serials[i] {
				if k := kindOf(have); k == Int || k == Float {
					widest = max(widest, serialSize(uint64(have)))
				}
			}
			if s.rows > 0 && serialSize(uint64(f.serial)) > widest {
				return false
			}
		}
	}
	return text || len(fields) >= 4
}

// seen reports whether a live row has the storage class of a serial type at a
// position.
func (s *shape) seen(pos int, serial uint32) bool {
	k := kindOf(serial)
	for have := range s.serials[pos] {
		if kindOf(have) == k {
			return true
		}
	}
	return false
}

// kindOf returns the storage class of a serial type.
func kindOf(serial uint32) Kind {
	switch {
	case serial == 0:
		return Null
	case serial == 7:
		return Float
	case serial < 10:
		return Int
	case serial >= 12 && serial&1 == 0:
		return Blob
	}
	return Text
}

// fit rates how well a record suits the table, or returns false if it cannot be
// one of its rows. With strict, types must be those declared or seen.
func (s *shape) fit(fields []field, strict bool) (score int, ok bool) {
	if len(fields) == 0 || !s.lengths[len(fields)] || len(fields) > s.t.stored {
		return 0, false
	}
	for i, f := range fields {
		n := s.rate(i, f.serial)
		if n < 0 || n < 2 && strict && f.serial != 0 && (n == 0 || s.rows > 0) && !s.seen(i, f.serial) {
			return 0, false
		}
		score += n
	}
	return score, true
}

// rate returns 2 if a serial type is what a column is declared for, 1 if it is
// usual, 0 if it is odd, and -1 if SQLite would not store it.
func (s *shape) rate(pos int, serial uint32) int {
	if serial == 10 || serial == 11 {
		return -1
	}
	c, kind := &s.t.Columns[s.columns[pos]], kindOf(serial)
	switch {
	case c.RowidAlias && kind != Null:
		return -1
	case c.RowidAlias:
		return 3
	case kind == Null && c.NotNull:
		return -1
	case kind == Null:
		return 1
	}
	number := kind == Int || kind == Float
	switch c.affinity {
	case affText:
		if number {
			return -1
		}
		return choose(kind == Text, 2, 0)
	case affInteger:
		return choose(kind == Int, 2, 0)
	case affReal:
		return choose(kind == Float, 2, choose(kind == Int, 1, 0))
	case affNumeric:
		return choose(number, 2, choose(kind == Text && s.rows == 0, 1, 0))
	}
	return 1
}

func choose(cond bool, yes, no int) int {
	if cond {
		return yes
	}
	return no
}

// The range of a real that is neither 0 nor absurd.
const (
	minReal = 1e-30
	maxReal = 1e30
)

// sound returns how many of the values of a carved record, from the first, can be
// what they claim to be. Text that is none and absurd reals show that something
// else was written over the record.
func sound(row *Row) int {
	for i, f := range row.fields {
		v := row.stored(i)
		switch v.Kind {
		case Text:
			if !readableText(v.b, row.enc, len(v.b) < int(serialSize(uint64(f.serial)))) {
				return i
			}
		case Float:
			if x := math.Abs(v.Float()); x != 0 && (x < minReal || x > maxReal) {
				return i
			}
		}
	}
	return len(row.fields)
}

func readableText(b []byte, enc Encoding, cut bool) bool {
	if enc == UTF16LE || enc == UTF16BE {
		return len(b)%2 == 0 && readableUTF16(b, enc) || cut
	}
	for i := 0; i < len(b); {
		if c := b[i]; c < utf8.RuneSelf {
			if c == 0 || c < 8 || c > 13 && c < 32 && c != 27 {
				return false
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return cut && i+utf8.UTFMax > len(b)
		}
		i += n
	}
	return true
}

func readableUTF16(b []byte, enc Encoding) bool {
	unit := binary.LittleEndian.Uint16
	if enc == UTF16BE {
		unit = binary.BigEndian.Uint16
	}
	for ; len(b) >= 2; b = b[2:] {
		r := rune(unit(b))
		if utf16.IsSurrogate(r) {
			if len(b) < 4 || utf16.DecodeRune(r, rune(unit(b[2:]))) == utf8.RuneError {
				return false
			}
			b = b[2:]
		} else if r < 8 || r > 13 && r < 32 {
			return false
		}
	}
	return true
}

// common returns the serial types seen at a position, the most frequent first.
func (s *shape) common(pos int) []uint32 {
	out := make([]uint32, 0, len(s.serials[pos]))
	for serial := range s.serials[pos] {
		out = append(out, serial)
	}
	slices.SortFunc(out, func(a, b uint32) int {
		if d := s.serials[pos][b] - s.serials[pos][a]; d != 0 {
			return d
		}
		return int(a) - int(b)
	})
	return out
}
