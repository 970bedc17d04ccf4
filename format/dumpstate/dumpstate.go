// Package dumpstate cuts the text of an Android bug report, and the output of
// dumpsys alone, into its sections, in one pass and without keeping them.
//
// The text is made of outputs of commands under a title ("------ SYSTEM LOG
// (logcat …) ------") and, within some of them, of dumps of services ("DUMP OF
// SERVICE appops:"). Since Android 5 each ends with a line that tells how long
// it took; before, only the next title ends it. Known forms are those of Android
// 2.3 to 16 and of the dumpState files of Samsung, which add sections of their own.
//
// Lines come from programs of the phone, which can print anything, a title too:
// a section that another one interrupts is not Closed.
//
// Source: AOSP frameworks/native/cmds/dumpstate and cmds/dumpsys; observed texts.
package dumpstate

import (
	"errors"
	"io"
	"iter"
	"time"

	"github.com/vigie-project/vigie/format/lines"
)

// Kind is what a section holds.
type Kind uint8

// The kinds of sections.
const (
	Header  Kind = iota + 1 // the begin of the text or what a "== dumpstate" banner announces
	Command                 // output of a command or content of a file
	Service                 // dump of a service by dumpsys
	Banner                  // a heading such as "== Checkins", usually without lines
	Loose                   // lines between two sections
)

// A Section is one part of the text. What says at its end is known only once
// its lines have been read; [Sections] does so before it yields the next one.
type Section struct {
	Kind     Kind
	Name     string // "appops", "SYSTEM LOG"
	Command  string // what is in parentheses after the title of a Command
	Priority string // of a Service dumped early: "CRITICAL", "HIGH"
	Within   string // of a Service: name of the Command that dumped it, if any
	Line     int    // number of the title line, from 1
	Offset   int64  // of the title line, in bytes

	// Of the process that runs the service, in recent bug reports.
	HostPID    int
	Threads    string // "2/31"
	ClientPIDs string // "4000, 3999"

	LastLine int           // number of the last line, at the end
	Size     int64         // in bytes, title and last line included, at the end
	Duration time.Duration // how long the dump took, at the end; 0 if not recorded
	Ended    time.Time     // when a Service ended, a clock without zone (as UTC), at the end
	Closed   bool          // its own last line was read, at the end; never of Banner, Loose and Header
	TimedOut bool          // the dump was given up: the section is incomplete, at the end
	Failures []string      // what dumpstate says of failures in it, at most 16, at the end
	Cut      bool          // the text ends in the middle of its last line, at the end

	cutter *cutter
}

// Sections yields the sections of a text in its order, each once. The lines of
// a section can be read only until the next one is asked for. A text without any
// title is one section of kind [Header]. A failing reader ends the sections with
// its error and a nil section.
func Sections(r io.Reader) iter.Seq2[*Section, error] {
	return func(yield func(*Section, error) bool) {
		c := &cutter{in: lines.NewReader(r)}
		c.begin(&Section{Kind: Header, Line: 1})
		for c.next != nil {
			s := c.next
			c.cur, c.next = s, nil
			if s.Kind == Header && s.Name == "" && !c.fill() {
				continue
			}
			if !yield(s, nil) {
				return
			}
			for range s.Lines() {
				continue
			}
		}
		if c.err != nil && !errors.Is(c.err, io.EOF) {
			yield(nil, c.err)
		}
	}
}

// Lines yields the lines of the section, without its title, its last line and
// what fills the fields above.
func (s *Section) Lines() iter.Seq[lines.Line] {
	return func(yield func(lines.Line) bool) {
		for s.cutter.cur == s {
			l, ok := s.cutter.line()
			if !ok || !yield(l) {
				return
			}
		}
	}
}
