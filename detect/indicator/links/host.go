package links

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// maxHost bounds a host name, in bytes of UTF-8; in ASCII it has at most 253.
const maxHost = 1024

var profile = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false))

// ASCII returns a host name in its ASCII form, without final dots: percent signs
// decoded, other scripts in punycode. Names in ASCII keep their capitals and are
// returned as they are. It reports false for what is no host name.
func ASCII(s string) (string, bool) {
	for len(s) > 0 && s[len(s)-1] == '.' {
		s = s[:len(s)-1]
	}
	if s == "" || len(s) > maxHost {
		return "", false
	}
	plain, label := true, 0
	for i := range len(s) {
		switch hostBytes[s[i]] {
		case hostOther:
			plain = false
		case hostDot:
			if label == 0 {
				return "", false
			}
			label = -1
		case hostNever:
			return "", false
		}
		label++
	}
	if plain {
		return s, len(s) <= 253
	}
	return toASCII(s)
}

// Classes of bytes in a host name.
const (
	hostPlain = iota
	hostDot
	hostOther // to be decoded first
	hostNever
)

var hostBytes = func() (t [256]uint8) {
	for c := range 256 {
		switch {
		case c >= 0x80 || c == '%':
			t[c] = hostOther
		case c == '.':
			t[c] = hostDot
		case c <= ' ' || c == 0x7f || strings.IndexByte("\"#/:<>?@[\\]^`{|},;()!$&'*+=~", byte(c)) >= 0:
			t[c] = hostNever
		}
	}
	return t
}()

func toASCII(s string) (string, bool) {
	if strings.IndexByte(s, '%') >= 0 {
		s = Unescape(s)
		if !utf8.ValidString(s) {
			return "", false
		}
	}
	a, err := profile.ToASCII(s)
	if err != nil || a == "" {
		return "", false
	}
	a = strings.TrimRight(a, ".")
	if strings.IndexByte(a, '%') >= 0 || a == "" {
		return "", false
	}
	for i := range len(a) {
		if a[i] >= 0x80 {
			return "", false
		}
	}
	return ASCII(a)
}

// Unescape decodes percent signs; one that is not followed by two hexadecimal
// digits stays.
func Unescape(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b = append(b, byte(n))
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

// plausible reports whether a word with a dot can be a host name: at least two
// labels that are not empty, the last one no number. A word in another script
// must end in a registered public suffix, or its cost would be paid for every
// sentence without a space after its dot.
func plausible(s string) bool {
	i := strings.LastIndexByte(s, '.')
	if i <= 0 || i+2 >= len(s) || len(s) > maxHost || strings.Contains(s, "..") {
		return false
	}
	last := s[i+1:]
	if last[0] >= '0' && last[0] <= '9' && !strings.ContainsAny(last, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		return false
	}
	for j := range len(s) {
		if s[j] >= 0x80 {
			if last[0] >= 0x80 {
				return true
			}
			_, known := publicsuffix.PublicSuffix(strings.ToLower(last))
			return known
		}
	}
	return true
}

// dotted reads an IPv4 address of four decimal numbers without leading zeros.
func dotted(s string) (netip.Addr, bool) {
	var b [4]byte
	n, digits, value := 0, 0, 0
	for i := range len(s) + 1 {
		if i == len(s) || s[i] == '.' {
			if digits == 0 || n == 4 {
				return netip.Addr{}, false
			}
			b[n] = byte(value)
			n, digits, value = n+1, 0, 0
			continue
		}
		c := s[i]
		if c < '0' || c > '9' || digits > 0 && value == 0 {
			return netip.Addr{}, false
		}
		digits++
		if value = value*10 + int(c-'0'); value > 255 {
			return netip.Addr{}, false
		}
	}
	return netip.AddrFrom4(b), n == 4
}

// parseAddr reads an address in every spelling of a URL: IPv4 in one to four
// decimal, octal or hexadecimal parts, IPv6 with or without brackets and zone.
// IPv6 addresses that hold an IPv4 address are returned as that.
func parseAddr(s string) (netip.Addr, bool) {
	if a, ok := dotted(s); ok {
		return a, true
	}
	if s == "" {
		return netip.Addr{}, false
	}
	if s[0] == '[' {
		s = strings.TrimSuffix(s[1:], "]")
	}
	if i := strings.IndexByte(s, '%'); i >= 0 && strings.IndexByte(s, ':') >= 0 {
		s = s[:i]
	}
	if strings.Count(s, ":") >= 2 && strings.Trim(s, "0123456789abcdefABCDEF:.") == "" {
		if a, err := netip.ParseAddr(s); err == nil {
			return a.Unmap(), true
		}
		return netip.Addr{}, false
	}
	if s == "" || s[0] < '0' || s[0] > '9' {
		return netip.Addr{}, false
	}
	return numbers(s)
}

// ParseAddr reads an IP address in every spelling that a URL may have.
func ParseAddr(s string) (netip.Addr, bool) { return parseAddr(strings.TrimSpace(s)) }

// numbers reads an IPv4 address as inet_aton and browsers do.
func numbers(s string) (netip.Addr, bool) {
	var parts [4]uint64
	n := 0
	for s != "" {
		if n == 4 {
			return netip.Addr{}, false
		}
		part, rest, more := strings.Cut(s, ".")
		v, ok := number(part)
		if !ok || more && rest == "" {
			return netip.Addr{}, false
		}
		parts[n] = v
		n++
		s = rest
	}
	last := parts[n-1]
	if last >= 1<<(8*(5-n)) {
		return netip.Addr{}, false
	}
	for i := range n - 1 {
		if parts[i] > 255 {
			return netip.Addr{}, false
		}
		last |= parts[i] << (8 * (3 - i))
	}
	return netip.AddrFrom4([4]byte{byte(last >> 24), byte(last >> 16), byte(last >> 8), byte(last)}), true
}

// number reads a decimal, octal or hexadecimal number of 32 bits, without the
// allocation of an error for the many names that are none.
func number(s string) (v uint64, ok bool) {
	base := uint64(10)
	switch {
	case len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x':
		base, s = 16, s[2:]
	case len(s) > 1 && s[0] == '0':
		base, s = 8, s[1:]
	}
	if s == "" || len(s) > 12 {
		return 0, false
	}
	for _, c := range []byte(s) {
		d := uint64(c - '0')
		if c|0x20 >= 'a' {
			d = uint64(c|0x20-'a') + 10
		}
		if d >= base {
			return 0, false
		}
		v = v*base + d
	}
	return v, v <= 1<<32-1
}
