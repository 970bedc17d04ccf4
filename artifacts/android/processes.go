package android

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Processes reads the lists of processes of AndroidQF and of bug reports.
var Processes = artifact.Parser{
	ID:    "android.processes",
	Title: lang.Text{EN: "Running processes", FR: "Processus en cours"},
	Doc: `AndroidQF lists the processes that ran during the acquisition, by a program of its own on
the phone (processes.json), else by ps (processes.txt, in old versions ps.txt). An app
runs in processes named like its package, with a colon and a name for further ones.
Names in brackets are of threads of the kernel, whose parent is process 2, or of
processes that have no command line. Versions of AndroidQF up to 1.8 write only process
ID, name, command line and SELinux context to processes.json; other numbers are 0 there
and left out here. A bug report lists every thread by ps, with names of at most 15 bytes, and
the processes again, with their full names, where it tells what each waits for. What does
not run at that moment is not listed.`,
	Inputs: append(from.Sections("processes-and-threads", "processes", processesBlocked),
		artifact.Pattern{Kinds: evidence.AndroidQF, Glob: "androidqf/processes.json"},
		artifact.Pattern{Kinds: evidence.AndroidQF, Glob: "androidqf/processes.txt"},
		artifact.Pattern{Kinds: evidence.AndroidQF, Glob: "androidqf/ps.txt"}),
	Record: processesProcess{},
	Refs: []string{"https://github.com/mvt-project/androidqf",
		"https://github.com/landley/toybox/blob/master/toys/posix/ps.c",
		"https://android.googlesource.com/platform/frameworks/native/+/refs/heads/main/cmds/dumpstate/dumpstate.cpp"},
	Parse: processesParse,
}

// processesBlocked is the section of a bug report that tells for what each process
// waits.
const processesBlocked = "blocked-process-wait-channels"

// processesProcess is one process, or one thread of it. The columns of ps are meant by NAME and the like.
type processesProcess struct {
	Name        record.Process `json:"name"`                  // "" for a further thread; else first word of the command line, else NAME or filename without brackets
	Short       record.Process `json:"short,omitempty"`       // filename: name known to the kernel, up to 15 bytes, if it is another one
	App         record.App     `json:"app,omitempty"`         // package that the name begins with, if it has the form of one
	Path        record.Path    `json:"path,omitempty"`        // path, or the name if it is a path
	PID         int64          `json:"pid"`                   // PID
	PPID        *int64         `json:"ppid"`                  // PPID: parent
	TID         *int64         `json:"tid"`                   // TID: thread
	Thread      record.Process `json:"thread,omitempty"`      // name of a thread that is not the first of its process
	User        string         `json:"user,omitempty"`        // USER, or UID if ps prints numbers
	UID         *int64         `json:"uid"`                   // uid
	Label       string         `json:"label,omitempty"`       // LABEL or context: of SELinux
	Previous    string         `json:"previous,omitempty"`    // previous_context: before it ran its program
	NoCommand   bool           `json:"no_command,omitempty"`  // it has no command line; ps shows its name in brackets
	State       string         `json:"state,omitempty"`       // S or STAT: "S" sleeps, "R" runs, "D" waits for a device, "Z" has ended
	Arguments   []record.Text  `json:"arguments,omitempty"`   // words of the command line after the first
	Environment []record.Text  `json:"environment,omitempty"` // env: of processes of adb only
	WorkDir     record.Path    `json:"work_dir,omitempty"`    // cwd: of processes of adb only
	Extra       []record.KV    `json:"extra,omitempty"`       // other columns or keys that are not 0
}

// String implements [record.Data].
func (p processesProcess) String() string {
	s := fmt.Sprintf("process %d %s", p.PID, p.Name)
	if p.Name == "" && p.TID != nil {
		s = fmt.Sprintf("process %d, thread %d %s", p.PID, *p.TID, p.Thread)
	}
	if p.User != "" {
		s += " of " + p.User
	}
	if p.Label != "" {
		s += " (" + p.Label + ")"
	}
	return record.Line(s)
}

func processesParse(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	if strings.HasSuffix(in.Path, ".json") {
		return processesJSON(in)
	}
	if strings.HasPrefix(path.Base(in.Path), processesBlocked) {
		return processesEach(in, processesWaits)
	}
	columns := processesColumns
	return processesEach(in, func(text string) (p processesProcess, ok bool, err error) {
		text = strings.TrimSpace(text)
		if heading := processesHeading(text); heading != nil {
			columns = heading
			return p, false, nil
		}
		p, err = processesLine(columns, text)
		return p, true, err
	})
}

func processesJSON(in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		for e, err := range from.Elements(in.File) {
			if err == nil && !e.IsObject() {
				err = fmt.Errorf("read process %d: it is no object", e.Number)
			}
			if err != nil {
				if !yield(record.Record{}, err) {
					return
				}
				continue
			}
			if !yield(in.Record(record.Origin{Row: e.Number, Offset: e.Offset}, processesObject(e.JSON)), nil) {
				return
			}
		}
	}
}

func processesObject(v from.JSON) processesProcess {
	var p processesProcess
	var name string
	var command []string
	numbers := map[string]from.JSON{}
	for key, v := range v.Members() {
		switch key {
		case "pid":
			p.PID, _ = v.Int()
		case "filename":
			name = v.Text()
		case "path":
			p.Path = record.Path(v.Text())
		case "state":
			p.State = v.Text()
		case "context":
			p.Label = processesTrim(v.Text())
		case "previous_context":
			p.Previous = processesTrim(v.Text())
		case "cwd":
			p.WorkDir = record.Path(v.Text())
		case "command_line":
			for word := range v.Items() {
				command = append(command, word.Text())
			}
			p.NoCommand = len(command) == 0
		case "env":
			for text := range v.Items() {
				p.Environment = append(p.Environment, record.Text(text.Text()))
			}
		case "uid", "ppid":
			numbers[key] = v
		default:
			if text := v.Text(); text != "" && text != "0" {
				p.Extra = append(p.Extra, record.KV{Key: key, Value: text})
			}
		}
	}
	p.UID, p.PPID = p.number(numbers["uid"]), p.number(numbers["ppid"])
	if n := len(name); n > 1 && name[0] == '(' && name[n-1] == ')' {
		name = name[1 : n-1]
	}
	p.name(name, command)
	return p
}

// number reads a number that is always 0 in the versions that record no state.
func (p *processesProcess) number(v from.JSON) *int64 {
	n, ok := v.Int()
	if !ok || n == 0 && p.State == "" {
		return nil
	}
	return &n
}

// processesTrim cuts what files below /proc/<pid>/attr end with.
func processesTrim(label string) string { return strings.TrimRight(label, "\x00\n") }

// name sets the fields that follow from the name and the command line.
func (p *processesProcess) name(name string, command []string) {
	for len(command) > 0 && command[len(command)-1] == "" {
		command = command[:len(command)-1] // Android overwrites command lines with NUL
	}
	p.Name = record.Process(name)
	if len(command) > 0 && command[0] != "" {
		p.Name = record.Process(command[0])
		if name != command[0] {
			p.Short = record.Process(name)
		}
		for _, word := range command[1:] {
			p.Arguments = append(p.Arguments, record.Text(word))
		}
	}
	s := string(p.Name)
	if strings.HasPrefix(s, "/") && p.Path == "" {
		p.Path = record.Path(s)
	}
	app, _, _ := strings.Cut(s, ":")
	if from.IsPackage(app) {
		p.App = record.App(app)
	}
}

// processesColumns are the columns of ps -A, for a list without a heading.
var processesColumns = []string{"USER", "PID", "PPID", "VSZ", "RSS", "WCHAN", "ADDR", "S", "NAME"}

// processesEach reads the lines of a text that are not blank; one that holds no
// process is not ok.
func processesEach(in *artifact.Input, read func(text string) (p processesProcess, ok bool, err error)) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		blank := true
		for l, err := range from.Lines(in.File) {
			if err != nil {
				yield(record.Record{}, fmt.Errorf("read processes: %w", err))
				return
			}
			text := l.String()
			if strings.TrimSpace(text) == "" {
				continue
			}
			blank = false
			p, ok, err := read(text)
			if err != nil {
				err = fmt.Errorf("read processes, line %d: %w", l.Number, err)
				if !yield(record.Record{}, err) {
					return
				}
				continue
			}
			if ok && !yield(in.Record(from.AtLine(l), p), nil) {
				return
			}
		}
		if blank { // some process runs always
			yield(record.Record{}, errors.New("read processes: the text is empty"))
		}
	}
}

// processesWaits reads a line of process ID, name and what it waits for, in columns
// of which the second is indented for threads. These are not read: the list of
// threads has them.
func processesWaits(text string) (p processesProcess, ok bool, err error) {
	const width = 8 // of the first column
	id, rest, _ := strings.Cut(text, " ")
	p.PID, err = strconv.ParseInt(id, 10, 64)
	name, channel := strings.TrimLeft(rest, " "), ""
	if err == nil && name == "" { // it ended meanwhile
		return p, false, nil
	}
	if err != nil {
		return p, false, fmt.Errorf("unknown form: %q", record.Line(text))
	}
	if indent := len(text) - len(name); indent > max(width, len(id)+1) {
		return p, false, nil
	}
	if i := strings.LastIndexByte(strings.TrimRight(name, " "), ' '); i > 0 {
		name, channel = strings.TrimRight(name[:i], " "), name[i+1:]
	}
	p.last("NAME", name)
	if channel = strings.TrimSpace(channel); channel != "0" {
		err = p.column("WCHAN", channel)
	}
	return p, true, err
}

// processesHeading returns the columns that a heading names, nil if it is none.
// Android before 8 prints a letter for the state before NAME, without a heading.
func processesHeading(text string) []string {
	columns := strings.Fields(text)
	if len(columns) < 2 || !slices.Contains(columns, "PID") {
		return nil
	}
	if i := slices.Index(columns, "PC"); i >= 0 && i+1 < len(columns) && columns[i+1] == "NAME" {
		columns = slices.Insert(columns, i+1, "S")
	}
	return columns
}

// processesLine reads one line. A column that is empty for some processes, such
// as WCHAN, may be missing in it.
func processesLine(columns []string, text string) (processesProcess, error) {
	var p processesProcess
	words := processesWords(text, len(columns)+1)
	if first := words[0]; columns[0] != "LABEL" && strings.Count(first, ":") >= 3 {
		p.Label, words = first, words[1:]
	}
	words = processesFill(columns, words)
	if words == nil {
		return p, fmt.Errorf("unknown form: %q", record.Line(text))
	}
	for i, column := range columns {
		if err := p.column(column, words[i]); err != nil {
			return p, err
		}
	}
	return p, nil
}

// processesWords splits a text into at most n words, of which the last is the rest.
func processesWords(text string, n int) (words []string) {
	for text != "" && len(words) < n-1 {
		i := strings.IndexAny(text, " \t")
		if i < 0 {
			break
		}
		words, text = append(words, text[:i]), strings.TrimLeft(text[i:], " \t")
	}
	return append(words, text)
}

// processesFill gives a line as many words as there are columns; nil if that cannot
// be done. What has too many is the last column, whose text has spaces.
func processesFill(columns, words []string) []string {
	state := max(slices.Index(columns, "S"), slices.Index(columns, "STAT"))
	wchan := slices.Index(columns, "WCHAN")
	moved := wchan >= 0 && state > wchan && state-1 < len(words) && processesIsState(words[state-1]) &&
		(state >= len(words) || !processesIsState(words[state]))
	if moved || len(words) < len(columns) && wchan >= 0 && wchan <= len(words) {
		words = slices.Insert(words, wchan, "")
	}
	if len(words) < len(columns) {
		return nil
	}
	last := len(columns) - 1
	words[last] = strings.Join(words[last:], " ")
	return words[:last+1]
}

// processesIsState reports whether a word is a state: a letter, with signs after it.
func processesIsState(word string) bool {
	return word != "" && word[0] >= 'A' && word[0] <= 'Z' && len(strings.Trim(word[1:], "<NLsl+")) == 0
}

// column sets what stands in one column.
func (p *processesProcess) column(column, text string) error {
	switch column {
	case "USER", "UID":
		p.User = text
	case "LABEL":
		p.Label = text
	case "S", "STAT":
		p.State = text
	case "PID", "PPID", "TID":
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return fmt.Errorf("%s is no number: %q", column, record.Line(text))
		}
		switch column {
		case "PID":
			p.PID = n
		case "PPID":
			p.PPID = &n
		default:
			p.TID = &n
		}
	case "NAME", "CMD", "COMMAND", "ARGS", "CMDLINE":
		p.last(column, text)
	default:
		if text != "" && text != "0" && text != "-" {
			p.Extra = append(p.Extra, record.KV{Key: column, Value: text})
		}
	}
	return nil
}

// last reads the last column, which is a name or a command line.
func (p *processesProcess) last(column, text string) {
	switch n := len(text); {
	case column == "CMD" && p.TID != nil && *p.TID != p.PID:
		p.Thread = record.Process(strings.Trim(text, "[]"))
	case n > 2 && text[0] == '[' && text[n-1] == ']':
		p.NoCommand, p.Name = true, record.Process(text[1:n-1])
	case column == "NAME" || column == "CMD" && p.TID != nil: // as the kernel names threads
		p.name(text, nil)
	default:
		words := strings.Fields(text)
		p.name(text, words)
		p.Short = ""
	}
}
