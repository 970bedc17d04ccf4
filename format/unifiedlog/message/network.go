package message

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"time"
)

// Address families of Darwin (sys/socket.h).
const (
	familyUnix  = 1
	familyInet  = 2
	familyInet6 = 30
)

// appendHexNumber appends a number as 0x and lower-case digits.
func appendHexNumber(dst []byte, n uint64) []byte {
	return strconv.AppendUint(append(dst, "0x"...), n, 16)
}

// appendV4 appends an IPv4 address of 4 bytes.
func appendV4(dst, data []byte) []byte {
	return netip.AddrFrom4([4]byte(data)).AppendTo(dst)
}

// appendV6 appends an IPv6 address of 16 bytes in the form of RFC 5952.
func appendV6(dst, data []byte) []byte {
	return netip.AddrFrom16([16]byte(data)).AppendTo(dst)
}

// appendInAddr appends a struct in_addr, whose bytes in memory are those of the
// address in the order of the network; it is logged as an integer.
func appendInAddr(dst, data []byte, _ *time.Location) ([]byte, status) {
	if len(data) != 4 {
		return dst, unsupported
	}
	return appendV4(dst, data), decodedAll
}

// appendIn6Addr appends a struct in6_addr.
func appendIn6Addr(dst, data []byte, _ *time.Location) ([]byte, status) {
	if len(data) != 16 {
		return dst, unsupported
	}
	return appendV6(dst, data), decodedAll
}

// appendSockaddr appends the address of a socket, without its port, flow and
// scope, as Apple's tool does. The length byte of the structure can be wrong:
// the size of the item counts.
func appendSockaddr(dst, data []byte, _ *time.Location) ([]byte, status) {
	if len(data) == 0 {
		return append(dst, "<NULL>"...), decodedAll
	}
	if len(data) < 2 {
		return dst, unsupported
	}
	switch family := data[1]; {
	case family == familyInet && len(data) >= 8:
		return appendV4(dst, data[4:8]), decodedAll
	case family == familyInet6 && len(data) >= 24:
		return appendV6(dst, data[8:24]), decodedAll
	case family == familyUnix:
		path, _ := valid(data[2:])
		return append(dst, path...), decodedAll
	case family == familyInet || family == familyInet6:
		return dst, unsupported
	default:
		return appendUnknown(dst, int64(family))
	}
}

// appendAddress appends the mDNSAddr structure of mDNSResponder: the version, 0,
// 4 or 6, in 32 bits and an address in 16 bytes.
func appendAddress(dst, data []byte, _ *time.Location) ([]byte, status) {
	if len(data) == 0 {
		return append(dst, "<NULL IP ADDRESS>"...), decodedAll
	}
	if len(data) < 4 {
		return dst, unsupported
	}
	version := int32(binary.LittleEndian.Uint32(data))
	switch data = data[4:]; {
	case version == 0:
		return append(dst, "<UNSPECIFIED IP ADDRESS>"...), decodedAll
	case version == 4 && len(data) >= 4:
		return appendV4(dst, data[:4]), decodedAll
	case version == 6 && len(data) >= 16:
		return appendV6(dst, data[:16]), decodedAll
	case version == 4 || version == 6:
		return dst, unsupported
	}
	return appendUnknown(dst, int64(version))
}

// appendMAC appends a hardware address of 6 bytes.
func appendMAC(dst, data []byte, _ *time.Location) ([]byte, status) {
	if len(data) == 0 {
		return append(dst, "<NULL MAC ADDRESS>"...), decodedAll
	}
	if len(data) != 6 {
		return dst, unsupported
	}
	const digits = "0123456789abcdef"
	for i, b := range data {
		if i > 0 {
			dst = append(dst, ':')
		}
		dst = append(dst, digits[b>>4], digits[b&15])
	}
	return dst, decodedAll
}
