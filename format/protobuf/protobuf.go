// Package protobuf walks through the wire format of protocol buffers without
// knowing the message type: fields are numbers with raw values, and the caller
// knows, or tries, what they mean.
//
// Source: https://protobuf.dev/programming-guides/encoding/
package protobuf

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"strings"
)

// Wire is how a value is stored.
type Wire uint8

// The wire types. Groups are obsolete; [Fields] yields their begin and end as
// fields without value.
const (
	Varint     Wire = 0
	Fixed64    Wire = 1
	Bytes      Wire = 2
	StartGroup Wire = 3
	EndGroup   Wire = 4
	Fixed32    Wire = 5
)

// MaxDepth is how deep [Walk] follows messages within messages.
const MaxDepth = 64

// maxNumber is the largest field number there is.
const maxNumber = 1<<29 - 1

var (
	errOverflow = errors.New("varint is longer than 64 bits")
	errNumber   = errors.New("field number out of range")
	errWire     = errors.New("unknown wire type")
)

// A Field is one field of a message.
type Field struct {
	Number int
	Wire   Wire
	Value  uint64 // of Varint, Fixed64 and Fixed32
	Data   []byte // of Bytes; shares memory with the message
	Offset int    // of its tag, in bytes from the start of the message
}

// Fields yields the fields of a message in the order of the file, repeated ones
// each time. On damage it yields an error with a zero Field and ends.
func Fields(data []byte) iter.Seq2[Field, error] {
	return func(yield func(Field, error) bool) {
		for pos := 0; pos < len(data); {
			f, n, err := field(data[pos:])
			if err != nil {
				yield(Field{}, fmt.Errorf("read field at offset %d: %w", pos, err))
				return
			}
			f.Offset = pos
			if pos += n; !yield(f, nil) {
				return
			}
		}
	}
}

// field reads the field at the start of data and returns its size.
func field(data []byte) (f Field, size int, err error) {
	tag, size, err := varint(data)
	if err != nil {
		return f, 0, err
	}
	if n := tag >> 3; n < 1 || n > maxNumber {
		return f, 0, errNumber
	}
	f.Number, f.Wire = int(tag>>3), Wire(tag&7)
	rest := data[size:]
	n := 0
	switch f.Wire {
	case Varint:
		f.Value, n, err = varint(rest)
	case Fixed64:
		f.Value, n, err = fixed(rest, 8)
	case Fixed32:
		f.Value, n, err = fixed(rest, 4)
	case Bytes:
		var length uint64
		if length, n, err = varint(rest); err != nil {
			break
		}
		if length > uint64(len(rest)-n) {
			return f, 0, fmt.Errorf("%d bytes of %d: %w", length, len(rest)-n, io.ErrUnexpectedEOF)
		}
		f.Data = rest[n : n+int(length)]
		n += int(length)
	case StartGroup, EndGroup:
	default:
		err = errWire
	}
	return f, size + n, err
}

// varint reads a number in groups of seven bits.
func varint(data []byte) (n uint64, size int, err error) {
	for i, b := range data {
		if i == 9 && b > 1 {
			return 0, 0, errOverflow
		}
		n |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			return n, i + 1, nil
		}
	}
	return 0, 0, io.ErrUnexpectedEOF
}

// fixed reads a little-endian number.
func fixed(data []byte, size int) (n uint64, _ int, err error) {
	if len(data) < size {
		return 0, 0, io.ErrUnexpectedEOF
	}
	for i := size - 1; i >= 0; i-- {
		n = n<<8 | uint64(data[i])
	}
	return n, size, nil
}

// Int returns a [Varint] of the types int32 and int64, and fixed values with
// their sign.
func (f Field) Int() int64 {
	if f.Wire == Fixed32 {
		return int64(int32(f.Value))
	}
	return int64(f.Value)
}

// Zigzag returns a [Varint] of the types sint32 and sint64.
func (f Field) Zigzag() int64 { return int64(f.Value>>1) ^ -int64(f.Value&1) }

// Float returns a double, a float or, for a varint, its number.
func (f Field) Float() float64 {
	switch f.Wire {
	case Fixed64:
		return math.Float64frombits(f.Value)
	case Fixed32:
		return float64(math.Float32frombits(uint32(f.Value)))
	case Varint:
		return float64(f.Int())
	}
	return 0
}

// Text returns the bytes of the field as text, with what is no UTF-8 replaced.
func (f Field) Text() string { return strings.ToValidUTF8(string(f.Data), "\ufffd") }

// Message reports whether the bytes of the field can be read as a message from
// begin to end. Texts and random bytes sometimes can; an empty field cannot.
func (f Field) Message() bool {
	if f.Wire != Bytes || len(f.Data) == 0 {
		return false
	}
	for _, err := range Fields(f.Data) {
		if err != nil {
			return false
		}
	}
	return true
}

// Find returns the last field of a message with the given number, as protocol
// buffers define it, then of the message in it with the next number, and so on.
// It is false if there is none before the end or the damage.
func Find(data []byte, path ...int) (found Field, ok bool) {
	for _, number := range path {
		ok = false
		for f, err := range Fields(data) {
			if err == nil && f.Number == number {
				found, ok = f, true
			}
		}
		if !ok {
			return Field{}, false
		}
		data = found.Data
	}
	return found, ok
}

// Walk calls fn for every field, with the numbers of the fields it lies in and
// its own. If fn returns true for a field of type [Bytes], it goes into it as a
// message. It returns the first error, and does not go deeper than [MaxDepth].
// The path is valid only during the call.
func Walk(data []byte, fn func(path []int, f Field) bool) error {
	return walk(data, make([]int, 0, MaxDepth), fn)
}

func walk(data []byte, path []int, fn func([]int, Field) bool) (first error) {
	for f, err := range Fields(data) {
		if err == nil {
			below := append(path, f.Number)
			if fn(below, f) && f.Wire == Bytes && len(below) < MaxDepth {
				err = walk(f.Data, below, fn)
			}
		}
		if err != nil && first == nil {
			first = err
		}
	}
	return first
}
