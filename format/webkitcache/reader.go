package webkitcache

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"unicode/utf16"
)

var errEnd = errors.New("ends early")

// A reader reads values one after the other. After the first error all are zero.
type reader struct {
	data []byte
	pos  int
	err  error
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// take returns the next n bytes, or nil.
func (r *reader) take(n uint64, what string) []byte {
	if r.err != nil {
		return nil
	}
	if n > uint64(len(r.data)-r.pos) {
		r.fail(fmt.Errorf("%s at byte %d: %w", what, r.pos, errEnd))
		return nil
	}
	b := r.data[r.pos:][:n]
	r.pos += int(n)
	return b
}

func (r *reader) uint16(what string) uint16 {
	if b := r.take(2, what); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (r *reader) uint32(what string) uint32 {
	if b := r.take(4, what); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (r *reader) uint64(what string) uint64 {
	if b := r.take(8, what); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (r *reader) float64(what string) float64 { return math.Float64frombits(r.uint64(what)) }

func (r *reader) bool(what string) bool {
	b := r.take(1, what)
	if b == nil {
		return false
	}
	if b[0] > 1 {
		r.fail(fmt.Errorf("%s at byte %d: flag is %d", what, r.pos-1, b[0]))
	}
	return b[0] == 1
}

// text reads a text, "" for none; see [Origins].
func (r *reader) text(what string) string {
	n := r.uint32(what)
	if n == math.MaxUint32 || r.err != nil {
		return ""
	}
	if r.bool(what) { // Latin-1
		b := r.take(uint64(n), what)
		ascii := true
		for _, c := range b {
			ascii = ascii && c < 0x80
		}
		if ascii {
			return string(b)
		}
		runes := make([]rune, len(b))
		for i, c := range b {
			runes[i] = rune(c)
		}
		return string(runes)
	}
	b := r.take(2*uint64(n), what)
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}

// A Header is one line of the head of a request or response.
type Header struct{ Name, Value string }

func (r *reader) headers(what string) []Header {
	n := r.uint64(what)
	if n > maxHeaders {
		r.fail(fmt.Errorf("%s: %d headers", what, n))
	}
	var list []Header
	for range n {
		if r.err != nil {
			break
		}
		if h := (Header{Name: r.text(what), Value: r.text(what)}); r.err == nil {
			list = append(list, h)
		}
	}
	return list
}
