package message

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Program is a compiled format string. It may be used by several goroutines.
type Program struct {
	text  string // all literal text; conversions hold their part of it
	tail  int    // where in text that after the last conversion begins
	convs []conversion
	names []string // annotations that are not known here
}

// none and star are widths and precisions that are not numbers.
const (
	none = -1
	star = -2
)

// A conversion is one replaced part of a format.
type conversion struct {
	from, to  int32 // literal text before it, in Program.text
	width     int32 // number, none or star
	precision int32 // number, none or star
	flags     flags
	length    length
	verb      byte
	decoder   decoder
	wrap      wrapper
	unknown   bool   // has an annotation that is not known here
	spec      string // without annotation, as mismatches show it
}

// flags are those of printf.
type flags uint8

const (
	flagMinus flags = 1 << iota
	flagPlus
	flagSpace
	flagSharp
	flagZero
)

// length is a length modifier that matters: values have their own size.
type length uint8

const (
	lengthNone length = iota
	lengthShort
	lengthChar
)

// Compile reads a format string. It never fails: a percent sign that begins no
// conversion is text. The grammar is that of os_log(3): printf's, with %@, %m,
// %P and annotations in braces after the percent sign.
func Compile(format []byte) *Program {
	text := strings.ToValidUTF8(string(format), "\ufffd")
	text = strings.TrimRight(text, "\x00")
	p := &Program{}
	var literal strings.Builder
	for at := 0; text != ""; {
		i := strings.IndexByte(text, '%')
		if i < 0 || len(p.convs) == maxConversions {
			literal.WriteString(text)
			break
		}
		literal.WriteString(text[:i])
		text = text[i:]
		if strings.HasPrefix(text, "%%") {
			literal.WriteByte('%')
			text = text[2:]
			continue
		}
		c, notes, n := parse(text)
		if n == 0 {
			literal.WriteByte('%')
			text = text[1:]
			continue
		}
		p.annotate(&c, notes)
		c.from, c.to = int32(at), int32(literal.Len())
		at = literal.Len()
		p.tail = at
		p.convs = append(p.convs, c)
		text = text[n:]
	}
	p.text = literal.String()
	p.convs = slices.Clip(p.convs)
	return p
}

// parse reads the conversion at the start of text, which begins with a percent
// sign. It returns the text of its annotation and its length in bytes, 0 if it
// is none.
func parse(text string) (c conversion, notes string, size int) {
	rest := text[1:]
	if strings.HasPrefix(rest, "{") {
		end := strings.IndexByte(rest[:min(len(rest), maxAnnotation)], '}')
		if end < 0 {
			return c, "", 0
		}
		notes, rest = rest[1:end], rest[end+1:]
	}
	body := rest
	c.flags, rest = parseFlags(rest)
	c.width, rest = parseNumber(rest)
	c.precision = none
	if strings.HasPrefix(rest, ".") {
		if c.precision, rest = parseNumber(rest[1:]); c.precision == none {
			c.precision = 0
		}
	}
	c.length, rest = parseLength(rest)
	if rest == "" || strings.IndexByte("dDiuUxXoOpcCsSeEfFgGaAnm@P", rest[0]) < 0 {
		return c, "", 0
	}
	if c.verb = rest[0]; c.verb == 'n' {
		return c, "", 0
	}
	rest = rest[1:]
	c.spec = "%" + body[:len(body)-len(rest)]
	return c, notes, len(text) - len(rest)
}

// parseFlags reads flags. The apostrophe groups digits by the locale, which
// Apple's tool does not have.
func parseFlags(text string) (f flags, rest string) {
	for i := range len(text) {
		switch text[i] {
		case '-':
			f |= flagMinus
		case '+':
			f |= flagPlus
		case ' ':
			f |= flagSpace
		case '#':
			f |= flagSharp
		case '0':
			f |= flagZero
		case '\'':
		default:
			return f, text[i:]
		}
	}
	return f, ""
}

// parseNumber reads digits or an asterisk.
func parseNumber(text string) (n int32, rest string) {
	if strings.HasPrefix(text, "*") {
		return star, text[1:]
	}
	i := 0
	for ; i < len(text) && '0' <= text[i] && text[i] <= '9'; i++ {
		n = min(n*10+int32(text[i]-'0'), maxWidth)
	}
	if i == 0 {
		return none, text
	}
	return n, text[i:]
}

// parseLength reads length modifiers. Only those that cut matter, as items have
// their own size.
func parseLength(text string) (l length, rest string) {
	for _, word := range []string{"I32", "I64", "I", "hh", "h", "ll", "l", "j", "z", "t", "q", "L", "w"} {
		if rest, ok := strings.CutPrefix(text, word); ok {
			switch word {
			case "hh":
				l = lengthChar
			case "h":
				l = lengthShort
			}
			return l, rest
		}
	}
	return l, text
}

// annotate applies the words between the braces: each is compared as a whole,
// the first that names a type decides.
func (p *Program) annotate(c *conversion, notes string) {
	for note := range strings.SplitSeq(notes, ",") {
		note = strings.TrimSpace(note)
		if w, ok := wrappers[note]; ok {
			c.wrap = w
			continue
		}
		d, ok := decoders[note]
		switch {
		case ok && c.decoder == decodeNone:
			c.decoder = d
		case !ok && !inert(note):
			c.unknown = true
			if !slices.Contains(p.names, note) {
				p.names = append(p.names, note)
			}
		}
	}
}

// inert reports whether a word changes nothing: names of arguments, privacy,
// which the items have themselves, and types that are shown as plain numbers.
func inert(note string) bool {
	switch strings.ToLower(note) {
	case "", "public", "private", "sensitive", "mask.hash",
		"xcode:size-in-bytes", "bluetooth:oi_status":
		return true
	}
	name, _, ok := strings.Cut(note, "=")
	if ok && strings.TrimSpace(name) == "name" {
		return true
	}
	return strings.HasPrefix(note, "Name:") || strings.HasPrefix(note, "name:")
}

// Undecoded returns the annotations that are not known here, each once, in the
// order of the format. Their arguments are shown by the plain conversion.
func (p *Program) Undecoded() []string { return slices.Clone(p.names) }

// Conversions returns how many arguments the format asks for.
func (p *Program) Conversions() int { return len(p.convs) }

// Literals returns the texts between the conversions, without empty ones.
// Every message of the program holds them, in this order, unless it is longer
// than 1 MiB.
func (p *Program) Literals() []string {
	var all []string
	for i := range p.convs {
		if c := &p.convs[i]; c.from < c.to {
			all = append(all, p.text[c.from:c.to])
		}
	}
	if p.tail < len(p.text) {
		all = append(all, p.text[p.tail:])
	}
	return all
}

// An Answer is what is known of a message before it is composed.
type Answer uint8

// The answers of [Program.MayContain].
const (
	Maybe  Answer = iota // it depends on the arguments
	Never                // no message of the program contains it
	Always               // every message of the program contains it
)

// MayContain says whether messages of the program contain needle, as far as the
// format alone tells. A format without conversions answers for sure, as long as
// it is not empty: then the message is the first argument.
func (p *Program) MayContain(needle []byte) Answer {
	for i := range p.convs {
		if contains(p.text[p.convs[i].from:p.convs[i].to], needle) {
			return Always
		}
	}
	switch {
	case contains(p.text[p.tail:], needle):
		return Always
	case len(p.convs) == 0 && p.text != "":
		return Never
	}
	return Maybe
}

// contains is strings.Contains for bytes, without a copy.
func contains(text string, needle []byte) bool {
	if len(needle) == 0 {
		return true
	}
	for len(text) >= len(needle) {
		i := strings.IndexByte(text[:len(text)-len(needle)+1], needle[0])
		if i < 0 {
			return false
		}
		if text[i:i+len(needle)] == string(needle) {
			return true
		}
		text = text[i+1:]
	}
	return false
}

// valid returns text without trailing NULs, with what is no UTF-8 replaced, and
// whether something was.
func valid(text []byte) (_ []byte, replaced bool) {
	text = bytes.TrimRight(text, "\x00")
	if utf8.Valid(text) {
		return text, false
	}
	return bytes.ToValidUTF8(text, []byte("\ufffd")), true
}
