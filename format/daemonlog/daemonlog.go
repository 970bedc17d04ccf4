// Package daemonlog reads the text logs of daemons of iOS: those of installd and
// its helper, containermanagerd, mobileactivationd and lockdownd, and others that
// begin their lines with a date.
//
// The grammars are those observed in such logs:
//
//	Tue Feb  4 09:10:11 2025 [301] <notice> (0x16e000000) -[Class method:]: text
//	02/11/25 17:58:03.000123 pid=71 function: text
//	2025-02-11 17:58:03.123 +0100 text
//
// A line without a date goes on with the message of the one before. Daemons print
// some values as a block of lines between rules of "_", which is one entry.
package daemonlog

import (
	"iter"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vigie-project/vigie/format/lines"
)

// Limits of one entry. What goes beyond them is counted.
const (
	maxMessage = 64 << 10 // bytes
	maxPairs   = 256
)

// An Entry is one message of a log, or one block of values.
type Entry struct {
	Line   int   // from 1
	Offset int64 // of its first byte

	// Time is what the clock of the phone showed; if Zoned is set, it is an instant
	// with its offset from UTC. It is zero for lines before the first that has one.
	Time  time.Time
	Zoned bool

	PID     int64  // in brackets or after "pid="; -1 if there is none
	Level   string // in angle brackets: notice, err, debug…
	Thread  string // in parentheses
	Origin  string // method or function that wrote it, as printed
	Message string // without what is above; lines are joined with LF
	Title   string // of a block: the text in its first rule
	Pairs   []Pair // of a block
	Plist   string // property list that ends the message, in XML; not in Message
	Lines   int    // that the entry takes
	More    int    // bytes and pairs beyond the limits, which are not kept
	Cut     bool   // the log ends within its last line, or a line is a piece of a longer one

	more []byte // lines that go on with the message
}

// A Pair is one value of a block.
type Pair struct{ Key, Value string }

// Decode yields the entries in their order. It yields no errors: text that has no
// date before it is an entry of its own.
func Decode(text iter.Seq[lines.Line]) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		var d decoder
		for l := range text {
			if !d.line(l, func(e *Entry) bool { e.end(); return yield(*e, nil) }) {
				return
			}
		}
		if d.last != nil {
			d.last.end()
			yield(*d.last, nil)
		}
	}
}

type decoder struct {
	last   *Entry // that lines without a date go on with
	block  bool   // last is a block that is not closed
	number int    // of the last line
}

// line reads one line.
func (d *decoder) line(l lines.Line, yield func(*Entry) bool) bool {
	s := l.String()
	piece := l.Number == d.number // of a long line
	d.number = l.Number
	e, ok := Entry{}, false
	if !piece {
		e, ok = head(s)
	}
	if !ok {
		if d.last == nil || d.last.Time.IsZero() && !piece {
			if strings.TrimSpace(s) == "" {
				return true
			}
			e = Entry{PID: -1, Message: s}
		} else {
			d.last.goOn(s, l.Cut, piece)
			return true
		}
	}
	e.Line, e.Offset, e.Cut, e.Lines = l.Number, l.Offset, l.Cut, 1
	if d.block && d.into(&e) {
		return true
	}
	if d.last != nil && !yield(d.last) {
		return false
	}
	d.last, d.block = &e, false
	if title := blockTitle(e.Message); title != "" {
		d.block, e.Title, e.Message = true, title, ""
	}
	return true
}

// into adds an entry to the open block, or reports that it is not of it.
func (d *decoder) into(e *Entry) bool {
	b := d.last
	if e.Time.IsZero() || e.PID != b.PID || blockTitle(e.Message) != "" {
		d.block = false
		return false
	}
	if blockEnd(e.Message) {
		d.block = false
		b.Lines++
		return true
	}
	text := e.Message
	if e.Origin != b.Origin && e.Origin != "" {
		text = e.Origin + ": " + text // what looks like a function is a key
		if b.Origin != "" {
			text = strings.TrimPrefix(text, b.Origin+": ")
		}
	}
	key, value, ok := strings.Cut(text, ":")
	if !ok {
		d.block = false
		return false
	}
	b.Lines++
	b.Cut = e.Cut
	if len(b.Pairs) == maxPairs {
		b.More++
		return true
	}
	b.Pairs = append(b.Pairs, Pair{strings.TrimSpace(key), strings.TrimSpace(value)})
	return true
}

// goOn adds a line, or a piece of one, to the message.
func (e *Entry) goOn(s string, cut, piece bool) {
	if !piece {
		e.Lines++
		s = "\n" + s
	}
	e.Cut = cut
	if room := max(maxMessage-len(e.Message)-len(e.more), 0); len(s) > room {
		e.More += len(s) - room
		s = s[:room]
	}
	e.more = append(e.more, s...)
}

// end takes the property list off the message.
func (e *Entry) end() {
	e.Message += strings.ToValidUTF8(string(e.more), "")
	e.more = nil
	if len(e.Message) > maxMessage {
		e.More += len(e.Message) - maxMessage
		e.Message = strings.ToValidUTF8(e.Message[:maxMessage], "")
	}
	e.Message = strings.TrimRight(e.Message, "\n ")
	if !strings.HasSuffix(e.Message, "</plist>") {
		return
	}
	if i := strings.Index(e.Message, "<?xml version"); i >= 0 {
		e.Plist, e.Message = e.Message[i:], strings.TrimRight(e.Message[:i], "\n ")
	}
}

// blockTitle returns the text in the rule that opens a block, "" for other text.
func blockTitle(s string) string {
	rest := strings.TrimLeft(s, "_")
	title := strings.TrimRight(rest, "_")
	if n, m := len(s)-len(rest), len(rest)-len(title); n < 10 || m < 10 || n > 40 || m > 40 {
		return ""
	}
	return strings.TrimSpace(title)
}

// blockEnd reports whether a text is the rule that closes a block.
func blockEnd(s string) bool { return len(s) >= 20 && strings.Trim(s, "_") == "" }

// headRunes is how much of a line can belong to its date.
const headRunes = 40

// head reads the line that begins an entry.
func head(s string) (Entry, bool) {
	if len(s) < len("02/11/25 17:58:03") {
		return Entry{}, false
	}
	if e, ok := dated(s); ok {
		return e, true
	}
	// Dates can have digits of the language of the phone, the text after them keeps its own.
	n := 0
	for i := 0; i < headRunes && n < len(s); i++ {
		_, size := utf8.DecodeRuneInString(s[n:])
		n += size
	}
	folded := lines.Digits(s[:n])
	if folded == s[:n] {
		return Entry{}, false
	}
	return dated(folded + s[n:])
}

// dated reads a line whose date has ASCII digits.
func dated(s string) (Entry, bool) {
	switch {
	case s[0] >= 'A' && s[0] <= 'Z':
		return ctime(s)
	case s[2] == '/' && s[5] == '/':
		return lockdown(s)
	case s[4] == '-' && s[7] == '-':
		return iso(s)
	}
	return Entry{}, false
}

// ctime reads a line such as
//
//	Tue Feb  4 09:10:11 2025 [301] <notice> (0x16e000000) -[Class method:]: text
func ctime(s string) (Entry, bool) {
	const layout = "Mon Jan _2 15:04:05 2006"
	if len(s) < len(layout) {
		return Entry{}, false
	}
	t, err := time.Parse(layout, s[:len(layout)])
	if err != nil {
		return Entry{}, false
	}
	e := Entry{Time: t, PID: -1}
	s = strings.TrimLeft(s[len(layout):], " ")
	pid, rest := between(s, '[', ']')
	if n, err := strconv.ParseInt(pid, 10, 32); err == nil {
		e.PID, s = n, rest
	}
	e.Level, s = between(s, '<', '>')
	e.Thread, s = between(s, '(', ')')
	e.Origin, e.Message = origin(s)
	return e, true
}

// lockdown reads a line such as
//
//	02/11/25 17:58:03.000123 pid=71 handle_get_value: text
func lockdown(s string) (Entry, bool) {
	day, rest, _ := strings.Cut(s, " ")
	clock, rest, _ := strings.Cut(rest, " ")
	t, err := time.Parse("01/02/06 15:04:05", day+" "+clock)
	if err != nil {
		return Entry{}, false
	}
	e := Entry{Time: t, PID: -1}
	if after, ok := strings.CutPrefix(rest, "pid="); ok {
		pid, after, _ := strings.Cut(after, " ")
		if n, err := strconv.ParseInt(pid, 10, 32); err == nil {
			e.PID, rest = n, after
		}
	}
	e.Origin, e.Message = origin(rest)
	return e, true
}

// iso reads a line that begins with a date from the year on, and an offset from
// UTC if it has one.
func iso(s string) (Entry, bool) {
	if len(s) < 19 || s[10] != ' ' && s[10] != 'T' {
		return Entry{}, false
	}
	end := 19
	for end < len(s) && (s[end] == '.' || s[end] == ',' || s[end] >= '0' && s[end] <= '9') && end < 30 {
		end++
	}
	date := strings.Replace(s[:10]+" "+s[11:end], ",", ".", 1)
	t, err := time.Parse("2006-01-02 15:04:05", date)
	if err != nil {
		return Entry{}, false
	}
	e, rest := Entry{Time: t, PID: -1}, s[end:]
	trimmed := strings.TrimLeft(rest, " ")
	word, after, _ := strings.Cut(trimmed, " ")
	word = strings.TrimRight(word, ":")
	if zoned, err := time.Parse("2006-01-02 15:04:05Z0700", date+strings.Replace(word, ":", "", 1)); err == nil && word != "" {
		e.Time, e.Zoned, trimmed = zoned, true, after
	}
	e.Message = strings.TrimLeft(trimmed, " ")
	return e, true
}

// between returns what stands between two marks at the start of s, and the rest;
// "" and s if s does not begin with the first mark.
func between(s string, open, end byte) (inside, rest string) {
	if s == "" || s[0] != open {
		return "", s
	}
	i := strings.IndexByte(s, end)
	if i < 0 {
		return "", s
	}
	return s[1:i], strings.TrimLeft(s[i+1:], " ")
}

// origin cuts off which method or function wrote a message: "-[Class method:]",
// also with what the compiler added, or a name; "MA: " of mobileactivationd can
// stand before it.
func origin(s string) (from, message string) {
	prefix := ""
	if rest, ok := strings.CutPrefix(s, "MA: "); ok {
		prefix, s = "MA: ", rest
	}
	if strings.HasPrefix(s, "-[") || strings.HasPrefix(s, "+[") {
		if i := strings.IndexByte(s, ']'); i > 0 {
			if j := strings.Index(s[i:], ": "); j >= 0 && !strings.Contains(s[i:i+j], " ") {
				return prefix + s[:i+j], s[i+j+2:]
			}
			if strings.HasSuffix(s, ":") && !strings.Contains(s[i:], " ") {
				return prefix + s[:len(s)-1], ""
			}
		}
		return prefix, s
	}
	name, rest, ok := strings.Cut(s, ": ")
	if !ok || name == "" || !isName(name) {
		return strings.TrimSuffix(prefix, ": "), s
	}
	return prefix + name, rest
}

// isName reports whether a word can be the name of a function.
func isName(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return true
}
