package ios

import (
	"context"
	"fmt"
	"iter"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/jetsampriority"
	"github.com/vigie-project/vigie/format/lines"
	"github.com/vigie-project/vigie/format/ps"
	"github.com/vigie-project/vigie/format/runningboard"
	"github.com/vigie-project/vigie/format/spindump"
	"github.com/vigie-project/vigie/format/taskinfo"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Processes reads the lists of processes of a sysdiagnose.
var Processes = artifact.Parser{
	ID:    "ios.processes",
	Title: lang.Text{EN: "Running processes", FR: "Processus en cours"},
	Doc: `A sysdiagnose lists the processes that ran when it was taken, several times over, by different
programs: ps.txt and ps_thread.txt (with the arguments of each process), taskinfo.txt (as the
kernel knows tasks), spindump-nosymbols.txt (paths and UUIDs of programs, parents),
jetsam_priority.csv and the state of RunningBoard. Each gives a record of its own, since a process
that is in one list and not in another is worth a look: one that hides from ps, for
example. Tools that the collection itself starts are in some lists only, too.

ps separates arguments by blanks only, so where a path with blanks ends is a guess unless the
spindump has it; the whole text is in "command". From iOS 16 ps shows no load, and ps_thread.txt of iOS 26 can
be empty. Names in taskinfo.txt are cut by the kernel to 15 or 31 characters. Threads of
taskinfo.txt and samples of spindump are counted, and not read further. An address
in "outside" was being executed and lies in no file of code: usual in processes that
compile JavaScript, unusual elsewhere. jetsam_priority.txt and ltop.txt are not read.

Lists are of the minutes of the capture: what ran before or only at times is not in them.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/ps.txt"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/ps_thread.txt"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/taskinfo.txt"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/spindump-nosymbols.txt"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/jetsam_priority.csv"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/RunningBoard/RunningBoard_state.log"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/RunningBoard/RunningBoard_state.log"},
	},
	Record: processesProcess{},
	Clock:  artifact.CaptureClock,
	Refs: []string{
		"https://github.com/EC-DIGIT-CSIRC/sysdiagnose",
		"https://github.com/apple-oss-distributions/adv_cmds/tree/main/ps",
		"https://github.com/apple-oss-distributions/xnu/blob/main/bsd/sys/proc.h",
		"https://keith.github.io/xcode-man-pages/spindump.8.html",
	},
	Parse: processesParse,
}

// processesProcess is one process in one list. Columns are those of ps, keys those of
// spindump and taskinfo.
type processesProcess struct {
	Seen     record.Time    `json:"seen"`                // when it ran: Date/Time of the spindump, with offset from UTC; in other lists the start of the capture, some minutes before
	SeenFrom string         `json:"seen_from,omitempty"` // what Seen is; "" if it is not known
	List     string         `json:"list"`                // ps, ps threads, taskinfo, spindump, jetsam priority or RunningBoard
	Name     record.Process `json:"name"`                // last part of the path; else the name as the list has it
	Path     record.Path    `json:"path,omitempty"`      // key Path; start of COMMAND if it is a path
	Command  record.Text    `json:"command,omitempty"`   // COMMAND: program and arguments, as printed

	// Arguments is the rest of the command. See ios.processes for where it begins.
	Arguments record.Text `json:"arguments,omitempty"`

	PID            *int64         `json:"pid,omitempty"`             // PID; in brackets after the name
	UniqueID       *int64         `json:"unique_id,omitempty"`       // unique ID, unique pid: grows with each process of a boot
	UUID           string         `json:"uuid,omitempty"`            // UUID, executable uuid: of the program, from the linker
	PPID           *int64         `json:"ppid,omitempty"`            // PPID, key Parent
	Parent         record.Process `json:"parent,omitempty"`          // key Parent: name
	Responsible    record.Process `json:"responsible,omitempty"`     // key Responsible: name of the process on whose behalf it runs
	ResponsiblePID *int64         `json:"responsible_pid,omitempty"` // key Responsible; of a service in RunningBoard its host
	User           string         `json:"user,omitempty"`            // USER
	UID            *int64         `json:"uid,omitempty"`             // UID: 0 is root, 501 the owner of the phone
	Persona        *int64         `json:"persona,omitempty"`         // PRSNA, from iOS 16: not documented
	Flags          []string       `json:"flags,omitempty"`           // F, from iOS 16: names of known bits of p_flag
	FlagsRaw       *int64         `json:"flags_raw,omitempty"`       // F
	App            record.App     `json:"app,omitempty"`             // key Identifier; identity in RunningBoard
	Version        string         `json:"version,omitempty"`         // key Version
	Signing        record.App     `json:"signing,omitempty"`         // key Codesigning ID, on newer versions
	Team           string         `json:"team,omitempty"`            // key Team ID, on newer versions
	State          string         `json:"state,omitempty"`           // STAT; in parentheses after the name; "ended" if ps has it in parentheses

	// Started is when the process started: Date/Time of the spindump less Time Since
	// Fork or, of taskinfo, less run time; whether these count the time asleep is not
	// known.
	Started     record.Time `json:"started"`
	StartedFrom string      `json:"started_from,omitempty"` // how Started was found
	RunSeconds  *float64    `json:"run_seconds,omitempty"`  // run time, Time Since Fork

	// StartedClock is STARTED of ps: the latest time before the capture that would be
	// printed so; clock of the phone, no zone.
	StartedClock     record.WallTime `json:"started_clock"`
	StartedPrecision string          `json:"started_precision,omitempty"` // of StartedClock: minute, hour or day
	StartedText      string          `json:"started_text,omitempty"`      // STARTED as printed

	Threads     *int64      `json:"threads,omitempty"`      // how many are listed
	ThreadNames []string    `json:"thread_names,omitempty"` // of threads and queues, each once
	Images      *int64      `json:"images,omitempty"`       // files of code that spindump lists; see ios.processimages
	Outside     []string    `json:"outside,omitempty"`      // addresses of frames that lie in no such file, hexadecimal; the first ones
	OutsideAll  *int64      `json:"outside_all,omitempty"`  // how many such addresses there are
	Left        int64       `json:"left,omitempty"`         // values, names and images beyond the limits, which are not kept
	Other       []record.KV `json:"other,omitempty"`        // other columns and keys, but zeros of ps
}

// String implements [record.Data].
func (p processesProcess) String() string {
	name := string(p.Path)
	if name == "" {
		name = string(p.Name)
	}
	s := fmt.Sprintf("running (%s): %s", p.List, name)
	if p.PID != nil {
		s += fmt.Sprintf(" [%d]", *p.PID)
	}
	if p.UID != nil {
		s += fmt.Sprintf(" of user %d", *p.UID)
	}
	if p.Arguments != "" {
		s += " with " + string(p.Arguments)
	}
	return record.Line(s)
}

// Limits of what is kept of a process or a row.
const (
	processesMaxOutside = 16
	processesMaxHead    = 256 // lines read for the header of a spindump
	processesMaxBlanks  = 1 << 14
)

// Numbers that spindump prints for users that it does not know.
const (
	processesNoUID    = 0xFFFFFFFF
	processesFreedUID = 0xAAAAAAAA
)

// processesReader reads one list.
type processesReader struct {
	in    *artifact.Input
	yield func(record.Record, error) bool
	now   time.Time // of the capture, by the clock of the phone; zero if it is not known

	// blanks are the paths with blanks by process, from the spindump; nil if they
	// have not been looked for.
	blanks map[int64]string
}

func processesParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		r := processesReader{in: in, yield: yield}
		if t, ok := in.Source.Device.Capture(); ok {
			r.now = t
		}
		var failed error
		text := func(yield func(lines.Line) bool) {
			for l, err := range from.Lines(in.File) {
				if failed = err; err != nil || !yield(l) {
					return
				}
			}
		}
		var more bool
		switch name := path.Base(in.Path); name {
		case "taskinfo.txt":
			more = processesEach(&r, taskinfo.Decode(text), r.task())
		case "spindump-nosymbols.txt":
			more = processesEach(&r, spindump.Decode(text), r.sample)
		case "jetsam_priority.csv":
			more = processesEach(&r, jetsampriority.Decode(text), r.priority)
		case "RunningBoard_state.log":
			more = r.managed(text)
		default:
			more = processesEach(&r, ps.Decode(text), r.row)
		}
		if more && failed != nil {
			yield(record.Record{}, fmt.Errorf("read %s: %w", path.Base(in.Path), failed))
		}
	}
}

// processesEach yields a record for each value of a decoder, and reports whether to go
// on.
func processesEach[T any](r *processesReader, decoded iter.Seq2[T, error], row func(T) (record.Origin, processesProcess)) bool {
	for v, err := range decoded {
		if err != nil {
			if !r.yield(record.Record{}, fmt.Errorf("read %s: %w", path.Base(r.in.Path), err)) {
				return false
			}
			continue
		}
		if at, p := row(v); !r.yield(r.in.Record(at, p), nil) {
			return false
		}
	}
	return true
}

// process returns a record of a list that was made during the capture.
func (r *processesReader) process(list string) processesProcess {
	p := processesProcess{List: list}
	if !r.now.IsZero() {
		p.Seen, p.SeenFrom = processesTime(r.now), "start of the capture"
	}
	return p
}

// processesTime returns an instant that is written with its offset from UTC, or follows
// from such ones.
func processesTime(t time.Time) record.Time {
	return record.Time{Time: t.UTC(), Rule: record.AsText, Zone: record.RecordedOffset}
}

// row reads a row of ps.
func (r *processesReader) row(row ps.Process) (record.Origin, processesProcess) {
	p := r.process("ps")
	if row.ThreadOf {
		p.List = "ps threads"
		n := int64(row.Threads) + 1
		p.Threads = &n
	}
	p.PID, p.PPID, p.User, p.UID, p.Persona, p.State = row.PID, row.PPID, row.User, row.UID, row.Persona, row.State
	if row.Flags != nil {
		p.FlagsRaw, p.Flags = row.Flags, ps.FlagNames(*row.Flags)
	}
	program, arguments, ended := ps.Split(row.Command)
	if known := r.path(row); known != "" {
		program, arguments = known, strings.TrimLeft(row.Command[len(known):], " ")
	}
	p.Command, p.Arguments = record.Text(row.Command), record.Text(arguments)
	p.program(program)
	if ended {
		p.State = strings.TrimSpace(p.State + " ended")
	}
	p.StartedText = row.Started
	if !r.now.IsZero() {
		clock := time.Date(r.now.Year(), r.now.Month(), r.now.Day(), r.now.Hour(), r.now.Minute(), r.now.Second(), 0, time.UTC)
		if start, precision, ok := ps.Start(row.Started, clock); ok {
			p.StartedClock, p.StartedPrecision = record.WallTime{Time: start}, string(precision)
		}
	}
	for _, c := range row.Other {
		if strings.Trim(c.Text, "0.:,-?") != "" {
			p.Other = append(p.Other, record.KV{Key: c.Name, Value: c.Text})
		}
	}
	return record.Origin{Row: int64(row.Line), Offset: row.Offset}, p
}

// path returns the start of the command of a row that is its path, if that has blanks
// and the spindump has it; else "".
func (r *processesReader) path(row ps.Process) string {
	if !strings.HasPrefix(row.Command, "/") || !strings.Contains(row.Command, " ") || row.PID == nil {
		return ""
	}
	if r.blanks == nil {
		r.blanks = map[int64]string{}
		if f, err := r.in.Open("spindump-nosymbols.txt"); err == nil {
			for s, err := range spindump.Decode(processesLines(f)) {
				if err == nil && s.PID != nil && strings.Contains(s.Get("Path"), " ") && len(r.blanks) < processesMaxBlanks {
					r.blanks[*s.PID] = s.Get("Path")
				}
			}
			f.Close()
		}
	}
	// ps has the path by which it was started: /var is a link to /private/var.
	known, start := strings.TrimPrefix(r.blanks[*row.PID], "/private"), 0
	if strings.HasPrefix(row.Command, "/private/") {
		start = len("/private")
	}
	rest, ok := strings.CutPrefix(row.Command[start:], known)
	if known == "" || !ok || rest != "" && rest[0] != ' ' {
		return ""
	}
	return row.Command[:start+len(known)]
}

// processesLines returns the lines of a companion as far as they can be read.
func processesLines(f evidence.File) iter.Seq[lines.Line] {
	return func(yield func(lines.Line) bool) {
		for l, err := range from.Lines(f) {
			if err != nil || !yield(l) {
				return
			}
		}
	}
}

// program sets path and name.
func (p *processesProcess) program(program string) {
	if strings.HasPrefix(program, "/") {
		p.Path = record.Path(program)
		program = program[strings.LastIndexByte(program, '/')+1:]
	}
	p.Name = record.Process(program)
}

// task returns the reader of tasks. Their time is best told by the spindump, which
// is made at nearly the same moment.
func (r *processesReader) task() func(taskinfo.Task) (record.Origin, processesProcess) {
	anchor, anchorFrom := r.now, "start of the capture less run time"
	if f, err := r.in.Open("spindump-nosymbols.txt"); err == nil {
		head := spindump.ReadHeader(func(yield func(lines.Line) bool) {
			for l := range processesLines(f) {
				if l.Number > processesMaxHead || !yield(l) {
					return
				}
			}
		})
		f.Close()
		if !head.Time.IsZero() {
			anchor, anchorFrom = head.Time, "time of the spindump less run time"
		}
	}
	return func(t taskinfo.Task) (record.Origin, processesProcess) {
		p := r.process("taskinfo")
		p.Name, p.PID, p.UniqueID, p.UUID = record.Process(t.Name), t.PID, t.UniqueID, t.UUID
		p.Threads, p.ThreadNames, p.Left = &t.Threads, t.Names, int64(t.More)
		if t.RunTime != nil {
			p.run(time.Duration(min(*t.RunTime, 1e9))*time.Second, anchor, anchorFrom)
		}
		for _, v := range t.Pairs {
			p.Other = append(p.Other, record.KV{Key: v.Key, Value: v.Value})
		}
		return record.Origin{Row: int64(t.Line), Offset: t.Offset}, p
	}
}

// run sets for how long the process ran, and since when.
func (p *processesProcess) run(d time.Duration, anchor time.Time, how string) {
	seconds := d.Seconds()
	p.RunSeconds = &seconds
	if !anchor.IsZero() {
		p.Started, p.StartedFrom = processesTime(anchor.Add(-d)), how
	}
}

// sample reads a process of a spindump.
func (r *processesReader) sample(s *spindump.Process) (record.Origin, processesProcess) {
	p := r.process("spindump")
	if !s.Header.Time.IsZero() {
		p.Seen, p.SeenFrom = processesTime(s.Header.Time), "time of the spindump"
	}
	p.PID, p.UniqueID, p.State, p.Threads, p.ThreadNames, p.Left = s.PID, s.UniqueID, s.State, &s.Threads, s.Names, int64(s.More)
	p.Name = record.Process(s.Name)
	for _, v := range s.Pairs {
		if !p.key(v.Key, v.Value, s.Header.Time) {
			p.Other = append(p.Other, record.KV{Key: v.Key, Value: v.Value})
		}
	}
	n := int64(len(s.Images))
	p.Images = &n
	for _, address := range s.Loose[:min(len(s.Loose), processesMaxOutside)] {
		p.Outside = append(p.Outside, fmt.Sprintf("%#x", address))
	}
	if n := int64(len(s.Loose)); n > 0 {
		p.OutsideAll = &n
	}
	return record.Origin{Row: int64(s.Line), Offset: s.Offset}, p
}

// key sets the field of a key of a spindump, and reports whether it has one and the
// value fits it.
func (p *processesProcess) key(key, value string, now time.Time) bool {
	switch key {
	case "UUID":
		p.UUID = value
	case "Path":
		p.Path = record.Path(value)
	case "Identifier":
		p.App = record.App(value)
	case "Version":
		p.Version = value
	case "Codesigning ID":
		p.Signing = record.App(value)
	case "Team ID":
		p.Team = value
	case "Parent":
		name, pid := spindump.Reference(value)
		p.Parent, p.PPID = record.Process(name), pid
	case "Responsible":
		name, pid := spindump.Reference(value)
		p.Responsible, p.ResponsiblePID = record.Process(name), pid
	case "UID":
		n, err := strconv.ParseInt(lines.Digits(value), 10, 64)
		if err != nil || n == processesNoUID || n == processesFreedUID {
			return false
		}
		p.UID = &n
	case "Time Since Fork":
		d, ok := spindump.Since(value)
		if ok {
			p.run(d, now, "time of the spindump less Time Since Fork")
		}
		return ok
	default:
		return false
	}
	return true
}

// priority reads a row of jetsam_priority.csv.
func (r *processesReader) priority(row jetsampriority.Row) (record.Origin, processesProcess) {
	p := r.process("jetsam priority")
	for _, c := range row.Columns {
		p.column(c.Name, c.Text)
	}
	return record.Origin{Row: int64(row.Line), Offset: row.Offset}, p
}

// column sets what a column of jetsam_priority.csv says.
func (p *processesProcess) column(name, value string) {
	switch strings.ToLower(name) {
	case "name", "process", "command":
		p.program(value)
		return
	case "uuid":
		p.UUID = value
		return
	case "pid":
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			p.PID = &n
			return
		}
	}
	if value != "" {
		p.Other = append(p.Other, record.KV{Key: name, Value: value})
	}
}

// managed reads the processes that RunningBoard names.
func (r *processesReader) managed(text iter.Seq[lines.Line]) bool {
	for m := range runningboard.Decode(text) {
		p := r.process("RunningBoard")
		p.Name, p.PID, p.UID, p.ResponsiblePID = record.Process(m.Label), &m.PID, m.UID, m.Host
		if strings.Contains(m.Label, ".") {
			p.App = record.App(m.Label)
		}
		p.Other = []record.KV{{Key: "kind", Value: m.Kind}}
		if m.Identity != m.Label {
			p.Other = append(p.Other, record.KV{Key: "identity", Value: m.Identity})
		}
		if !r.yield(r.in.Record(record.Origin{Row: int64(m.Line), Offset: m.Offset}, p), nil) {
			return false
		}
	}
	return true
}
