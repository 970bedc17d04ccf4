// Package ps reads lists of processes that ps prints on iOS, with or without
// threads.
//
// The columns are those of the heading: they differ between versions. They are
// described by the manual and source of ps
// (https://github.com/apple-oss-distributions/adv_cmds/tree/main/ps).
package ps

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/format/lines"
)

// Limits.
const (
	maxColumns = 64
	maxQuoted  = 200 // bytes of a line in an error
)

// ErrNoHeading says that a text has no line with the names of columns.
var ErrNoHeading = errors.New("no line names the columns PID and COMMAND")

// A Process is one row. Pointers are nil if the list lacks the column, or its text
// is no number, which then is in Other.
type Process struct {
	Line     int // from 1
	Offset   int64
	User     string // USER
	UID      *int64 // UID
	Persona  *int64 // PRSNA; nil for "-"
	PID      *int64 // PID
	PPID     *int64 // PPID
	Flags    *int64 // F: p_flag of the kernel
	State    string // STAT
	Started  string // STARTED
	Command  string // COMMAND: all arguments
	Threads  int    // rows of further threads
	ThreadOf bool   // the list is one of threads
	Other    []Column
}

// A Column is a column that has no field of its own.
type Column struct{ Name, Text string }

// Decode yields the processes of a list. A row that does not fit the heading is an
// error, after which reading goes on. The last error is [ErrNoHeading] if there is
// none in a text that is not blank.
func Decode(text iter.Seq[lines.Line]) iter.Seq2[Process, error] {
	return func(yield func(Process, error) bool) {
		var d decoder
		blank, open := true, false
		var p Process
		for l := range text {
			line := strings.TrimRight(l.String(), " \t")
			if line == "" {
				continue
			}
			blank = false
			if columns := heading(line); columns != nil {
				d = decoder{columns: columns, threads: slices.Index(columns, "COMMAND") != len(columns)-1}
				continue
			}
			if d.columns == nil {
				continue
			}
			if d.threads && (line[0] == ' ' || line[0] == '\t') {
				p.Threads++
				continue
			}
			if open && !yield(p, nil) {
				return
			}
			next, err := d.row(line)
			if open = err == nil; !open {
				if !yield(Process{}, fmt.Errorf("read line %d: %w: %q", l.Number, err, line[:min(len(line), maxQuoted)])) {
					return
				}
				continue
			}
			p = next
			p.Line, p.Offset = l.Number, l.Offset
		}
		if open && !yield(p, nil) {
			return
		}
		if d.columns == nil && !blank {
			yield(Process{}, ErrNoHeading)
		}
	}
}

// heading returns the columns that a line names, nil if it names none.
func heading(line string) []string {
	words := strings.Fields(line)
	if n := len(words); n < 2 || n > maxColumns || words[n-1] != "COMMAND" || !slices.Contains(words, "PID") {
		return nil
	}
	return words
}

type decoder struct {
	columns []string
	threads bool // COMMAND occurs twice, first cut to a few characters
}

var errShort = errors.New("fewer columns than the heading")

// row reads one row.
func (d *decoder) row(line string) (Process, error) {
	p := Process{ThreadOf: d.threads}
	last := len(d.columns) - 1
	if !d.threads {
		words := split(strings.TrimLeft(line, " \t"), last+1)
		if len(words) <= last {
			return p, errShort
		}
		for i, w := range words {
			p.set(d.columns[i], w)
		}
		return p, p.check()
	}
	first := slices.Index(d.columns, "COMMAND")
	left := split(line, first+1)
	if len(left) <= first {
		return p, errShort
	}
	for i, w := range left[:first] {
		p.set(d.columns[i], w)
	}
	// The cut command may have blanks or be blank: what follows it is found by
	// its form. The first place is meant: arguments of a process come after it.
	middle := d.columns[first+1 : last]
	for rest := left[first]; rest != ""; {
		words := split(rest, len(middle)+1)
		if len(words) <= len(middle) {
			break
		}
		if fits(middle, words) {
			for i, name := range middle {
				p.set(name, words[i])
			}
			p.Command = words[len(middle)]
			return p, p.check()
		}
		_, rest, _ = strings.Cut(rest, words[0])
		rest = strings.TrimLeft(rest, " \t")
	}
	return p, errShort
}

// check reports a row without process identifier.
func (p *Process) check() error {
	if p.PID == nil {
		return errors.New("PID is no number")
	}
	return nil
}

// split splits a text into at most n words, of which the last is the rest.
func split(text string, n int) (words []string) {
	for text != "" && len(words) < n-1 {
		i := strings.IndexAny(text, " \t")
		if i < 0 {
			break
		}
		words, text = append(words, text[:i]), strings.TrimLeft(text[i:], " \t")
	}
	if text != "" {
		words = append(words, text)
	}
	return words
}

// fits reports whether words have the forms of the columns.
func fits(columns, words []string) bool {
	for i, name := range columns {
		word := lines.Digits(words[i])
		switch name {
		case "PPID", "PID", "UID", "PRI", "NI", "VSZ", "RSS":
			if _, err := strconv.ParseInt(word, 10, 64); err != nil {
				return false
			}
		case "F":
			if _, err := strconv.ParseUint(word, 16, 63); err != nil {
				return false
			}
		case "%MEM", "%CPU":
			if _, err := strconv.ParseFloat(strings.Replace(word, ",", ".", 1), 64); err != nil {
				return false
			}
		case "TIME", "STIME", "UTIME":
			if minutes, seconds, ok := strings.Cut(word, ":"); !ok || strings.Trim(minutes+seconds, "0123456789:.,") != "" {
				return false
			}
		}
	}
	return true
}

// set sets the field of a column.
func (p *Process) set(name, text string) {
	switch name {
	case "USER":
		p.User = text
		return
	case "STAT":
		p.State = text
		return
	case "STARTED":
		p.Started = text
		return
	case "COMMAND":
		p.Command = text
		return
	}
	number, base := p.number(name)
	if number == nil {
		p.Other = append(p.Other, Column{name, text})
		return
	}
	if text == "-" {
		return
	}
	v, err := strconv.ParseInt(lines.Digits(text), base, 64)
	if err != nil {
		p.Other = append(p.Other, Column{name, text})
		return
	}
	*number = &v
}

// number returns the field of a column of numbers, and their base.
func (p *Process) number(name string) (field **int64, base int) {
	switch name {
	case "UID":
		return &p.UID, 10
	case "PRSNA":
		return &p.Persona, 10
	case "PID":
		return &p.PID, 10
	case "PPID":
		return &p.PPID, 10
	case "F":
		return &p.Flags, 16
	}
	return nil, 0
}
