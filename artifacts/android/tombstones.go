package android

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path"
	"strings"
	"time"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/tombstone"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Tombstones reads reports of native crashes.
var Tombstones = artifact.Parser{
	ID:    "android.tombstones",
	Title: lang.Text{EN: "Native crashes (tombstones)", FR: "Plantages natifs (tombstones)"},
	Doc: `When native code crashes, debuggerd writes a report: which process, why, what its
threads were doing and which files it had open. The newest 32 are kept, 10 on older
phones, and a bugreport has them all. From Android 12 on each is there as text and as
a protocol buffer with more; both make one record here, from the latter.

Exploits that fail, or that clean up badly, crash the process that reads messages,
media or radio signals. Such crashes also happen on ordinary phones by the dozen: what
counts is which process, how often, and what the abort message says. No crash tells
nothing, since they are overwritten by newer ones.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.AndroidBugreport | evidence.AndroidQF, Glob: "data/tombstones/tombstone_*"},
		{Kinds: evidence.AndroidBugreport | evidence.AndroidQF, Glob: "data/vendor/tombstones/**/tombstone_*"},
		{Kinds: evidence.AndroidQF, Glob: "androidqf/logs/**/tombstone_*"}, // where another file has the path on the device
	},
	Record: tombstonesCrash{},
	Refs: []string{
		"https://source.android.com/docs/core/tests/debug/native-crash",
		"https://android.googlesource.com/platform/system/core/+/refs/heads/main/debuggerd/proto/tombstone.proto",
	},
	Parse: tombstonesParse,
}

// tombstonesCrash is one crash. Numbers are absent where older versions do not
// write them.
type tombstonesCrash struct {
	Time record.Time `json:"time"` // "Timestamp" or field timestamp, with its offset from UTC; from Android 10

	Process     record.Process `json:"process"`                // between ">>>" and "<<<", or the first of command_line: name or path
	Thread      record.Process `json:"thread"`                 // name of the thread that crashed, which for the first one is that of the process, cut
	CommandLine string         `json:"command_line,omitempty"` // "Cmdline" or field command_line
	PID         *int64         `json:"pid,omitempty"`          // number of the process
	TID         *int64         `json:"tid,omitempty"`          // number of the thread that crashed
	UID         *int64         `json:"uid,omitempty"`          // user of the process: 0 root, 1000 system, 2000 shell, apps from 10000
	Uptime      *int64         `json:"uptime,omitempty"`       // "Process uptime", seconds
	SELinux     string         `json:"selinux,omitempty"`      // field selinux_label; not in the text

	Signal   string      `json:"signal"`               // name, such as SIGSEGV
	Number   *int64      `json:"number,omitempty"`     // of the signal
	Code     string      `json:"code,omitempty"`       // name of its code, such as SEGV_MAPERR
	CodeRaw  *int64      `json:"code_raw,omitempty"`   // number of its code
	Fault    string      `json:"fault,omitempty"`      // "fault addr" or field fault_address, hexadecimal
	Sender   *int64      `json:"sender_pid,omitempty"` // which process sent the signal
	SendUser *int64      `json:"sender_uid,omitempty"` // its user
	Abort    record.Text `json:"abort,omitempty"`      // "Abort message": what the process said itself
	Causes   []string    `json:"causes,omitempty"`     // "Cause": what debuggerd makes of it

	Backtrace  []string      `json:"backtrace,omitempty"`   // of the thread that crashed: function and file, innermost first
	Threads    int64         `json:"threads"`               // how many threads the report has
	Files      []record.Path `json:"files,omitempty"`       // files in memory that hold code, or that are in a backtrace
	Memory     []string      `json:"memory,omitempty"`      // executable memory that no ordinary file is behind, as it is named
	Open       []record.Path `json:"open,omitempty"`        // open files
	Log        []record.Text `json:"log,omitempty"`         // the last lines of logs
	Details    []record.KV   `json:"details,omitempty"`     // field crash_details
	Other      []record.KV   `json:"other,omitempty"`       // other lines and fields
	Build      string        `json:"build,omitempty"`       // "Build fingerprint"
	Revision   string        `json:"revision,omitempty"`    // "Revision", of the hardware
	Arch       string        `json:"arch,omitempty"`        // "ABI"
	GuestArch  string        `json:"guest_arch,omitempty"`  // field guest_arch: of an emulated program
	TimeStored string        `json:"time_stored,omitempty"` // the time as it is written, if it could not be read
}

// String implements [record.Data].
func (c tombstonesCrash) String() string {
	s := fmt.Sprintf("crash of %s, thread %s: %s", c.Process, c.Thread, c.Signal)
	if c.Code != "" {
		s += " (" + c.Code + ")"
	}
	if c.Abort != "" {
		s += ": " + string(c.Abort)
	}
	return record.Line(s)
}

// Limits of what is read and kept of one crash.
const (
	tombstonesSize   = 32 << 20 // bytes
	tombstonesFrames = 256
	tombstonesFiles  = 2000
	tombstonesLog    = 2000
)

func tombstonesParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		t, err := tombstonesRead(in.File, in.Size)
		if t.Protobuf || err != nil || !tombstonesTwin(in, t) {
			if err != nil && !yield(record.Record{}, err) {
				return
			}
			if t.Fingerprint+t.RawTime+t.Binary+t.Signal.Name == "" && len(t.CommandLine)+len(t.Threads) == 0 {
				return // nothing of a crash
			}
			yield(in.Record(record.Origin{Row: 1}, tombstonesData(t)), nil)
		}
	}
}

func tombstonesRead(f io.ReaderAt, size int64) (tombstone.Tombstone, error) {
	data, err := io.ReadAll(io.NewSectionReader(f, 0, min(size, tombstonesSize)))
	if err != nil {
		return tombstone.Tombstone{PID: -1, Signal: tombstone.Signal{Number: -1}}, err
	}
	t, err := tombstone.Decode(data)
	if size > tombstonesSize {
		err = errors.Join(err, fmt.Errorf("read crash: %d bytes, limit %d", size, tombstonesSize))
	}
	return t, err
}

// tombstonesTwin reports whether the protocol buffer beside a text is of the same
// crash and can be read: then the record is made from that.
func tombstonesTwin(in *artifact.Input, t tombstone.Tombstone) bool {
	f, err := in.Open(path.Base(in.Path) + ".pb")
	if err != nil {
		return false // what is damaged there is reported when it is read itself
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return false
	}
	twin, err := tombstonesRead(f, info.Size())
	return err == nil && twin.Protobuf && twin.PID == t.PID && twin.TID == t.TID && (t.Time.IsZero() || twin.Time.Truncate(time.Second).Equal(t.Time.Truncate(time.Second)))
}

// tombstonesData describes a crash.
func tombstonesData(t tombstone.Tombstone) tombstonesCrash {
	c := tombstonesCrash{
		Process: record.Process(t.Binary), Thread: record.Process(t.Thread), CommandLine: strings.Join(t.CommandLine, " "),
		PID: tombstonesNumber(t.PID), TID: tombstonesNumber(t.TID), UID: tombstonesNumber(t.UID), SELinux: t.SELinux,
		Signal: t.Signal.Name, Number: tombstonesNumber(t.Signal.Number), Code: t.Signal.CodeName, Fault: tombstonesAddress(t.Signal.Fault),
		Sender: tombstonesNumber(t.Signal.SenderPID), Abort: record.Text(t.Abort), Causes: t.Causes,
		Threads: int64(len(t.Threads)), Build: t.Fingerprint, Revision: t.Revision, Arch: t.Arch, GuestArch: t.GuestArch,
		Details: tombstonesPairs(t.Details), Other: tombstonesPairs(t.Other),
	}
	if !t.Time.IsZero() {
		c.Time = record.Time{Time: t.Time.UTC(), Rule: record.AsText, Zone: record.RecordedOffset}
	} else {
		c.TimeStored = t.RawTime
	}
	if c.Process == "" && len(t.CommandLine) > 0 {
		c.Process = record.Process(t.CommandLine[0])
	}
	if c.Number != nil {
		code := int64(t.Signal.Code)
		c.CodeRaw = &code
	}
	if c.Sender != nil {
		c.SendUser = tombstonesNumber(t.Signal.SenderUID)
	}
	if t.Uptime >= 0 {
		s := int64(t.Uptime / time.Second)
		c.Uptime = &s
	}
	tombstonesMemory(&c, t)
	for _, l := range t.Logs {
		for _, line := range l.Lines[:min(len(l.Lines), tombstonesLog)] {
			c.Log = append(c.Log, record.Text(fmt.Sprintf("%s %d %d %s %s: %s", line.Time, line.PID, line.TID, tombstonesPriority(line.Priority), line.Tag, line.Message)))
		}
	}
	if t.Dropped > 0 {
		c.Other = append(c.Other, record.KV{Key: "not kept", Value: fmt.Sprint(t.Dropped)})
	}
	return c
}

// tombstonesMemory describes what was running and in memory.
func tombstonesMemory(c *tombstonesCrash, t tombstone.Tombstone) {
	code, open := map[string]bool{}, map[string]bool{}
	add := func(seen map[string]bool, list *[]record.Path, file string) {
		if strings.HasPrefix(file, "/") && !seen[file] && len(seen) < tombstonesFiles {
			seen[file] = true
			*list = append(*list, record.Path(file))
		}
	}
	for i, th := range t.Threads {
		for n, f := range th.Frames {
			add(code, &c.Files, f.File)
			if (th.ID == t.TID || t.TID < 0 && i == 0) && n < tombstonesFrames {
				c.Backtrace = append(c.Backtrace, tombstonesFrame(f))
			}
		}
	}
	for _, m := range t.Mappings {
		switch {
		case !strings.Contains(m.Perm, "x"):
		case strings.HasPrefix(m.Name, "/") && !strings.HasPrefix(m.Name, "/memfd:") && !strings.HasSuffix(m.Name, " (deleted)"):
			add(code, &c.Files, m.Name)
		case len(c.Memory) < tombstonesFiles:
			name := m.Name
			if name == "" {
				name = "without name"
			}
			c.Memory = append(c.Memory, name)
		}
	}
	for _, f := range t.FDs {
		add(open, &c.Open, f.Path)
	}
}

// tombstonesFrame returns a line for a function of a backtrace.
func tombstonesFrame(f tombstone.Frame) string {
	file := f.File
	if file == "" {
		file = "no file"
	}
	if f.Function == "" {
		return fmt.Sprintf("%s, pc %#x", file, f.PC)
	}
	return fmt.Sprintf("%s (%s+%d)", file, f.Function, f.FunctionOffset)
}

// tombstonesAddress returns an address without leading zeros, as both forms are
// written by different versions.
func tombstonesAddress(s string) string {
	digits, ok := strings.CutPrefix(s, "0x")
	if !ok {
		return s
	}
	if digits = strings.TrimLeft(digits, "0"); digits == "" {
		digits = "0"
	}
	return "0x" + digits
}

// tombstonesPriority returns the letter of the priority of a line of a log.
func tombstonesPriority(p string) string {
	const letters = "VDIWEF" // from 2 on
	if len(p) == 1 && p[0] >= '2' && int(p[0]-'2') < len(letters) {
		return letters[p[0]-'2' : p[0]-'1']
	}
	return p
}

// tombstonesNumber returns a number, nil if it is negative: not recorded.
func tombstonesNumber(n int) *int64 {
	if n < 0 {
		return nil
	}
	v := int64(n)
	return &v
}

func tombstonesPairs(pairs []tombstone.Pair) (kvs []record.KV) {
	for _, p := range pairs {
		kvs = append(kvs, record.KV{Key: p.Key, Value: p.Value})
	}
	return kvs
}
