package ios

import (
	"context"
	"fmt"
	"iter"
	"path"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/unifiedlog"
	"github.com/vigie-project/vigie/format/unifiedlog/notable"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Log reads what the unified log tells of events that matter.
var Log = artifact.Parser{
	ID:    "ios.log",
	Title: lang.Text{EN: "Events in the unified log", FR: "Événements du journal unifié"},
	Doc: `The unified log has the messages of the kernel and of all programs, millions of them for some days,
and fewer for some weeks. This reads those whose text is known to tell of an event: programs that
are started and end (launchd, RunningBoard), crashes, processes ended for memory, code that is
refused or changed (AMFI, amfid, the kernel), denials of the sandbox, installations, requests
for permissions, errors of the processes that take messages apart (BlastDoor, imagent),
processes of WebKit, refusals of location, services and pairing for computers, the clock,
start and shutdown, and entries that the log says were lost. All other messages are read by ios.logall
only, on demand, and by "vigie log".

Path and UUID of a program that a message names by number are those that the lists of
the log have for that number in that boot, at that time or nearest to it: see ios.logprocesses.
Of the messages about one request for a permission one record is made. Events of which many alike are
usual (denials, answers that nobody was asked for, errors of one text) are one record for
each boot, with how many there were and when the last was. Names that the phone marked
private are missing.

Texts change between versions of iOS, so that the absence of an event proves nothing. A denial is usual;
what is worth a look is which program and what it wanted.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/**/*.tracev3"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/**/*.logarchive/dsc/*"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/db/diagnostics/**/*.tracev3"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/db/Diagnostics/**/*.tracev3"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/db/uuidtext/dsc/*"},
	},
	Record: logEvent{},
	Refs: []string{
		"https://github.com/libyal/dtformats/blob/main/documentation/Apple%20Unified%20Logging%20and%20Activity%20Tracing%20formats.asciidoc",
		"https://github.com/apple-oss-distributions/xnu",
		"https://eclecticlight.co/2025/11/10/explainer-permissions-privacy-and-tcc/",
		"https://www.ios-unifiedlogs.com/",
	},
	Parse: logParse,
}

// logEvent is what one message tells, or all that are alike in a boot.
type logEvent struct {
	Time      record.Time    `json:"time"`                // of the entry: continuous time, by the clock of the phone then; nanoseconds since 1970 UTC
	Last      record.Time    `json:"last"`                // of the last one alike; only if there are several
	Count     int64          `json:"count"`               // how many alike
	Kind      string         `json:"kind"`                // process, crash, memory, code signing, sandbox, install, permission, messages, web, location, lockdown, clock, boot or lost
	Action    string         `json:"action"`              // what happened
	Process   record.Process `json:"process,omitempty"`   // to which process: from the message, or else last element of Path
	PID       *int64         `json:"pid,omitempty"`       // its number
	Path      record.Path    `json:"path,omitempty"`      // of the program or file: from the message, or else by number; see ios.log
	UUID      string         `json:"uuid,omitempty"`      // of the program, by number
	App       record.App     `json:"app,omitempty"`       // bundle identifier in the message
	Service   string         `json:"service,omitempty"`   // job of launchd or RunningBoard; permission, such as kTCCServiceMicrophone
	Operation string         `json:"operation,omitempty"` // that was denied; of permissions, whether only the state was asked for (preflight)
	Target    record.Text    `json:"target,omitempty"`    // of what was denied: a service, a file, a name
	File      record.Path    `json:"file,omitempty"`      // the same, if it is a path
	By        record.Process `json:"by,omitempty"`        // who did it
	Reason    record.Text    `json:"reason,omitempty"`    // as the message says it
	Lost      *int64         `json:"lost,omitempty"`      // entries that are missing, at least
	Logger    record.Process `json:"logger,omitempty"`    // process that logged it
	LoggerPID int64          `json:"logger_pid"`          // its number
	Subsystem string         `json:"subsystem,omitempty"` // of the entry
	Category  string         `json:"category,omitempty"`  // of the entry
	Level     string         `json:"level"`               // Default, Info, Debug, Error or Fault
	Boot      string         `json:"boot"`                // UUID of the boot
	Clock     string         `json:"clock,omitempty"`     // how the time was found, if not from a sync record before the entry
}

// String implements [record.Data].
func (e logEvent) String() string {
	s := fmt.Sprintf("%s: %s", e.Kind, e.Action)
	if e.Process != "" {
		s += " " + string(e.Process)
	}
	for _, part := range []string{string(e.App), string(e.Path), e.Service, e.Operation, string(e.Target), string(e.Reason)} {
		if part != "" {
			s += ", " + part
		}
	}
	if e.Lost != nil {
		s += fmt.Sprintf(", %d entries", *e.Lost)
	}
	if e.Count > 1 {
		s += fmt.Sprintf(" (%d times)", e.Count)
	}
	return record.Line(s)
}

// Limits of what is kept while a log is read.
const (
	logMaxAlike    = 1 << 16 // events counted; then those so far are given
	logMaxSessions = 1 << 12 // requests for permissions without answer
	logMaxText     = 4 << 10 // bytes of a reason or target
)

// A logReader makes records of the entries of a store.
type logReader struct {
	in       *artifact.Input
	log      *from.LogStore
	yield    func(record.Record, error) bool
	runs     map[logProcess][]unifiedlog.Run
	boot     *unifiedlog.Boot
	alike    map[notable.Event]int
	waiting  []record.Record
	sessions map[string]notable.Event
	text     []byte
}

// logProcess names a process of a boot.
type logProcess struct {
	boot *unifiedlog.Boot
	pid  uint32
}

func logParse(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		log, err := from.UnifiedLog(in)
		if err != nil {
			yield(record.Record{}, err)
			return
		}
		if log == nil {
			return
		}
		defer log.Close()
		r := &logReader{in: in, log: log, yield: yield, alike: map[notable.Event]int{}, sessions: map[string]notable.Event{}}
		r.list(ctx)
		f := unifiedlog.Filter{Types: []unifiedlog.EventType{unifiedlog.TypeLog, unifiedlog.TypeSimpledump, unifiedlog.TypeLoss}, Match: logMatch}
		var stats unifiedlog.Stats
		f.Stats = &stats
		for e, err := range log.Entries(ctx, f) {
			ok := false
			if err != nil {
				ok = yield(record.Record{}, err)
			} else {
				ok = r.entry(e)
			}
			if !ok {
				return
			}
		}
		r.flush()
		log.Note(&stats)
	}
}

// logMatch reports whether an entry can be of use, without composing its message. The
// filter does not name the processes as well: losses of any process are wanted, and the kernel
// is in nearly every chunkset (with the names, 10 of 192 were skipped in a real log).
func logMatch(e *unifiedlog.Entry) bool {
	if e.Type == unifiedlog.TypeLoss {
		return true
	}
	format := ""
	name := e.Process.Name()
	if !notable.May(name, e.Subsystem, "") {
		return false
	}
	if e.Type == unifiedlog.TypeLog && e.Status() == unifiedlog.StatusResolved {
		format = e.Format()
	}
	return notable.May(name, e.Subsystem, format)
}

// list keeps the processes of the log by their numbers. What cannot be read of
// catalogs is told by the entries.
func (r *logReader) list(ctx context.Context) {
	r.runs = map[logProcess][]unifiedlog.Run{}
	runs, _ := r.log.Runs(ctx)
	for _, run := range runs {
		k := logProcess{run.Boot, run.Process.PID}
		r.runs[k] = append(r.runs[k], run)
	}
}

// entry makes a record of an entry, or counts it. It reports false if no more is
// wanted.
func (r *logReader) entry(e *unifiedlog.Entry) bool {
	if e.Boot != r.boot {
		if !r.flush() {
			return false
		}
		r.boot = e.Boot
		clear(r.sessions)
	}
	if e.Type == unifiedlog.TypeLoss {
		lost := int64(min(e.LossCount, 1<<62))
		return r.give(e, logEvent{Kind: "lost", Action: "entries lost", Lost: &lost})
	}
	r.text = e.AppendMessage(r.text[:0])
	m := notable.Message{Process: e.Process.Name(), Subsystem: e.Subsystem, Text: strings.TrimRight(string(r.text), "\n"),
		Error: e.Level == unifiedlog.LevelError || e.Level == unifiedlog.LevelFault}
	ev, ok := notable.Recognise(m)
	if !ok || !r.joined(&ev) {
		return true
	}
	if ev.Weak {
		return r.count(e, ev)
	}
	return r.give(e, r.event(e, ev))
}

// joined completes an event by what earlier messages of its request said. It
// reports false if more is to come.
func (r *logReader) joined(ev *notable.Event) bool {
	if ev.Session == "" {
		return true
	}
	earlier, known := r.sessions[ev.Session]
	if known {
		ev.Join(earlier)
	}
	switch {
	case ev.Action == "context" || ev.Action == "asked the user":
		if len(r.sessions) >= logMaxSessions {
			clear(r.sessions)
		}
		r.sessions[ev.Session] = *ev
	default:
		delete(r.sessions, ev.Session)
		ev.Weak = ev.Operation == "yes"
	}
	return ev.Action != "context"
}

// event makes the data of an event.
func (r *logReader) event(e *unifiedlog.Entry, ev notable.Event) logEvent {
	one := logEvent{Kind: string(ev.Kind), Action: strings.ReplaceAll(ev.Action, "_", " "), Process: record.Process(ev.Process), Path: record.Path(ev.Path),
		App: record.App(ev.App), Service: ev.Service, Operation: ev.Operation, Target: record.Text(logCut(ev.Target)), By: record.Process(ev.By), Reason: record.Text(logCut(ev.Reason))}
	if strings.HasPrefix(ev.Target, "/") {
		one.File = record.Path(logCut(ev.Target))
	}
	if ev.Kind == notable.Access && ev.Operation != "" {
		one.Operation = map[string]string{"yes": "preflight", "no": "request"}[ev.Operation]
	}
	if strings.HasPrefix(ev.App, "/") { // a client that is no app
		one.App = ""
		if one.Path == "" {
			one.Path = record.Path(ev.App)
		}
	}
	if ev.PID >= 0 {
		one.PID = &ev.PID
		if run := r.find(e, ev); run != nil && (one.Path == "" || string(one.Path) == run.Process.Path()) {
			one.UUID, one.Path = run.Process.UUID.String(), record.Path(run.Process.Path())
		}
	}
	if one.Process == "" && one.Path != "" {
		one.Process = record.Process(path.Base(string(one.Path)))
	}
	return one
}

// find returns the program that a process number stood for when an entry was
// written, nil if the log does not list it.
func (r *logReader) find(e *unifiedlog.Entry, ev notable.Event) *unifiedlog.Run {
	var best *unifiedlog.Run
	var near uint64
	list := r.runs[logProcess{e.Boot, uint32(ev.PID)}]
	for i := range list {
		run := &list[i]
		name := run.Process.Name()
		if name == "" || ev.Process != "" && !strings.HasPrefix(name, ev.Process) || ev.Process == "" && name == "xpcproxy" {
			continue
		}
		d := uint64(0)
		switch {
		case e.Continuous < run.First:
			d = run.First - e.Continuous
		case e.Continuous > run.Last:
			d = e.Continuous - run.Last
		}
		if best == nil || d < near {
			best, near = run, d
		}
	}
	return best
}

// count counts an event of which many are usual.
func (r *logReader) count(e *unifiedlog.Entry, ev notable.Event) bool {
	key := ev
	key.Session, key.PID = "", 0
	if format := e.Format(); format != "" && (ev.Kind == notable.Messages || ev.Kind == notable.Lockdown) {
		key.Reason, key.Process = format, e.Process.Name() // texts differ in their arguments only
	}
	if i, ok := r.alike[key]; ok {
		one := r.waiting[i].Data.(logEvent)
		one.Count++
		one.Last = logTime(e)
		r.waiting[i].Data = one
		return true
	}
	if len(r.waiting) >= logMaxAlike && !r.flush() {
		return false
	}
	r.alike[key] = len(r.waiting)
	r.waiting = append(r.waiting, r.record(e, r.event(e, ev)))
	return true
}

// flush gives the events that were counted.
func (r *logReader) flush() bool {
	for _, rec := range r.waiting {
		if !r.yield(rec, nil) {
			return false
		}
	}
	clear(r.waiting)
	r.waiting = r.waiting[:0]
	clear(r.alike)
	return true
}

func (r *logReader) give(e *unifiedlog.Entry, one logEvent) bool {
	return r.yield(r.record(e, one), nil)
}

// record adds to an event what every entry has.
func (r *logReader) record(e *unifiedlog.Entry, one logEvent) record.Record {
	one.Time, one.Count, one.Boot = logTime(e), 1, e.Boot.UUID.String()
	one.Logger, one.LoggerPID = record.Process(e.Process.Name()), int64(e.Process.PID)
	one.Subsystem, one.Category, one.Level = e.Subsystem, e.Category, e.Level.String()
	if e.Clock != unifiedlog.ClockSynced {
		one.Clock = e.Clock.String()
	}
	return r.in.Record(r.log.At(e), one)
}

// logTime returns the time of an entry.
func logTime(e *unifiedlog.Entry) record.Time {
	if e.Clock == unifiedlog.ClockNone {
		return record.Time{}
	}
	return epoch.UnixNano(e.Nanos)
}

// logCut bounds a text.
func logCut(s string) string {
	if len(s) <= logMaxText {
		return s
	}
	return strings.ToValidUTF8(s[:logMaxText], "") + "…"
}
