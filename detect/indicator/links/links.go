// Package links finds the addresses in text – URLs, bare hosts, e-mail and IP
// addresses – and takes URLs apart, as browsers understand them. It allocates
// nothing for addresses written in plain ASCII, and never asks the network:
// a short link is what it says, nothing is expanded.
//
// Sources: RFC 3986, the WHATWG URL standard (host parsing), RFC 5891 and UTS #46.
package links

import (
	"net/netip"
	"strings"
)

// Kind says what a link is.
type Kind uint8

// The kinds of links.
const (
	URL   Kind = iota + 1 // with a scheme and "://"
	Host                  // a bare host name, perhaps with a port and a path
	Email                 // an e-mail address
	IP                    // a bare IP address, perhaps with a port and a path
)

// A Link is one address in a text.
type Link struct {
	Kind Kind
	Raw  string // as it is written, without the punctuation around it
	Host string // host name in ASCII without a final dot, capitals as written; "" for an IP address
	Addr netip.Addr
	Rest string // path and query as written, without fragment: "", or from "/" or "?"

	// Inside is set for a URL found inside another one, such as the target of a
	// redirection; Encoded if it is percent-encoded there, and so is Rest.
	Inside, Encoded bool
}

// maxURL bounds the length of a URL that is looked at, in bytes; what follows is
// scanned as text again.
const maxURL = 16 << 10

// A Scanner finds the links in a text one after the other. The zero value with
// Text set is ready.
type Scanner struct {
	Text string

	pos    int // next byte to look at
	within int // end of the URL that pos is in
	token  int // start of the pending token, whose parts are still to be returned
	stop   int // its end
}

// Classes of bytes; 0 ends a word.
const (
	other   = 1 << iota // letters, digits and what else stands in a host or a local part
	dot                 // .
	colon               // :
	at                  // @
	percent             // %
	high                // not ASCII
)

var classes = func() (t [256]uint8) {
	for c := range 256 {
		switch {
		case c >= 0x80:
			t[c] = high
		case c >= '0' && c <= '9', c|0x20 >= 'a' && c|0x20 <= 'z', c == '-', c == '_', c == '+':
			t[c] = other
		}
	}
	t['.'], t[':'], t['@'], t['%'] = dot, colon, at, percent
	return t
}()

// Next returns the next link; ok is false at the end of the text.
func (s *Scanner) Next() (l Link, ok bool) {
	for {
		if s.token < s.stop {
			if l, ok = s.part(); ok {
				return l, true
			}
			continue
		}
		if s.pos >= len(s.Text) {
			return Link{}, false
		}
		if l, ok = s.scan(); ok {
			return l, true
		}
	}
}

// scan reads tokens from pos on, up to one with an address in it. It returns a
// URL, or leaves the token to part.
func (s *Scanner) scan() (Link, bool) {
	text := s.Text
	start, i := s.words()
	if i == len(text) {
		s.pos = i
		return Link{}, false
	}
	colons := 0
	var seen uint8
	for i < len(text) {
		c := classes[text[i]]
		if c == 0 {
			break
		}
		seen |= c
		switch c {
		case high:
			n, delimiter := wide(text[i:])
			if delimiter && i > start {
				s.finish(start, i, colons, seen)
				return Link{}, false
			}
			if i += n; delimiter {
				start, seen = i, 0
			}
			continue
		case colon:
			if strings.HasPrefix(text[i:], "://") {
				if l, ok := s.url(start, i); ok {
					return l, true
				}
			}
			colons++
		case percent:
			if i > start && encodedScheme(text[i:]) {
				if l, ok := s.encoded(start, i); ok {
					return l, true
				}
			}
		}
		i++
	}
	s.finish(start, i, colons, seen)
	return Link{}, false
}

// words passes over words without anything special, which most are. It returns
// the start of the first other one, and the byte that is special.
func (s *Scanner) words() (start, i int) {
	text := s.Text
	for i = s.pos; ; {
		for i < len(text) && classes[text[i]] == 0 {
			i++
		}
		start = i
		for i < len(text) && classes[text[i]] == other {
			i++
		}
		if i == len(text) || classes[text[i]] != 0 {
			return start, i
		}
	}
}

// finish ends the token and keeps it for part, unless nothing can be in it.
func (s *Scanner) finish(start, end, colons int, seen uint8) {
	s.pos = end
	if start >= s.within && (seen&(dot|at) != 0 || colons > 1) {
		s.token, s.stop = start, end
	}
}

// wide returns the length of the character at the start of s, and whether it
// ends a word: spaces, quotes, dashes, ideographic and full-width punctuation.
func wide(s string) (n int, delimiter bool) {
	for n = 1; n < 4 && n < len(s) && s[n]&0xc0 == 0x80; n++ {
	}
	switch {
	case n == 2 && s[0] == 0xc2: // U+0080 to U+00BF
		return n, true
	case n == 2 && s[0] == 0xd8 && (s[1] == 0x8c || s[1] == 0x9b || s[1] == 0x9f): // Arabic ، ؛ ؟
		return n, true
	case n == 3 && s[0] == 0xe2 && (s[1] == 0x80 || s[1] == 0x81): // U+2000 to U+206F
		return n, true
	case n == 3 && s[0] == 0xe3 && s[1] == 0x80: // U+3000 to U+303F
		return n, true
	case n == 3 && s[0] == 0xef && s[1] == 0xbc && s[2] != 0x8e && (s[2] <= 0x8f || s[2] >= 0x9a && s[2] <= 0x9f): // full-width punctuation, not its dot
		return n, true
	}
	return n, false
}

// part takes the next part, between colons, of the pending token.
func (s *Scanner) part() (Link, bool) {
	text := s.Text[s.token:s.stop]
	if strings.Contains(text, "::") || strings.Count(text, ":") >= 7 {
		if l, ok := bareIPv6(text); ok {
			s.token = s.stop
			return l, true
		}
	}
	end := strings.IndexByte(text, ':')
	start := s.token
	if end < 0 {
		end = len(text)
		s.token = s.stop
	} else {
		s.token += end + 1
	}
	text = text[:end]
	if i := strings.IndexByte(text, '@'); i >= 0 {
		return email(text)
	}
	if strings.IndexByte(text, '.') < 0 {
		return Link{}, false
	}
	trimmed := strings.Trim(text, ".-+%")
	start += strings.Index(text, trimmed)
	return s.bare(trimmed, start)
}

// bare makes a link of a host without a scheme, with what follows it.
func (s *Scanner) bare(host string, start int) (Link, bool) {
	l := Link{Kind: Host, Raw: host}
	if a, ok := dotted(host); ok {
		l.Kind, l.Addr = IP, a
	} else if !plausible(host) {
		return Link{}, false
	} else if l.Host, ok = ASCII(host); !ok {
		return Link{}, false
	}
	end := start + len(host)
	after := end
	if after < len(s.Text) && s.Text[after] == ':' {
		for after++; after < len(s.Text) && s.Text[after] >= '0' && s.Text[after] <= '9'; after++ {
		}
	}
	if after < len(s.Text) && s.Text[after] == '/' && (start == 0 || s.Text[start-1] != '/') {
		stop := urlEnd(s.Text, after)
		l.Raw, l.Rest = s.Text[start:stop], withoutFragment(s.Text[after:stop])
		s.pos = max(s.pos, after)
		s.token, s.stop, s.within = 0, 0, stop
	}
	return l, true
}

func bareIPv6(text string) (Link, bool) {
	text = strings.TrimRight(text, ".")
	if len(text) > 45 {
		return Link{}, false
	}
	for i := range len(text) {
		if c := text[i]; !(c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' || c == ':' || c == '.') {
			return Link{}, false
		}
	}
	a, err := netip.ParseAddr(text)
	if err != nil || a.IsUnspecified() {
		return Link{}, false
	}
	return Link{Kind: IP, Raw: text, Addr: a.Unmap()}, true
}

func email(text string) (Link, bool) {
	i := strings.LastIndexByte(text, '@')
	local, host := strings.Trim(text[:i], ".@%"), strings.Trim(text[i+1:], ".-+%")
	if j := strings.LastIndexByte(local, '@'); j >= 0 {
		local = local[j+1:]
	}
	if local == "" || host == "" || !plausible(host) {
		return Link{}, false
	}
	h, ok := ASCII(host)
	if !ok {
		return Link{}, false
	}
	at := strings.LastIndexByte(text, '@')
	from := strings.LastIndex(text[:at], local)
	to := at + 1 + strings.Index(text[at+1:], host) + len(host)
	return Link{Kind: Email, Raw: text[from:to], Host: h}, true
}
