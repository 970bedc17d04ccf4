package unifiedlog

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
)

// Limits of the structures of statedumps about the network.
const (
	maxResolvers  = 256
	maxInterfaces = 64
)

// appendDNSConfig writes the DNS configuration that configd dumps, one resolver
// after the other. Its structure is that of dnsinfo in Apple's configd sources;
// numbers are big-endian. It reports false if the bytes are not that.
func appendDNSConfig(dst, b []byte) ([]byte, bool) {
	const head, entryHead = 56, 8
	if len(b) < head {
		return dst, false
	}
	names := map[uint32]string{1: "resolver", 2: "scoped resolver"}
	n := 0
	for b = b[head:]; len(b) >= entryHead; n++ {
		kind, size := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
		if size < entryHead || uint64(size) > uint64(len(b)) || n >= maxResolvers {
			break
		}
		name := names[kind]
		if name == "" {
			name = fmt.Sprintf("entry of kind %d", kind)
		}
		dst = fmt.Appendf(dst, "%s #%d\n", name, n+1)
		dst = appendResolver(dst, b[entryHead:size])
		b = b[size:]
	}
	return dst, n > 0
}

func appendResolver(dst, b []byte) []byte {
	const fixed = 100
	if len(b) < fixed {
		return appendHex(append(dst, "  "...), b)
	}
	u32 := binary.BigEndian.Uint32
	options := b[fixed:]
	options = options[:min(uint64(len(options)), uint64(u32(b[96:])))]
	for len(options) >= 8 {
		kind, size := u32(options), u32(options[4:])
		if size < 8 || uint64(size) > uint64(len(options)) {
			break
		}
		value := options[8:size]
		options = options[size:]
		name := map[uint32]string{0xa: "domain", 0xb: "nameserver", 0xc: "search domain", 0xe: "options",
			0xf: "configuration", 0x10: "interface"}[kind]
		switch {
		case kind == 0xb:
			dst = fmt.Appendf(dst, "  nameserver: %s\n", sockaddrText(value))
		case name != "":
			dst = fmt.Appendf(dst, "  %s: %s\n", name, strings.ToValidUTF8(cstring(value), "\ufffd"))
		default:
			dst = append(appendHex(fmt.Appendf(dst, "  attribute %d: ", kind), value), '\n')
		}
	}
	return fmt.Appendf(dst, "  timeout: %d, order: %d, interface: %d, flags: %#x, reach: %#x\n",
		u32(b[56:]), u32(b[60:]), u32(b[64:]), u32(b[68:]), u32(b[72:]))
}

// sockaddrText returns the address of a socket address structure.
func sockaddrText(b []byte) string {
	switch {
	case len(b) >= 16 && b[1] == 2:
		return netip.AddrFrom4([4]byte(b[4:8])).String()
	case len(b) >= 28 && b[1] == 30:
		return netip.AddrFrom16([16]byte(b[8:24])).String()
	}
	return hex.EncodeToString(b)
}

// appendNetwork writes the network information that configd dumps: the nwi_state
// structure of Apple's configd sources. It reports false if the bytes are not
// that.
func appendNetwork(dst, b []byte) ([]byte, bool) {
	const head, size = 40, 112
	if len(b) < head {
		return dst, false
	}
	u32 := binary.LittleEndian.Uint32
	most, v4, v6 := u32(b[4:]), u32(b[8:]), u32(b[12:])
	if most > maxInterfaces || v4 > most || v6 > most || uint64(len(b)-head) < 2*uint64(most)*size {
		return dst, false
	}
	dst = fmt.Appendf(dst, "version: %d, generation: %d, reach IPv4: %#x, reach IPv6: %#x\n",
		u32(b), binary.LittleEndian.Uint64(b[32:]), u32(b[24:]), u32(b[28:]))
	for i := range v4 {
		dst = appendInterface(dst, b[head+i*size:])
	}
	for i := range v6 {
		dst = appendInterface(dst, b[head+(most+i)*size:])
	}
	return dst, true
}

func appendInterface(dst, b []byte) []byte {
	u32 := binary.LittleEndian.Uint32
	rank := u32(b[28:])
	place := [...]string{"first", "default", "last", "never", "scoped"}
	name := fmt.Sprintf("code %d", rank>>24)
	if int(rank>>24) < len(place) {
		name = place[rank>>24]
	}
	addr := hex.EncodeToString(b[36:52])
	switch u32(b[32:]) {
	case 2:
		addr = netip.AddrFrom4([4]byte(b[36:40])).String()
	case 30:
		addr = netip.AddrFrom16([16]byte(b[36:52])).String()
	}
	return fmt.Appendf(dst, "  %s: %s, rank %s %d, flags %#x, reach %#x, generation %d\n",
		strings.ToValidUTF8(cstring(b[:16]), "\ufffd"), addr, name, rank&0xffffff,
		binary.LittleEndian.Uint64(b[16:]), u32(b[60:]), binary.LittleEndian.Uint64(b[52:]))
}
