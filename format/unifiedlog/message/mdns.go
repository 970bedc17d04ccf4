package message

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"time"
)

// Tables of mDNSResponder's annotations. Protocol 3 is not established.
var (
	negativeReasons   = map[int64]string{1: "no-data", 2: "nxdomain", 3: "query-suppressed", 4: "no-dns-service", 5: "server error"}
	resolverProtocols = map[int64]string{1: "UDP", 2: "TCP", 4: "HTTPS"}
)

// appendDNSHeader appends the header of a DNS message, 12 bytes.
func appendDNSHeader(dst, data []byte, _ *time.Location) ([]byte, status) {
	if len(data) != 12 {
		return dst, unsupported
	}
	be := binary.BigEndian
	dst = appendIDAndFlags(dst, be.Uint16(data), be.Uint16(data[2:]))
	return appendCounts(append(dst, ", counts: "...), be.Uint64(data[4:])), decodedAll
}

// appendIDFlags appends the first two words of a DNS header: the flags in the
// low 16 bits of a number, the identifier in the next 16.
func appendIDFlags(dst, data []byte, _ *time.Location) ([]byte, status) {
	n, ok := unsigned(data)
	if !ok {
		return dst, unsupported
	}
	return appendIDAndFlags(dst, uint16(n>>16), uint16(n)), decodedAll
}

// appendDNSCounts appends the four counts of a DNS header: questions, answers,
// authority and additional records, from the high bits of a number on.
func appendDNSCounts(dst, data []byte, _ *time.Location) ([]byte, status) {
	n, ok := unsigned(data)
	if !ok || len(data) != 8 {
		return dst, unsupported
	}
	return appendCounts(dst, n), decodedAll
}

// appendCounts appends four counts with slashes between them.
func appendCounts(dst []byte, n uint64) []byte {
	for shift := 48; shift >= 0; shift -= 16 {
		dst = appendUint(dst, n>>shift&0xffff)
		if shift > 0 {
			dst = append(dst, '/')
		}
	}
	return dst
}

// dnsBits, opcodes and responses name the parts of the flags (RFC 1035, 6895).
var (
	dnsBits = [...]struct {
		bit  uint16
		name string
	}{{0x400, "AA"}, {0x200, "TC"}, {0x100, "RD"}, {0x80, "RA"}, {0x20, "AD"}, {0x10, "CD"}}
	opcodes   = [...]string{"Query", "IQuery", "Status", "Unassigned", "Notify", "Update", "DSO"}
	responses = [...]string{
		"NoError", "FormErr", "ServFail", "NXDomain", "NotImp", "Refused",
		"YXDomain", "YXRRSet", "NXRRSet", "NotAuth", "NotZone", "DSOTypeNI",
	}
)

// appendIDAndFlags appends the identifier and flags of a DNS header.
func appendIDAndFlags(dst []byte, id, flags uint16) []byte {
	dst = appendWord(append(dst, "id: "...), id)
	dst = appendUint(append(dst, " ("...), uint64(id))
	dst = appendWord(append(dst, "), flags: "...), flags)
	query := byte('Q')
	if flags&0x8000 != 0 {
		query = 'R'
	}
	dst = append(dst, " ("...)
	dst = append(dst, query, '/')
	dst = appendName(dst, opcodes[:], "OPCODE", uint64(flags>>11&15))
	for _, b := range dnsBits {
		if flags&b.bit != 0 {
			dst = append(append(dst, ", "...), b.name...)
		}
	}
	dst = appendName(append(dst, ", "...), responses[:], "RCODE", uint64(flags&15))
	return append(dst, ')')
}

// appendWord appends 16 bits as 0x and four upper-case digits.
func appendWord(dst []byte, n uint16) []byte {
	const digits = "0123456789ABCDEF"
	return append(dst, '0', 'x', digits[n>>12], digits[n>>8&15], digits[n>>4&15], digits[n&15])
}

// appendName appends a name of a list, or a prefix and the number.
func appendName(dst []byte, names []string, prefix string, n uint64) []byte {
	if n < uint64(len(names)) {
		return append(dst, names[n]...)
	}
	return appendUint(append(dst, prefix...), n)
}

// appendRecordType appends the type of a DNS record, in the form of RFC 3597 if
// it has no name here.
func appendRecordType(dst, data []byte, _ *time.Location) ([]byte, status) {
	n, ok := unsigned(data)
	if !ok {
		return dst, unsupported
	}
	if name, ok := recordTypes[n]; ok {
		return append(dst, name...), decodedAll
	}
	return appendUint(append(dst, "TYPE"...), n), unknown
}

// recordTypes are the assignments of IANA.
var recordTypes = map[uint64]string{
	1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 10: "NULL", 12: "PTR", 13: "HINFO",
	15: "MX", 16: "TXT", 17: "RP", 18: "AFSDB", 24: "SIG", 25: "KEY", 28: "AAAA",
	29: "LOC", 33: "SRV", 35: "NAPTR", 36: "KX", 37: "CERT", 39: "DNAME", 41: "OPT",
	42: "APL", 43: "DS", 44: "SSHFP", 45: "IPSECKEY", 46: "RRSIG", 47: "NSEC",
	48: "DNSKEY", 49: "DHCID", 50: "NSEC3", 51: "NSEC3PARAM", 52: "TLSA",
	53: "SMIMEA", 55: "HIP", 59: "CDS", 60: "CDNSKEY", 61: "OPENPGPKEY",
	62: "CSYNC", 63: "ZONEMD", 64: "SVCB", 65: "HTTPS", 108: "EUI48",
	109: "EUI64", 249: "TKEY", 250: "TSIG", 255: "ANY", 256: "URI", 257: "CAA",
	32768: "TA", 32769: "DLV",
}

// addressOptions are the bits of mdns:gaiopts.
var addressOptions = [...]struct {
	bit  uint64
	name string
}{{4, "in-app-browser"}, {8, "use-failover"}, {0x10, "prohibit-encrypted-dns"}}

// appendAddressOptions appends options of a query: "0x8 {use-failover}".
func appendAddressOptions(dst, data []byte, _ *time.Location) ([]byte, status) {
	n, ok := unsigned(data)
	if !ok {
		return dst, unsupported
	}
	start := len(dst)
	dst = appendHexNumber(dst, n)
	upper(dst[start+2:])
	dst = append(dst, " {"...)
	separator := ""
	for _, o := range addressOptions {
		if n&o.bit != 0 {
			dst = append(append(dst, separator...), o.name...)
			n, separator = n&^o.bit, ", "
		}
	}
	if n != 0 {
		dst = appendHexNumber(append(dst, separator...), n)
		return append(dst, '}'), unknown
	}
	return append(dst, '}'), decodedAll
}

// appendDomainName appends a domain name in wire format with the final dot of
// the root, as DomainNameToString of mDNSResponder does.
func appendDomainName(dst, data []byte, _ *time.Location) ([]byte, status) {
	if len(data) == 0 {
		return append(dst, "<NULL DOMAIN NAME>"...), decodedAll
	}
	out, rest, ok := appendLabels(dst, data)
	if !ok || len(rest) > 0 {
		return dst, unsupported
	}
	return out, decodedAll
}

// appendDomainLabel appends one label in wire format.
func appendDomainLabel(dst, data []byte, _ *time.Location) ([]byte, status) {
	if len(data) == 0 || data[0] > 63 || len(data) != 1+int(data[0]) {
		return dst, unsupported
	}
	return appendLabel(dst, data[1:]), decodedAll
}

// appendLabels appends a domain name and returns what follows it. Names are not
// compressed here.
func appendLabels(dst, data []byte) (_, rest []byte, ok bool) {
	if len(data) > 0 && data[0] == 0 {
		return append(dst, '.'), data[1:], true
	}
	for total := 0; len(data) > 0; {
		n := int(data[0])
		if n == 0 {
			return dst, data[1:], true
		}
		if total += n + 1; n > 63 || total > 255 || n >= len(data) {
			return dst, nil, false
		}
		dst = append(appendLabel(dst, data[1:1+n]), '.')
		data = data[1+n:]
	}
	return dst, nil, false
}

// appendLabel appends a label with the escapes of RFC 1035, section 5.1.
func appendLabel(dst, label []byte) []byte {
	for _, b := range label {
		switch {
		case b == '.' || b == '\\':
			dst = append(dst, '\\', b)
		case b < 0x21 || b > 0x7e:
			dst = append(dst, '\\', '0'+b/100, '0'+b/10%10, '0'+b%10)
		default:
			dst = append(dst, b)
		}
	}
	return dst
}

// appendServiceBinding appends the data of SVCB and HTTPS records in the
// presentation form of RFC 9460: priority, target and parameters.
func appendServiceBinding(dst, data []byte, _ *time.Location) ([]byte, status) {
	if len(data) < 3 {
		return dst, unsupported
	}
	be := binary.BigEndian
	out := appendUint(dst, uint64(be.Uint16(data)))
	out, data, ok := appendLabels(append(out, ' '), data[2:])
	if !ok {
		return dst, unsupported
	}
	for len(data) > 0 {
		if len(data) < 4 || int(be.Uint16(data[2:])) > len(data)-4 {
			return dst, unsupported
		}
		key, end := be.Uint16(data), 4+int(be.Uint16(data[2:]))
		if out, ok = appendParameter(append(out, ' '), key, data[4:end]); !ok {
			return dst, unsupported
		}
		data = data[end:]
	}
	return out, decodedAll
}

// bindingKeys are the parameters of RFC 9460 and RFC 9461.
var bindingKeys = [...]string{"mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint", "dohpath"}

// appendParameter appends one parameter; those without a known form are shown in
// hexadecimal digits.
func appendParameter(dst []byte, key uint16, value []byte) (_ []byte, ok bool) {
	dst = appendName(dst, bindingKeys[:], "key", uint64(key))
	if len(value) == 0 {
		return dst, true
	}
	dst = append(dst, '=')
	switch {
	case key == 1:
		return appendProtocols(dst, value)
	case key == 3 && len(value) == 2:
		return appendUint(dst, uint64(binary.BigEndian.Uint16(value))), true
	case key == 4 && len(value)%4 == 0:
		return appendHints(dst, value, 4, appendV4), true
	case key == 6 && len(value)%16 == 0:
		return appendHints(dst, value, 16, appendV6), true
	case key == 7:
		return strconv.AppendQuoteToASCII(dst, string(value)), true
	}
	return hex.AppendEncode(dst, value), true
}

// appendHints appends addresses of size bytes with commas between them.
func appendHints(dst, value []byte, size int, address func(dst, data []byte) []byte) []byte {
	for i := 0; i < len(value); i += size {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = address(dst, value[i:i+size])
	}
	return dst
}

// appendProtocols appends names of protocols, each after a byte of its length.
func appendProtocols(dst, value []byte) (_ []byte, ok bool) {
	for first := true; len(value) > 0; first = false {
		n := int(value[0])
		if n >= len(value) {
			return dst, false
		}
		if !first {
			dst = append(dst, ',')
		}
		dst = appendLabel(dst, value[1:1+n])
		value = value[1+n:]
	}
	return dst, true
}
