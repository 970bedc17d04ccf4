package unifiedlog

import (
	"encoding/binary"

	"github.com/vigie-project/vigie/format/unifiedlog/message"
)

// Kinds of items, the high nibble of their type.
const (
	kindScalar = 0x0
	kindCount  = 0x1
	kindErrno  = 0x6
	kindMask   = 0x7
)

const (
	itemPrivate = 0x1    // bit of the low nibble of a type
	rangeFlag   = 0x8000 // bit of the size of a range; the rest is its length
)

// isRange reports whether an item of this type and size holds the place of its
// bytes, not the bytes.
func isRange(typ, size uint8) bool {
	if size != 4 {
		return false
	}
	switch typ >> 4 {
	case kindScalar, kindErrno:
		return typ&itemPrivate != 0
	case kindCount, kindMask:
		return false
	}
	return true
}

// appendItems decodes the items of a tracepoint or an oversize chunk. Ranges
// refer to the bytes after the items or to private. It returns how many items
// are cut or outside their entry; those are given as missing.
func appendItems(dst []message.Item, b, private []byte) ([]message.Item, int) {
	if len(b) < 2 {
		return dst, 0
	}
	bad := 0
	first, at := len(dst), 2
	for n := int(b[1]); n > 0; n-- {
		if len(b)-at < 2 || len(b)-at-2 < int(b[at+1]) {
			return dst, bad + n
		}
		size := int(b[at+1])
		dst = append(dst, message.Item{Type: b[at], Data: b[at+2 : at+2+size]})
		at += 2 + size
	}
	values := b[at:]
	for i := first; i < len(dst); i++ {
		it := &dst[i]
		if !isRange(it.Type, uint8(min(len(it.Data), 255))) {
			continue
		}
		off, word := int(binary.LittleEndian.Uint16(it.Data)), binary.LittleEndian.Uint16(it.Data[2:])
		size := int(word &^ rangeFlag)
		from := values
		if it.Type&itemPrivate != 0 {
			from = private
		}
		it.Data = nil
		switch {
		case size == 0:
			it.Missing = it.Type&itemPrivate != 0 || word&rangeFlag != 0
		case off > len(from) || size > len(from)-off:
			it.Missing = true
			if it.Type&itemPrivate == 0 || len(private) > 0 {
				bad++
			}
		default:
			it.Data = from[off : off+size]
		}
	}
	return dst, bad
}

// itemsFit reports whether b is a list of items whose public ranges lie in the
// bytes after it and end with them. It decides where the flags of a tracepoint
// leave its layout open.
func itemsFit(b []byte, flags uint16) bool {
	if len(b) < 2 {
		return len(b) == 0
	}
	at, n := 2, int(b[1])
	end, ranges := 0, false
	for i := at; n > 0; n-- {
		if len(b)-i < 2 || len(b)-i-2 < int(b[i+1]) {
			return false
		}
		typ, size := b[i], b[i+1]
		if typ>>4 > 8 && typ>>4 != 0xf {
			return false
		}
		if isRange(typ, size) && typ&itemPrivate == 0 {
			off, n := int(binary.LittleEndian.Uint16(b[i+2:])), int(binary.LittleEndian.Uint16(b[i+4:])&^rangeFlag)
			end, ranges = max(end, off+n), true
		}
		i += 2 + int(size)
		at = i
	}
	values := len(b) - at
	if flags&flagBacktrace != 0 && !ranges {
		return true
	}
	return end == values
}

// appendTrace decodes the values of a trace entry, which stand in reverse: the
// last byte is their number, before it are their sizes.
func appendTrace(dst []message.Item, b []byte) ([]message.Item, int) {
	if len(b) == 0 {
		return dst, 0
	}
	n := int(b[len(b)-1])
	if n > len(b)-1 {
		return dst, n
	}
	sizes := b[len(b)-1-n : len(b)-1]
	values := b[:len(b)-1-n]
	for i, size := range sizes {
		if int(size) > len(values) {
			return dst, n - i
		}
		dst = append(dst, message.Item{Data: values[:size]})
		values = values[size:]
	}
	return dst, 0
}

// A Frame is one frame of a backtrace.
type Frame struct {
	Image  UUID   // zero if the image is not known
	Offset uint32 // in the image, in bytes
}

// Backtrace returns the frames that the entry carries, nil if it has none.
func (e *Entry) Backtrace() []Frame {
	if e.Flags&(flagBacktrace|flagOversize) == 0 || e.Type != TypeLog && e.Type != TypeSignpost {
		return nil
	}
	b, _ := e.d.itemBytes(e)
	if len(b) < 2 {
		return nil
	}
	at := 2
	for n := int(b[1]); n > 0; n-- {
		if len(b)-at < 2 || len(b)-at-2 < int(b[at+1]) {
			return nil
		}
		at += 2 + int(b[at+1])
	}
	return parseBacktrace(b[at:])
}

// parseBacktrace decodes the block at the start of the values of an entry.
func parseBacktrace(b []byte) []Frame {
	const head, uuidSize, offSize = 6, 16, 4
	if len(b) < head || b[0] != 1 || b[1] != 0 || b[2] != 0x12 {
		return nil
	}
	images, n := int(b[3]), int(binary.LittleEndian.Uint16(b[4:]))
	b = b[head:]
	if len(b) < images*uuidSize+n*(offSize+1) {
		return nil
	}
	uuids, offs, index := b[:images*uuidSize], b[images*uuidSize:], b[images*uuidSize+n*offSize:]
	frames := make([]Frame, n)
	for i := range frames {
		frames[i] = Frame{uuidAt(uuids, uint16(index[i])), binary.LittleEndian.Uint32(offs[i*offSize:])}
	}
	return frames
}
