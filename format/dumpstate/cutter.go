package dumpstate

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"github.com/vigie-project/vigie/format/lines"
)

// Limits on what a section keeps.
const (
	maxFailures = 16
	maxName     = 512
	maxTitle    = 8 << 10
)

const (
	minRule = 40 // dashes before the dump of a service; 79 in all known versions
	banner  = 56 // equals signs around a banner
)

// A cutter finds where sections begin and end. It reads at most two lines ahead.
type cutter struct {
	in      *lines.Reader
	ahead   []lines.Line // read and not used, with texts of their own
	cur     *Section     // nil between two
	next    *Section     // begun, not yet yielded
	command string       // name of the last Command, which dumps the services
	bare    bool         // cur has had no line yet
	rule    bool         // the last line was a rule of a banner
	err     error
}

// begin ends the current section and makes s the next one.
func (c *cutter) begin(s *Section) {
	c.cur, c.next, c.bare = nil, s, true
	s.cutter = c
	s.LastLine = s.Line
}

// fill reports whether the text begins with a line that belongs to no title.
func (c *cutter) fill() bool {
	l, ok := c.line()
	if ok {
		l.Text = bytes.Clone(l.Text)
		c.ahead = append([]lines.Line{l}, c.ahead...)
		c.bare = true
	}
	return ok
}

func (c *cutter) read() (lines.Line, bool) {
	if len(c.ahead) > 0 {
		l := c.ahead[0]
		c.ahead = c.ahead[1:]
		return l, true
	}
	if c.err != nil {
		return lines.Line{}, false
	}
	l, err := c.in.Next()
	c.err = err
	return l, err == nil
}

// peek returns the text of the line after l, whose own text it keeps.
func (c *cutter) peek(l *lines.Line) []byte {
	l.Text = bytes.Clone(l.Text)
	if len(c.ahead) == 0 {
		n, ok := c.read()
		if !ok {
			return nil
		}
		n.Text = bytes.Clone(n.Text)
		c.ahead = append(c.ahead, n)
	}
	return c.ahead[0].Text
}

// line returns the next line of the current section; it is false at its end.
func (c *cutter) line() (lines.Line, bool) {
	for {
		l, ok := c.read()
		if !ok {
			c.cur = nil
			return l, false
		}
		rule := c.rule
		c.rule = false
		if !c.structure(&l, rule) {
			if c.loose(l); c.cur != nil {
				c.bare = false
				c.extend(l)
				return l, true
			}
		}
		if c.next != nil {
			return lines.Line{}, false
		}
	}
}

// split takes the last line of a dump off a line of content that has no end of
// its own.
func (c *cutter) split(l *lines.Line) {
	const ending, stamp = "ending at: ", "2006-01-02 15:04:05"
	at := len(l.Text) - len(ending) - len(stamp)
	if at < 0 || c.cur == nil || c.cur.Kind != Service || string(l.Text[at:at+len(ending)]) != ending {
		return
	}
	i := bytes.LastIndex(l.Text, []byte("--------- "))
	if i <= 0 || bytes.Count(l.Text[i:], []byte(" was the duration of dumpsys ")) != 1 {
		return
	}
	end := *l
	end.Text, end.Offset = bytes.Clone(l.Text[i:]), l.Offset+int64(i)
	c.ahead = append([]lines.Line{end}, c.ahead...)
	l.Text = l.Text[:i]
}

// loose begins a section for a line that stands in none.
func (c *cutter) loose(l lines.Line) {
	if c.cur != nil || len(bytes.TrimSpace(l.Text)) == 0 {
		return
	}
	l.Text = bytes.Clone(l.Text)
	c.ahead = append([]lines.Line{l}, c.ahead...)
	c.begin(&Section{Kind: Loose, Line: l.Number, Offset: l.Offset})
}

// extend counts a line to the current section.
func (c *cutter) extend(l lines.Line) {
	if c.cur != nil {
		c.cur.LastLine, c.cur.Cut = l.Number, l.Cut
		c.cur.Size = l.Offset + int64(len(l.Text)) - c.cur.Offset
	}
}

// structure reports whether a line is no content but a title, an end or a fact
// about the section, and notes it.
func (c *cutter) structure(l *lines.Line, rule bool) bool {
	if len(l.Text) < 4 {
		return false
	}
	c.split(l)
	switch l.Text[0] {
	case '-':
		return c.dashes(l)
	case '=':
		return c.equals(l, rule)
	case 'D':
		return c.service(l)
	case '*':
		return c.failure(l)
	case '[':
		return c.elapsed(l)
	case 'S', 'T', 'C':
		return c.host(l)
	}
	return false
}

func (c *cutter) dashes(l *lines.Line) bool {
	text := l.Text
	if !bytes.HasPrefix(text, []byte("------")) {
		return false
	}
	if text[len("------")-1] == '-' && len(text) > 6 && text[6] == ' ' {
		return c.title(l)
	}
	if bytes.HasPrefix(text, []byte("--------- ")) {
		return c.footer(l)
	}
	if t := bytes.TrimRight(text, " "); len(t) >= minRule && len(bytes.Trim(t, "-")) == 0 {
		return bytes.HasPrefix(c.peek(l), []byte("DUMP OF SERVICE "))
	}
	return false
}

// title begins a command section, or ends one: "------ TITLE (command) ------",
// "------ 0.041s was the duration of 'TITLE' ------".
func (c *cutter) title(l *lines.Line) bool {
	inner, ok := bytes.CutSuffix(bytes.TrimRight(l.Text[7:], " "), []byte(" ------"))
	if !ok || len(inner) == 0 || len(inner) > maxTitle {
		return false
	}
	text := strings.ToValidUTF8(string(inner), "\ufffd")
	if took, name, ok := strings.Cut(text, " was the duration of '"); ok {
		c.ended(l, strings.TrimSuffix(name, "'"), took)
		return true
	}
	name, command, _ := strings.Cut(strings.TrimSuffix(text, ")"), " (")
	if !strings.HasSuffix(text, ")") {
		name, command = text, ""
	}
	if i := strings.LastIndex(command, ") ("); i >= 0 { // SHOW MAP 1 ([init]) (su root showmap 1)
		name, command = name+" ("+command[:i+1], command[i+3:]
	}
	c.command = name
	c.begin(&Section{Kind: Command, Name: name, Command: command, Line: l.Number, Offset: l.Offset})
	return true
}

// ended closes the current section if it is the command of that name. The end of
// a command whose services were sections of their own ends the last of them.
func (c *cutter) ended(l *lines.Line, name, took string) {
	if s := c.cur; s != nil {
		if s.Kind == Command && s.Name == name {
			c.extend(*l)
			s.Closed, s.Duration = true, seconds(took)
		}
		c.cur = nil
	}
}

// footer closes the dump of a service: "--------- 0.053s was the duration of
// dumpsys appops, ending at: 2031-02-03 10:20:40".
func (c *cutter) footer(l *lines.Line) bool {
	took, rest, ok := strings.Cut(string(l.Text[10:]), " was the duration of dumpsys ")
	if !ok || c.cur == nil || c.cur.Kind != Service {
		return false
	}
	s := c.cur
	name, at, _ := strings.Cut(rest, ", ending at: ")
	if name == s.Name {
		s.Closed, s.Duration = true, seconds(took)
		s.Ended, _ = time.Parse(time.DateTime, strings.TrimSpace(at))
	} else {
		c.note(s, "ended by the last line of service "+strconv.Quote(name))
	}
	c.extend(*l)
	c.cur = nil
	return true
}

// service begins the dump of a service.
func (c *cutter) service(l *lines.Line) bool {
	rest, ok := bytes.CutPrefix(l.Text, []byte("DUMP OF SERVICE "))
	name, colon := strings.CutSuffix(strings.ToValidUTF8(strings.TrimSpace(string(rest)), "\ufffd"), ":")
	if !ok || !colon || name == "" || len(name) > maxName {
		return false
	}
	s := &Section{Kind: Service, Name: name, Within: c.command, Line: l.Number, Offset: l.Offset}
	if p, n, ok := strings.Cut(name, " "); ok {
		s.Priority, s.Name = p, n
	}
	c.begin(s)
	return true
}

// equals reads banners, three lines of which the outer ones are rules. The rule
// below a banner may be the one above the next.
func (c *cutter) equals(l *lines.Line, rule bool) bool {
	text := bytes.TrimRight(l.Text, " ")
	if len(text) == banner && len(bytes.Trim(text, "=")) == 0 {
		heading := bytes.HasPrefix(c.peek(l), []byte("== "))
		below := c.cur != nil && c.bare && (c.cur.Kind == Banner || c.cur.Kind == Header && c.cur.Name != "")
		c.rule = heading || below
		return c.rule
	}
	if name, ok := bytes.CutPrefix(text, []byte("== ")); ok && rule {
		s := &Section{Kind: Banner, Name: strings.ToValidUTF8(string(name), "\ufffd"), Line: l.Number, Offset: l.Offset}
		if strings.HasPrefix(s.Name, "dumpstate: ") {
			s.Kind = Header
		}
		c.command = ""
		c.begin(s)
		return true
	}
	return false
}

// failure notes what dumpstate and dumpsys say of a command or service that did
// not end well.
func (c *cutter) failure(l *lines.Line) bool {
	text, ok := bytes.CutPrefix(l.Text, []byte("*** "))
	if !ok || c.cur == nil {
		return false
	}
	switch {
	case bytes.HasPrefix(text, []byte("SERVICE '")) && bytes.Contains(text, []byte("TIMEOUT")):
		c.cur.TimedOut = true
	case bytes.HasPrefix(text, []byte("command '")):
		c.cur.TimedOut = c.cur.TimedOut || bytes.Contains(text, []byte("timed out"))
	default:
		return false
	}
	c.note(c.cur, strings.ToValidUTF8(string(l.Text), "\ufffd"))
	c.extend(*l)
	return true
}

func (c *cutter) note(s *Section, text string) {
	if len(s.Failures) < maxFailures {
		s.Failures = append(s.Failures, text[:min(len(text), maxName)])
	}
}

// elapsed closes a command section of Android 4 and before: "[top: 1.3s elapsed]".
func (c *cutter) elapsed(l *lines.Line) bool {
	inner, ok := bytes.CutSuffix(l.Text[1:], []byte("s elapsed]"))
	command, took, ok2 := bytes.Cut(inner, []byte(": "))
	if !ok || !ok2 || c.cur == nil || c.cur.Kind != Command || !strings.HasPrefix(c.cur.Command, string(command)) {
		return false
	}
	c.extend(*l)
	c.cur.Closed, c.cur.Duration = true, seconds(string(took)+"s")
	c.cur = nil
	return true
}

// host notes which process runs the service, in the first lines of a dump.
func (c *cutter) host(l *lines.Line) bool {
	if c.cur == nil || c.cur.Kind != Service || !c.bare {
		return false
	}
	text := string(l.Text)
	switch key, value, _ := strings.Cut(text, ": "); key {
	case "Service host process PID":
		c.cur.HostPID, _ = strconv.Atoi(value)
	case "Threads in use":
		c.cur.Threads = value
	case "Client PIDs":
		c.cur.ClientPIDs = value
	default:
		if strings.HasPrefix(text, "Can't find service: ") {
			c.note(c.cur, text)
		}
		return false
	}
	c.extend(*l)
	return true
}

// seconds reads "0.053s"; it is 0 if the text is none.
func seconds(s string) time.Duration {
	d, err := time.ParseDuration(strings.TrimSpace(s))
	if err != nil || d < 0 {
		return 0
	}
	return d
}
