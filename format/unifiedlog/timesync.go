package unifiedlog

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// maxTimesync is the size in bytes of the largest timesync file that is read;
// the largest observed has 131 KB.
const maxTimesync = 64 << 20

const (
	bootSignature = 0xBBB0
	bootSize      = 48
	syncSignature = 0x7354 // "Ts"
	syncSize      = 32
)

// A Timebase is the length of a tick of Mach time: Numer/Denom nanoseconds.
type Timebase struct{ Numer, Denom uint32 }

// A Sync relates the two clocks at one moment of a boot.
type Sync struct {
	Continuous uint64 // Mach continuous time, in ticks
	Wall       int64  // nanoseconds since 1970-01-01 UTC
	Flags      uint32 // 0 or 1 observed; meaning not established
	ZoneWest   int32  // minutes west of UTC
	DST        bool   // daylight saving time was in force
}

// A Boot is one run of the system, as timesync files describe it.
type Boot struct {
	UUID     UUID
	Timebase Timebase
	Wall     int64 // wall clock at start, nanoseconds since 1970-01-01 UTC; 0 if not recorded
	ZoneWest int32 // minutes west of UTC
	DST      bool  // daylight saving time was in force
	Rank     int   // position among the boots of the archive, from 0, in the order of their start
	Syncs    []Sync
	listed   bool // a timesync file has it
}

// A Clock says how the wall clock time of an entry was found.
type Clock uint8

// The ways a time is found, from best to worst.
const (
	ClockSynced   Clock = iota // from the last sync record before the entry
	ClockEarly                 // before the first sync record of the boot: from its start
	ClockBootOnly              // the boot has no sync record: from its start
	ClockHeader                // the boot is in no timesync file: from the header of the log file
	ClockNone                  // nothing relates the clocks: the time is zero
)

// String returns a short name of the value.
func (c Clock) String() string {
	names := [...]string{"synced", "before first sync", "boot only", "header", "none"}
	if int(c) < len(names) {
		return names[c]
	}
	return fmt.Sprintf("code %d", uint8(c))
}

// ParseTimesync decodes a timesync file: boots in their order, each followed by
// its sync records. Bytes that are no record are passed over up to the next one, and
// so are sync records whose boot is not known, since it is missing or may be among
// such bytes. The error says where the first of them are, and how many bytes were
// not read.
func ParseTimesync(data []byte) ([]Boot, error) {
	var boots []Boot
	var first error
	lost := 0
	known := false // whether the last boot is that of the sync records that come
	for off := 0; off < len(data); {
		rest := data[off:]
		sig, size := timesyncRecord(rest)
		switch {
		case sig == bootSignature:
			boots, known = append(boots, parseBoot(rest)), true
		case sig == syncSignature && known:
			b := &boots[len(boots)-1]
			b.Syncs = append(b.Syncs, parseSync(rest))
		default:
			if size = nextTimesync(rest); first == nil {
				first = fmt.Errorf("read timesync record at %d: %x is no record that can stand there", off, rest[:min(4, len(rest))])
			}
			lost += size
			known = known && size%syncSize == 0 && follows(rest[size:], boots[len(boots)-1].Syncs)
		}
		off += size
	}
	if first != nil {
		first = fmt.Errorf("%w; %d bytes not read", first, lost)
	}
	return boots, first
}

// follows reports whether the record at the start of b is one of a boot with the
// given sync records, or of another boot by its own word.
func follows(b []byte, syncs []Sync) bool {
	sig, _ := timesyncRecord(b)
	return sig != syncSignature || len(syncs) == 0 || parseSync(b).Continuous >= syncs[len(syncs)-1].Continuous
}

// timesyncRecord returns the signature and size in bytes of the record at the
// start of b, 0 if there is none.
func timesyncRecord(b []byte) (signature uint16, size int) {
	if len(b) < 4 {
		return 0, 0
	}
	signature, size = binary.LittleEndian.Uint16(b), int(binary.LittleEndian.Uint16(b[2:]))
	if size <= len(b) && (signature == bootSignature && size >= bootSize || signature == syncSignature && size >= syncSize) {
		return signature, size
	}
	return 0, 0
}

// nextTimesync returns how many bytes after the start of b the next record begins,
// which must have the size that all have and be followed by the end or by another
// one; len(b) if there is none.
func nextTimesync(b []byte) int {
	const align = 4
	for off := align; off < len(b); off += align {
		sig, size := timesyncRecord(b[off:])
		if sig == bootSignature && size == bootSize || sig == syncSignature && size == syncSize {
			if next, _ := timesyncRecord(b[off+size:]); next != 0 || len(b) == off+size {
				return off
			}
		}
	}
	return len(b)
}

func parseBoot(b []byte) Boot {
	return Boot{
		UUID:     UUID(b[8:24]),
		Timebase: Timebase{binary.LittleEndian.Uint32(b[24:]), binary.LittleEndian.Uint32(b[28:])},
		Wall:     int64(binary.LittleEndian.Uint64(b[32:])),
		ZoneWest: int32(binary.LittleEndian.Uint32(b[40:])),
		DST:      binary.LittleEndian.Uint32(b[44:]) != 0,
		listed:   true,
	}
}

func parseSync(b []byte) Sync {
	return Sync{
		Flags:      binary.LittleEndian.Uint32(b[4:]),
		Continuous: binary.LittleEndian.Uint64(b[8:]),
		Wall:       int64(binary.LittleEndian.Uint64(b[16:])),
		ZoneWest:   int32(binary.LittleEndian.Uint32(b[24:])),
		DST:        binary.LittleEndian.Uint32(b[28:]) != 0,
	}
}

// At returns the wall clock time at a Mach continuous time of the boot, in
// nanoseconds since 1970-01-01 UTC, and how it was found. Fractions of a
// nanosecond are cut toward the earlier instant.
//
// What comes before the first sync record is dated from the start of the boot,
// as dtformats does: the time that the device's clock showed then. The first
// sync record can correct that clock by seconds.
func (b *Boot) At(continuous uint64) (int64, Clock) {
	s, clock := b.anchor(b.segment(continuous))
	if clock == ClockNone {
		return 0, clock
	}
	return s.Wall + b.Timebase.nanos(continuous, s.Continuous), clock
}

// anchor returns what relates the clocks in segment i: -1 is before the first
// sync record.
func (b *Boot) anchor(i int) (Sync, Clock) {
	switch {
	case !b.listed && len(b.Syncs) > 0:
		return b.Syncs[max(i, 0)], ClockHeader
	case i >= 0:
		return b.Syncs[i], ClockSynced
	case b.Wall != 0 && len(b.Syncs) > 0:
		return Sync{Wall: b.Wall, ZoneWest: b.ZoneWest, DST: b.DST}, ClockEarly
	case b.Wall != 0:
		return Sync{Wall: b.Wall, ZoneWest: b.ZoneWest, DST: b.DST}, ClockBootOnly
	case len(b.Syncs) > 0:
		return b.Syncs[0], ClockEarly
	}
	return Sync{}, ClockNone
}

// segment returns the index of the last sync record not after continuous, or -1.
func (b *Boot) segment(continuous uint64) int {
	lo, hi := 0, len(b.Syncs)
	for lo < hi {
		if m := int(uint(lo+hi) >> 1); b.Syncs[m].Continuous <= continuous {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return lo - 1
}

// between returns the lowest and highest wall clock time of the entries whose
// continuous time is from..to, also where the clock was set back in between. It
// reports false if the clock is not known.
func (b *Boot) between(from, to uint64) (lo, hi int64, ok bool) {
	lo, clock := b.At(from)
	if clock == ClockNone || from > to {
		return 0, 0, false
	}
	hi = lo
	add := func(t int64) { lo, hi = min(lo, t), max(hi, t) }
	t, _ := b.At(to)
	add(t)
	for i := b.segment(from) + 1; i < len(b.Syncs) && b.Syncs[i].Continuous <= to; i++ {
		add(b.Syncs[i].Wall)
		s, _ := b.anchor(i - 1) // of the moment before the clock was corrected
		add(s.Wall + b.Timebase.nanos(b.Syncs[i].Continuous, s.Continuous))
	}
	return lo, hi, true
}

// nanos returns the nanoseconds from one continuous time to another.
func (t Timebase) nanos(at, from uint64) int64 {
	if at >= from {
		return t.scale(at-from, 0)
	}
	return -t.scale(from-at, uint64(t.Denom))
}

// scale converts ticks; it rounds down, or up if round is the denominator. What
// does not fit gives the greatest value.
func (t Timebase) scale(ticks, round uint64) int64 {
	const most = 1<<63 - 1
	numer, denom := uint64(t.Numer), uint64(t.Denom)
	if numer == denom || numer == 0 || denom == 0 {
		return int64(min(ticks, most))
	}
	if round > 0 {
		round--
	}
	hi, lo := bits.Mul64(ticks, numer)
	lo, carry := bits.Add64(lo, round, 0)
	hi += carry
	if hi >= denom {
		return most
	}
	q, _ := bits.Div64(hi, lo, denom)
	return int64(min(q, most))
}

// mergeBoots joins the records of boots that several files have, orders their
// sync records and numbers the boots in the order of their first appearance.
func mergeBoots(lists ...[]Boot) []*Boot {
	var boots []*Boot
	byUUID := map[UUID]*Boot{}
	for _, list := range lists {
		for i := range list {
			b := byUUID[list[i].UUID]
			if b == nil {
				b = &list[i]
				byUUID[b.UUID] = b
				boots = append(boots, b)
			} else {
				b.Syncs = append(b.Syncs, list[i].Syncs...)
			}
		}
	}
	for i, b := range boots {
		b.Rank = i
		sortSyncs(b.Syncs)
	}
	return boots
}
