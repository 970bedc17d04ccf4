// Package spindump reads what spindump prints: samples of all processes, with
// their threads and the code they had loaded.
//
// The format is not documented by Apple but in its manual page
// (https://keith.github.io/xcode-man-pages/spindump.8.html); the rest was observed
// in sysdiagnoses.
package spindump

import (
	"errors"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/vigie-project/vigie/format/lines"
)

// Limits of one process, and of the header. What goes beyond them is counted.
const (
	maxPairs  = 256
	maxImages = 1 << 13
	maxNames  = 128      // of threads and queues
	maxLoose  = 1 << 12  // addresses outside of images
	maxText   = 16 << 10 // bytes of a value
)

// ErrNoProcess says that a text that is not blank, and does not say that it has no
// samples, has no process.
var ErrNoProcess = errors.New("no line begins a process")

// A Pair is a value with its key.
type Pair struct{ Key, Value string }

// A Header is what stands before the first process.
type Header struct {
	Line      int // of the first pair, from 1
	Offset    int64
	Time      time.Time // Date/Time, with its offset from UTC; zero if it cannot be read
	Pairs     []Pair    // all values
	NoSamples bool      // the text says that it has none
}

// Get returns a value, "" if there is none.
func (h *Header) Get(key string) string { return get(h.Pairs, key) }

func get(pairs []Pair, key string) string {
	for _, p := range pairs {
		if p.Key == key {
			return p.Value
		}
	}
	return ""
}

// A Process is one process. Pointers are nil if the text lacks the value.
type Process struct {
	Header   *Header // of the text
	Line     int     // from 1
	Offset   int64
	Name     string
	PID      *int64
	UniqueID *int64   // unique pid, on newer versions: grows with each process of a boot
	State    string   // in parentheses after the name: zombie, suspended…
	Pairs    []Pair   // all values
	Threads  int64    // that are listed
	Names    []string // of threads and queues, each once
	Images   []Image
	Loose    []uint64 // addresses of frames that lie in no image, each once, in their order
	More     int      // further values, names, images and addresses that are not kept

	index map[uint64]bool // of addresses
	seen  map[string]bool // names
	mode  mode
}

// An Image is a file of code that was loaded.
type Image struct {
	Line   int // from 1
	Offset int64
	Start  uint64
	End    uint64 // last address; 0 if it is not known
	Name   string
	UUID   string
	Path   string
}

// mode is the part of a process that is being read.
type mode int

const (
	inValues mode = iota
	inThreads
	inImages
)

// Get returns a value, "" if there is none.
func (p *Process) Get(key string) string { return get(p.Pairs, key) }

// Since returns the seconds of a value such as "1540s".
func Since(value string) (time.Duration, bool) {
	value, ok := strings.CutSuffix(strings.TrimSpace(lines.Digits(value)), "s")
	seconds, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if !ok || err != nil || !(seconds >= 0 && seconds < 1e9) {
		return 0, false
	}
	return time.Duration(seconds * float64(time.Second)), true
}

// Reference splits a value that names a process, such as "launchd [1]".
func Reference(value string) (name string, pid *int64) {
	name, pid, _, _ = reference(value)
	return name, pid
}

// ReadHeader reads what stands before the first process.
func ReadHeader(text iter.Seq[lines.Line]) Header {
	d := decoder{header: &Header{}}
	for l := range text {
		if d.head(l) {
			break
		}
	}
	return *d.header
}

type decoder struct {
	header *Header
	p      *Process
	blank  bool
	done   bool // the rest of the text is no text
}

// Decode yields the processes in their order. The only error is [ErrNoProcess].
func Decode(text iter.Seq[lines.Line]) iter.Seq2[*Process, error] {
	return func(yield func(*Process, error) bool) {
		d := decoder{header: &Header{}, blank: true}
		inHead, any := true, false
		for l := range text {
			if inHead = inHead && !d.head(l); inHead {
				continue
			}
			if strings.HasPrefix(string(l.Text[:min(len(l.Text), 32)]), "Process:") {
				if d.p != nil && !yield(d.p.finish(), nil) {
					return
				}
				any = true
				d.begin(l)
				continue
			}
			if d.line(l); d.done {
				break
			}
		}
		if d.p != nil && !yield(d.p.finish(), nil) {
			return
		}
		if !any && !d.blank && !d.header.NoSamples {
			yield(nil, ErrNoProcess)
		}
	}
}

// head reads a line of the header, and reports whether the header has ended.
func (d *decoder) head(l lines.Line) bool {
	line := strings.TrimSpace(l.String())
	h := d.header
	switch {
	case line == "":
		return false
	case strings.HasPrefix(line, "Process:") || len(h.Pairs) > 0 && strings.Trim(line, "-") == "":
		return true
	case strings.HasPrefix(line, "No samples"):
		h.NoSamples = true
	}
	d.blank = false
	key, value, ok := strings.Cut(line, ":")
	if value = strings.TrimSpace(value); !ok || len(h.Pairs) == maxPairs || l.Text[0] == ' ' {
		return false
	}
	if len(h.Pairs) == 0 {
		h.Line, h.Offset = l.Number, l.Offset
	}
	h.Pairs = append(h.Pairs, Pair{key, value[:min(len(value), maxText)]})
	if key == "Date/Time" {
		h.Time = parseTime(value)
	}
	return false
}

// parseTime reads a time with its offset from UTC; zero if it is none.
func parseTime(text string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05 -0700", strings.TrimSpace(lines.Digits(text)))
	if err != nil {
		return time.Time{}
	}
	return t
}

// begin begins a process.
func (d *decoder) begin(l lines.Line) {
	d.p = &Process{Header: d.header, Line: l.Number, Offset: l.Offset, index: map[uint64]bool{}, seen: map[string]bool{}}
	d.p.Name, d.p.PID, d.p.UniqueID, d.p.State = reference(strings.TrimSpace(strings.TrimPrefix(l.String(), "Process:")))
}

// reference splits the name of a process with what stands in brackets after it:
//
//	acmed [612] [unique pid 903] (suspended)
func reference(text string) (name string, pid, unique *int64, state string) {
	name = strings.TrimSpace(text)
	if i := strings.LastIndex(name, "] ("); i > 0 && strings.HasSuffix(name, ")") {
		name, state = name[:i+1], name[i+3:len(name)-1]
	}
	if i := strings.LastIndex(name, " [unique pid "); i > 0 {
		unique = bracket(name[i+len(" [unique pid "):])
		name = strings.TrimSpace(name[:i])
	}
	if i := strings.LastIndex(name, " ["); i > 0 {
		if pid = bracket(name[i+2:]); pid != nil {
			name = strings.TrimSpace(name[:i])
		}
	}
	return name, pid, unique, state
}

// bracket reads a number before a closing bracket at the end.
func bracket(text string) *int64 {
	digits, ok := strings.CutSuffix(text, "]")
	n, err := strconv.ParseInt(lines.Digits(digits), 10, 64)
	if !ok || err != nil {
		return nil
	}
	return &n
}
