package indicator

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/vigie-project/vigie/detect/indicator/links"
)

// maxValue bounds the value of an indicator, in bytes.
const maxValue = 8 << 10

// Reasons why a value cannot be an indicator. They are words of the load report.
var (
	errEmpty    = errors.New("empty value")
	errLong     = errors.New("value too long")
	errHost     = errors.New("no host name")
	errSuffix   = errors.New("a public suffix: it would match every site below it")
	errAddress  = errors.New("no IP address")
	errWide     = errors.New("range of addresses too wide")
	errURL      = errors.New("no URL with a host")
	errEmail    = errors.New("no e-mail address")
	errPhone    = errors.New("no phone number")
	errHash     = errors.New("no MD5, SHA-1, SHA-256 or SHA-512")
	errName     = errors.New("no name of an app, a process or a file")
	errRoot     = errors.New("a system folder: it would match every device")
	errWildcard = errors.New("wildcards are only understood in patterns")
)

// canonical returns the kind that a published value of some kind really has,
// and the key to compare by. Defanged values are accepted.
func canonical(kind Kind, value string) (a atom, err error) {
	value = strings.TrimSpace(value)
	a = atom{kind: kind, value: value}
	switch {
	case value == "":
		return a, errEmpty
	case len(value) > maxValue:
		return a, errLong
	}
	switch kind {
	case Domain, URL, Address, Range, Email:
		a.value = refang(value)
	}
	switch kind {
	case Domain:
		return domainAtom(a)
	case URL:
		return urlAtom(a)
	case Address, Range:
		return addressAtom(a)
	case Email:
		a.key, err = emailKey(a.value)
	case Phone:
		if a.key = digits(value); len(a.key) < 6 {
			err = errPhone
		}
	case Path, FileName, Process:
		return fileAtom(a)
	case Hash, Certificate:
		if a.key = squash(value); !isHash(a.key) {
			err = errHash
		}
	case Profile:
		a.key = profileKey(value)
	case App, Property:
		if a.key = lower(value); strings.ContainsAny(value, " /\\\t\n") {
			err = errName
		}
	}
	return a, err
}

var fangs = strings.NewReplacer("[.]", ".", "(.)", ".", "{.}", ".", "[dot]", ".", "(dot)", ".", "[:]", ":", "[://]", "://",
	"[@]", "@", "(at)", "@", "[at]", "@", "[/]", "/", "hxxp", "http", "hXXp", "http", "HXXP", "http", "\\.", ".")

// refang undoes what publishers do so that nobody clicks on an indicator.
func refang(s string) string {
	if !strings.ContainsAny(s, "[({\\") && !strings.Contains(s, "xx") && !strings.Contains(s, "XX") {
		return s
	}
	if rest, ok := strings.CutPrefix(s, "http://["); ok && strings.Contains(rest, ":") && !strings.Contains(rest, "[.]") {
		return s // an IPv6 address
	}
	return fangs.Replace(s)
}

func domainAtom(a atom) (atom, error) {
	v := strings.TrimPrefix(strings.TrimPrefix(a.value, "*"), ".")
	v = strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(v, "||"), "."), "^")
	if strings.ContainsAny(v, "/") {
		return urlAtom(a)
	}
	if strings.Contains(v, "@") {
		a.kind = Email
		var err error
		a.key, err = emailKey(a.value)
		return a, err
	}
	if ip, ok := links.ParseAddr(v); ok {
		return ipAtom(a, ip), nil
	}
	l, ok := links.Parse(v)
	if !ok || l.Addr.IsValid() || l.Host == "" {
		if h, ok := links.ASCII(v); ok && strings.IndexByte(h, '.') < 0 {
			return hostAtom(a, h)
		}
		return a, errHost
	}
	return hostAtom(a, l.Host)
}

func hostAtom(a atom, host string) (atom, error) {
	a.key = lower(host)
	suffix, icann := publicsuffix.PublicSuffix(a.key)
	if a.exact = suffix == a.key; a.exact && icann {
		return a, errSuffix
	}
	return a, nil
}

func ipAtom(a atom, ip netip.Addr) atom {
	b := ip.As16()
	a.kind, a.key = Address, string(b[:])
	return a
}

// rangeKey returns the first address of a range and the length of its prefix.
func rangeKey(ip netip.Addr, bits int) string {
	p, err := ip.Prefix(bits)
	if err != nil {
		return ""
	}
	b := p.Addr().As16()
	return string(append(b[:], byte(bits)))
}

// minBits is the shortest prefix of a range: wider ones hold too much of others.
const (
	minBits4 = 8
	minBits6 = 24
)

func addressAtom(a atom) (atom, error) {
	v := a.value
	if ip, err := netip.ParseAddr(strings.Trim(v, "[]")); err == nil {
		return ipAtom(a, ip.Unmap().WithZone("")), nil
	}
	if p, err := netip.ParsePrefix(v); err == nil {
		if p.IsSingleIP() {
			return ipAtom(a, p.Addr().Unmap()), nil
		}
		if p.Addr().Is4() && p.Bits() < minBits4 || p.Addr().Is6() && p.Bits() < minBits6 {
			return a, errWide
		}
		a.kind, a.key = Range, rangeKey(p.Addr(), p.Bits())
		return a, nil
	}
	if l, ok := links.Parse(v); ok && l.Addr.IsValid() && strings.ContainsAny(v, ":/") { // with a port
		return ipAtom(a, l.Addr), nil
	}
	return a, errAddress
}

// urlAtom reads a URL. The key has neither scheme nor port: a tool that is
// fetched over another port or protocol is the same tool.
func urlAtom(a atom) (atom, error) {
	l, ok := links.Parse(a.value)
	if !ok || l.Kind == links.Email {
		return a, errURL
	}
	if l.Rest == "" && l.Kind != links.URL {
		if l.Addr.IsValid() {
			return ipAtom(a, l.Addr), nil
		}
		a.kind = Domain
		return hostAtom(a, l.Host)
	}
	a.kind, a.key = URL, urlKey(&l)
	return a, nil
}

func hostKey(l *links.Link) string {
	if l.Addr.IsValid() {
		return l.Addr.String()
	}
	return lower(l.Host)
}

// urlKey returns host, path and query, with percent signs decoded.
func urlKey(l *links.Link) string {
	rest := l.Rest
	if l.Encoded {
		rest = links.Unescape(rest)
	}
	rest = strings.ReplaceAll(links.Unescape(rest), "\\", "/")
	if rest == "" || rest[0] != '/' {
		rest = "/" + rest
	}
	return hostKey(l) + rest
}

func emailKey(v string) (string, error) {
	v = strings.TrimSpace(v)
	if i, j := strings.LastIndexByte(v, '<'), strings.LastIndexByte(v, '>'); i >= 0 && j > i {
		v = v[i+1 : j]
	}
	if len(v) > 7 && strings.EqualFold(v[:7], "mailto:") {
		v = v[7:]
	}
	i := strings.LastIndexByte(v, '@')
	if i <= 0 || i == len(v)-1 || strings.ContainsAny(v, " \t\r\n,;") {
		return "", errEmail
	}
	host, ok := links.ASCII(v[i+1:])
	if !ok {
		return "", errEmail
	}
	return lower(v[:i] + "@" + host), nil
}

func digits(s string) string {
	b := make([]byte, 0, len(s))
	for _, c := range []byte(s) {
		switch {
		case c >= '0' && c <= '9':
			b = append(b, c)
		case strings.IndexByte("+ -./()\u00a0", c) < 0:
			return ""
		}
	}
	out := string(b)
	return strings.TrimPrefix(out, "00")
}

// squash takes out what people write between the digits of a digest.
func squash(s string) string {
	if !strings.ContainsAny(s, ":- {}") {
		return lower(s)
	}
	return lower(strings.NewReplacer(":", "", "-", "", " ", "", "{", "", "}", "").Replace(s))
}

func isHex(s string) bool {
	for _, c := range []byte(s) {
		if !(c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f') {
			return false
		}
	}
	return true
}

func isHash(s string) bool {
	return (len(s) == 32 || len(s) == 40 || len(s) == 64 || len(s) == 128) && isHex(s)
}

// profileKey returns a UUID without hyphens and braces, or the identifier.
func profileKey(s string) string {
	if u := squash(s); len(u) == 32 && isHex(u) {
		return u
	}
	return lower(s)
}

// lower folds ASCII only, and returns s itself if there is nothing to fold.
func lower(s string) string {
	for i := range len(s) {
		if s[i] >= 'A' && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				b[i] = fold[b[i]]
			}
			return string(b)
		}
	}
	return s
}

// guess returns the kind of a value that nothing else describes, by its shape.
func guess(value string) (Kind, error) {
	v := refang(strings.TrimSpace(value))
	switch {
	case v == "":
		return 0, errEmpty
	case isHash(squash(v)) && (len(v) < 36 || len(v) > 38):
		return Hash, nil
	case isUUID(v):
		return Profile, nil
	case strings.Contains(v, "://"):
		return URL, nil
	case strings.HasPrefix(v, "/"):
		return Path, nil
	}
	if _, err := addressAtom(atom{value: v}); err == nil {
		return Address, nil
	}
	if _, err := emailKey(v); err == nil {
		return Email, nil
	}
	l, ok := links.Parse(v)
	if !ok || l.Host == "" {
		return 0, fmt.Errorf("cannot tell what it is")
	}
	if _, icann := publicsuffix.PublicSuffix(lower(l.Host)); !icann {
		if s, _ := publicsuffix.PublicSuffix(lower(l.Host)); strings.IndexByte(s, '.') < 0 {
			return 0, fmt.Errorf("cannot tell what it is")
		}
	}
	if l.Rest != "" {
		return URL, nil
	}
	return Domain, nil
}

func isUUID(s string) bool {
	s = strings.Trim(s, "{}")
	return len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-' && isHex(strings.ReplaceAll(s, "-", ""))
}
