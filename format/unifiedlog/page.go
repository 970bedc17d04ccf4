package unifiedlog

import "encoding/binary"

// Sizes of a firehose chunk and its parts.
const (
	pageHead       = 32     // bytes before the first tracepoint
	pageStart      = 16     // where the page itself begins, from which public data and private addresses count
	pageSize       = 0x1000 // of the virtual page; private data end there
	tracepointHead = 24
)

// A page is a firehose chunk: tracepoints of one process.
type page struct {
	proc      procKey
	ttl       uint8
	stream    uint8
	base      uint64 // continuous time, to which tracepoints add
	public    []byte // tracepoints
	publicAt  int    // where public begins in the chunk's data
	private   []byte
	privateAt int // virtual address of the first private byte
	clipped   bool
}

// parsePage decodes the data of a firehose chunk; it reports whether its
// header is possible. A page that ends early is clipped.
func parsePage(b []byte) (p page, ok bool) {
	if len(b) < pageHead {
		return p, false
	}
	u16 := binary.LittleEndian.Uint16
	p.proc = procKey{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint32(b[8:])}
	p.ttl, p.stream = b[12], b[22]
	p.base = binary.LittleEndian.Uint64(b[24:])
	public, private := int(u16(b[16:])), int(u16(b[18:]))
	if public < pageStart || private > pageSize {
		return p, false
	}
	p.privateAt = private
	if n := pageSize - private; n > 0 && n <= len(b)-pageHead {
		p.private = b[len(b)-n:]
	} else if n > 0 {
		p.clipped = true
	}
	// Private bytes may overlap the padding of the last tracepoint.
	end := pageStart + public
	if limit := len(b); end > limit {
		end, p.clipped = limit, true
	}
	if collapsed := b[13] == 1; !collapsed && len(p.private) > 0 {
		end = min(end, len(b)-len(p.private))
	}
	p.publicAt = pageHead
	p.public = b[pageHead:max(end, pageHead)]
	return p, true
}

// privateRange returns the private bytes at a virtual address of the page.
func (p *page) privateRange(off, size int) []byte {
	at := off - p.privateAt
	if at < 0 || size < 0 || at > len(p.private) {
		return nil
	}
	return p.private[at:min(at+size, len(p.private))]
}

// A tracepoint is one entry of a page, before its data are decoded.
type tracepoint struct {
	record uint8 // kind of the entry
	level  uint8 // log type
	flags  uint16
	ref    uint32 // to the format string
	thread uint64
	delta  uint64 // ticks after the base of the page
	data   []byte
}

// next reads the tracepoint at the start of b and returns the bytes it takes,
// padding included: 0 at the end, or -1 if what is there is no tracepoint.
func (t *tracepoint) next(b []byte) int {
	if len(b) < tracepointHead {
		return 0
	}
	_ = b[tracepointHead-1]
	t.record = b[0]
	if t.record == 0 {
		return 0
	}
	t.level = b[1]
	t.flags = binary.LittleEndian.Uint16(b[2:])
	t.ref = binary.LittleEndian.Uint32(b[4:])
	t.thread = binary.LittleEndian.Uint64(b[8:])
	t.delta = uint64(binary.LittleEndian.Uint32(b[16:])) | uint64(binary.LittleEndian.Uint16(b[20:]))<<32
	size := int(binary.LittleEndian.Uint16(b[22:]))
	if size > len(b)-tracepointHead || t.record == 1 || t.record == 5 || t.record > uint8(TypeLoss) {
		return -1
	}
	t.data = b[tracepointHead : tracepointHead+size]
	return min(tracepointHead+size+pad8(size), len(b))
}
