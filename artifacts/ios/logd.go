package ios

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/logdata"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Logd reads the own log of the log daemon.
var Logd = artifact.Parser{
	ID:    "ios.logd",
	Title: lang.Text{EN: "Log of the log daemon", FR: "Journal du démon de journalisation"},
	Doc: `logd and logd_helper write what happens to themselves to logd.<n>.log, with time and offset from
UTC: that they start, which is a boot, that the phone is being shut down, that the time zone
changes, and that they could not find out which program a message is from. The log goes
back for months, so it is a list of boots that does not depend on shutdown.log.

"process not found" means that a process had ended, or hid, before logd could ask for its
path, and "image not known" that the strings of a program are missing. Both are usual
now and then. An empty or missing log says nothing by itself.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/db/diagnostics/logd*.log"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/**/Extra/logd*.log"},
	},
	Record: logdLine{},
	Refs: []string{
		"https://github.com/libyal/dtformats/blob/main/documentation/Apple%20Unified%20Logging%20and%20Activity%20Tracing%20formats.asciidoc",
		"https://github.com/log2timeline/plaso/blob/main/plaso/parsers/text_plugins/ios_logd.py",
	},
	Parse: logdParse,
}

// logdLine is one line. One that goes on with a message has no time.
type logdLine struct {
	Time    record.Time    `json:"time"`             // start of the line: with offset from UTC
	Offset  string         `json:"offset,omitempty"` // that offset, which is the time zone of the phone at that time
	Process record.Process `json:"process"`          // logd, logd_helper; of a line that goes on, the same as before
	PID     *int64         `json:"pid"`              // in brackets
	Event   string         `json:"event,omitempty"`  // what the message means: start, shutdown, time zone changed, process not found, image not known
	Message record.Text    `json:"message"`          // the rest of the line
	Paths   []record.Path  `json:"paths,omitempty"`  // in quotes in the message
	UUIDs   []string       `json:"uuids,omitempty"`  // words of the message that are UUIDs: of programs, libraries, caches
	About   *int64         `json:"about,omitempty"`  // process that the message is about
	Cut     bool           `json:"cut,omitempty"`    // the line is a piece of one longer than 256 KiB, or the log ends within it
}

// String implements [record.Data].
func (l logdLine) String() string { return record.Line(fmt.Sprintf("%s: %s", l.Process, l.Message)) }

// logdEvents are the beginnings of messages, and what they mean.
var logdEvents = []struct{ text, event string }{
	{"libtrace_kic=", "start"},
	{"flush for power button", "shutdown"},
	{"No userlevel firehose clients left", "shutdown"},
	{"Time zone changed", "time zone changed"},
	{"Unable to get path for", "process not found"},
	{"#DECODE failed to resolve UUID", "image not known"},
	{"failed to resolve UUID", "image not known"},
}

// logdMaxWords bounds the paths and UUIDs of one line.
const logdMaxWords = 32

func logdParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		var before logdLine
		for l, err := range from.Lines(in.File) {
			if err != nil {
				yield(record.Record{}, fmt.Errorf("read line %d: %w", l.Number, err))
				return
			}
			text := strings.TrimRight(l.String(), " \t")
			if strings.TrimSpace(text) == "" {
				continue
			}
			line, ok := logdOne(text)
			if !ok {
				line = logdLine{Process: before.Process, PID: before.PID, Message: record.Text(text)}
			}
			line.words(string(line.Message))
			line.Cut = l.Cut
			before = line
			if !yield(in.Record(from.AtLine(l), line), nil) {
				return
			}
		}
	}
}

// logdOne reads a line such as
//
//	2025-02-09 03:11:54+0100 logd[29]: message
func logdOne(text string) (l logdLine, ok bool) {
	words := strings.SplitN(text, " ", 4)
	if len(words) < 3 {
		return l, false
	}
	t, ok := logdata.ParseTime(words[0] + " " + words[1])
	name, pid, found := strings.Cut(strings.TrimSuffix(words[2], ":"), "[")
	if !ok || !found || !strings.HasSuffix(pid, "]") {
		return l, false
	}
	l.Time = record.Time{Time: t.UTC(), Rule: record.AsText, Zone: record.RecordedOffset}
	l.Offset, l.Process = t.Format("-07:00"), record.Process(name)
	if n, err := strconv.ParseInt(strings.TrimSuffix(pid, "]"), 10, 64); err == nil {
		l.PID = &n
	}
	if len(words) == 4 {
		l.Message = record.Text(words[3])
	}
	for _, e := range logdEvents {
		if rest, ok := strings.CutPrefix(string(l.Message), e.text); ok {
			l.Event = e.event
			if e.event == "process not found" {
				l.about(strings.Trim(rest, " :."))
			}
			break
		}
	}
	return l, true
}

// about sets the process that a message is about.
func (l *logdLine) about(digits string) {
	if n, err := strconv.ParseInt(digits, 10, 64); err == nil {
		l.About = &n
	}
}

// words finds paths and UUIDs in a message.
func (l *logdLine) words(message string) {
	last := ""
	for _, word := range strings.FieldsFunc(message, func(r rune) bool { return strings.ContainsRune(" \t,;()[]:", r) }) {
		switch bare := strings.Trim(word, `".'`); {
		case logdIsUUID(bare):
			if len(l.UUIDs) < logdMaxWords {
				l.UUIDs = append(l.UUIDs, bare)
			}
		case last == "pid" && l.Event == "image not known":
			l.about(bare)
		}
		last = word
	}
	for parts := strings.Split(message, `"`); len(parts) > 2 && len(l.Paths) < logdMaxWords; parts = parts[2:] {
		if strings.HasPrefix(parts[1], "/") {
			l.Paths = append(l.Paths, record.Path(parts[1]))
		}
	}
}

// logdIsUUID reports whether a word has the form of a UUID.
func logdIsUUID(word string) bool {
	if len(word) != 36 {
		return false
	}
	for i := range len(word) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (word[i] == '-') || !dash && !strings.ContainsRune("0123456789abcdefABCDEF", rune(word[i])) {
			return false
		}
	}
	return true
}
