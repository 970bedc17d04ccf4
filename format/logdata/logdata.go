// Package logdata reads logdata.statistics.<n>.txt, in which logd keeps which
// processes logged most while a file of the log was filled, and what it deleted.
//
// The format is described in
// https://github.com/libyal/dtformats/blob/main/documentation/Apple%20Unified%20Logging%20and%20Activity%20Tracing%20formats.asciidoc
// and by parsers that read it; further kinds of records were observed.
package logdata

import (
	"errors"
	"iter"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/vigie-project/vigie/format/lines"
)

// Limits of one record. What goes beyond them is counted.
const (
	maxProcesses = 1 << 14
	maxOther     = 1 << 10
	maxText      = 4 << 10 // bytes of a value
)

// ErrFormat says that a text that is not blank has no record.
var ErrFormat = errors.New("no line begins a record of logd")

// A Record is one record.
type Record struct {
	Line      int // from 1
	Offset    int64
	Kind      string    // statistics, snapshot, purge, uuid purge, quarantine
	Type      string    // such as File Rotate, Memory Rollover
	Time      time.Time // with its offset from UTC; zero if it cannot be read
	TimeText  string    // if it cannot be read
	File      string    // of the log, relative to the folder diagnostics
	Total     *int64    // bytes, of all processes
	Client    string    // of a snapshot: who asked for it
	Processes []Process
	Other     []Pair
	More      int // further processes and values that are not kept
}

// A Process is one process of a record.
type Process struct {
	Line    int // from 1
	Offset  int64
	Path    string
	Bytes   int64
	Percent float64
}

// A Pair is another value with its key; items of a list share its key.
type Pair struct{ Key, Value string }

var item = regexp.MustCompile(`^- \[ *([0-9]{1,18}), *([0-9]{1,6}(?:[.,][0-9]{1,6})?) *, *(.*?) *\]$`)

// Decode yields the records in their order. The only error is [ErrFormat].
func Decode(text iter.Seq[lines.Line]) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		var r *Record
		blank, list := true, ""
		for l := range text {
			line := strings.TrimSpace(l.String())
			if line == "" {
				continue
			}
			blank = false
			if kind, ok := strings.CutPrefix(line, "--- !logd "); ok {
				if r != nil && !yield(*r, nil) {
					return
				}
				list = ""
				r = &Record{Line: l.Number, Offset: l.Offset, Kind: strings.TrimSuffix(strings.TrimSpace(kind), " record")}
				continue
			}
			if r == nil {
				continue
			}
			if strings.HasPrefix(line, "- ") {
				r.item(l, list, line)
				continue
			}
			key, value, ok := strings.Cut(line, ":")
			if key = strings.TrimSpace(key); !ok {
				key, value = list, line
			}
			if value = strings.TrimSpace(value); value == "" {
				list = key
				continue
			}
			r.set(key, value)
		}
		if r != nil && !yield(*r, nil) {
			return
		}
		if r == nil && !blank {
			yield(Record{}, ErrFormat)
		}
	}
}

// item reads an item of a list: a process such as
//
//   - [ 2900100, 27.7, /usr/libexec/acmed ]
//
// or another value.
func (r *Record) item(l lines.Line, list, line string) {
	m := item.FindStringSubmatch(line)
	if m == nil {
		// Digits of other scripts do not occur in paths that are read here.
		m = item.FindStringSubmatch(lines.Digits(line))
	}
	if m == nil {
		r.other(list, strings.TrimSpace(line[2:]))
		return
	}
	if len(r.Processes) == maxProcesses {
		r.More++
		return
	}
	p := Process{Line: l.Number, Offset: l.Offset, Path: m[3][:min(len(m[3]), maxText)]}
	p.Bytes, _ = strconv.ParseInt(m[1], 10, 64)
	p.Percent, _ = strconv.ParseFloat(strings.Replace(m[2], ",", ".", 1), 64)
	r.Processes = append(r.Processes, p)
}

// set sets the field of a key.
func (r *Record) set(key, value string) {
	value = value[:min(len(value), maxText)]
	switch key {
	case "type":
		r.Type = value
	case "file":
		r.File = value
	case "client":
		r.Client = value
	case "time":
		var ok bool
		if r.Time, ok = ParseTime(value); !ok {
			r.TimeText = value
		}
	case "total":
		n, err := strconv.ParseInt(lines.Digits(value), 10, 64)
		if err != nil {
			r.other(key, value)
			return
		}
		r.Total = &n
	default:
		r.other(key, value)
	}
}

func (r *Record) other(key, value string) {
	if len(r.Other) == maxOther {
		r.More++
		return
	}
	r.Other = append(r.Other, Pair{key, value[:min(len(value), maxText)]})
}

// ParseTime reads a time as logd writes it: 2025-02-09 03:11:54+0100.
func ParseTime(text string) (time.Time, bool) {
	t, err := time.Parse("2006-01-02 15:04:05-0700", lines.Digits(text))
	return t, err == nil
}
