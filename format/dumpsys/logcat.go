package dumpsys

import (
	"iter"
	"strings"
	"time"

	"github.com/vigie-project/vigie/format/lines"
)

// maxParentheses limits the tries to find the process in a line of format brief,
// whose tag can have parentheses too.
const maxParentheses = 32

// A LogEntry is one line of logcat.
type LogEntry struct {
	Line     int
	Offset   int64     // of the line in the text, in bytes
	Time     time.Time // clock without zone if not HasZone; year 0 if not HasYear
	HasYear  bool
	HasZone  bool   // Time has the offset that is printed
	UID      string // name or number, with the option uid; "" if not recorded
	PID, TID int    // -1 if not recorded
	Priority byte   // V, D, I, W, E, F, S
	Tag      string
	Message  string
	Buffer   string // "main", "system", "crash", as announced; "" if not
}

// LogEntries yields the lines of logcat in the formats threadtime and time, with
// or without year, zone, uid and microseconds, and brief.
func LogEntries(text iter.Seq[lines.Line]) iter.Seq2[LogEntry, error] {
	return SomeLogEntries(nil)(text)
}

// A Wanted says by priority, tag and message whether a line of logcat is wanted.
// The texts are valid until it returns.
type Wanted func(priority byte, tag, message []byte) bool

// SomeLogEntries is [LogEntries] for the lines that are wanted, and some others.
func SomeLogEntries(wanted Wanted) func(text iter.Seq[lines.Line]) iter.Seq2[LogEntry, error] {
	return func(text iter.Seq[lines.Line]) iter.Seq2[LogEntry, error] {
		return func(yield func(LogEntry, error) bool) { logEntries(text, wanted, yield) }
	}
}

func logEntries(text iter.Seq[lines.Line], wanted Wanted, yield func(LogEntry, error) bool) {
	r := report{service: "logcat", found: true}
	buffer := ""
	for l := range text {
		r.last = l.Number
		if wanted != nil {
			if priority, tag, message, ok := quickEntry(l.Text); ok && !wanted(priority, tag, message) {
				continue
			}
		}
		line := l.String()
		if rest, ok := strings.CutPrefix(line, "--------- "); ok {
			if buffer = rest[strings.LastIndex(rest, " ")+1:]; strings.HasPrefix(rest, "beginning of ") || strings.HasPrefix(rest, "switch to ") {
				continue
			}
		}
		if strings.TrimSpace(line) == "" {
			continue
		}
		e, ok := logEntry(line)
		if !ok {
			r.unknown(l.Number, line)
			continue
		}
		e.Line, e.Offset, e.Buffer = l.Number, l.Offset, buffer
		if !yield(e, nil) {
			return
		}
	}
	finish(&r, "", yield)
}

func logEntry(line string) (LogEntry, bool) {
	e := LogEntry{PID: -1, TID: -1}
	rest, ok := line, true
	if line[0] >= '0' && line[0] <= '9' {
		if rest, ok = e.stamp(line); !ok {
			return e, false
		}
	}
	if len(rest) > 2 && rest[1] == '/' {
		return e, e.brief(rest)
	}
	return e, !e.Time.IsZero() && e.threadtime(rest)
}

// stamp reads "[2031-]02-03 10:20:30.456[789] [+0200] ".
func (e *LogEntry) stamp(line string) (string, bool) {
	date, rest, _ := strings.Cut(line, " ")
	day, rest, ok := strings.Cut(rest, " ")
	year, md := 0, date
	if e.HasYear = len(date) == 10; e.HasYear {
		year, md = digits(date[:4]), strings.TrimPrefix(date[4:], "-")
	}
	if !ok || len(md) != 5 || md[2] != '-' || len(day) < 8 || day[2] != ':' || day[5] != ':' || year < 0 {
		return "", false
	}
	month, d, h, m, s := digits(md[:2]), digits(md[3:]), digits(day[:2]), digits(day[3:5]), digits(day[6:8])
	ns := 0
	if len(day) > 9 && len(day) <= 18 {
		ns = digits(day[9:])
		for range 18 - len(day) {
			ns *= 10
		}
	}
	if month < 1 || month > 12 || d < 1 || d > 31 || h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 60 || ns < 0 {
		return "", false
	}
	zone := time.UTC
	rest = strings.TrimLeft(rest, " ")
	if len(rest) > 5 && (rest[0] == '+' || rest[0] == '-') && rest[5] == ' ' {
		off := digits(rest[1:3])*3600 + digits(rest[3:5])*60
		if rest[0] == '-' {
			off = -off
		}
		if e.HasZone = true; off != 0 {
			zone = time.FixedZone("", off)
		}
		rest = strings.TrimLeft(rest[6:], " ")
	}
	e.Time = time.Date(year, time.Month(month), d, h, m, s, ns, zone)
	return rest, true
}

// digits reads a number without sign; it is -1 if the text is none.
func digits(s string) int {
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' || n > 1<<30 {
			return -1
		}
		n = n*10 + int(s[i]-'0')
	}
	if s == "" {
		return -1
	}
	return n
}

// threadtime reads "[uid ]pid tid P tag: message".
func (e *LogEntry) threadtime(rest string) bool {
	var words [4]string
	n := 0
	for ; n < len(words); n++ {
		word, after, ok := strings.Cut(rest, " ")
		if !ok {
			return false
		}
		words[n], rest = word, strings.TrimLeft(after, " ")
		if n >= 2 && len(word) == 1 && strings.Contains("VDIWEFSA", word) {
			break
		}
	}
	if n == len(words) {
		return false
	}
	if n == 3 {
		e.UID = words[0]
	}
	e.PID, e.TID, e.Priority = digits(words[n-2]), digits(words[n-1]), words[n][0]
	return e.PID >= 0 && e.TID >= 0 && e.tagged(rest)
}

// tagged splits "tag     : message" at the first colon that a space or the end
// follows.
func (e *LogEntry) tagged(rest string) bool {
	i := strings.Index(rest, ": ")
	if i < 0 {
		if i = len(rest) - 1; i < 0 || rest[i] != ':' {
			return false
		}
		rest += " "
	}
	e.Tag, e.Message = strings.TrimRight(rest[:i], " "), rest[i+2:]
	return true
}

// brief reads "P/tag(  pid): message" and "P/tag (uid: pid): message".
func (e *LogEntry) brief(rest string) bool {
	e.Priority = rest[0]
	open := strings.IndexByte(rest, '(')
	for range maxParentheses {
		if open < 0 {
			return false
		}
		inner, message, ok := strings.Cut(rest[open+1:], "): ")
		if !ok {
			inner, ok = strings.CutSuffix(rest[open+1:], "):")
		}
		uid, pid, both := strings.Cut(inner, ":")
		if !both {
			uid, pid = "", inner
		}
		if n := digits(strings.TrimSpace(pid)); ok && n >= 0 {
			e.Tag, e.UID, e.PID, e.Message = strings.TrimSpace(rest[2:open]), strings.TrimSpace(uid), n, message
			return true
		}
		open = next(rest, open)
	}
	return false
}

// next returns the index of the parenthesis after i, or -1.
func next(s string, i int) int {
	if k := strings.IndexByte(s[i+1:], '('); k >= 0 {
		return i + 1 + k
	}
	return -1
}
