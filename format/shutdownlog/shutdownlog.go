// Package shutdownlog reads shutdown.log, to which iOS writes at the end of each
// shutdown which processes still ran and kept it waiting.
//
// The format is not documented by Apple. It is described by Kaspersky
// (https://securelist.com/shutdown-log-lightweight-ios-malware-detection-method/111734/);
// that the seconds count from the start of the wait, that the UUID at the end of a
// path may be absent, and the lines of phases were observed in published logs.
package shutdownlog

import (
	"errors"
	"iter"
	"regexp"
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/format/lines"
)

// Limits of one shutdown. What goes beyond them is counted.
const (
	maxClients = 1 << 14
	maxOther   = 256     // lines of unknown form that are kept
	maxText    = 4 << 10 // bytes of such a line
)

// ErrFormat says that no line of a text has a form that is known.
var ErrFormat = errors.New("no line is one of a shutdown log")

// An End says how the lines of a shutdown end.
type End int

// The ends.
const (
	Flushed   End = iota // with the line that has the time
	Restarted            // the next shutdown begins: the seconds are fewer than before
	Cut                  // with the text
)

// String returns what the end means.
func (e End) String() string {
	switch e {
	case Flushed:
		return "buffers flushed"
	case Restarted:
		return "the next shutdown begins"
	}
	return "the log ends"
}

// A Session is one shutdown.
type Session struct {
	Number  int // from 1
	Line    int // of its first line, from 1
	Offset  int64
	End     End
	Time    int64   // of the flush, seconds since 1970 UTC; 0 if it is not recorded
	After   int64   // the time of the last shutdown before that has one; 0 if none has
	Notices int     // times that the system found clients
	Waited  float64 // seconds from the start of the wait to the last notice
	Clients []Client
	Phases  []string // names of the phases that began, if they are written
	Other   []string // lines of unknown form
	More    int      // further lines and clients that are not kept
}

// A Client is one process that kept a shutdown waiting.
type Client struct {
	Line     int // of its first line, from 1
	Offset   int64
	PID      int64
	Path     string // without UUID
	UUID     string // of the program, "" if none is written
	Notices  int    // that list it
	First    float64
	Waited   float64 // seconds from the start of the wait to the last notice that lists it
	Signaled bool    // a line says that it was told to end
}

var (
	header    = regexp.MustCompile(`^\s*After ([0-9]{1,9}(?:[.,][0-9]{1,9})?)\s*s, (?:these clients are still here:?)?\s*(.*)$`)
	client    = regexp.MustCompile(`remaining client pid: (-?[0-9]{1,10}) \((.*)$`)
	flush     = regexp.MustCompile(`^\s*SIGTERM: \[([0-9]{1,12})\]`)
	flushAt   = regexp.MustCompile(`^\s*SIGTERM:.* @([0-9]{10})\b`)
	phase     = regexp.MustCompile(`^%+ Entering phase: (.*)$`)
	imageUUID = regexp.MustCompile(`^(.+)/([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})$`)
)

// key tells clients of one shutdown apart.
type key struct {
	pid        int64
	path, uuid string
}

type decoder struct {
	yield func(Session, error) bool
	s     Session
	open  bool // s has a line
	index map[key]int
	known bool // some line had a known form
	ended bool // yield returned false
}

// Decode yields the shutdowns of a log in its order. The only error is [ErrFormat],
// after the shutdown that has the lines.
func Decode(text iter.Seq[lines.Line]) iter.Seq2[Session, error] {
	return func(yield func(Session, error) bool) {
		d := decoder{yield: yield, index: map[key]int{}}
		d.s.Number = 1
		any := false
		for l := range text {
			line := l.String()
			if strings.TrimSpace(line) == "" {
				continue
			}
			any = true
			if d.line(l, lines.Digits(line), line); d.ended {
				return
			}
		}
		if d.open {
			if d.close(Cut); d.ended {
				return
			}
		}
		if any && !d.known {
			yield(Session{}, ErrFormat)
		}
	}
}

// line reads one line. Plain is the text with digits 0 to 9.
func (d *decoder) line(l lines.Line, plain, text string) {
	was := d.known
	d.known = true
	if m := flushTime(plain); m != "" {
		d.begin(l)
		d.s.Time, _ = strconv.ParseInt(m, 10, 64)
		d.close(Flushed)
		return
	}
	if m := header.FindStringSubmatch(plain); m != nil {
		after, _ := strconv.ParseFloat(strings.Replace(m[1], ",", ".", 1), 64)
		if d.s.Notices > 0 && after < d.s.Waited {
			if d.close(Restarted); d.ended {
				return
			}
		}
		d.begin(l)
		if d.s.Notices == 0 || after > d.s.Waited { // of the form without headers, each line has the seconds
			d.s.Notices++
		}
		d.s.Waited = after
		if m[2] == "" {
			return
		}
		if c := client.FindStringSubmatch(text); c != nil {
			d.client(l, c, false)
			return
		}
	} else if c := client.FindStringSubmatch(text); c != nil {
		d.begin(l)
		d.client(l, c, strings.Contains(text, "Sent SIGTERM"))
		return
	} else if m := phase.FindStringSubmatch(text); m != nil {
		d.begin(l)
		if len(d.s.Phases) < maxOther {
			d.s.Phases = append(d.s.Phases, strings.TrimSpace(m[1]))
		}
		return
	} else {
		d.known = was
	}
	d.begin(l)
	d.other(text)
}

// flushTime returns the seconds of the last line of a shutdown, "" for others.
func flushTime(line string) string {
	if m := flush.FindStringSubmatch(line); m != nil {
		return m[1]
	}
	if m := flushAt.FindStringSubmatch(line); m != nil {
		return m[1]
	}
	return ""
}

// begin makes a line the first of the shutdown if there is none.
func (d *decoder) begin(l lines.Line) {
	if !d.open {
		d.open, d.s.Line, d.s.Offset = true, l.Number, l.Offset
	}
}

// client adds what a line says about a process.
func (d *decoder) client(l lines.Line, m []string, signaled bool) {
	pid, _ := strconv.ParseInt(lines.Digits(m[1]), 10, 64)
	k := key{pid: pid, path: m[2]}
	if i := strings.LastIndexByte(m[2], ')'); i >= 0 { // without one, the line is cut
		k.path = m[2][:i]
	}
	if u := imageUUID.FindStringSubmatch(k.path); u != nil {
		k.path, k.uuid = u[1], strings.ToUpper(u[2])
	}
	i, seen := d.index[k]
	if !seen {
		if i = len(d.s.Clients); i == maxClients {
			d.s.More++
			return
		}
		d.index[k] = i
		d.s.Clients = append(d.s.Clients, Client{Line: l.Number, Offset: l.Offset, PID: pid, Path: k.path, UUID: k.uuid, First: d.s.Waited})
	}
	c := &d.s.Clients[i]
	if signaled {
		c.Signaled = true
		return
	}
	c.Notices++
	c.Waited = d.s.Waited
}

func (d *decoder) other(text string) {
	if len(d.s.Other) == maxOther {
		d.s.More++
		return
	}
	d.s.Other = append(d.s.Other, text[:min(len(text), maxText)])
}

// close yields the shutdown and begins the next.
func (d *decoder) close(end End) {
	d.s.End = end
	d.ended = !d.yield(d.s, nil)
	after := d.s.After
	if d.s.Time != 0 {
		after = d.s.Time
	}
	d.s = Session{Number: d.s.Number + 1, After: after}
	d.open = false
	clear(d.index)
}
