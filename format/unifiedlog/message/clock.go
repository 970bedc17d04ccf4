package message

import (
	"encoding/binary"
	"strconv"
	"time"
)

// The seconds since 1970 that are shown as times: the years 0 to 9999.
const (
	firstSecond = -62167219200
	lastSecond  = 253402300799
)

// appendSecond appends a second since 1970-01-01 UTC as a time in a zone.
func appendSecond(dst []byte, second int64, zone *time.Location) ([]byte, status) {
	if second < firstSecond || second > lastSecond {
		return appendUnknown(dst, second)
	}
	return time.Unix(second, 0).In(zone).AppendFormat(dst, time.DateTime), decodedAll
}

// appendTime appends a time_t of 4 or 8 bytes.
func appendTime(dst, data []byte, zone *time.Location) ([]byte, status) {
	n, ok := signed(data)
	if !ok || len(data) < 4 {
		return dst, unsupported
	}
	return appendSecond(dst, n, zone)
}

// appendTimeval appends a struct timeval: seconds of 8 bytes, microseconds of 4
// and padding; or 4 bytes each.
func appendTimeval(dst, data []byte, zone *time.Location) ([]byte, status) {
	return appendFraction(dst, data, zone, 6)
}

// appendTimespec appends a struct timespec: seconds and nanoseconds of 8 bytes
// each, or of 4. The example in os_log(3) has ten digits after the point; a
// nanosecond has nine.
func appendTimespec(dst, data []byte, zone *time.Location) ([]byte, status) {
	return appendFraction(dst, data, zone, 9)
}

// appendFraction appends a time with digits after the point.
func appendFraction(dst, data []byte, zone *time.Location, digits int) ([]byte, status) {
	var second, fraction int64
	le := binary.LittleEndian
	switch len(data) {
	case 16:
		second = int64(le.Uint64(data))
		fraction = int64(le.Uint64(data[8:]))
		if digits == 6 {
			fraction = int64(int32(le.Uint32(data[8:])))
		}
	case 8:
		second = int64(int32(le.Uint32(data)))
		fraction = int64(int32(le.Uint32(data[4:])))
	default:
		return dst, unsupported
	}
	scale := int64(1_000_000)
	if digits == 9 {
		scale = 1_000_000_000
	}
	if fraction < 0 || fraction >= scale {
		return dst, unsupported
	}
	dst, s := appendSecond(dst, second, zone)
	if s != decodedAll {
		return dst, s
	}
	point := len(dst)
	dst = strconv.AppendInt(dst, scale+fraction, 10) // its leading 1 becomes the point
	dst[point] = '.'
	return dst, decodedAll
}
