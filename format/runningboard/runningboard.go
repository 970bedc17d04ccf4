// Package runningboard finds the processes that runningboardd names in its texts:
// the dump of its state in a sysdiagnose, and messages in logs. The text around
// them is not read: its form is not documented and differs between versions.
//
// A process is written as what it is, which identifier launched it, and its number,
// as observed in published logs:
//
//	[app<com.example.app>:612]
//	[osservice<com.example.agent(501)>:613]
//	[xpcservice<com.example.service([app<com.example.app>:612])(501)>:614]
//	[anon<tool>(0):615]
package runningboard

import (
	"iter"
	"regexp"
	"strconv"

	"github.com/vigie-project/vigie/format/lines"
)

// Limits.
const (
	maxProcesses = 1 << 15 // of a text; what goes beyond is not looked for
	maxIdentity  = 1 << 10 // bytes of an identity
	maxNested    = 8       // identities within another
)

// A Process is one process, the first time it is named.
type Process struct {
	Line     int // from 1
	Offset   int64
	Kind     string // app, osservice, xpcservice, anon…
	Identity string // all between the angle brackets
	Label    string // its first part: identifier of the app or job, or name of the program
	UID      *int64 // number in parentheses after the label or the bracket, if there is one
	Host     *int64 // PID of the process that it is a service of, if it is written
	PID      int64
}

var (
	start = regexp.MustCompile(`\[([a-z]{2,20})<`)
	after = regexp.MustCompile(`^>(?:\(([0-9]{1,10})\))?:([0-9]{1,10})\]`)
	label = regexp.MustCompile(`^[^(){}<>\[\]]*`)
	owner = regexp.MustCompile(`\(([0-9]{1,10})\)(?:\{|\[|$)`)
	host  = regexp.MustCompile(`>(?:\([0-9]{1,10}\))?:([0-9]{1,10})\]`)
)

// Decode yields the processes of a text, each once, in their order.
func Decode(text iter.Seq[lines.Line]) iter.Seq[Process] {
	type key struct {
		kind, label string
		pid         int64
	}
	return func(yield func(Process) bool) {
		seen := map[key]bool{}
		for l := range text {
			for _, p := range inLine(l.String()) {
				k := key{p.Kind, p.Label, p.PID}
				if seen[k] {
					continue
				}
				if len(seen) == maxProcesses {
					return
				}
				seen[k] = true
				p.Line, p.Offset = l.Number, l.Offset
				if !yield(p) {
					return
				}
			}
		}
	}
}

// inLine returns the processes that a line names.
func inLine(line string) (list []Process) {
	for _, m := range start.FindAllStringSubmatchIndex(line, -1) {
		rest := line[m[1]:]
		end := closing(rest)
		if end < 0 {
			continue
		}
		a := after.FindStringSubmatch(rest[end:])
		if a == nil {
			continue
		}
		p := Process{Kind: line[m[2]:m[3]], Identity: rest[:end], Label: label.FindString(rest[:end])}
		p.PID, _ = strconv.ParseInt(a[2], 10, 64)
		p.UID = number(a[1])
		if o := owner.FindStringSubmatch(p.Identity); p.UID == nil && o != nil {
			p.UID = number(o[1])
		}
		if h := host.FindStringSubmatch(p.Identity); h != nil {
			p.Host = number(h[1])
		}
		list = append(list, p)
	}
	return list
}

// closing returns the place of the angle bracket that closes one before the text,
// -1 if there is none near.
func closing(text string) int {
	depth := 0
	for i := 0; i < min(len(text), maxIdentity); i++ {
		switch text[i] {
		case '<':
			if depth++; depth > maxNested {
				return -1
			}
		case '>':
			if depth == 0 {
				return i
			}
			depth--
		}
	}
	return -1
}

func number(digits string) *int64 {
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return nil
	}
	return &n
}
