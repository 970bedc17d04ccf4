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

// number reads a big-endian number of size bytes, which the caller has checked
// to lie within the document.
func (d *document) number(at uint64, size uint8) uint64 {
	s := d.src[at : at+uint64(size)]
	switch len(s) {
	case 1:
		return uint64(s[0])
	case 2:
		return uint64(s[0])<<8 | uint64(s[1])
	}
	var n uint64
	for i := 0; i < len(s); i++ {
		n = n<<8 | uint64(s[i])
	}
	return n
}

// object returns the object of a number, checked in its whole extent.
func (d *document) object(num uint64) Value {
	v := Value{d: d, obj: uint32(num)}
	if num >= d.count {
		v.obj = uint32(min(num, 1<<32-1))
		v.why = faultNumber
		return v
	}
	at := d.number(d.table+num*uint64(d.offSize), d.offSize)
	if at < headerSize || at >= d.table {
		v.at = uint32(min(at, 1<<32-1))
		v.why = faultOffset
		return v
	}
	v.at = uint32(at)
	v.mark = d.src[at]
	v.body = v.at + 1
	if hi := v.mark >> 4; hi == 0x4 || hi >= markerASCII && hi <= 0xd && hi != 0x8 && hi != 0x9 {
		v.counted()
	} else {
		v.fixed()
	}
	if v.why != 0 {
		v.kind = Invalid
	}
	return v
}

// fixed fills a value whose marker gives the size of the content.
func (v *Value) fixed() {
	low := v.mark & 0xf
	size := uint64(1) << low
	switch v.mark >> 4 {
	case 0x0:
		size = 0
		switch low {
		case 0:
			v.kind = Null
		case 8, 9:
			v.kind = Bool
		default:
			v.why = faultMarker
		}
	case 0x1:
		v.kind = Int
		if low > 4 {
			v.why = faultWidth
		}
	case 0x2:
		v.kind = Real
		if low != 2 && low != 3 {
			v.why = faultWidth
		}
	case 0x3:
		v.kind = Date
		if low != 3 {
			v.why = faultWidth
		}
	case 0x8:
		v.kind = UID
		size = uint64(low) + 1
		if size > maxIntBytes {
			v.why = faultWidth
		}
	default:
		v.why = faultMarker
	}
	if v.why == 0 && size > v.d.table-uint64(v.body) {
		v.why = faultExtent
	}
	v.n = uint32(size)
	if v.why == 0 && v.kind == Int && size >= 8 {
		v.kind = v.d.intKind(v.body, v.n)
	}
}

// intKind tells the kinds of wide integers apart by their value.
func (d *document) intKind(body, size uint32) Kind {
	if size == 8 {
		return Int
	}
	hi, lo := d.number(uint64(body), 8), d.number(uint64(body)+8, 8)
	switch {
	case hi == 0 && lo>>63 == 0, hi == 1<<64-1 && lo>>63 == 1:
		return Int
	case hi == 0:
		return Uint
	}
	return Int128
}

// counted fills a value whose marker is followed by a count and the content.
func (v *Value) counted() {
	n := uint64(v.mark & 0xf)
	if n == inlineCount {
		if n = v.longCount(); v.why != 0 {
			return
		}
	}
	unit := uint64(1)
	switch v.mark >> 4 {
	case 0x4:
		v.kind = Data
	case markerASCII, markerUTF8:
		v.kind = String
	case markerUTF16:
		v.kind, unit = String, 2
	case 0xa:
		v.kind, unit = Array, uint64(v.d.refSize)
	case 0xb, 0xc:
		v.kind, unit = Set, uint64(v.d.refSize)
	case 0xd:
		v.kind, unit = Dict, 2*uint64(v.d.refSize)
	}
	if n > (v.d.table-uint64(v.body))/unit {
		v.why = faultExtent
		return
	}
	v.n = uint32(n)
}

// longCount reads the integer object that gives a count of 15 and more.
func (v *Value) longCount() uint64 {
	d := v.d
	if uint64(v.body) >= d.table {
		v.why = faultCount
		return 0
	}
	m := d.src[v.body]
	size := uint8(1) << (m & 0xf & maxCountSize)
	if m>>4 != countMarker || m&0xf > maxCountSize || uint64(size) > d.table-uint64(v.body)-1 {
		v.why = faultCount
		return 0
	}
	n := d.number(uint64(v.body)+1, size)
	v.body += 1 + uint32(size)
	return n
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
