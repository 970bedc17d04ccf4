// Package deflate decodes DEFLATE data (RFC 1951) and can note where it is, so
// that decoding can go on from there later: with a note every few MiB, any part
// of a compressed archive can be read without what precedes it and without
// writing anything.
//
// The standard library and others decode faster but cannot be resumed within a
// stream. This decoder is compared with the standard one in its tests.
package deflate

import (
	"errors"
	"fmt"
	"io"
	"slices"
)

// WindowSize is how far back DEFLATE refers, in bytes.
const WindowSize = 32 << 10

// ErrData is matched by errors that say that the data is not valid.
var ErrData = errors.New("invalid deflate data")

// modes of a decoder between calls.
const (
	atHeader = iota // before the header of a block
	inStored        // within a stored block
	inCodes         // within a compressed block
	atEnd           // after the last block
)

const (
	inputSize  = 32 << 10
	maxLitLen  = 288 // symbols of the literal and length code, two of them unused
	maxDist    = 32  // symbols of the distance code, two of them unused
	numOrder   = 19  // symbols of the code that codes code lengths
	endOfBlock = 256
)

// A Decoder decodes one DEFLATE stream from an [io.ReaderAt].
type Decoder struct {
	src io.ReaderAt
	end int64 // offset of the end of the input
	pos int64 // offset of the next byte to load into in
	in  []byte
	at  int // next byte of in

	bits  uint64 // bits read ahead of what is decoded
	nbits uint

	mode  uint8
	final bool   // the block is the last
	left  int    // bytes left of a stored block
	size  int    // bytes left to copy of a match
	dist  int    // its distance
	codes codes  // of the compressed block
	raw   []byte // space for in

	window []byte // the last output, at most WindowSize
	err    error  // of an earlier call; there is no going on after it
	out    int64  // bytes of output so far
}

// codes are the two codes of a block, and the lengths that define them.
type codes struct {
	lengths     [maxLitLen + maxDist]uint8
	fixed       bool
	lit, dist   code
	nlit, ndist int
}

// New returns a decoder of the stream that starts at an offset and ends before
// the offset end at the latest.
func New(src io.ReaderAt, start, end int64) *Decoder {
	return &Decoder{src: src, pos: start, end: end, raw: make([]byte, inputSize)}
}

// A Mark is a place within a stream at which decoding can be resumed.
type Mark struct {
	Out int64 // bytes of output before it

	pos     int64
	bits    uint64
	nbits   uint
	mode    uint8
	final   bool
	left    int
	size    int
	dist    int
	fixed   bool
	nlit    int
	ndist   int
	lengths []byte
	window  []byte
}

// Mark returns the place where the decoder is. It holds 32 KiB.
func (d *Decoder) Mark() *Mark {
	m := &Mark{
		Out: d.out, pos: d.pos - int64(len(d.in)-d.at), bits: d.bits, nbits: d.nbits, mode: d.mode, final: d.final,
		left: d.left, size: d.size, dist: d.dist, fixed: d.codes.fixed, nlit: d.codes.nlit, ndist: d.codes.ndist,
		window: slices.Clone(d.window),
	}
	if d.mode == inCodes && !d.codes.fixed {
		m.lengths = slices.Clone(d.codes.lengths[:])
	}
	return m
}

// Resume returns a decoder that goes on at a mark of a decoder of the same
// stream; end is the same as for [New].
func Resume(src io.ReaderAt, m *Mark, end int64) *Decoder {
	d := &Decoder{
		src: src, pos: m.pos, end: end, bits: m.bits, nbits: m.nbits, mode: m.mode, final: m.final, left: m.left,
		size: m.size, dist: m.dist, window: slices.Clone(m.window), out: m.Out, raw: make([]byte, inputSize),
	}
	if m.mode == inCodes {
		if m.fixed {
			d.codes.setFixed()
		} else {
			copy(d.codes.lengths[:], m.lengths)
			// The lengths were accepted when the block was first decoded.
			_ = d.codes.build(m.nlit, m.ndist)
		}
	}
	return d
}

// Out returns how many bytes were decoded so far.
func (d *Decoder) Out() int64 { return d.out }

// InputEnd returns the offset in the input after the last byte of the stream. It
// is only meaningful once Read has returned [io.EOF].
func (d *Decoder) InputEnd() int64 {
	return d.pos - int64(len(d.in)-d.at) - int64(d.nbits/8)
}

// Read implements [io.Reader]. It ends with [io.EOF] after the last block, with
// [io.ErrUnexpectedEOF] if the input ends before, and with an error that matches
// [ErrData] if it is not valid. What was decoded before is returned first.
func (d *Decoder) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n := 0
	err := d.err
	for n < len(p) && err == nil && d.mode != atEnd {
		var m int
		switch d.mode {
		case atHeader:
			err = d.header()
		case inStored:
			m, err = d.storedBytes(p[n:])
		default:
			m, err = d.compressed(p, n)
		}
		n += m
	}
	d.out += int64(n)
	d.remember(p[:n])
	d.err = err
	if n > 0 {
		return n, nil // the error comes with the next call
	}
	if err == nil {
		err = io.EOF
	}
	return 0, err
}

// remember appends output to the window.
func (d *Decoder) remember(p []byte) {
	if len(p) >= WindowSize {
		d.window = append(d.window[:0], p[len(p)-WindowSize:]...)
		return
	}
	if over := len(d.window) + len(p) - WindowSize; over > 0 {
		d.window = append(d.window[:0], d.window[over:]...)
	}
	d.window = append(d.window, p...)
}

// load fills the input buffer.
func (d *Decoder) load() error {
	want := min(int64(len(d.raw)), d.end-d.pos)
	if want <= 0 {
		return io.ErrUnexpectedEOF
	}
	n, err := d.src.ReadAt(d.raw[:want], d.pos)
	if n == 0 {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	d.in, d.at = d.raw[:n], 0
	d.pos += int64(n)
	return nil
}

// need makes at least n bits available, n being at most 32.
func (d *Decoder) need(n uint) error {
	for d.nbits < n {
		if d.at == len(d.in) {
			if err := d.load(); err != nil {
				return err
			}
		}
		d.bits |= uint64(d.in[d.at]) << d.nbits
		d.at++
		d.nbits += 8
	}
	return nil
}

// take removes n available bits.
func (d *Decoder) take(n uint) uint32 {
	v := uint32(d.bits & (1<<n - 1))
	d.bits >>= n
	d.nbits -= n
	return v
}

// header reads the header of a block.
func (d *Decoder) header() error {
	if d.final {
		d.mode = atEnd
		return nil
	}
	if err := d.need(3); err != nil {
		return err
	}
	final, kind := d.take(1) == 1, d.take(2)
	d.final = final
	switch kind {
	case 0:
		d.take(d.nbits % 8)
		if err := d.need(32); err != nil {
			return err
		}
		size := d.take(16)
		if d.take(16) != size^0xffff {
			return fmt.Errorf("%w: length of a stored block", ErrData)
		}
		d.left, d.mode = int(size), inStored
	case 1:
		d.codes.setFixed()
		d.mode = inCodes
	case 2:
		if err := d.readCodes(); err != nil {
			return err
		}
		d.mode = inCodes
	default:
		return fmt.Errorf("%w: block type 3", ErrData)
	}
	return nil
}

// storedBytes copies bytes of a stored block.
func (d *Decoder) storedBytes(p []byte) (int, error) {
	if d.left == 0 {
		d.mode = atHeader
		return 0, nil
	}
	p = p[:min(len(p), d.left)]
	n := 0
	for n < len(p) && d.nbits >= 8 {
		p[n] = byte(d.take(8))
		n++
	}
	if n < len(p) {
		if d.at == len(d.in) {
			if err := d.load(); err != nil {
				d.left -= n
				return n, err
			}
		}
		m := copy(p[n:], d.in[d.at:])
		d.at += m
		n += m
	}
	d.left -= n
	return n, nil
}
