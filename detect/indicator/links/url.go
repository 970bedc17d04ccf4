package links

import (
	"net/netip"
	"strings"
)

// url takes the URL whose "://" is at i; its scheme begins at start or after.
func (s *Scanner) url(start, i int) (Link, bool) {
	scheme := i
	for scheme > start && schemeByte(s.Text[scheme-1]) {
		scheme--
	}
	for scheme < i && s.Text[scheme]|0x20 < 'a' {
		scheme++
	}
	if scheme == i {
		return Link{}, false
	}
	end, inside := s.within, scheme < s.within
	if !inside || end < i+3 {
		end = urlEnd(s.Text, i+3)
	}
	l, hostEnd, ok := authority(s.Text[i+3 : end])
	if !ok {
		return Link{}, false
	}
	l.Kind, l.Raw, l.Inside = URL, s.Text[scheme:end], inside
	s.pos, s.within = i+3+hostEnd, max(s.within, end)
	return l, true
}

func schemeByte(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '.' || c == '-'
}

// encodedScheme reports whether s begins with "://", percent-encoded.
func encodedScheme(s string) bool {
	return len(s) >= 9 && s[1] == '3' && s[2]|0x20 == 'a' && s[3] == '%' && s[4] == '2' && s[5]|0x20 == 'f' &&
		s[6] == '%' && s[7] == '2' && s[8]|0x20 == 'f'
}

// encoded takes a percent-encoded URL, whose encoded "://" is at i.
func (s *Scanner) encoded(start, i int) (Link, bool) {
	scheme := i
	for scheme > start && s.Text[scheme-1]|0x20 >= 'a' && s.Text[scheme-1]|0x20 <= 'z' {
		scheme--
	}
	from := i + 9
	end := from
	for end < len(s.Text) && classes[s.Text[end]]&(other|dot|percent) != 0 {
		end++
	}
	host := end
	if j := strings.IndexByte(s.Text[from:end], '%'); j >= 0 {
		host = from + j
	}
	if scheme == i || host == from {
		return Link{}, false
	}
	l := Link{Kind: URL, Raw: s.Text[scheme:end], Inside: true, Encoded: true}
	var ok bool
	if l.Host, l.Addr, ok = parseHost(s.Text[from:host]); !ok {
		return Link{}, false
	}
	if rest := s.Text[host:end]; len(rest) > 3 && strings.EqualFold(rest[:3], "%2f") {
		l.Rest = rest
	}
	s.pos = end
	return l, true
}

// urlEnd returns where the URL that goes on at i ends: before white space, a
// quote or a bracket that was not opened in it, without final punctuation.
func urlEnd(text string, i int) int {
	start := i
	for i < len(text) && i-start < maxURL {
		c := text[i]
		if c <= ' ' || c == '"' || c == '<' || c == '>' || c == '`' || c == '{' || c == '}' || c == '|' || c == '^' || c == 0x7f {
			break
		}
		if c == '\\' && i > start && text[i-1] == '\\' {
			break
		}
		if c >= 0x80 {
			n, delimiter := wide(text[i:])
			if delimiter {
				break
			}
			i += n
			continue
		}
		i++
	}
	return trim(text, start, i)
}

// trim takes punctuation off the end of a URL, and closing brackets that were
// not opened in it.
func trim(text string, start, i int) int {
	round := strings.Count(text[start:i], "(") - strings.Count(text[start:i], ")")
	square := strings.Count(text[start:i], "[") - strings.Count(text[start:i], "]")
	for ; i > start; i-- {
		switch text[i-1] {
		case '.', ',', ';', ':', '!', '?', '\'', '*', '\\':
		case ')':
			if round >= 0 {
				return i
			}
			round++
		case ']':
			if square >= 0 {
				return i
			}
			square++
		default:
			return i
		}
	}
	return i
}

// authority reads the host of what follows "://". It returns where it ends.
func authority(s string) (l Link, end int, ok bool) {
	for end < len(s) && authorityBytes[s[end]]&endsHost == 0 {
		end++
	}
	host := s[:end]
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	if strings.HasPrefix(host, "[") {
		i := strings.IndexByte(host, ']')
		if i < 0 {
			return l, end, false
		}
		host = host[:i+1]
	} else if i := strings.IndexByte(host, ':'); i >= 0 {
		host = host[:i]
	}
	if i := indexClass(host, splitsHost); i >= 0 { // two addresses run together
		end = strings.Index(s, host) + i
		host = host[:i]
		l.Host, l.Addr, ok = parseHost(host)
		return l, end, ok
	}
	if l.Host, l.Addr, ok = parseHost(host); !ok {
		return l, end, false
	}
	l.Rest = withoutFragment(s[end:])
	return l, end, true
}

// Classes of bytes after "://".
const (
	endsHost   = 1 << iota // begins path, query or fragment
	splitsHost             // cannot be in a host
)

var authorityBytes = func() (t [256]uint8) {
	for _, c := range []byte("/?#\\") {
		t[c] = endsHost
	}
	for _, c := range []byte(",;'()!$&*=") {
		t[c] = splitsHost
	}
	return t
}()

func indexClass(s string, class uint8) int {
	for i := range len(s) {
		if authorityBytes[s[i]]&class != 0 {
			return i
		}
	}
	return -1
}

func withoutFragment(s string) string {
	if i := strings.IndexByte(s, '#'); i >= 0 {
		return s[:i]
	}
	return s
}

// Parse takes apart one URL, or a host with or without port and path, that is
// the whole text. It reports false if the text holds no host.
func Parse(s string) (Link, bool) {
	s = strings.TrimSpace(s)
	if len(s) > maxURL {
		s = s[:maxURL]
	}
	i := strings.Index(s, "://")
	scheme := i > 0
	for j := 0; j < i && scheme; j++ {
		scheme = schemeByte(s[j])
	}
	switch {
	case scheme:
	case strings.HasPrefix(s, "//"):
		i = -1
		scheme = true
	default:
		return parseBare(s)
	}
	l, _, ok := authority(s[i+3:])
	l.Kind, l.Raw = URL, s
	return l, ok
}

// parseBare reads a URL without scheme, an address, or "mailto:" and the like.
func parseBare(s string) (Link, bool) {
	if a, err := parseAddr(s); err {
		return Link{Kind: IP, Raw: s, Addr: a}, true
	}
	colon := strings.IndexByte(s, ':')
	if colon >= 0 && !(colon+1 < len(s) && s[colon+1] >= '0' && s[colon+1] <= '9') && !strings.Contains(s[:colon], ".") {
		if len(s) > 7 && strings.EqualFold(s[:7], "mailto:") {
			return email(withoutQuery(s[7:]))
		}
		return Link{}, false
	}
	l, _, ok := authority(s)
	l.Kind, l.Raw = Host, s
	if l.Addr.IsValid() {
		l.Kind = IP
	}
	return l, ok && (l.Addr.IsValid() || strings.Contains(l.Host, "."))
}

func withoutQuery(s string) string {
	if i := strings.IndexByte(s, '?'); i >= 0 {
		return s[:i]
	}
	return s
}

// parseHost reads the host of a URL, an address in any spelling or a name.
func parseHost(s string) (host string, a netip.Addr, ok bool) {
	s = strings.TrimRight(s, ".")
	if s == "" {
		return "", a, false
	}
	if a, ok := parseAddr(s); ok {
		return "", a, true
	}
	if s[0] == '[' {
		return "", a, false
	}
	if host, ok = ASCII(s); !ok {
		return "", a, false
	}
	if a, ok := parseAddr(host); ok { // written with percent signs or in full width
		return "", a, true
	}
	return host, a, true
}
