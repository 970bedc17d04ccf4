package main

import (
	"bytes"
	"encoding/binary"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/vigie-project/vigie/format/unifiedlog"
)

// A lineWriter writes entries of a unified log as Apple's log command shows them.
type lineWriter struct {
	style string // one of logStyles
	zone  *time.Location
	buf   []byte
	text  []byte
	json  jsonParts
	// The second of the last entry and how it is written.
	second int64
	stamp  []byte
	offset []byte
}

// logStyles are the ways of showing an entry, the usual one first.
var logStyles = []string{"compact", "default", "syslog", "json"}

func newLineWriter(style string, zone *time.Location) *lineWriter {
	return &lineWriter{style: style, zone: zone, second: -1 << 63}
}

// header returns the line of titles, "" if the style has none.
func (w *lineWriter) header() string {
	switch w.style {
	case "compact":
		return "Timestamp                        Ty Process[PID:TID]"
	case "default":
		return "Timestamp                       Thread     Type        Activity             PID    TTL"
	}
	return ""
}

// line returns an entry as one line; it is valid until the next call.
func (w *lineWriter) line(e *unifiedlog.Entry) []byte {
	w.buf = w.buf[:0]
	w.text = e.AppendMessage(w.text[:0])
	if w.style != "json" {
		w.text = bytes.TrimRight(w.text, "\r\n")
	}
	switch w.style {
	case "json":
		w.object(e)
		return append(w.buf, '\n')
	case "default":
		w.columns(e)
	case "syslog":
		w.time(e)
		w.add("  localhost ", logProcess(e), "[")
		w.uint(uint64(e.Process.PID), 10)
		w.add("]: ")
		w.spid(e)
	default:
		w.time(e)
		w.add(" ", abbreviation(e), " ", logProcess(e), "[")
		w.uint(uint64(e.Process.PID), 10)
		w.add(":")
		w.uint(e.Thread, 16)
		w.add("] ")
		w.spid(e)
	}
	if library, _ := e.Library(); library != "" && library != e.Process.Path() {
		w.add("(", path.Base(library), ") ")
	}
	if e.Subsystem != "" || e.Category != "" {
		w.add("[", e.Subsystem, ":", e.Category, "] ")
	}
	if name := e.SignpostName(); name != "" {
		w.add(name, ": ")
	}
	w.buf = append(w.buf, w.text...)
	w.buf = shown(w.buf)
	return append(w.buf, '\n')
}

// columns writes what the usual style of Apple's command begins with.
func (w *lineWriter) columns(e *unifiedlog.Entry) {
	w.time(e)
	w.add(" ")
	w.padded(10, func() { w.add("0x"); w.uint(e.Thread, 16) })
	w.padded(11, func() { w.add(logKind(e)) })
	w.padded(20, func() { w.add("0x"); w.uint(e.Activity, 16) })
	w.padded(6, func() { w.uint(uint64(e.Process.PID), 10) })
	w.padded(4, func() { w.uint(uint64(e.TTL), 10) })
	w.spid(e)
	w.add(logProcess(e), ": ")
}

// spid writes which signpost an entry is, and whether something begins or ends
// there.
func (w *lineWriter) spid(e *unifiedlog.Entry) {
	scope, kind := signpostKind(e)
	if kind == "" {
		return
	}
	w.add("[spid 0x")
	w.uint(e.Signpost, 16)
	w.add(", ", scope, ", ", kind, "] ")
}

// signpostKind returns scope and kind of a signpost in the words of Apple's
// command, "" for other entries.
func signpostKind(e *unifiedlog.Entry) (scope, kind string) {
	if e.Type != unifiedlog.TypeSignpost {
		return "", ""
	}
	scope, kind, _ = strings.Cut(e.Level.String(), " Signpost ")
	return strings.ToLower(scope), map[string]string{"Event": "event", "Start": "begin", "End": "end"}[kind]
}

func (w *lineWriter) padded(width int, write func()) {
	start := len(w.buf)
	for write(); len(w.buf)-start < width; {
		w.buf = append(w.buf, ' ')
	}
	w.buf = append(w.buf, ' ')
}

func (w *lineWriter) add(parts ...string) {
	for _, s := range parts {
		w.buf = append(w.buf, s...)
	}
}

func (w *lineWriter) uint(n uint64, base int) { w.buf = strconv.AppendUint(w.buf, n, base) }

// time writes the time to the microsecond with the offset from UTC, in a fixed
// width also where it is not known.
func (w *lineWriter) time(e *unifiedlog.Entry) {
	if e.Clock == unifiedlog.ClockNone {
		w.add("(time not known)               ")
		return
	}
	w.instant(e.Nanos, 1000)
}

// instant writes a time of nanoseconds since 1970 UTC in steps of some nanoseconds.
func (w *lineWriter) instant(nanos, step int64) {
	second, rest := nanos/1e9, nanos%1e9
	if rest < 0 {
		second, rest = second-1, rest+1e9
	}
	if second != w.second {
		t := time.Unix(second, 0).In(w.zone)
		w.second = second
		w.stamp = t.AppendFormat(w.stamp[:0], "2006-01-02 15:04:05")
		w.offset = t.AppendFormat(w.offset[:0], "-0700")
	}
	w.buf = append(w.buf, w.stamp...)
	at := len(w.buf)
	w.buf = strconv.AppendInt(w.buf, (rest+1e9)/step, 10) // the leading 1 becomes the point
	w.buf[at] = '.'
	w.buf = append(w.buf, w.offset...)
}

// logProcess names the process of an entry.
func logProcess(e *unifiedlog.Entry) string {
	if name := e.Process.Name(); name != "" {
		return name
	}
	return "(unknown)"
}

// logKind returns the type of an entry as the usual style of Apple's command.
func logKind(e *unifiedlog.Entry) string {
	switch e.Type {
	case unifiedlog.TypeActivity:
		if e.Level == unifiedlog.LevelUserAction {
			return "User Action"
		}
		return "Activity"
	case unifiedlog.TypeTrace:
		return "Trace"
	case unifiedlog.TypeSignpost:
		return "Signpost"
	case unifiedlog.TypeLoss:
		return "Loss"
	case unifiedlog.TypeStatedump:
		return "State"
	}
	return e.Level.String()
}

// abbreviation returns the type of an entry in two characters, as the compact
// style of Apple's command has it.
func abbreviation(e *unifiedlog.Entry) string {
	switch kind := logKind(e); kind {
	case "User Action":
		return "Ua"
	case "Trace":
		return "Tr"
	case "Signpost":
		return "Sp"
	case "State":
		return "St"
	case "Loss":
		return "Ls"
	case "Default":
		return "Df"
	case "Debug":
		return "Db"
	default: // Activity, Info, Error, Fault
		return kind[:1] + " "
	}
}

// shown replaces what a terminal would obey, and puts a message on one line so
// that none looks like several entries: line ends become \n, which --json tells
// from the same two characters in a message.
func shown(b []byte) []byte {
	if plainText(b) {
		return b
	}
	return []byte(printable(lineEnds.Replace(string(b))))
}

// plainText reports whether bytes are printable ASCII only.
func plainText(b []byte) bool {
	for ; len(b) >= 8; b = b[8:] {
		if !plainWord(binary.LittleEndian.Uint64(b)) {
			return false
		}
	}
	for _, c := range b {
		if c < ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

// plainWord is plainText for eight bytes at once: the highest bit of each is not
// set, is not after adding one, and stays if it is set and a space subtracted.
func plainWord(w uint64) bool {
	return (w|^((w|highBits)-' '*lowBits)|(w+lowBits))&highBits == 0
}

// lowBits and highBits have the lowest and the highest bit of each of eight bytes.
const lowBits, highBits = 0x0101010101010101, 0x8080808080808080

var lineEnds = strings.NewReplacer("\r\n", `\n`, "\n", `\n`, "\r", `\n`, "\t", " ")
