package deflate

import "fmt"

// Base and extra bits of the length symbols 257 to 285 and of the distance
// symbols, RFC 1951, section 3.2.5.
var (
	lengthBase  = [29]uint16{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258}
	lengthExtra = [29]uint8{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	distBase    = [30]uint16{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577}
	distExtra   = [30]uint8{0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13}
)

// compressed decodes symbols of a block to p[from:]; p[:from] is output that the
// window does not have yet. It returns how many bytes it wrote.
func (d *Decoder) compressed(p []byte, from int) (int, error) {
	n := from
	if d.size > 0 {
		n += d.copyMatch(p, n)
	}
	for n < len(p) {
		d.refill()
		symbol, err := d.symbol(&d.codes.lit)
		if err != nil {
			return n - from, err
		}
		if symbol < endOfBlock {
			p[n] = byte(symbol)
			n++
			continue
		}
		if symbol == endOfBlock {
			d.mode = atHeader
			return n - from, nil
		}
		if err := d.match(symbol - endOfBlock - 1); err != nil {
			return n - from, err
		}
		if d.dist > n+len(d.window) {
			return n - from, fmt.Errorf("%w: distance %d before the start", ErrData, d.dist)
		}
		n += d.copyMatch(p, n)
	}
	return n - from, nil
}

// refill takes bits ahead, as many as fit, without loading input.
func (d *Decoder) refill() {
	for d.nbits <= 56 && d.at < len(d.in) {
		d.bits |= uint64(d.in[d.at]) << d.nbits
		d.at++
		d.nbits += 8
	}
}

// match reads the rest of a match with the given length symbol.
func (d *Decoder) match(symbol int) error {
	if symbol >= len(lengthBase) {
		return fmt.Errorf("%w: length symbol %d", ErrData, symbol)
	}
	extra := uint(lengthExtra[symbol])
	if err := d.need(extra); err != nil {
		return err
	}
	size := int(lengthBase[symbol]) + int(d.take(extra))
	symbol, err := d.symbol(&d.codes.dist)
	if err != nil {
		return err
	}
	if symbol >= len(distBase) {
		return fmt.Errorf("%w: distance symbol %d", ErrData, symbol)
	}
	extra = uint(distExtra[symbol])
	if err := d.need(extra); err != nil {
		return err
	}
	d.size, d.dist = size, int(distBase[symbol])+int(d.take(extra))
	return nil
}

// copyMatch copies as much of the pending match as p has room for at n.
func (d *Decoder) copyMatch(p []byte, n int) int {
	start := n
	end := min(len(p), n+d.size)
	for n < end && d.dist > n { // the part that only the window has
		from := len(d.window) - (d.dist - n)
		n += copy(p[n:end], d.window[from:])
	}
	for n < end {
		n += copy(p[n:end], p[n-d.dist:n])
	}
	d.size -= n - start
	return n - start
}
