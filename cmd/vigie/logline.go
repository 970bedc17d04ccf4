package main

import (
	"bytes"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/vigie-project/vigie/format/unifiedlog"
	"github.com/vigie-project/vigie/record"
)

// A lineWriter writes entries of a unified log as Apple's log command shows them.
type lineWriter struct {
	style string // one of logStyles
	zone  *time.Location
	buf   []byte
	text  []byte
	names map[unifiedlog.UUID]string // of UUIDs
	// The second of the last entry and how it is written.
	second int64
	stamp  []byte
	offset []byte
}

// logStyles are the ways of showing an entry, the usual one first.
var logStyles = []string{"compact", "default", "syslog", "json"}

func newLineWriter(style string, zone *time.Location) *lineWriter {
	return &lineWriter{style: style, zone: zone, second: -1 << 63, names: map[unifiedlog.UUID]string{}}
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
		w.json(e)
		return append(w.buf, '\n')
	case "default":
		w.columns(e)
	case "syslog":
		w.time(e)
		w.add("  localhost ", logProcess(e), "[")
		w.uint(uint64(e.Process.PID), 10)
		w.add("]: ")
	default:
		w.time(e)
		w.add(" ", abbreviation(e), " ", logProcess(e), "[")
		w.uint(uint64(e.Process.PID), 10)
		w.add(":")
		w.uint(e.Thread, 16)
		w.add("] ")
	}
	if library, _ := e.Library(); library != "" && library != e.Process.Path() {
		w.add("(", path.Base(library), ") ")
	}
	if e.Subsystem != "" || e.Category != "" {
		w.add("[", e.Subsystem, ":", e.Category, "] ")
	}
	if name := e.SignpostName(); name != "" {
		w.add("{", name, "} ")
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
	w.add(logProcess(e), ": ")
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
	plain := true
	for _, c := range b {
		plain = plain && c >= ' ' && c < 0x7f
	}
	if plain {
		return b
	}
	return []byte(printable(lineEnds.Replace(string(b))))
}

var lineEnds = strings.NewReplacer("\r\n", `\n`, "\n", `\n`, "\r", `\n`, "\t", " ")

// json writes an entry with the names that Apple's command uses (ndjson), and
// with where it is stored and how its time was found.
func (w *lineWriter) json(e *unifiedlog.Entry) {
	w.buf = append(w.buf, '{')
	w.add(`"timestamp":"`)
	if e.Clock != unifiedlog.ClockNone {
		w.instant(e.Nanos, 1)
	}
	w.add(`",`)
	w.field("eventType", logEventType(e))
	if e.Type == unifiedlog.TypeLog || e.Type == unifiedlog.TypeSimpledump {
		w.field("messageType", e.Level.String())
	}
	w.field("eventMessage", string(w.text))
	w.optional("formatString", e.Format())
	w.field("processImagePath", e.Process.Path())
	w.field("processImageUUID", w.uuid(e.Process.UUID))
	w.number("processID", uint64(e.Process.PID))
	w.number("userID", uint64(e.Process.EUID))
	w.number("threadID", e.Thread)
	library, uuid := e.Library()
	w.optional("senderImagePath", library)
	w.optional("senderImageUUID", w.uuid(uuid))
	w.number("senderProgramCounter", e.PC)
	w.optional("subsystem", e.Subsystem)
	w.optional("category", e.Category)
	w.number("activityIdentifier", e.Activity)
	w.some("creatorActivityID", e.Creator)
	w.some("parentActivityIdentifier", e.Parent)
	w.signpost(e)
	w.some("lossCount", e.LossCount)
	w.backtrace(e)
	w.field("bootUUID", w.uuid(e.Boot.UUID))
	w.number("machTimestamp", e.Continuous)
	w.place(e)
	w.buf[len(w.buf)-1] = '}'
}

// signpost writes what signposts have beside.
func (w *lineWriter) signpost(e *unifiedlog.Entry) {
	if e.Type != unifiedlog.TypeSignpost {
		return
	}
	w.number("signpostID", e.Signpost)
	w.field("signpostName", e.SignpostName())
	if scope, kind, ok := strings.Cut(e.Level.String(), " Signpost "); ok {
		w.field("signpostScope", strings.ToLower(scope))
		w.field("signpostType", map[string]string{"Event": "event", "Start": "begin", "End": "end"}[kind])
	}
}

// backtrace writes the frames that an entry carries.
func (w *lineWriter) backtrace(e *unifiedlog.Entry) {
	frames := e.Backtrace()
	if len(frames) == 0 {
		return
	}
	w.add(`"backtrace":{"frames":[`)
	for i, f := range frames {
		if i > 0 {
			w.add(",")
		}
		w.add("{")
		w.field("imageUUID", w.uuid(f.Image))
		w.number("imageOffset", uint64(f.Offset))
		w.buf[len(w.buf)-1] = '}'
	}
	w.add("]},")
}

// place writes what Apple's command does not tell: where the entry is stored, in
// which store, and what is not certain about it.
func (w *lineWriter) place(e *unifiedlog.Entry) {
	w.field("stream", e.Stream.String())
	w.number("ttl", uint64(e.TTL))
	w.field("clock", e.Clock.String())
	w.field("formatStatus", e.Status().String())
	w.field("file", e.File.Name)
	w.number("chunkset", uint64(max(e.Chunkset, 0)))
	w.number("offset", uint64(max(e.Offset, 0)))
}

func logEventType(e *unifiedlog.Entry) string {
	if e.Type == unifiedlog.TypeActivity && e.Level == unifiedlog.LevelUserAction {
		return "userActionEvent"
	}
	return e.Type.String()
}

func (w *lineWriter) field(name, s string) {
	w.add(`"`, name, `":`)
	start := len(w.buf)
	w.buf = record.AppendString(w.buf, s)
	if tail := w.buf[start:]; !onlyASCII(tail) {
		w.buf = append(w.buf[:start], escaped(string(tail))...)
	}
	w.add(",")
}

func (w *lineWriter) optional(name, s string) {
	if s != "" {
		w.field(name, s)
	}
}

func (w *lineWriter) number(name string, n uint64) {
	w.add(`"`, name, `":`)
	w.uint(n, 10)
	w.add(",")
}

func (w *lineWriter) some(name string, n uint64) {
	if n != 0 {
		w.number(name, n)
	}
}

// uuid returns the text of a UUID, "" if it is none.
func (w *lineWriter) uuid(u unifiedlog.UUID) string {
	if u.IsZero() {
		return ""
	}
	s, ok := w.names[u]
	if !ok {
		s = u.String()
		if len(w.names) < 100_000 {
			w.names[u] = s
		}
	}
	return s
}

func onlyASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}
