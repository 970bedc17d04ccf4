package tombstone

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/vigie-project/vigie/format/lines"
)

// The blocks of the text.
type block int

const (
	head block = iota
	backtrace
	memoryMap
	openFiles
	logLines
	skipped // memory, code and stack as hexadecimal
)

// text reads the lines of a tombstone. Keys are told by the whole word before the
// colon: "Cause: x" is one, "code around pc:" begins a block.
func (t *Tombstone) text(data []byte) {
	in := head
	for l := range lines.NewReader(bytes.NewReader(data)).All() {
		line := strings.TrimRight(l.String(), " ")
		trimmed := strings.TrimSpace(line)
		switch {
		case trimmed == "":
			if in != logLines && in != memoryMap && in != openFiles {
				in = head
			}
		case strings.HasPrefix(line, "--- --- ---"), strings.HasPrefix(line, "*** *** ***"):
			in = head
		case strings.HasPrefix(line, "--------- "):
			in = logLines
			if t.room(len(t.Logs), maxOther) {
				name := trimmed[strings.LastIndex(trimmed, " ")+1:]
				t.Logs = append(t.Logs, Log{Name: name})
			}
		case in == logLines && line[0] >= '0' && line[0] <= '9':
			t.logLine(line)
		case line[0] != ' ' && (in != memoryMap || !strings.HasPrefix(line, "--->")):
			in = t.column(line, in)
		default:
			t.indented(trimmed, in, l.Number)
		}
	}
}

// column reads a line at the first column: a key with its value or the heading of
// a block.
func (t *Tombstone) column(line string, in block) block {
	switch word, _, _ := strings.Cut(line, " "); {
	case line == "backtrace:", strings.HasSuffix(line, " backtrace:"):
		return backtrace
	case strings.HasPrefix(line, "memory map"):
		return memoryMap
	case strings.HasPrefix(line, "open files"):
		return openFiles
	case strings.HasPrefix(line, "pid: "):
		t.pid(line)
		return head
	case word == "signal":
		t.signal(line)
		return head
	case strings.HasPrefix(line, "memory near "), strings.HasPrefix(line, "code around "), line == "stack:":
		return skipped
	}
	key, value, ok := strings.Cut(line, ": ")
	if !ok {
		if key, ok = strings.CutSuffix(line, ":"); !ok {
			if in == head && t.Abort != "" && len(t.Causes) == 0 && t.room(len(t.Abort), maxAbort) {
				t.Abort = strings.TrimSuffix(t.Abort+"\n"+line, "'")
			}
			return in
		}
	}
	t.field(key, strings.TrimSpace(value))
	return head
}

func (t *Tombstone) field(key, value string) {
	quoted := strings.TrimSuffix(strings.TrimPrefix(value, "'"), "'")
	switch key {
	case "Build fingerprint":
		t.Fingerprint = quoted
	case "Revision":
		t.Revision = quoted
	case "ABI":
		t.Arch = quoted
	case "Guest ABI":
		t.GuestArch = quoted
	case "Timestamp":
		t.parseTime(value)
	case "Process uptime":
		if d, err := time.ParseDuration(value); err == nil {
			t.Uptime = d
		}
	case "Cmdline":
		t.CommandLine = []string{value}
	case "uid":
		t.UID = atoi(value)
	case "Cause":
		if t.room(len(t.Causes), maxOther) {
			t.Causes = append(t.Causes, value)
		}
	case "Abort message":
		t.Abort = quoted
	default:
		if t.room(len(t.Other), maxOther) {
			t.Other = append(t.Other, Pair{key, value})
		}
	}
}

var pidLine = regexp.MustCompile(`^pid: (\d+), tid: (\d+), name: (.*?)(?:\s+>>> (.*) <<<)?$`)

// pid reads "pid: 2554, tid: 2130, name: c2.decoder  >>> /vendor/bin/x <<<", of
// which the first is the thread that crashed.
func (t *Tombstone) pid(line string) {
	m := pidLine.FindStringSubmatch(line)
	if m == nil {
		t.Dropped++
		return
	}
	if !t.room(len(t.Threads), maxThreads) {
		return
	}
	th := Thread{ID: atoi(m[2]), Name: m[3]}
	if len(t.Threads) == 0 {
		t.PID, t.TID, t.Thread, t.Binary = atoi(m[1]), th.ID, m[3], m[4]
	}
	t.Threads = append(t.Threads, th)
}

var (
	signalLine = regexp.MustCompile(`^signal (\d+) \(([^)]*)\), code (-?\d+) \(([^)]*)\)(?:, fault addr (\S+))?`)
	senderText = regexp.MustCompile(` from pid (\d+), uid (\d+)$`)
)

// signal reads "signal 11 (SIGSEGV), code 1 (SEGV_MAPERR), fault addr 0x10".
func (t *Tombstone) signal(line string) {
	m := signalLine.FindStringSubmatch(line)
	if m == nil {
		if t.room(len(t.Other), maxOther) {
			t.Other = append(t.Other, Pair{"signal", line})
		}
		return
	}
	s := &t.Signal
	s.Number, s.Name, s.Code, s.CodeName, s.Fault = atoi(m[1]), m[2], atoi(m[3]), m[4], m[5]
	if strings.Trim(s.Fault, "-") == "" {
		s.Fault = ""
	}
	if from := senderText.FindStringSubmatch(s.CodeName); from != nil {
		s.CodeName = strings.TrimSuffix(s.CodeName, from[0])
		s.SenderPID, s.SenderUID = atoi(from[1]), atoi(from[2])
	}
}

// indented reads a line of a block.
func (t *Tombstone) indented(line string, in block, number int) {
	switch in {
	case memoryMap:
		t.mapping(line)
	case openFiles:
		t.fd(line)
	case backtrace:
		t.frame(line, number)
	case head:
		if n := len(t.Threads); strings.HasPrefix(line, "#") {
			t.frame(line, number)
		} else if n > 0 {
			t.registers(&t.Threads[n-1], line)
		}
	}
}

// registers reads "x0  0000000000000000  x1  …".
func (t *Tombstone) registers(th *Thread, line string) {
	f := strings.Fields(line)
	for i := 0; i+1 < len(f); i += 2 {
		if _, err := strconv.ParseUint(f[i+1], 16, 64); err == nil && t.room(len(th.Registers), maxFrames) {
			th.Registers = append(th.Registers, Pair{f[i], f[i+1]})
		}
	}
}

var (
	frameLine    = regexp.MustCompile(`^#(\d+) +pc ([0-9a-f]+)(?: +(.*))?$`)
	functionText = regexp.MustCompile(`^(.*?)(?: \((.*)\+(\d+)\))?$`)
	buildText    = regexp.MustCompile(`^(.*?) ?\(BuildId: ([0-9a-f]+)\)$`)
)

// frame reads "#00 pc 0004bd80  /apex/…/libc.so (abort+160) (BuildId: …)".
func (t *Tombstone) frame(line string, number int) {
	n := len(t.Threads)
	if n == 0 {
		return
	}
	th := &t.Threads[n-1]
	m := frameLine.FindStringSubmatch(line)
	if m == nil {
		if t.room(len(th.Notes), maxFrames) {
			th.Notes = append(th.Notes, line)
		}
		return
	}
	f := Frame{Index: atoi(m[1]), Line: number}
	f.PC, _ = strconv.ParseUint(m[2], 16, 64)
	rest, build := buildID(m[3])
	g := functionText.FindStringSubmatch(rest)
	if g == nil {
		g = []string{"", rest, "", ""}
	}
	f.File, f.Function, f.BuildID = strings.TrimSpace(g[1]), g[2], build
	f.FunctionOffset, _ = strconv.ParseUint(g[3], 10, 64)
	if f.File == "<unknown>" {
		f.File = ""
	}
	if t.room(len(th.Frames), maxFrames) {
		th.Frames = append(th.Frames, f)
	}
}

func buildID(s string) (rest, id string) {
	if m := buildText.FindStringSubmatch(s); m != nil {
		return m[1], m[2]
	}
	return s, ""
}

var mapLine = regexp.MustCompile(`^(?:--->)? ?([0-9a-f']+)-([0-9a-f']+) ([r-][w-][x-]) +([0-9a-f]+) +([0-9a-f]+)(?:  (.*))?$`)

// mapping reads "0995b000-0995bfff r--         0      1000  /vendor/bin/x (BuildId: …)".
func (t *Tombstone) mapping(line string) {
	m := mapLine.FindStringSubmatch(line)
	if m == nil {
		t.Dropped++
		return
	}
	if !t.room(len(t.Mappings), maxMappings) {
		return
	}
	hex := func(s string) uint64 {
		n, _ := strconv.ParseUint(strings.ReplaceAll(s, "'", ""), 16, 64)
		return n
	}
	p := Mapping{Begin: hex(m[1]), End: hex(m[2]) + 1, Perm: m[3], Offset: hex(m[4])}
	rest, bias, ok := strings.Cut(m[6], " (load bias 0x")
	if ok {
		p.LoadBias = hex(strings.TrimSuffix(bias, ")"))
	}
	p.Name, p.BuildID = buildID(rest)
	t.Mappings = append(t.Mappings, p)
}

var fdLine = regexp.MustCompile(`^fd (\d+): (.*?)(?: \((?:unowned|owned by (\S+) (0x[0-9a-f]+))\))?$`)

// fd reads "fd 3: /dev/null (unowned)".
func (t *Tombstone) fd(line string) {
	m := fdLine.FindStringSubmatch(line)
	if m == nil {
		t.Dropped++
		return
	}
	if !t.room(len(t.FDs), maxFDs) {
		return
	}
	tag, _ := strconv.ParseUint(m[4], 0, 64)
	t.FDs = append(t.FDs, FD{atoi(m[1]), m[2], m[3], tag})
}

var logText = regexp.MustCompile(`^([\d-]+ [\d:.]+) +(?:\S+ +)??(\d+) +(\d+) ([A-Z]) (.*?) *: ?(.*)$`)

func (t *Tombstone) logLine(line string) {
	g := &t.Logs[len(t.Logs)-1]
	if !t.room(len(g.Lines), maxLog) {
		return
	}
	e := LogLine{PID: -1, TID: -1, Message: line}
	if m := logText.FindStringSubmatch(line); m != nil {
		e = LogLine{m[1], atoi(m[2]), atoi(m[3]), m[4], m[5], m[6]}
	}
	g.Lines = append(g.Lines, e)
}

// atoi reads a number; it is -1 if the text is none.
func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}
