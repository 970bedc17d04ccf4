// Package message composes the messages of Apple's unified logs: a format
// string, which the log keeps apart from its entries, and the arguments that an
// entry holds, become the text that Apple's own log command prints.
//
// A format is compiled once and used for each entry that refers to it:
//
//	p := message.Compile([]byte("%{public}s started, %d left"))
//	line = p.Append(line[:0], items, nil)
//
// What Apple's tool prints is followed where it is known: from os_log(3), from
// its messages in published logs, from liblog_mdnsresponder of the mDNSResponder
// sources, and from dtformats, which compared its results with "log raw-dump".
// Where nobody has published it, the comment of the decoder says so.
//
// An argument that cannot be shown leaves a visible mark in the text, never an
// error: <private>, <decode: missing data>, <decode: mismatch for …>,
// <decode: unsupported value> and <decode: unknown value: N>. [Stats] counts them.
package message

import "time"

// Limits, so that a hostile log cannot fill the memory.
const (
	// maxConversions is how many conversions of a format are used; an entry has
	// at most 255 arguments. What follows them stays in the text as it is.
	maxConversions = 512
	// maxWidth bounds widths and precisions, which can be arguments.
	maxWidth = 512
	// maxMessage is how many bytes the values of a message may fill before the
	// rest of it is left out with a mark.
	maxMessage = 1 << 20
	// maxData is how many bytes of data without a decoder are shown.
	maxData = 1 << 10
	// maxAnnotation is the longest text between braces, in bytes.
	maxAnnotation = 1 << 10
)

// An Item is one argument of an entry as it is stored.
type Item struct {
	// Type is the type byte of the item: its kind in the high four bits (0
	// scalar, 1 precision or width of the next item, 2 text, 3 data, 4 object, 5
	// wide text, 6 errno, 7 name of a mask, 8 text since iOS 18, 15 masked), its
	// privacy in the low ones (0 default, 1 private, 2 public, 5 sensitive).
	Type uint8
	// Data holds the bytes of an inline value, little-endian, or those that the
	// range of the item refers to. It is nil for an empty range.
	Data []byte
	// Missing means that the range was announced but is not stored.
	Missing bool
}

// The kinds of items, as clang's os_log encoding numbers them.
const (
	kindScalar = 0x0
	kindCount  = 0x1
	kindText   = 0x2
	kindData   = 0x3
	kindObject = 0x4
	kindWide   = 0x5
	kindErrno  = 0x6
	kindMask   = 0x7
	kindText18 = 0x8
	kindMasked = 0xf
)

// kind returns the kind of the item.
func (it *Item) kind() uint8 { return it.Type >> 4 }

// private reports whether the item is private or sensitive.
func (it *Item) private() bool { return it.Type&1 != 0 }

// text reports whether the item holds text.
func (it *Item) text() bool {
	switch it.kind() {
	case kindText, kindObject, kindWide, kindText18:
		return true
	}
	return false
}

// Options are how messages are written. The zero value and nil are useful.
type Options struct {
	// Zone is the zone of times in messages, UTC if nil. Apple's tool uses that
	// of the computer on which it runs.
	Zone *time.Location
	// Stats, if not nil, is added to. It must not be shared by goroutines.
	Stats *Stats
}

// Stats counts what could not be shown as it was meant to be.
type Stats struct {
	Messages    uint64 // messages composed
	Arguments   uint64 // conversions replaced
	Private     uint64 // private and sensitive values that are not stored
	Masked      uint64 // values replaced by their hash when they were logged
	Missing     uint64 // conversions without an item, and items without their data
	Mismatched  uint64 // items of another kind than the conversion wants
	Unsupported uint64 // values of a size or structure that their decoder does not know
	Unknown     uint64 // values without a name in the table of their decoder
	Undecoded   uint64 // conversions with an annotation that is not known here
	Surplus     uint64 // items that no conversion asked for
	Replaced    uint64 // texts with bytes that are not UTF-8, shown as U+FFFD
	Clamped     uint64 // widths and precisions over 512, and texts left out over 1 MiB
}

// Add adds the counts of other.
func (s *Stats) Add(other *Stats) {
	s.Messages += other.Messages
	s.Arguments += other.Arguments
	s.Private += other.Private
	s.Masked += other.Masked
	s.Missing += other.Missing
	s.Mismatched += other.Mismatched
	s.Unsupported += other.Unsupported
	s.Unknown += other.Unknown
	s.Undecoded += other.Undecoded
	s.Surplus += other.Surplus
	s.Replaced += other.Replaced
	s.Clamped += other.Clamped
}
