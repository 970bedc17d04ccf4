package unifiedlog

import (
	"encoding/binary"
	"fmt"
)

// Parts of the LZBITMAP format, which chunksets of iOS 27 and macOS 27 use. It
// has no published specification; what is here reproduces the test vectors of
// eafer/libzbitmap.
const (
	zbmHead      = 6  // bytes of the header of a chunk: stored and decoded length
	zbmTables    = 15 // bytes before the literals of a compressed chunk
	zbmTail      = 17 // bytes of the table of tokens at the end of a chunk
	zbmEntryBits = 10
	zbmLongChunk = 0x01 // flag: chunks decode to 0x8000 bytes at most, not 0x4000
	zbmNoRuns    = 0x04 // flag: no repeated tokens
)

// decodeLZBitmap appends the content of an LZBITMAP stream to dst.
func decodeLZBitmap(dst, src []byte, limit int) ([]byte, error) {
	start := len(dst)
	flags := src[3]
	most := 0x4000
	if flags&zbmLongChunk != 0 {
		most = 0x8000
	}
	for at := 4; ; {
		if len(src)-at < zbmHead {
			return dst, fmt.Errorf("decompress LZBITMAP at %d: no end", at)
		}
		stored, decoded := u24(src[at:]), u24(src[at+3:])
		if decoded == 0 {
			return dst, nil
		}
		if stored < zbmHead || stored > len(src)-at || decoded > most || decoded > limit-(len(dst)-start) {
			return dst, fmt.Errorf("decompress LZBITMAP at %d: chunk of %d bytes from %d", at, decoded, stored)
		}
		chunk := src[at : at+stored]
		at += stored
		if stored == decoded+zbmHead {
			dst = append(dst, chunk[zbmHead:]...)
			continue
		}
		z := zbmChunk{chunk: chunk, out: dst, start: start, end: len(dst) + decoded, runs: flags&zbmNoRuns == 0}
		err := z.decode()
		dst = z.out
		if err != nil {
			return dst, fmt.Errorf("decompress LZBITMAP chunk before %d: %w", at, err)
		}
	}
}

func u24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// A zbmChunk is a compressed chunk while it is decoded.
type zbmChunk struct {
	chunk []byte
	out   []byte
	start int // where the stream's output begins in out
	end   int // length of out at the end of the chunk
	runs  bool

	lit, dist, bits int // where the next literal, distance and bitmap are
	litEnd          int
	distEnd         int
	bitsEnd         int
	nibble, nibbles int // next token and their number
	tokens          int // where tokens begin
	back            int // current distance
	bitmaps         [16]byte
	widths          [16]byte // distance bytes of each token
}

// layout checks the areas of the chunk and reads the table of tokens.
func (z *zbmChunk) layout() error {
	c := z.chunk
	if len(c) < zbmTables+zbmTail {
		return errCompressed
	}
	dist, bits, tokens, table := u24(c[6:]), u24(c[9:]), u24(c[12:]), len(c)-zbmTail
	if dist < zbmTables || bits < dist || tokens < bits || table < tokens {
		return errCompressed
	}
	z.lit, z.litEnd = zbmTables, dist
	z.dist, z.distEnd = dist, bits
	z.bits, z.bitsEnd = bits, tokens
	z.tokens, z.nibbles = tokens, 2*(table-tokens)
	z.back = 8
	z.widths[1], z.widths[2] = 1, 2
	entries := 13
	if z.runs {
		entries = 12
	}
	for i := range entries {
		at := i * zbmEntryBits
		b := c[table+at/8:]
		v := uint32(b[0])
		if len(b) > 1 {
			v |= uint32(b[1]) << 8
		}
		v >>= at % 8
		z.bitmaps[3+i], z.widths[3+i] = byte(v), byte(v>>8&3)
	}
	return nil
}

func (z *zbmChunk) decode() error {
	if err := z.layout(); err != nil {
		return err
	}
	for len(z.out) < z.end {
		t, ok := z.token()
		if !ok || z.runs && t == 15 {
			return errCompressed
		}
		repeat := 1
		if z.runs && z.end-len(z.out) > 8 {
			if repeat = z.run(); repeat == 0 {
				return errCompressed
			}
		}
		for ; repeat > 0 && len(z.out) < z.end; repeat-- {
			if err := z.execute(t); err != nil {
				return err
			}
		}
	}
	return nil
}

// token returns the next token.
func (z *zbmChunk) token() (byte, bool) {
	if z.nibble >= z.nibbles {
		return 0, false
	}
	b := z.chunk[z.tokens+z.nibble/2] >> (z.nibble % 2 * 4) & 15
	z.nibble++
	return b, true
}

// run reads how often the last token is executed; 0 if that is cut.
func (z *zbmChunk) run() int {
	t, ok := z.token()
	if !ok {
		return 1
	}
	if t != 15 {
		z.nibble--
		return 1
	}
	n := 4
	for t == 15 && n < z.end {
		if t, ok = z.token(); !ok {
			return 0
		}
		n += int(t)
	}
	return n
}

// execute decodes up to 8 bytes by one token.
func (z *zbmChunk) execute(t byte) error {
	bitmap := z.bitmaps[t]
	if t < 3 {
		if z.bits >= z.bitsEnd {
			return errCompressed
		}
		bitmap = z.chunk[z.bits]
		z.bits++
	}
	if w := int(z.widths[t]); w > 0 {
		if w > 2 || z.distEnd-z.dist < w {
			return errCompressed
		}
		z.back = int(z.chunk[z.dist])
		if w == 2 {
			z.back = int(binary.LittleEndian.Uint16(z.chunk[z.dist:]))
		}
		z.dist += w
	}
	for n := min(8, z.end-len(z.out)); n > 0; n-- {
		if bitmap&1 != 0 {
			if z.lit >= z.litEnd {
				return errCompressed
			}
			z.out = append(z.out, z.chunk[z.lit])
			z.lit++
		} else {
			m := len(z.out) - z.back
			if z.back == 0 || m < z.start {
				return errCompressed
			}
			z.out = append(z.out, z.out[m])
		}
		bitmap >>= 1
	}
	return nil
}
