package unifiedlog

import (
	"time"

	"github.com/vigie-project/vigie/format/unifiedlog/message"
)

// An Entry is one entry of the log. It and what its methods return as bytes are
// valid only until the function that received it returns, or the next entry is
// asked for; strings and the values it points to stay.
type Entry struct {
	Nanos      int64     // wall clock, nanoseconds since 1970-01-01 UTC
	Clock      Clock     // how Nanos was found
	Type       EventType // what kind of entry it is
	Level      Level     // level of a message, kind of an activity or signpost
	Stream     Stream    // store it was written to
	TTL        uint8     // days it is kept; 0 if not stated
	Flags      uint16    // of the tracepoint, as stored
	Continuous uint64    // Mach continuous time, in ticks of the boot's timebase
	Thread     uint64    // number of the thread; 0 if not recorded
	Process    *Process  // never nil
	Boot       *Boot     // never nil

	Subsystem string // as "com.apple.locationd"; "" if none is recorded
	Category  string

	Activity uint64 // activity the entry belongs to; of TypeActivity, the one that begins. 0 if none
	Creator  uint64 // of TypeActivity: the activity in which it began
	Parent   uint64 // of TypeActivity: its parent
	Signpost uint64 // number of a signpost
	Persona  uint32 // iOS 27 and macOS 27; 0 before

	// PC holds the low bits of the address of the code that made the entry: 48
	// for absolute references, 32 else.
	PC uint64

	LossStart, LossEnd uint64 // of TypeLoss: continuous times between which entries are missing
	LossCount          uint64 // of TypeLoss: at least so many

	Sender UUID // of TypeStatedump and TypeSimpledump: the image that made it; others, see Library

	File     *File // never nil
	Chunkset int   // number of the chunkset in its file, from 0
	Offset   int   // where the entry's chunk or tracepoint begins in the decompressed chunkset, in bytes

	d       *decoder
	body    body
	ref     uint32
	data    []byte // of a tracepoint, or of the chunk
	private []byte
	format  *format
	text    []byte // the message, where it was composed for a predicate
	told    told   // what of it was counted
}

// Time returns the wall clock time in UTC; it is zero if Clock is ClockNone.
func (e *Entry) Time() time.Time {
	if e.Clock == ClockNone {
		return time.Time{}
	}
	return time.Unix(0, e.Nanos).UTC()
}

// Format returns the format string of the message, or "" if it is not known.
func (e *Entry) Format() string { return e.resolve().text }

// Status says what is known of the format string.
func (e *Entry) Status() Status { return e.resolve().status }

// Reference returns where the format string should be: the UUID of the file of
// strings and the offset in its image. Of a dynamic format, the offset is that
// of code or data near its use.
func (e *Entry) Reference() (UUID, uint64) { f := e.resolve(); return f.uuid, f.ref }

// Library returns the image whose code made the entry, which may be the main
// executable itself. Path and UUID are zero if they are not known.
func (e *Entry) Library() (path string, uuid UUID) {
	if e.Type == TypeStatedump || e.Type == TypeSimpledump {
		return e.d.a.strings.imagePath(e.Sender), e.Sender
	}
	m := e.resolve().image
	return m.Path, m.UUID
}

// Message returns the composed message.
func (e *Entry) Message() string { return string(e.AppendMessage(nil)) }

// AppendMessage appends the composed message to dst. An entry whose format
// string is not known gives a mark with the place where it should be, and its
// arguments.
func (e *Entry) AppendMessage(dst []byte) []byte {
	if e.text != nil {
		return append(dst, e.text...)
	}
	return e.d.appendMessage(dst, e)
}

// SignpostName returns the name of a signpost, or "" if it is not known.
func (e *Entry) SignpostName() string {
	if e.Type != TypeSignpost || e.Flags&flagName == 0 {
		return ""
	}
	k := e.key()
	k.ref, k.dynamic = e.body.name, false
	return e.d.format(k).text
}

// Items appends the arguments of the entry to dst, those of a separate chunk
// included. Their bytes are valid as long as the entry.
func (e *Entry) Items(dst []message.Item) []message.Item { return e.d.appendItems(dst, e) }

// resolve finds the format string.
func (e *Entry) resolve() *format {
	if e.format == nil {
		switch e.Type {
		case TypeLog, TypeSignpost, TypeActivity, TypeTrace:
			e.format = e.d.format(e.key())
		default:
			e.format = noFormat
		}
		e.lacksFormat()
	}
	return e.format
}

// key returns what names the format string: the file of strings, and 63 bits of
// reference. That the high part shifts by 31 is dtformats' finding, compared
// with Apple's tool.
func (e *Entry) key() formatKey {
	const dynamic = 1 << 31
	b := &e.body
	k := formatKey{ref: uint64(e.ref &^ dynamic), dynamic: e.ref&dynamic != 0 && e.Type != TypeTrace}
	high := uint64(b.large)
	switch e.Flags & flagStrings {
	case stringsMain:
		k.uuid = e.Process.UUID
	case stringsShared:
		k.uuid, k.shared = e.Process.SharedCache, true
	case stringsLarge:
		k.uuid, k.shared = e.Process.SharedCache, true
		high = uint64(b.sharedLarge)
	case stringsUUID:
		k.uuid = b.uuid
	case stringsAbsolute:
		k.dynamic = k.dynamic || uint64(e.ref) == b.pc
		if m, ok := e.Process.image(b.pc); ok {
			k.uuid = m.uuid
		}
	}
	k.ref |= high << 31
	if k.dynamic && !k.shared {
		k.ref = 0 // does not matter, and would fill the cache
	}
	return k
}
