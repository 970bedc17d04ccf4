package main

import (
	"encoding/binary"

	"github.com/vigie-project/vigie/format/unifiedlog"
	"github.com/vigie-project/vigie/record"
)

// jsonParts are parts of JSON lines that many entries share, ready to be copied.
type jsonParts struct {
	processes map[*unifiedlog.Process][]byte
	libraries map[unifiedlog.UUID]libraryPart
	boot      *unifiedlog.Boot
	bootPart  []byte
	file      *unifiedlog.File
	filePart  []byte
}

// A libraryPart is the part for an image, whose path is path.
type libraryPart struct {
	path string
	part []byte
}

// maxParts is how many parts of a kind are kept; then all are forgotten.
const maxParts = 1 << 12

// object writes an entry with the names that Apple's command uses (ndjson), and
// with where it is stored and how its time was found.
func (w *lineWriter) object(e *unifiedlog.Entry) {
	w.add(`{"timestamp":"`)
	if e.Clock != unifiedlog.ClockNone {
		w.instant(e.Nanos, 1)
	}
	w.add(`",`)
	w.field(`"eventType":`, logEventType(e))
	if e.Type == unifiedlog.TypeLog || e.Type == unifiedlog.TypeSimpledump {
		w.field(`"messageType":`, e.Level.String())
	}
	w.fieldBytes(`"eventMessage":`, w.text)
	w.optional(`"formatString":`, e.Format())
	w.process(e.Process)
	w.number(`"threadID":`, e.Thread)
	w.library(e)
	w.number(`"senderProgramCounter":`, e.PC)
	w.optional(`"subsystem":`, e.Subsystem)
	w.optional(`"category":`, e.Category)
	w.number(`"activityIdentifier":`, e.Activity)
	w.some(`"creatorActivityID":`, e.Creator)
	w.some(`"parentActivityIdentifier":`, e.Parent)
	w.signpost(e)
	w.some(`"lossCount":`, e.LossCount)
	w.backtrace(e)
	w.boot(e.Boot)
	w.number(`"machTimestamp":`, e.Continuous)
	w.place(e)
	w.buf[len(w.buf)-1] = '}'
}

// process writes which process an entry is of.
func (w *lineWriter) process(p *unifiedlog.Process) {
	part, ok := w.json.processes[p]
	if !ok {
		start := len(w.buf)
		w.field(`"processImagePath":`, p.Path())
		w.field(`"processImageUUID":`, uuidText(p.UUID))
		w.number(`"processID":`, uint64(p.PID))
		w.number(`"userID":`, uint64(p.EUID))
		if w.json.processes == nil || len(w.json.processes) >= maxParts {
			w.json.processes = map[*unifiedlog.Process][]byte{}
		}
		w.json.processes[p] = append([]byte(nil), w.buf[start:]...)
		return
	}
	w.buf = append(w.buf, part...)
}

// library writes which image's code made an entry.
func (w *lineWriter) library(e *unifiedlog.Entry) {
	path, uuid := e.Library()
	known, ok := w.json.libraries[uuid]
	if !ok || known.path != path {
		start := len(w.buf)
		w.optional(`"senderImagePath":`, path)
		w.optional(`"senderImageUUID":`, uuidText(uuid))
		if w.json.libraries == nil || len(w.json.libraries) >= maxParts {
			w.json.libraries = map[unifiedlog.UUID]libraryPart{}
		}
		w.json.libraries[uuid] = libraryPart{path, append([]byte(nil), w.buf[start:]...)}
		return
	}
	w.buf = append(w.buf, known.part...)
}

// boot writes the boot of an entry.
func (w *lineWriter) boot(b *unifiedlog.Boot) {
	if w.json.boot != b {
		start := len(w.buf)
		w.field(`"bootUUID":`, uuidText(b.UUID))
		w.json.boot, w.json.bootPart = b, append([]byte(nil), w.buf[start:]...)
		return
	}
	w.buf = append(w.buf, w.json.bootPart...)
}

// signpost writes what signposts have beside.
func (w *lineWriter) signpost(e *unifiedlog.Entry) {
	if e.Type != unifiedlog.TypeSignpost {
		return
	}
	w.number(`"signpostID":`, e.Signpost)
	w.field(`"signpostName":`, e.SignpostName())
	if scope, kind := signpostKind(e); kind != "" {
		w.field(`"signpostScope":`, scope)
		w.field(`"signpostType":`, kind)
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
		w.field(`"imageUUID":`, uuidText(f.Image))
		w.number(`"imageOffset":`, uint64(f.Offset))
		w.buf[len(w.buf)-1] = '}'
	}
	w.add("]},")
}

// place writes what Apple's command does not tell: where the entry is stored, in
// which store, and what is not certain about it.
func (w *lineWriter) place(e *unifiedlog.Entry) {
	w.field(`"stream":`, e.Stream.String())
	w.number(`"ttl":`, uint64(e.TTL))
	w.field(`"clock":`, e.Clock.String())
	w.field(`"formatStatus":`, e.Status().String())
	w.storedIn(e.File)
	w.number(`"chunkset":`, uint64(max(e.Chunkset, 0)))
	w.number(`"offset":`, uint64(max(e.Offset, 0)))
}

func logEventType(e *unifiedlog.Entry) string {
	if e.Type == unifiedlog.TypeActivity && e.Level == unifiedlog.LevelUserAction {
		return "userActionEvent"
	}
	return e.Type.String()
}

// storedIn writes the file of an entry.
func (w *lineWriter) storedIn(f *unifiedlog.File) {
	if w.json.file != f {
		start := len(w.buf)
		w.field(`"file":`, f.Name)
		w.json.file, w.json.filePart = f, append([]byte(nil), w.buf[start:]...)
		return
	}
	w.buf = append(w.buf, w.json.filePart...)
}

// field writes a name, which comes with quotes and colon, and a text.
func (w *lineWriter) field(name, s string) {
	w.buf = append(w.buf, name...)
	start := len(w.buf)
	w.buf = append(append(append(w.buf, '"'), s...), '"', ',')
	if !plainJSON(w.buf[start+1 : len(w.buf)-2]) {
		w.escape(start, s)
	}
}

// fieldBytes is field for the text of bytes.
func (w *lineWriter) fieldBytes(name string, s []byte) {
	if !plainJSON(s) {
		w.field(name, string(s))
		return
	}
	w.buf = append(w.buf, name...)
	w.buf = append(append(append(w.buf, '"'), s...), '"', ',')
}

// escape writes a text again, from start on, with what JSON and a terminal
// would take for something else.
func (w *lineWriter) escape(start int, s string) {
	w.buf = record.AppendString(w.buf[:start], s)
	if tail := w.buf[start:]; !plainText(tail) {
		w.buf = append(w.buf[:start], escaped(string(tail))...)
	}
	w.buf = append(w.buf, ',')
}

func (w *lineWriter) optional(name, s string) {
	if s != "" {
		w.field(name, s)
	}
}

func (w *lineWriter) number(name string, n uint64) {
	w.buf = append(w.buf, name...)
	w.uint(n, 10)
	w.buf = append(w.buf, ',')
}

func (w *lineWriter) some(name string, n uint64) {
	if n != 0 {
		w.number(name, n)
	}
}

// uuidText returns the text of a UUID, "" if it is none.
func uuidText(u unifiedlog.UUID) string {
	if u.IsZero() {
		return ""
	}
	return u.String()
}

// plainJSON reports whether bytes are printable ASCII that JSON needs not escape.
func plainJSON(b []byte) bool {
	for ; len(b) >= 8; b = b[8:] {
		w := binary.LittleEndian.Uint64(b)
		if quote, back := w^'"'*lowBits, w^'\\'*lowBits; !plainWord(w) || ((quote-lowBits)&^quote|(back-lowBits)&^back)&highBits != 0 {
			return false
		}
	}
	for _, c := range b {
		if c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
