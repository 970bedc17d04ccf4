package unifiedlog

import (
	"encoding/binary"
	"slices"
)

// decodeLZ4 appends the content of one LZ4 block to dst: n bytes. Matches may
// reach back to start, where the content of earlier blocks begins. The block
// format is that of the LZ4 project's lz4_Block_format.
func decodeLZ4(dst, src []byte, start, n int) ([]byte, error) {
	const slack = 32 // so that copies may run over their end
	d := len(dst)
	end := d + n
	dst = slices.Grow(dst, n+slack)[:end+slack]
	s := 0
	for s < len(src) {
		token := src[s]
		s++
		lit := int(token >> 4)
		if lit == 15 {
			var ok bool
			if lit, s, ok = lz4Length(src, s, lit); !ok {
				return dst[:d], errCompressed
			}
		}
		if lit > len(src)-s || lit > end-d {
			return dst[:d], errCompressed
		}
		if lit <= 16 && s+16 <= len(src) {
			a, b := binary.LittleEndian.Uint64(src[s:]), binary.LittleEndian.Uint64(src[s+8:])
			binary.LittleEndian.PutUint64(dst[d:], a)
			binary.LittleEndian.PutUint64(dst[d+8:], b)
		} else {
			copy(dst[d:d+lit], src[s:s+lit])
		}
		d, s = d+lit, s+lit
		if s == len(src) {
			break
		}
		if len(src)-s < 2 {
			return dst[:d], errCompressed
		}
		dist := int(binary.LittleEndian.Uint16(src[s:]))
		s += 2
		match := int(token & 15)
		if match == 15 {
			var ok bool
			if match, s, ok = lz4Length(src, s, match); !ok {
				return dst[:d], errCompressed
			}
		}
		match += 4
		if dist == 0 || dist > d-start || match > end-d {
			return dst[:d], errCompressed
		}
		copyMatch(dst, d, dist, match)
		d += match
	}
	if d != end {
		return dst[:d], errCompressed
	}
	return dst[:d], nil
}

// lz4Length adds the bytes that continue a length.
func lz4Length(src []byte, s, n int) (int, int, bool) {
	for s < len(src) {
		b := src[s]
		s++
		n += int(b)
		if b != 255 {
			return n, s, n >= 0
		}
	}
	return n, s, false
}

// copyMatch copies n bytes from dist bytes before d. It may write up to 16
// bytes more, which dst must have.
func copyMatch(dst []byte, d, dist, n int) {
	m := d - dist
	switch {
	case dist >= 16 && n <= 32:
		for i := 0; i < n; i += 16 {
			a, b := binary.LittleEndian.Uint64(dst[m+i:]), binary.LittleEndian.Uint64(dst[m+i+8:])
			binary.LittleEndian.PutUint64(dst[d+i:], a)
			binary.LittleEndian.PutUint64(dst[d+i+8:], b)
		}
	case dist >= n:
		copy(dst[d:d+n], dst[m:m+n])
	case dist >= 8:
		for i := 0; i < n; i += 8 {
			binary.LittleEndian.PutUint64(dst[d+i:], binary.LittleEndian.Uint64(dst[m+i:]))
		}
	default:
		for i := 0; i < n; { // the pattern doubles with each copy
			i += copy(dst[d+i:d+n], dst[m:d+i])
		}
	}
}
