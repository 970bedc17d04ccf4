package plist

import (
	"fmt"
	"sync"
)

const (
	binaryMagic  = "bplist0" // and one version digit; 15 and 16 are other formats
	headerSize   = 8
	trailerSize  = 32
	maxIntBytes  = 8  // offsets and references
	inlineCount  = 15 // a count of 15 is written behind the marker
	longContent  = 512
	countMarker  = 0x1
	markerASCII  = 0x5
	markerUTF16  = 0x6
	markerUTF8   = 0x7
	maxCountSize = 3 // log2 of the bytes of a count
)

// A document is what values of one property list share. It does not change
// after parsing, except for the cache of long contents.
type document struct {
	src      string // a binary document
	table    uint64 // offset of the offset table; objects end before it
	count    uint64 // number of objects
	offSize  uint8  // bytes of an offset
	refSize  uint8  // bytes of an object reference
	xml      *tree  // an XML document, else nil
	longLock sync.Mutex
	long     map[uint32]longText // decoded long strings and data, by offset
	spent    uint64              // bytes of long contents decoded so far
}

// longText is a string or data that was asked for. Hostile lists refer to one
// long object very often; it is decoded once.
type longText struct {
	text string
	data []byte
}

// A fault is the reason why an object of a binary list cannot be read.
type fault uint8

const (
	faultNumber fault = iota + 1
	faultOffset
	faultMarker
	faultCount
	faultExtent
	faultWidth
)

// String says what is wrong, for error texts.
func (f fault) String() string {
	switch f {
	case faultNumber:
		return "object number out of range"
	case faultOffset:
		return "offset outside the object area"
	case faultMarker:
		return "unknown marker"
	case faultCount:
		return "unreadable count"
	case faultExtent:
		return "content beyond the object area"
	}
	return "unsupported width"
}

// parseBinary checks the trailer and returns the top object.
func parseBinary(src string) (Value, error) {
	if len(src) < headerSize+1+trailerSize {
		return Value{}, fmt.Errorf("binary list of %d bytes: too short", len(src))
	}
	if src[:len(binaryMagic)] != binaryMagic {
		return Value{}, fmt.Errorf("binary list of version %q: %w", src[6:8], ErrFormat)
	}
	d := &document{src: src}
	at := uint64(len(src) - trailerSize)
	d.offSize, d.refSize = src[at+6], src[at+7]
	d.count = d.number(at+8, 8)
	top := d.number(at+16, 8)
	d.table = d.number(at+24, 8)
	switch {
	case d.offSize < 1 || d.offSize > maxIntBytes || d.refSize < 1 || d.refSize > maxIntBytes:
		return Value{}, fmt.Errorf("read trailer: offsets of %d and references of %d bytes", d.offSize, d.refSize)
	case d.table < headerSize+1 || d.table > at:
		return Value{}, fmt.Errorf("read trailer: offset table at %d of %d bytes", d.table, len(src))
	case d.count < 1 || d.count > (at-d.table)/uint64(d.offSize):
		return Value{}, fmt.Errorf("read trailer: %d objects do not fit the offset table", d.count)
	case top >= d.count:
		return Value{}, fmt.Errorf("read trailer: top object %d of %d", top, d.count)
	}
	v := d.object(top)
	return v, v.Err()
}

// number reads a big-endian number of 1 to 8 bytes, which the caller has checked
// to lie before the trailer: so eight bytes can be read at once.
func (d *document) number(at uint64, size uint8) uint64 {
	s := d.src[at : at+8]
	n := uint64(s[7]) | uint64(s[6])<<8 | uint64(s[5])<<16 | uint64(s[4])<<24 |
		uint64(s[3])<<32 | uint64(s[2])<<40 | uint64(s[1])<<48 | uint64(s[0])<<56
	return n >> (64 - 8*size)
}

// object returns the object of a number, checked in its whole extent.
func (d *document) object(num uint64) Value {
	if num >= d.count {
		return Value{d: d, obj: uint32(min(num, 1<<32-1)), n: uint32(faultNumber)}
	}
	at := d.number(d.table+num*uint64(d.offSize), d.offSize)
	if at < headerSize || at >= d.table {
		return Value{d: d, obj: uint32(num), at: uint32(min(at, 1<<32-1)), n: uint32(faultOffset)}
	}
	mark := d.src[at]
	body := at + 1
	n := uint64(mark & 0xf)
	if mark>>4 == markerASCII && n < inlineCount && n <= d.table-body {
		// Most objects are short texts.
		return Value{d: d, obj: uint32(num), at: uint32(at), body: uint32(body), n: uint32(n), kind: String}
	}
	var kind Kind
	switch mark >> 4 {
	case 0x4, markerASCII, markerUTF16, markerUTF8, 0xa, 0xb, 0xc, 0xd:
		kind, body, n = d.counted(mark, body)
	default:
		kind, n = d.fixed(mark, body)
	}
	return Value{d: d, obj: uint32(num), at: uint32(at), body: uint32(body), n: uint32(n), kind: kind}
}

// fixed returns the kind and size of an object whose marker gives both; the
// kind Invalid comes with the fault.
func (d *document) fixed(mark byte, body uint64) (kind Kind, size uint64) {
	low := mark & 0xf
	size = uint64(1) << low
	bad := false
	switch {
	case mark == 0x00:
		kind, size = Null, 0
	case mark == 0x08, mark == 0x09:
		kind, size = Bool, 0
	case mark>>4 == 0x1:
		kind, bad = Int, low > 4
	case mark>>4 == 0x2:
		kind, bad = Real, low != 2 && low != 3
	case mark>>4 == 0x3:
		kind, bad = Date, low != 3
	case mark>>4 == 0x8:
		size = uint64(low) + 1
		kind, bad = UID, size > maxIntBytes
	default:
		return Invalid, uint64(faultMarker)
	}
	switch {
	case bad:
		return Invalid, uint64(faultWidth)
	case size > d.table-body:
		return Invalid, uint64(faultExtent)
	case size > 8:
		kind = d.intKind(body)
	}
	return kind, size
}

// intKind tells the kinds of integers of 128 bits apart by their value.
func (d *document) intKind(body uint64) Kind {
	return fits(int64(d.number(body, 8)), d.number(body+8, 8))
}

// counted returns the kind of an object whose marker is followed by a count and
// the content, where the content begins, and the count; the kind Invalid comes
// with the fault.
func (d *document) counted(mark byte, at uint64) (kind Kind, body, n uint64) {
	body, n = at, uint64(mark&0xf)
	if n == inlineCount {
		var ok bool
		if body, n, ok = d.longCount(at); !ok {
			return Invalid, at, uint64(faultCount)
		}
	}
	unit := uint64(1)
	switch mark >> 4 {
	case 0x4:
		kind = Data
	case markerASCII, markerUTF8:
		kind = String
	case markerUTF16:
		kind, unit = String, 2
	case 0xa:
		kind, unit = Array, uint64(d.refSize)
	case 0xb, 0xc:
		kind, unit = Set, uint64(d.refSize)
	case 0xd:
		kind, unit = Dict, 2*uint64(d.refSize)
	}
	if n > (d.table-body)/unit {
		return Invalid, at, uint64(faultExtent)
	}
	return kind, body, n
}

// longCount reads the integer object that gives a count of 15 and more.
func (d *document) longCount(at uint64) (body, n uint64, ok bool) {
	if at >= d.table {
		return 0, 0, false
	}
	m := d.src[at]
	size := uint8(1) << (m & maxCountSize)
	if m>>4 != countMarker || m&0xf > maxCountSize || uint64(size) > d.table-at-1 {
		return 0, 0, false
	}
	return at + 1 + uint64(size), d.number(at+1, size), true
}

// ref returns the object that reference i of a container points to.
func (v Value) ref(i uint32) Value {
	return v.d.object(v.d.number(uint64(v.body)+uint64(i)*uint64(v.d.refSize), v.d.refSize))
}

// find searches the keys of a binary dict. Keys are nearly always short ASCII
// strings, which are compared in place.
func (v Value) find(key string) Value {
	d := v.d
	short := byte(markerASCII<<4 | len(key)&0xf)
	at, step := uint64(v.body), uint64(d.refSize)
	for i := range v.n {
		num := d.number(at, d.refSize)
		at += step
		if num >= d.count {
			continue
		}
		obj := d.number(d.table+num*uint64(d.offSize), d.offSize)
		if obj >= d.table {
			continue
		}
		switch m := d.src[obj]; {
		case m == short && len(key) < inlineCount:
			if rest := d.src[obj+1 : d.table]; len(rest) >= len(key) && rest[:len(key)] == key && obj >= headerSize {
				return v.ref(i + v.n)
			}
		case m&0xf == inlineCount || m>>4 == markerUTF16 || m>>4 == markerUTF8:
			if d.object(num).hasText(key) {
				return v.ref(i + v.n)
			}
		}
	}
	return Value{}
}
