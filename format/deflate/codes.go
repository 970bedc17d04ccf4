package deflate

import (
	"fmt"
	"math/bits"
)

// tableBits is the length of the codes that one look into the table decodes.
const tableBits = 10

// maxBits is the length of the longest code.
const maxBits = 15

// A code is a canonical Huffman code. An element of the table is a symbol and,
// in its low four bits, the length of its code; 0 stands for a longer or unused
// one, which is decoded bit by bit.
type code struct {
	table   [1 << tableBits]uint16
	count   [maxBits + 1]uint16
	symbols [maxLitLen]uint16
}

// build makes the code from the lengths of its symbols. It fails if they are
// over-subscribed, or incomplete for more than one symbol.
func (c *code) build(lengths []uint8) error {
	clear(c.table[:])
	clear(c.count[:])
	for _, n := range lengths {
		c.count[n]++
	}
	used := len(lengths) - int(c.count[0])
	c.count[0] = 0
	left := 1
	for _, n := range c.count[1:] {
		left = left<<1 - int(n)
		if left < 0 {
			return fmt.Errorf("%w: over-subscribed code", ErrData)
		}
	}
	if left > 0 && (used > 1 || used == 1 && c.count[1] != 1) {
		return fmt.Errorf("%w: incomplete code", ErrData)
	}
	var offset, next [maxBits + 2]uint16
	var first uint16
	for n := 1; n <= maxBits; n++ {
		offset[n+1] = offset[n] + c.count[n]
		first = (first + c.count[n-1]) << 1
		next[n] = first
	}
	for symbol, n := range lengths {
		if n == 0 {
			continue
		}
		c.symbols[offset[n]] = uint16(symbol)
		offset[n]++
		v := next[n]
		next[n]++
		if n <= tableBits {
			reversed := bits.Reverse16(v) >> (16 - n)
			for i := int(reversed); i < len(c.table); i += 1 << n {
				c.table[i] = uint16(symbol)<<4 | uint16(n)
			}
		}
	}
	return nil
}

// symbol decodes one symbol. It consumes nothing if it fails.
func (d *Decoder) symbol(c *code) (int, error) {
	for {
		if e := c.table[d.bits&(1<<tableBits-1)]; e != 0 && uint(e&15) <= d.nbits {
			d.bits >>= e & 15
			d.nbits -= uint(e & 15)
			return int(e >> 4), nil
		}
		if symbol, n, ok := d.slow(c); ok {
			if n == 0 {
				return 0, fmt.Errorf("%w: code without symbol", ErrData)
			}
			d.take(n)
			return symbol, nil
		}
		if err := d.need(d.nbits + 1); err != nil {
			return 0, err
		}
	}
}

// slow decodes a symbol bit by bit from the bits at hand, and returns the length
// of its code, 0 if there is no such code. It is not ok if more bits are needed.
func (d *Decoder) slow(c *code) (symbol int, n uint, ok bool) {
	var v, first, index int
	for n = 1; n <= maxBits; n++ {
		if n > d.nbits {
			return 0, 0, false
		}
		v |= int(d.bits>>(n-1)) & 1
		count := int(c.count[n])
		if v-count < first {
			return int(c.symbols[index+v-first]), n, true
		}
		index += count
		first = (first + count) << 1
		v <<= 1
	}
	return 0, 0, true
}

// setFixed sets the codes of RFC 1951, section 3.2.6.
func (c *codes) setFixed() {
	for i := range maxLitLen {
		switch {
		case i < 144, i >= 280:
			c.lengths[i] = 8
		case i < 256:
			c.lengths[i] = 9
		default:
			c.lengths[i] = 7
		}
	}
	for i := range maxDist {
		c.lengths[maxLitLen+i] = 5
	}
	_ = c.build(maxLitLen, maxDist)
	c.fixed = true
}

// build makes both codes from the lengths.
func (c *codes) build(nlit, ndist int) error {
	c.fixed, c.nlit, c.ndist = false, nlit, ndist
	if err := c.lit.build(c.lengths[:nlit]); err != nil {
		return err
	}
	return c.dist.build(c.lengths[nlit : nlit+ndist])
}

var lengthOrder = [numOrder]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// readCodes reads the codes of a block, RFC 1951, section 3.2.7.
func (d *Decoder) readCodes() error {
	if err := d.need(14); err != nil {
		return err
	}
	nlit, ndist, norder := int(d.take(5))+257, int(d.take(5))+1, int(d.take(4))+4
	if nlit > 286 {
		return fmt.Errorf("%w: %d literal and length codes", ErrData, nlit)
	}
	var order [numOrder]uint8
	for i := range norder {
		if err := d.need(3); err != nil {
			return err
		}
		order[lengthOrder[i]] = uint8(d.take(3))
	}
	c := &d.codes.lit // free until the lengths are known
	if err := c.build(order[:]); err != nil {
		return err
	}
	lengths := d.codes.lengths[:nlit+ndist]
	for i := 0; i < len(lengths); {
		symbol, err := d.symbol(c)
		if err != nil {
			return err
		}
		if symbol < 16 {
			lengths[i] = uint8(symbol)
			i++
			continue
		}
		if i, err = d.repeat(lengths, i, symbol); err != nil {
			return err
		}
	}
	if lengths[endOfBlock] == 0 {
		return fmt.Errorf("%w: no code for the end of the block", ErrData)
	}
	return d.codes.build(nlit, ndist)
}

// repeat writes the lengths that one of the symbols 16 to 18 stands for.
func (d *Decoder) repeat(lengths []uint8, i, symbol int) (int, error) {
	var value uint8
	base, extra := 3, uint(3)
	switch symbol {
	case 16:
		if i == 0 {
			return 0, fmt.Errorf("%w: repeat of no code length", ErrData)
		}
		value, extra = lengths[i-1], 2
	case 18:
		base, extra = 11, 7
	}
	if err := d.need(extra); err != nil {
		return 0, err
	}
	n := base + int(d.take(extra))
	if n > len(lengths)-i {
		return 0, fmt.Errorf("%w: too many code lengths", ErrData)
	}
	for range n {
		lengths[i] = value
		i++
	}
	return i, nil
}
