package message

import (
	"bytes"
	"encoding/binary"
	"math"
	"time"
)

// appendDaemonStatus appends the state of locationd as Apple's tool does. The
// charger lies at offset 12, not 10 as dtformats has it: in a state with a
// charger of type 2, offset 10 holds other bytes.
func appendDaemonStatus(dst, data []byte, _ *time.Location) ([]byte, status) {
	if len(data) < 36 {
		return dst, unsupported
	}
	le := binary.LittleEndian
	o := object{dst: append(dst, '{'), data: data}
	o.int32(28, "thermalLevel")
	o.named(24, "reachability", map[uint32]string{
		0: "kReachabilityUnavailable", 1: "kReachabilitySmall",
		2: "kReachabilityLarge", 1000: "kReachabilityUnachievable",
	})
	o.bools(32, "airplaneMode")
	o.key("batteryData")
	b := object{dst: append(o.dst, '{'), data: data}
	b.bools(16, "wasConnected")
	b.bools(8, "charged")
	b.key("level")
	b.dst = appendJSONFloat(b.dst, math.Float64frombits(le.Uint64(data)))
	b.bools(9, "connected")
	b.named(12, "chargerType", map[uint32]string{0: "kChargerTypeUnknown", 2: "kChargerTypeUsb"})
	o.dst = append(b.dst, '}')
	o.bools(35, "restrictedMode")
	o.bools(33, "batterySaverModeEnabled")
	return append(o.dst, '}'), decodedAll
}

// named writes a field of 4 bytes with a name, or as a number without one.
func (o *object) named(at int, key string, names map[uint32]string) {
	o.key(key)
	n := binary.LittleEndian.Uint32(o.data[at:])
	if name, ok := names[n]; ok {
		o.dst = append(append(append(o.dst, '"'), name...), '"')
		return
	}
	o.dst = appendUint(o.dst, uint64(n))
}

// appendDNSConfiguration appends the resolvers of configd, big-endian, in lines
// like those of scutil --dns. Source: dnsinfo_flatfile.h of Apple's configd.
func appendDNSConfiguration(dst, data []byte, _ *time.Location) ([]byte, status) {
	const header = 56
	if len(data) < header {
		return dst, unsupported
	}
	out, index := append(dst, "DNS configuration"...), 0
	for data = data[header:]; len(data) >= 8; {
		kind, size := binary.BigEndian.Uint32(data), binary.BigEndian.Uint32(data[4:])
		if size < 8 || uint64(size) > uint64(len(data)) {
			break
		}
		if kind == 1 || kind == 2 {
			index++
			title := "\nresolver #"
			if kind == 2 {
				title = "\nscoped resolver #"
			}
			out = appendInt(append(out, title...), int64(index))
			out = appendResolver(out, data[8:size])
		}
		data = data[size:]
	}
	if len(bytes.Trim(data, "\x00")) > 0 {
		out = append(out, "\n<decode: unsupported value>"...)
	}
	return out, decodedAll
}

// appendResolver appends one resolver: options, then fixed fields.
func appendResolver(dst, data []byte) []byte {
	const options = 100
	if len(data) < options {
		return append(dst, "\n  <decode: unsupported value>"...)
	}
	be := binary.BigEndian
	rest := data[options:]
	if size := be.Uint32(data[96:]); uint64(size) < uint64(len(rest)) {
		rest = rest[:size]
	}
	servers, searches := 0, 0
	for len(rest) >= 8 {
		size := be.Uint32(rest[4:])
		if size < 8 || uint64(size) > uint64(len(rest)) {
			dst = append(dst, "\n  <decode: unsupported value>"...)
			break
		}
		dst = appendOption(dst, be.Uint32(rest), rest[8:size], &servers, &searches)
		rest = rest[size:]
	}
	dst = appendField(dst, "timeout", be.Uint32(data[56:]))
	dst = appendField(dst, "order", be.Uint32(data[60:]))
	dst = appendField(dst, "if_index", be.Uint32(data[64:]))
	dst = appendHexNumber(append(dst, "\n  flags : "...), uint64(be.Uint32(data[68:])))
	return appendReach(append(dst, "\n  reach : "...), be.Uint32(data[72:]))
}

// appendOption appends one option and counts those that are numbered.
func appendOption(dst []byte, kind uint32, value []byte, servers, searches *int) []byte {
	switch kind {
	case 0xa:
		return appendLine(dst, "domain", value)
	case 0xb:
		dst = appendInt(append(dst, "\n  nameserver["...), int64(*servers))
		*servers++
		return appendEndpoint(append(dst, "] : "...), value)
	case 0xc:
		dst = appendInt(append(dst, "\n  search domain["...), int64(*searches))
		*searches++
		return append(append(dst, "] : "...), trimmed(value)...)
	case 0xe:
		return appendLine(dst, "options", value)
	case 0xf:
		return appendLine(dst, "configuration", value)
	case 0x10:
		return appendLine(dst, "interface", value)
	}
	dst = appendHexNumber(append(dst, "\n  option "...), uint64(kind))
	return appendHex(append(dst, " : "...), value)
}

// appendLine appends a text with its name.
func appendLine(dst []byte, name string, value []byte) []byte {
	dst = append(append(dst, "\n  "...), name...)
	return append(append(dst, " : "...), trimmed(value)...)
}

// appendField appends a number with its name, unless it is zero.
func appendField(dst []byte, name string, n uint32) []byte {
	if n == 0 {
		return dst
	}
	dst = append(append(dst, "\n  "...), name...)
	return appendUint(append(dst, " : "...), uint64(n))
}

// trimmed returns text up to its first NUL.
func trimmed(value []byte) []byte {
	value, _, _ = bytes.Cut(value, []byte{0})
	value, _ = valid(value)
	return value
}

// appendEndpoint appends the address of a sockaddr.
func appendEndpoint(dst, data []byte) []byte {
	out, s := appendSockaddr(dst, data, time.UTC)
	if s == unsupported {
		return append(dst, "<decode: unsupported value>"...)
	}
	return out
}

// reaches are the flags of SCNetworkReachability.
var reaches = [...]struct {
	bit  uint32
	name string
}{
	{1, "Transient Connection"}, {2, "Reachable"}, {4, "Connection Required"},
	{8, "Automatic Connection On Traffic"}, {0x10, "Intervention Required"},
	{0x20, "Automatic Connection On Demand"}, {0x10000, "Local Address"},
	{0x20000, "Directly Reachable Address"}, {0x40000, "WWAN"},
}

// appendReach appends how a network is reached.
func appendReach(dst []byte, reach uint32) []byte {
	dst = appendHexNumber(dst, uint64(reach))
	if reach == 0 {
		return append(dst, " (Not Reachable)"...)
	}
	return appendBits(dst, reach, reaches[:])
}

// appendBits appends the names of bits in parentheses.
func appendBits(dst []byte, n uint32, names []struct {
	bit  uint32
	name string
}) []byte {
	separator := " ("
	for _, b := range names {
		if n&b.bit != 0 {
			dst = append(append(dst, separator...), b.name...)
			separator = ", "
		}
	}
	if separator == ", " {
		dst = append(dst, ')')
	}
	return dst
}

// Sizes of the state of network_information.h (Apple's configd).
const (
	nwiHeader    = 40
	nwiInterface = 112
	nwiMost      = 64 // interfaces of each family that are read
)

// interfaceFlags are the flags of an interface in that state.
var interfaceFlags = [...]struct {
	bit  uint32
	name string
}{
	{1, "IPv4"}, {2, "IPv6"}, {4, "DNS"}, {8, "Not In List"},
	{0x20, "Not In Interface List"}, {0x40, "CLAT46"},
}

// ranks are the classes in the top byte of a rank.
var ranks = [...]string{"First", "Default", "Last", "Never", "Scoped"}

// appendNetworkInformation appends the interfaces that configd ranked,
// little-endian. Version and size can be of another system; what does not fit is
// left out with a mark.
func appendNetworkInformation(dst, data []byte, _ *time.Location) ([]byte, status) {
	if len(data) < nwiHeader {
		return dst, unsupported
	}
	le := binary.LittleEndian
	most := le.Uint32(data[4:])
	dst = appendUint(append(dst, "Network information (generation "...), le.Uint64(data[32:]))
	dst = append(dst, ')')
	for i, family := range []string{"IPv4", "IPv6"} {
		count := le.Uint32(data[8+4*i:])
		dst = append(append(dst, '\n'), family...)
		dst = appendUint(append(dst, " interfaces : "...), uint64(count))
		dst = appendReach(append(dst, "\n  reach : "...), le.Uint32(data[24+4*i:]))
		for j := range min(count, most, nwiMost) {
			at := nwiHeader + (uint64(i)*uint64(most)+uint64(j))*nwiInterface
			if at+nwiInterface > uint64(len(data)) {
				dst = append(dst, "\n  <decode: missing data>"...)
				break
			}
			dst = appendInterface(dst, data[at:at+nwiInterface])
		}
	}
	return dst, decodedAll
}

// appendInterface appends one interface.
func appendInterface(dst, data []byte) []byte {
	le := binary.LittleEndian
	dst = append(append(dst, "\n  "...), trimmed(data[:16])...)
	flags := le.Uint64(data[16:])
	dst = appendHexNumber(append(dst, " : flags "...), flags)
	dst = appendBits(dst, uint32(flags), interfaceFlags[:])
	rank := le.Uint32(data[28:])
	dst = append(dst, ", rank "...)
	dst = appendName(dst, ranks[:], "class ", uint64(rank>>24))
	dst = appendUint(append(dst, ' '), uint64(rank&0xffffff))
	dst = append(dst, ", address "...)
	switch le.Uint32(data[32:]) {
	case familyInet:
		dst = appendV4(dst, data[36:40])
	case familyInet6:
		dst = appendV6(dst, data[36:52])
	default:
		dst = append(dst, "none"...)
	}
	if vpn := data[64:92]; vpn[1] != 0 {
		dst = appendEndpoint(append(dst, ", VPN server "...), vpn)
	}
	return appendReach(append(dst, ", reach "...), le.Uint32(data[60:]))
}
