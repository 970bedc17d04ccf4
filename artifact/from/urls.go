package from

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of [URLs].
const (
	maxURLText = 1 << 20 // bytes of one text that are looked at
	maxURL     = 4 << 10 // bytes of one address
	maxURLs    = 100     // addresses of one text
)

// URLs returns the different addresses with the schemes http, https, ws and wss in a text, in
// the order in which they first appear, at most 100 from its first MiB, and
// whether there were more or the text is longer. A text with a NUL byte at its
// start is none, and has no addresses. "\/", as JSON writes "/", is read as that.
func URLs(text []byte) (urls []string, cut bool) {
	if bytes.IndexByte(text[:min(len(text), 512)], 0) >= 0 {
		return nil, false
	}
	if cut = len(text) > maxURLText; cut {
		text = text[:maxURLText]
	}
	for i := 0; ; {
		colon := bytes.IndexByte(text[i:], ':')
		if colon < 0 {
			return urls, cut
		}
		colon += i
		i = colon + 1
		start := urlScheme(text, colon)
		if start < 0 {
			continue
		}
		u, end := urlAt(text, start)
		if end > i {
			i = end
		}
		if u == "" || slices.Contains(urls, u) {
			continue
		}
		if len(urls) == maxURLs {
			return urls, true
		}
		urls = append(urls, u)
	}
}

// urlScheme returns where the scheme before a colon begins, -1 if it is another
// one or no slashes follow.
func urlScheme(text []byte, colon int) int {
	rest := text[colon+1 : min(len(text), colon+5)]
	if !bytes.HasPrefix(rest, []byte("//")) && !bytes.HasPrefix(rest, []byte(`\/\/`)) {
		return -1
	}
	for _, scheme := range []string{"https", "http", "wss", "ws"} {
		start := colon - len(scheme)
		if start < 0 || !strings.EqualFold(string(text[start:colon]), scheme) {
			continue
		}
		if start > 0 && hostByte(text[start-1]) && text[start-1] < utf8.RuneSelf {
			return -1 // the end of another word
		}
		return start
	}
	return -1
}

// urlAt returns the address at start, "" if it has no host or is too long, and
// where it ends.
func urlAt(text []byte, start int) (string, int) {
	end := start
	for end < len(text) && end-start <= maxURL {
		c := text[end]
		if c == '\\' && end+1 < len(text) && text[end+1] == '/' {
			end += 2
			continue
		}
		if c <= ' ' || c == 0x7f || strings.IndexByte("\"'<>`\\)]}|", c) >= 0 {
			break
		}
		end++
	}
	if end-start > maxURL {
		return "", end
	}
	u := strings.ReplaceAll(string(text[start:end]), `\/`, "/")
	u = strings.TrimRight(strings.ToValidUTF8(u, "\ufffd"), ".,;:!?*")
	_, rest, _ := strings.Cut(u, "://")
	if rest == "" || !hostByte(rest[0]) && rest[0] != '[' {
		return "", end
	}
	return u, end
}
