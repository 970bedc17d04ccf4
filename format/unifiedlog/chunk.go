package unifiedlog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// Tags of chunks. Those of the second group occur inside a decompressed chunkset.
const (
	tagHeader   = 0x1000
	tagCatalog  = 0x600b
	tagChunkset = 0x600d

	tagFirehose   = 0x6001
	tagOversize   = 0x6002
	tagStatedump  = 0x6003
	tagSimpledump = 0x6004
)

// preambleSize is the size of what precedes the data of each chunk: tag,
// sub-tag and the size of the data.
const preambleSize = 16

// A preamble announces a chunk.
type preamble struct {
	tag, sub uint32
	size     uint64 // of the data, without the padding to 8 bytes
}

func parsePreamble(b []byte) preamble {
	_ = b[preambleSize-1]
	return preamble{binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint64(b[8:])}
}

// innerTag reports whether a chunk with this tag occurs in chunksets.
func innerTag(tag uint32) bool { return tag >= tagFirehose && tag <= tagSimpledump }

// pad8 returns how many bytes follow n bytes up to a multiple of 8.
func pad8(n int) int { return -n & 7 }

// A Header is the first chunk of a log file.
type Header struct {
	Timebase   Timebase
	Absolute   uint64 // Mach absolute time when the file was begun, in ticks; stops while the device sleeps
	Continuous uint64 // Mach continuous time when the file was begun, in ticks
	Wall       int64  // wall clock when the file was begun, nanoseconds since 1970-01-01 UTC
	ZoneWest   int32  // minutes west of UTC
	DST        bool   // daylight saving time was in force
	Flags      uint32 // 1: 64-bit system; 2: the file was begun at boot
	CPU        uint32 // CPU type of Mach-O headers; 0x0100000C is arm64
	CPUSub     uint32
	Build      string // of the system, as "19D52"
	Model      string // of the hardware, as "J96AP"
	Boot       UUID
	LogdPID    uint32
	LogdExit   uint32 // exit status of the logd before
	ZonePath   string // path of the time zone file, whose last parts name the zone
}

// errHeader is the error of a header chunk that cannot be used.
var errHeader = errors.New("read header: too short")

// ParseHeader decodes the data of a header chunk (tag 0x1000).
func ParseHeader(b []byte) (*Header, error) {
	const fixed = 40
	if len(b) < fixed {
		return nil, errHeader
	}
	u32 := binary.LittleEndian.Uint32
	h := &Header{
		Timebase: Timebase{u32(b), u32(b[4:])},
		Absolute: binary.LittleEndian.Uint64(b[8:]),
		Wall:     wallNanos(int64(binary.LittleEndian.Uint64(b[16:])), u32(b[24:])),
		ZoneWest: int32(u32(b[28:])),
		DST:      u32(b[32:]) != 0,
		Flags:    u32(b[36:]),
	}
	var boot bool
	for b = b[fixed:]; len(b) >= 8; {
		tag, size := u32(b), u32(b[4:])
		b = b[8:]
		if uint64(size) > uint64(len(b)) {
			return h, fmt.Errorf("read header: part %#x of %d bytes, %d remain", tag, size, len(b))
		}
		part := b[:size]
		b = b[size:]
		switch {
		case tag == 0x6100 && len(part) >= 8:
			h.Continuous = binary.LittleEndian.Uint64(part)
		case tag == 0x6101 && len(part) >= 56:
			h.CPU, h.CPUSub = u32(part), u32(part[4:])
			h.Build, h.Model = cstring(part[8:24]), cstring(part[24:56])
		case tag == 0x6102 && len(part) >= 24:
			h.Boot, h.LogdPID, h.LogdExit = UUID(part), u32(part[16:]), u32(part[20:])
			boot = true
		case tag == 0x6103:
			h.ZonePath = cstring(part)
		}
	}
	if !boot {
		return h, errors.New("read header: no boot")
	}
	return h, nil
}

// wallNanos joins seconds and microseconds; values that no clock has give 0.
func wallNanos(sec int64, usec uint32) int64 {
	const most = (1<<63 - 1) / 1_000_000_000
	if sec < 0 || sec >= most || usec >= 1_000_000 {
		return 0
	}
	return sec*1_000_000_000 + int64(usec)*1000
}

// cstring returns the text before the first NUL.
func cstring(b []byte) string { return string(cut(b)) }

// cut returns the bytes before the first NUL, or all.
func cut(b []byte) []byte {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return b[:i]
	}
	return b
}
