package android

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// KernelLog reads the log of the kernel.
var KernelLog = artifact.Parser{
	ID:    "android.kernellog",
	Title: lang.Text{EN: "Log of the kernel", FR: "Journal du noyau"},
	Doc: `The kernel keeps its last messages in memory, and init of Android writes there too: faults of
drivers, processes that were ended, refusals by SELinux, modules that were loaded, services
that were started. Exploits that fail often leave a fault here. A bug report has the log
since the start or as much of it as is kept, often minutes, and on some phones that of
before the last start (last-kmsg), which is empty on most. Times count from the start of
the phone; the clock that they stand for is not recorded.`,
	Inputs: from.Sections("kernel-log", "last-kmsg", "last-panic-console"),
	Record: kernellogLine{},
	Refs: []string{"https://www.kernel.org/doc/Documentation/ABI/testing/dev-kmsg",
		"https://android.googlesource.com/platform/frameworks/native/+/refs/heads/main/cmds/dumpstate/dumpstate.cpp"},
	Parse: kernellogParse,
}

// kernellogLine is one line. A line without time and level goes on with the message
// of the line before.
type kernellogLine struct {
	Elapsed *float64       `json:"elapsed"`           // in brackets: seconds since the start of the phone
	Level   string         `json:"level,omitempty"`   // in angle brackets, the low three bits: "emergency", …, "debug"
	Caller  string         `json:"caller,omitempty"`  // in brackets: "T" with a thread or "C" with a processor
	Subject string         `json:"subject,omitempty"` // what it tells of, if that is known: "denial", "fault", "killed", "module", "integrity"
	Process record.Process `json:"process,omitempty"` // that a refusal or a fault names, as the kernel knows it, up to 15 bytes
	Message record.Text    `json:"message"`           // the rest
}

// String implements [record.Data].
func (l kernellogLine) String() string { return record.Line("kernel: " + string(l.Message)) }

var kernellogLevels = []string{"emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"}

func kernellogParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		for l, err := range from.Lines(in.File) {
			if err != nil {
				yield(record.Record{}, fmt.Errorf("read log of the kernel: %w", err))
				return
			}
			text := l.String()
			if strings.TrimSpace(text) == "" || strings.HasPrefix(text, "*** /") { // the file is not there
				continue
			}
			if !yield(in.Record(from.AtLine(l), kernellogOne(text)), nil) {
				return
			}
		}
	}
}

// kernellogOne reads "<14>[51637.218969][  T150] message", of which all but the
// message may be absent.
func kernellogOne(text string) (l kernellogLine) {
	rest := text
	if level, after, ok := strings.Cut(rest, ">"); ok && strings.HasPrefix(level, "<") {
		if n, err := strconv.ParseUint(level[1:], 10, 16); err == nil {
			l.Level, rest = kernellogLevels[n&7], after
		}
	}
	if seconds, after, ok := strings.Cut(rest, "]"); ok && strings.HasPrefix(seconds, "[") {
		if s := strings.TrimSpace(seconds[1:]); strings.Trim(s, "0123456789.") == "" {
			if n, err := strconv.ParseFloat(s, 64); err == nil {
				l.Elapsed, rest = &n, after
			}
		}
	}
	if caller, after, ok := strings.Cut(rest, "] "); ok && l.Elapsed != nil && strings.HasPrefix(caller, "[") {
		if c := strings.TrimSpace(caller[1:]); len(c) > 1 && (c[0] == 'T' || c[0] == 'C') && strings.Trim(c[1:], "0123456789") == "" {
			l.Caller, rest = c, after
		}
	}
	rest = strings.TrimPrefix(rest, " ")
	l.Message, l.Subject = record.Text(rest), kernellogSubject(rest)
	for _, mark := range [...][2]string{{`comm="`, `"`}, {"Comm: ", " "}} {
		if _, after, ok := strings.Cut(rest, mark[0]); ok && l.Subject != "" {
			name, _, _ := strings.Cut(after, mark[1])
			l.Process = record.Process(name)
		}
	}
	return l
}

// kernellogMarks are texts in messages, with the subject that they tell of.
var kernellogMarks = []struct{ text, subject string }{
	{"avc: ", "denial"},
	{"Unable to handle kernel", "fault"}, {"Internal error: Oops", "fault"}, {"BUG: ", "fault"}, {"kernel BUG at", "fault"}, {"Kernel panic", "fault"},
	{"CFI failure", "fault"}, {"KASAN: ", "fault"}, {"KFENCE: ", "fault"}, {"stack-protector: ", "fault"}, {"usercopy: Kernel memory", "fault"},
	{"page fault", "fault"}, {"refcount_t: ", "fault"}, {" Comm: ", "fault"},
	{"Killed process", "killed"}, {"killed by signal", "killed"}, {"received signal", "killed"},
	{"loading out-of-tree module", "module"}, {"module verification failed", "module"}, {"insmod ", "module"},
	{"dm-verity", "integrity"}, {"verity: ", "integrity"}, {"verifiedboot", "integrity"},
}

func kernellogSubject(message string) string {
	for _, m := range kernellogMarks {
		if strings.Contains(message, m.text) {
			return m.subject
		}
	}
	return ""
}
