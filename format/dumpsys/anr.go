package dumpsys

import (
	"iter"
	"regexp"
	"strings"
	"time"

	"github.com/vigie-project/vigie/format/lines"
)

// Limits on one process of a file of traces.
const (
	maxThreads = 1 << 14
	maxFrames  = 4096    // of one thread
	maxKept    = 1 << 18 // lines of one process
	maxLine    = 16 << 10
)

// A ThreadDump is what one process told of its threads, in files of data/anr and
// in the sections VM TRACES of a bug report.
type ThreadDump struct {
	Line        int
	PID         int
	Time        time.Time // with its offset if HasZone, else a clock without zone
	HasZone     bool      // Android 9 and later
	Subject     string    // why, Android 12 and later
	CommandLine string
	Fingerprint string
	ABI         string
	Threads     []TraceThread
	Other       []Pair
	Ended       bool // the line "----- end N -----" was read
	Dropped     int  // threads, frames and facts beyond the limits
	kept        int
}

// A TraceThread is one thread.
type TraceThread struct {
	Line   int
	Name   string
	Daemon bool
	TID    int // of the virtual machine; -1 for a thread it does not know
	SysTID int // of the kernel; -1 if not recorded
	State  string
	Facts  []string // the lines "| …"
	Frames []string // "at …", "native: #00 pc …", "- locked …"
}

var (
	traceBegin  = regexp.MustCompile(`^----- pid (\d+) at (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?)([+-]\d{4})? -----$`)
	traceThread = regexp.MustCompile(`^"(.*)" (daemon )?(?:prio=\d+ )?(?:tid=(\d+) )?(.*)$`)
	sysTID      = regexp.MustCompile(`sysTid=(\d+)`)
)

// ThreadDumps yields the processes of a file of traces.
func ThreadDumps(text iter.Seq[lines.Line]) iter.Seq2[ThreadDump, error] {
	return func(yield func(ThreadDump, error) bool) {
		r := report{service: "anr"}
		var d *ThreadDump
		subject := ""
		for l := range r.watch(text) {
			line := strings.TrimRight(l.String(), " ")
			if m := traceBegin.FindStringSubmatch(line); m != nil {
				if d != nil && !yield(*d, nil) {
					return
				}
				r.found = true
				d = &ThreadDump{Line: l.Number, PID: integer(m[1]), Subject: subject, HasZone: m[3] != ""}
				subject = ""
				if d.HasZone {
					d.Time, _ = time.Parse("2006-01-02 15:04:05Z0700", m[2]+m[3])
				} else {
					d.Time = clock(m[2])
				}
				continue
			}
			if s, ok := strings.CutPrefix(line, "Subject: "); ok {
				subject = s
			} else if d != nil {
				d.line(line, l.Number)
			}
		}
		if d != nil && !yield(*d, nil) {
			return
		}
		finish(&r, "\"----- pid\"", yield)
	}
}

func (d *ThreadDump) line(line string, number int) {
	trimmed := strings.TrimSpace(line)
	trimmed = trimmed[:min(len(trimmed), maxLine)]
	var th *TraceThread
	if n := len(d.Threads); n > 0 {
		th = &d.Threads[n-1]
	}
	switch {
	case trimmed == "":
	case strings.HasPrefix(line, "----- end "):
		d.Ended = true
	case line[0] == '"':
		d.thread(line, number)
	case th != nil && strings.HasPrefix(trimmed, "| "):
		if m := sysTID.FindStringSubmatch(trimmed); m != nil {
			th.SysTID = integer(m[1])
		}
		if d.room(len(th.Facts), maxFrames) {
			th.Facts = append(th.Facts, trimmed[2:])
		}
	case th != nil && line[0] == ' ':
		if d.room(len(th.Frames), maxFrames) {
			th.Frames = append(th.Frames, trimmed)
		}
	default:
		d.field(trimmed)
	}
}

func (d *ThreadDump) thread(line string, number int) {
	m := traceThread.FindStringSubmatch(line)
	if m == nil || !d.room(len(d.Threads), maxThreads) {
		return
	}
	th := TraceThread{Line: number, Name: m[1], Daemon: m[2] != "", TID: integer(m[3]), SysTID: -1, State: m[4]}
	if s := sysTID.FindStringSubmatch(m[4]); s != nil {
		th.SysTID, th.State = integer(s[1]), ""
	}
	d.Threads = append(d.Threads, th)
}

func (d *ThreadDump) field(line string) {
	key, value, _ := strings.Cut(line, ": ")
	switch value = strings.TrimSpace(value); key {
	case "Cmd line", "Cmdline":
		d.CommandLine = value
	case "Build fingerprint":
		d.Fingerprint = strings.Trim(value, "'")
	case "ABI":
		d.ABI = strings.Trim(value, "'")
	default:
		if d.room(len(d.Other), maxFrames) {
			d.Other = append(d.Other, Pair{key, value})
		}
	}
}

func (d *ThreadDump) room(n, limit int) bool {
	if n >= limit || d.kept >= maxKept {
		d.Dropped++
		return false
	}
	d.kept++
	return true
}
