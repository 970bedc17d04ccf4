package unifiedlog

import "encoding/binary"

// Flags of a tracepoint.
const (
	flagCurrentActivity = 0x0001
	flagStrings         = 0x000e // where the format string is
	flagUniquePID       = 0x0010 // activity
	flagLargeOffset     = 0x0020
	flagPersona         = 0x0040 // iOS 27, macOS 27
	flagPrivate         = 0x0100 // log, signpost
	flagOtherActivity   = 0x0200 // activity
	flagSubsystem       = 0x0200 // log, signpost
	flagRules           = 0x0400
	flagOversize        = 0x0800
	flagBacktrace       = 0x1000
	flagName            = 0x8000 // signpost
)

// Values of flagStrings.
const (
	stringsMain     = 0x2 // uuidtext of the process
	stringsShared   = 0x4 // dsc of the process
	stringsAbsolute = 0x8 // uuidtext of the image that holds the program counter
	stringsUUID     = 0xa // uuidtext of a UUID in the tracepoint
	stringsLarge    = 0xc // dsc of the process, with the high part of references
)

const activityMask = 1<<56 - 1 // the top byte of an activity identifier is a marker

// A body is the decoded fixed part of a tracepoint's data. Only what its flags
// announce is set.
type body struct {
	activity, other, created uint64
	uniquePID                uint64
	pc                       uint64
	signpost                 uint64
	uuid                     UUID
	name                     uint64 // reference to the name of a signpost
	persona                  uint32
	oversize                 uint32
	large, sharedLarge       uint16
	absolute                 uint16
	subsystem                uint16
	privateOff, privateSize  uint16
	rules                    uint8
	items                    int // where the items begin
}

// A reader takes fields from the front of bytes; once they do not suffice, all
// it returns is zero.
type reader struct {
	b     []byte
	at    int
	short bool
}

func (r *reader) take(n int) []byte {
	if len(r.b)-r.at < n {
		r.short = true
		return zeros[:n]
	}
	b := r.b[r.at : r.at+n]
	r.at += n
	return b
}

var zeros = make([]byte, 16)

func (r *reader) u8() uint8   { return r.take(1)[0] }
func (r *reader) u16() uint16 { return binary.LittleEndian.Uint16(r.take(2)) }
func (r *reader) u32() uint32 { return binary.LittleEndian.Uint32(r.take(4)) }
func (r *reader) u64() uint64 { return binary.LittleEndian.Uint64(r.take(8)) }

// Choices where the flags leave the layout open.
type layout struct {
	persona  int8 // where the persona is: 0 absent, 1 after the first field, 2 after the second…
	longName bool // the name of a signpost has 6 bytes, not 4
}

// parseBody decodes the data of a tracepoint. It reports false if they are too
// short; what could be read is set.
func parseBody(t *tracepoint, b *body) bool {
	*b = body{}
	lay := layout{longName: t.flags&flagLargeOffset != 0}
	if t.flags&flagPersona == 0 && t.flags&flagName == 0 {
		return b.parse(t, lay)
	}
	ok := b.parse(t, lay)
	if ok && itemsFit(t.data[b.items:], t.flags) && b.plausible(t) {
		return true
	}
	first, firstOK := *b, ok
	for persona := int8(0); persona <= 4; persona++ {
		if persona > 0 && t.flags&flagPersona == 0 {
			break
		}
		for _, long := range [2]bool{lay.longName, !lay.longName} {
			*b = body{}
			if b.parse(t, layout{persona, long}) && itemsFit(t.data[b.items:], t.flags) && b.plausible(t) {
				return true
			}
			if t.flags&flagName == 0 {
				break
			}
		}
	}
	*b = first
	return firstOK
}

// plausible reports whether activity identifiers carry their marker.
func (b *body) plausible(t *tracepoint) bool {
	const marker = 0x80
	if t.flags&flagPersona == 0 || t.record != uint8(TypeActivity) {
		return true
	}
	for _, id := range [3]uint64{b.activity, b.other, b.created} {
		if id != 0 && id>>56 != marker {
			return false
		}
	}
	return true
}

func (b *body) parse(t *tracepoint, lay layout) bool {
	r := reader{b: t.data}
	switch EventType(t.record) {
	case TypeActivity:
		b.parseActivity(&r, t, lay)
	case TypeTrace:
		b.pc = uint64(r.u32())
	case TypeLog, TypeSignpost:
		b.parseLog(&r, t, lay)
	}
	b.items = r.at
	return !r.short
}

func (b *body) parseActivity(r *reader, t *tracepoint, lay layout) {
	persona := func(place int8) {
		if lay.persona == place {
			b.persona = r.u32()
		}
	}
	if t.flags&flagCurrentActivity != 0 {
		b.activity = r.u64()
	}
	persona(1)
	if t.flags&flagUniquePID != 0 {
		b.uniquePID = r.u64()
	}
	persona(2)
	if t.flags&flagOtherActivity != 0 {
		b.other = r.u64()
	}
	persona(3)
	if t.level != uint8(LevelUserAction) {
		b.created = r.u64()
	}
	persona(4)
	b.location(r, t.flags)
}

func (b *body) parseLog(r *reader, t *tracepoint, lay layout) {
	if t.flags&flagCurrentActivity != 0 {
		b.activity = r.u64()
	}
	if lay.persona == 1 {
		b.persona = r.u32()
	}
	if t.flags&flagPrivate != 0 {
		b.privateOff, b.privateSize = r.u16(), r.u16()
	}
	if lay.persona == 2 {
		b.persona = r.u32()
	}
	b.location(r, t.flags)
	if t.flags&flagSubsystem != 0 {
		b.subsystem = r.u16()
	}
	signpost := t.record == uint8(TypeSignpost)
	if signpost {
		b.signpost = r.u64()
	}
	if t.flags&flagRules != 0 {
		b.rules = r.u8()
	}
	if t.flags&flagOversize != 0 {
		b.oversize = r.u32()
	}
	if signpost && t.flags&flagName != 0 {
		b.name = uint64(r.u32() & 0x7fffffff)
		if lay.longName {
			b.name |= uint64(r.u16()) << 31
		}
	}
}

// location decodes where in the code the entry was made.
func (b *body) location(r *reader, flags uint16) {
	b.pc = uint64(r.u32())
	if flags&flagLargeOffset != 0 {
		b.large = r.u16()
	}
	switch flags & flagStrings {
	case stringsAbsolute:
		b.absolute = r.u16()
		b.pc |= uint64(b.absolute) << 32
	case stringsUUID:
		copy(b.uuid[:], r.take(16))
	case stringsLarge:
		b.sharedLarge = r.u16()
	}
}
