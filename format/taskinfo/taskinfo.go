// Package taskinfo reads what taskinfo prints on iOS: one block for each task of
// the kernel, with its policies and threads.
//
// The format is not documented by Apple; it was observed in sysdiagnoses of iOS 15
// to 26.
package taskinfo

import (
	"errors"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/format/lines"
)

// Limits of one task. What goes beyond them is counted.
const (
	maxPairs = 512
	maxNames = 128      // of threads
	maxText  = 16 << 10 // bytes of a value
)

// ErrNoTask says that a text that is not blank has no task.
var ErrNoTask = errors.New("no line begins a task")

// A Task is one task. Pointers are nil if the text lacks the value.
type Task struct {
	Line     int // from 1
	Offset   int64
	Name     string // as the kernel knows it, which cuts it; without path
	PID      *int64
	UniqueID *int64   // grows with each process of a boot
	UUID     string   // of the program, in newer versions
	RunTime  *int64   // seconds since it started
	Threads  int64    // that are listed
	Names    []string // of threads, each once
	Pairs    []Pair   // all other values but those of threads
	More     int      // further values and names that are not kept
}

// A Pair is a value with its key.
type Pair struct{ Key, Value string }

var (
	process = regexp.MustCompile(`^process: "(.*)" \[(-?[0-9]{1,10})\](?: \[unique ID: ([0-9]{1,18})\])?`)
	seconds = regexp.MustCompile(`^([0-9]{1,12}) s\b`)
)

// Decode yields the tasks in their order. Another number of them than the first line
// says is an error at the end, and so is a line that begins a task in a way that is
// not known: its name then is the rest of the line.
func Decode(text iter.Seq[lines.Line]) iter.Seq2[Task, error] {
	return func(yield func(Task, error) bool) {
		var t *Task
		claimed, read := int64(-1), int64(0)
		blank, inThreads := true, false
		for l := range text {
			line := strings.TrimRight(l.String(), " \t")
			if line == "" {
				continue
			}
			if n, ok := strings.CutPrefix(line, "num tasks: "); ok && blank {
				if v, err := strconv.ParseInt(lines.Digits(n), 10, 64); err == nil {
					claimed = v
				}
			}
			blank = false
			if strings.HasPrefix(line, "process: ") {
				if t != nil && !yield(*t, nil) {
					return
				}
				read++
				t, inThreads = begin(l, line), false
				if t.PID == nil && !yield(Task{}, fmt.Errorf("read line %d: unknown form: %q", l.Number, line[:min(len(line), 200)])) {
					return
				}
				continue
			}
			if t == nil {
				continue
			}
			if line == "threads:" {
				inThreads = true
			} else if inThreads {
				t.thread(line)
			} else {
				t.value(line)
			}
		}
		if t != nil && !yield(*t, nil) {
			return
		}
		switch {
		case read == 0 && !blank && claimed != 0:
			yield(Task{}, ErrNoTask)
		case claimed >= 0 && claimed != read:
			yield(Task{}, fmt.Errorf("read tasks: the text says that there are %d, and has %d", claimed, read))
		}
	}
}

// begin returns the task that a line begins.
func begin(l lines.Line, line string) *Task {
	t := &Task{Line: l.Number, Offset: l.Offset}
	m := process.FindStringSubmatch(line)
	if m == nil {
		t.Name = strings.TrimPrefix(line, "process: ")
		return t
	}
	t.Name = m[1]
	if n, err := strconv.ParseInt(m[2], 10, 64); err == nil {
		t.PID = &n
	}
	if n, err := strconv.ParseInt(m[3], 10, 64); err == nil {
		t.UniqueID = &n
	}
	return t
}

// thread reads a line below threads.
func (t *Task) thread(line string) {
	line = strings.TrimLeft(line, " \t")
	if strings.HasPrefix(line, "thread ID: ") {
		t.Threads++
		return
	}
	name, ok := strings.CutPrefix(line, "thread name: ")
	if name = strings.Trim(name, `" `); !ok || name == "" || slices.Contains(t.Names, name) {
		return
	}
	if len(t.Names) == maxNames {
		t.More++
		return
	}
	t.Names = append(t.Names, name)
}

// value reads a line before threads. Lines such as "requested policy" only head
// those that follow.
func (t *Task) value(line string) {
	key, value, ok := strings.Cut(strings.TrimLeft(line, " \t"), ":")
	if value = strings.TrimSpace(value); !ok || value == "" {
		return
	}
	value = value[:min(len(value), maxText)]
	key = strings.Join(strings.Fields(key), " ")
	switch key {
	case "executable uuid", "executable UUID":
		t.UUID = value
		return
	case "run time":
		if m := seconds.FindStringSubmatch(lines.Digits(value)); m != nil {
			n, _ := strconv.ParseInt(m[1], 10, 64)
			t.RunTime = &n
			return
		}
	}
	if len(t.Pairs) == maxPairs {
		t.More++
		return
	}
	t.Pairs = append(t.Pairs, Pair{key, value})
}
