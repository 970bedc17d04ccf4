// Package ips reads the reports that iOS writes about crashes, panics, lack of
// memory and use of resources: files whose first line is a JSON object, the
// header, and whose rest is JSON or text by the type of the report, and the
// older ones that are text only.
//
// Nothing of Apple documents all of it. What is read here was observed in
// reports of iOS 13 to 26 and is named in Apple's "Interpreting the JSON format
// of a crash report" as far as it is named there:
// https://developer.apple.com/documentation/xcode/interpreting-the-json-format-of-a-crash-report
//
// Reports are hostile: sizes are limited, a text that ends early gives what is
// there and an error, and no value is decoded that nobody asks for.
package ips

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// Limits of a report.
const (
	MaxHeader = 64 << 10 // bytes of the first line
	MaxBody   = 32 << 20 // bytes of the rest that are read at once
)

// A Class says what a report is about, and so what reads it.
type Class uint8

// The classes.
const (
	Other     Class = iota // of a type without a reader here
	Crash                  // a process ended, or a fault of it was reported
	Panic                  // the kernel ended
	Jetsam                 // memory ran out: all processes
	Stackshot              // all processes with their threads, as of a forced reset
	Resource               // use of processor, storage or wake-ups by one process
	Reset                  // the phone started anew by itself
	Analytics              // events counted by CoreAnalytics
	Events                 // documents with events of security, key transparency and others
)

// A Report is an open report.
type Report struct {
	Header Value  // first line, an object; none for reports that are text only
	Type   string // number of the type, as text, from the header or the body; "" if neither says it
	Class  Class
	Start  int64 // of the body, bytes from the start of the file

	file io.ReaderAt
	size int64
}

// Open reads the first line of a report and the start of its body, and finds out
// what it is. The error is that of reading, or says that the file is no report.
func Open(r io.ReaderAt, size int64) (Report, error) {
	rep := Report{file: r, size: size}
	buf := starts.Get().(*[4 << 10]byte)
	defer starts.Put(buf)
	head := buf[:min(max(size, 0), int64(len(buf)))]
	n, err := r.ReadAt(head, 0)
	if n < len(head) && err != nil && err != io.EOF {
		return rep, fmt.Errorf("read header: %w", err)
	}
	head = head[:n]
	if int64(n) < size && bytes.IndexByte(head, '\n') < 0 {
		more := make([]byte, min(size, MaxHeader)-int64(n))
		m, err := r.ReadAt(more, int64(n))
		if m == 0 && err != nil && err != io.EOF {
			return rep, fmt.Errorf("read header: %w", err)
		}
		head = append(head[:len(head):len(head)], more[:m]...)
	}
	if len(bytes.TrimSpace(head)) == 0 {
		return rep, errors.New("read header: the file is empty")
	}
	line := head
	if i := bytes.IndexByte(head, '\n'); i >= 0 {
		line = head[:i+1]
	}
	if text := bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))); len(text) > 0 && text[0] == '{' && json.Valid(text) {
		rep.Header = Value(bytes.Clone(text))
		rep.Start = int64(len(line))
	}
	kind, whole := rep.look()
	if rep.Type = kind.Text(); whole {
		rep.Start = 0
	}
	body := head[rep.Start:]
	if rep.Type == "" && IsJSON(body) {
		rep.Type = Value(bytes.TrimSpace(body)).Get("bug_type").Text()
	}
	rep.classify(body)
	return rep, nil
}

// starts are buffers for starts of reports.
var starts = sync.Pool{New: func() any { return new([4 << 10]byte) }}

// look returns the type that the first line tells, and whether that line is not only
// the header but all of the report, as old systems write panics.
func (r *Report) look() (kind Value, whole bool) {
	for key, v := range r.Header.rawMembers() {
		switch {
		case is(key, "bug_type"):
			if !kind.Exists() {
				kind = v
			}
		case is(key, "panicString") || is(key, "processes") || is(key, "processByPid") || is(key, "procName"):
			whole = true
		}
	}
	return kind, whole
}

// classes are the classes of the types.
var classes = map[string]Class{
	"109": Crash, "309": Crash, "308": Crash,
	"110": Panic, "210": Panic, "410": Panic,
	"198": Jetsam, "298": Jetsam,
	"151": Stackshot, "288": Stackshot, "509": Stackshot,
	"142": Resource, "144": Resource, "145": Resource, "157": Resource, "185": Resource, "202": Resource, "206": Resource,
	"222": Resource, "223": Resource, "227": Resource, "228": Resource, "239": Resource, "310": Resource, "327": Resource, "385": Resource,
	"115": Reset, "301": Reset, "409": Reset,
	"211": Analytics,
	"224": Events, "225": Events, "226": Events, "236": Events,
}

// marks are texts at the start of a body that tell what it is.
var marks = []struct {
	text  string
	class Class
}{
	{`"panicString"`, Panic}, {`"largestProcess"`, Jetsam}, {`"processByPid"`, Stackshot}, {`"procName"`, Crash}, {`"procPath"`, Crash},
	{`"_marker"`, Analytics}, {`"postTime"`, Events}, {"Reset count", Reset}, {"Powerstats for", Resource}, {"Command: ", Resource},
	{"Exception Type: ", Crash}, {"Crashed Thread: ", Crash}, {"Process: ", Crash}, {"panic(cpu", Panic},
}

// classify finds the class from the type, and from the start of the body for a
// type that does not tell.
func (r *Report) classify(start []byte) {
	class, known := classes[r.Type]
	if known && class != Resource {
		r.Class = class
		return
	}
	r.Class = class
	for _, m := range marks {
		if bytes.Contains(start, []byte(m.text)) {
			if !known || m.class == Crash && IsJSON(start) {
				r.Class = m.class
			}
			return
		}
	}
}

// names are the meanings of the types, as Apple's own configuration of the
// collection of reports has them.
var names = map[string]string{
	"109": "crash", "309": "crash", "308": "fault of a process that went on", "110": "panic", "210": "panic", "410": "panic",
	"115": "reset counter", "120": "low battery", "151": "forced reset", "288": "stackshot", "509": "stackshot at an end", "188": "old stackshot",
	"298": "lack of memory", "198": "lack of memory", "185": "resource limit", "385": "resource limit", "227": "resource limit", "327": "resource limit",
	"142": "wake-ups", "145": "storage writes", "202": "processor use", "206": "processor use at the limit", "144": "storage use", "157": "processor samples",
	"152": "memory snapshot", "154": "memory graph", "222": "hang", "223": "hang", "228": "hang", "239": "hang", "310": "hang",
	"301": "memory reset", "409": "watchdog", "159": "baseband crash", "184": "graphics restart", "187": "sandbox violation", "183": "system update", "194": "restore",
	"165": "storage", "167": "privacy settings", "193": "aggregates", "178": "power log", "230": "power log", "211": "analytics", "226": "security analytics",
	"224": "clock analytics", "225": "app store analytics", "236": "key transparency analytics", "303": "proactive events", "313": "search feedback",
	"237": "ad network", "240": "video conference", "204": "automatic bug capture",
}

// Meaning returns what the type of the report is, "type 999" if that is not
// known, and "" for a report without a type.
func (r Report) Meaning() string {
	switch name := names[r.Type]; {
	case name != "":
		return name
	case r.Type != "":
		return "type " + r.Type
	}
	return ""
}

// Body returns a reader of what follows the header.
func (r Report) Body() *io.SectionReader {
	return io.NewSectionReader(r.file, r.Start, max(r.size-r.Start, 0))
}

// Content returns the body. The error says that it is longer than [MaxBody], or
// what keeps it from being read; what was read is returned.
func (r Report) Content() ([]byte, error) { return r.ContentIn(nil) }

// ContentIn is [Report.Content], in a buffer if that is large enough.
func (r Report) ContentIn(buf []byte) ([]byte, error) {
	body := r.Body()
	b := slices.Grow(buf[:0], int(min(body.Size(), MaxBody)))[:min(body.Size(), MaxBody)]
	n, err := body.ReadAt(b, 0)
	b = b[:n]
	switch {
	case err != nil && err != io.EOF:
		return b, fmt.Errorf("read report: %w", err)
	case body.Size() > MaxBody:
		return b, fmt.Errorf("read report: %d bytes, limit %d", body.Size(), MaxBody)
	case int64(n) < body.Size():
		return b, fmt.Errorf("read report: %w", io.ErrUnexpectedEOF)
	}
	return b, nil
}

// Object returns the first JSON object of a body. The error says how the JSON is
// damaged; the values before that can be read.
func Object(body []byte) (Value, error) {
	text := bytes.TrimSpace(body)
	if err := ended(text); err != nil {
		return nil, err
	}
	if text[0] != '{' {
		return nil, fmt.Errorf("read body: %s is no JSON object", brief(text))
	}
	n, err := check(text)
	if err == nil {
		if rest := bytes.TrimSpace(text[n:]); len(rest) > 0 {
			err = fmt.Errorf("read body: %d bytes follow its end", len(rest))
		}
		return Value(text[:n]), err
	}
	return Value(text[:valueSize(text)]), fmt.Errorf("read body: at byte %d: %w", n, err)
}

// ended returns an error for a body without content.
func ended(body []byte) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return errors.New("read body: the report ends after its header")
	}
	return nil
}

// IsJSON reports whether a body is a JSON object.
func IsJSON(body []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(body), []byte{'{'}) }

// layouts are the forms of times; a fraction may follow the seconds of each.
var layouts = []string{"2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05 Z07:00", "2006-01-02T15:04:05 -0700"}

// ParseTime reads a time with its offset from UTC. ok is false for any other
// text, such as one without an offset.
func ParseTime(s string) (t time.Time, ok bool) {
	s = strings.TrimSpace(s)
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil && t.Year() > 1970 && t.Year() < 2200 {
			return t, true
		}
	}
	return time.Time{}, false
}

// A Name is what the name of the file of a report says.
type Name struct {
	Process string    // before the time; the system may cut it
	Time    time.Time // clock of the phone, without a zone; zero if there is none
	Suffix  string    // after the time, such as ".ips.synced"
}

// ParseName reads the name of a file, such as "imagent-2023-04-05-101112.ips".
func ParseName(name string) Name {
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] != '-' && name[i] != '_' {
			continue
		}
		for _, layout := range []string{"2006-01-02-15-04-05", "2006-01-02-150405", "20060102-150405"} {
			if len(name)-i-1 < len(layout) {
				continue
			}
			if t, err := time.Parse(layout, name[i+1:i+1+len(layout)]); err == nil {
				return Name{name[:i], t, name[i+1+len(layout):]}
			}
		}
	}
	base, suffix, _ := strings.Cut(name, ".")
	if suffix != "" {
		suffix = "." + suffix
	}
	return Name{Process: base, Suffix: suffix}
}
