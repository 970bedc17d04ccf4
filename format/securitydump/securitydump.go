// Package securitydump reads security-sysdiagnose.txt, in which a sysdiagnose of iOS
// keeps the state of the iCloud keychain, the attributes of items of the keychain, and
// events that parts of the system reported about trust, the keychain and accounts.
//
// The grammar is that observed in such files and described by the parser of
// https://github.com/EC-DIGIT-CSIRC/sysdiagnose. Lines that have no known form are
// yielded as text.
package securitydump

import (
	"iter"
	"regexp"
	"strings"

	"github.com/vigie-project/vigie/format/lines"
)

// Limits of one item. What goes beyond them is not kept, and More is set.
const (
	maxText  = 64 << 10 // bytes
	maxPairs = 512
)

// Kind says what an item is.
type Kind string

// The kinds.
const (
	Row   Kind = "row"   // attributes of an item of the keychain
	Event Kind = "event" // what a client reported
	Value Kind = "value" // a key and its value
	Text  Kind = "text"  // any other line
)

// An Item is one fact.
type Item struct {
	Line    int // from 1
	Offset  int64
	Section string // circle, engine, analytics, the name before "keychain state", "client " and a name, values
	Kind    Kind
	Time    string // of an event, as printed: in the clock of 24 or of 12 hours
	Result  string // of an event: EventHardFailure, EventSoftFailure…
	Name    string // of an event; of a row what stands before its values; of a value its key
	Text    string // of a value, and of text
	Pairs   []Pair // of a row and of an event
	More    bool   // the item is larger than the limits
}

// A Pair is one attribute.
type Pair struct{ Key, Value string }

var (
	event     = regexp.MustCompile(`^(.{10,60}?)\s+(Event[A-Za-z]*): (.+?)(?: - Attributes: (.*))?$`)
	rowStart  = regexp.MustCompile(`^\s*(?:([^=]*?): )?(\w{4})=`)
	attribute = regexp.MustCompile(`^\s*([\w.-]+) : ?`)
)

// Decode yields the items in their order, and no errors.
func Decode(text iter.Seq[lines.Line]) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		d := decoder{yield: yield}
		for l := range text {
			if !d.line(l) {
				return
			}
		}
		d.flush()
	}
}

type decoder struct {
	yield   func(Item, error) bool
	section string
	open    *Item  // event or value that can go on
	rest    []byte // of it: attributes, or further lines
	depth   int    // of braces and parentheses in rest
}

// line reads one line.
func (d *decoder) line(l lines.Line) bool {
	s := strings.TrimRight(l.String(), " \r")
	if d.open != nil {
		if d.goesOn(s) {
			d.add("\n" + s)
			return true
		}
		if !d.flush() {
			return false
		}
	}
	trimmed := strings.TrimSpace(s)
	if trimmed == "" || d.heading(trimmed) && d.section != "circle" && d.section != "engine" {
		return true
	}
	item := Item{Line: l.Number, Offset: l.Offset, Section: d.section}
	if m := event.FindStringSubmatch(trimmed); m != nil {
		item.Kind, item.Time, item.Result, item.Name = Event, m[1], m[2], m[3]
		d.open, d.rest, d.depth = &item, nil, 0
		d.add(m[4])
		return d.depth > 0 || d.flush()
	}
	if m := rowStart.FindStringSubmatchIndex(s); m != nil && !strings.HasPrefix(d.section, "client ") {
		item.Kind = Row
		if m[2] >= 0 {
			item.Name = strings.TrimSpace(s[m[2]:m[3]])
		}
		item.Pairs, item.More = rowPairs(s[m[4]:])
		return d.yield(item, nil)
	}
	if key, value, ok := strings.Cut(s, ":"); ok && d.section == "values" && !strings.HasPrefix(s, "\t") {
		item.Kind, item.Name = Value, strings.TrimSpace(key)
		d.open, d.rest = &item, nil
		d.add(strings.TrimSpace(value))
		return true
	}
	item.Kind, item.Text = Text, trimmed
	if len(trimmed) > maxText {
		item.Text, item.More = strings.ToValidUTF8(trimmed[:maxText], ""), true
	}
	return d.yield(item, nil)
}

// heading begins a section if the line is the heading of one.
func (d *decoder) heading(s string) bool {
	switch {
	case strings.HasPrefix(s, "ccstatus:"):
		d.section = "circle"
	case strings.HasPrefix(s, "Engine state:"):
		d.section = "engine"
	case strings.HasSuffix(s, "keychain state:"):
		d.section = strings.TrimSpace(strings.TrimSuffix(s, "keychain state:")) + " keychain"
	case strings.HasPrefix(s, "Analytics sysdiagnose"):
		d.section = "analytics"
	case strings.HasPrefix(s, "Client: "):
		d.section = "client " + strings.TrimSpace(strings.TrimPrefix(s, "Client: "))
	case strings.HasPrefix(s, "All keys and values"), strings.HasPrefix(s, "All values in "):
		d.section = "values"
	default:
		return false
	}
	return true
}

// goesOn reports whether a line belongs to the open item.
func (d *decoder) goesOn(s string) bool {
	if d.open.Kind == Value {
		return strings.HasPrefix(s, "\t")
	}
	// A line that begins something else ends attributes that are not closed.
	return d.depth > 0 && !strings.HasPrefix(s, "Client: ") && !event.MatchString(s)
}

// add appends to the rest of the open item.
func (d *decoder) add(s string) {
	if room := maxText - len(d.rest); len(s) > room {
		s, d.open.More = s[:max(room, 0)], true
	}
	d.rest = append(d.rest, s...)
	if d.open.Kind == Event {
		d.depth += strings.Count(s, "{") + strings.Count(s, "(") - strings.Count(s, "}") - strings.Count(s, ")")
	}
}

// flush yields the open item.
func (d *decoder) flush() bool {
	if d.open == nil {
		return true
	}
	item := d.open
	rest := strings.ToValidUTF8(string(d.rest), "")
	d.open, d.rest = nil, nil
	if item.Kind == Value {
		item.Text = strings.ReplaceAll(rest, "\n\t", "\n")
		return d.yield(*item, nil)
	}
	more := false
	item.Pairs, more = eventPairs(rest)
	item.More = item.More || more
	return d.yield(*item, nil)
}

// rowPairs reads "acct=x,agrp=y,vwht={a,b}".
func rowPairs(s string) (pairs []Pair, more bool) {
	return pairsOf(s, func(piece string) (key string, value int) {
		name, _, ok := strings.Cut(piece, "=")
		if key = strings.TrimSpace(name); !ok || len(key) != 4 {
			return "", 0
		}
		return key, len(name) + 1
	})
}

// eventPairs reads "{product : iPhone OS, usages : ( 1, 2 ), model : iPhone16,1 }".
func eventPairs(s string) (pairs []Pair, more bool) {
	s = strings.TrimSpace(s)
	s = strings.TrimSuffix(strings.TrimPrefix(s, "{"), "}")
	return pairsOf(s, func(piece string) (key string, value int) {
		m := attribute.FindStringSubmatchIndex(piece)
		if m == nil {
			return "", 0
		}
		return piece[m[2]:m[3]], m[1]
	})
}

// pairsOf reads pairs between commas outside of braces and parentheses. read returns
// the key of a piece and where its value begins; a piece without key belongs to the
// value before it.
func pairsOf(s string, read func(piece string) (key string, value int)) (pairs []Pair, more bool) {
	key, start, end := "", 0, 0
	for next := 0; next <= len(s); next = end + 1 {
		end = next + comma(s[next:])
		if k, value := read(s[next:end]); k != "" {
			if key != "" {
				pairs = append(pairs, Pair{key, clip(strings.TrimSpace(s[start:next-1]), &more)})
			}
			if key, start = k, next+value; len(pairs) == maxPairs {
				return pairs, true
			}
		}
	}
	if key != "" {
		pairs = append(pairs, Pair{key, clip(strings.TrimSpace(s[start:]), &more)})
	}
	return pairs, more
}

// clip bounds the length of a value.
func clip(s string, more *bool) string {
	if len(s) <= maxText {
		return s
	}
	*more = true
	return strings.ToValidUTF8(s[:maxText], "")
}

// comma returns where the first comma outside of braces and parentheses is, or the
// length of s.
func comma(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '{' || c == '(':
			depth++
		case (c == '}' || c == ')') && depth > 0:
			depth--
		case c == ',' && depth == 0:
			return i
		}
	}
	return len(s)
}
