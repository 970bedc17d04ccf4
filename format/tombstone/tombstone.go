// Package tombstone decodes the reports that Android writes of native crashes,
// data/tombstones/tombstone_NN as text and, since Android 12, tombstone_NN.pb as
// a protocol buffer with the same and more.
//
// Source: AOSP system/core/debuggerd (tombstone.proto, libdebuggerd).
package tombstone

import (
	"bytes"
	"errors"
	"time"
)

// Limits that a hostile file cannot exceed. What is beyond them is counted in
// Tombstone.Dropped.
const (
	maxThreads  = 1 << 14
	maxFrames   = 1 << 12 // of one thread
	maxMappings = 1 << 18
	maxFDs      = 1 << 16
	maxLog      = 1 << 18 // lines
	maxOther    = 1 << 12
	maxAbort    = 16 << 10 // bytes of the lines after the first of the message
)

var (
	errForm    = errors.New("no tombstone: neither its first lines nor its fields are there")
	errProcess = errors.New("read tombstone: it ends before the line of the process")
)

// A Tombstone is one crash. Numbers that are not recorded are -1 where 0 means
// something.
type Tombstone struct {
	Protobuf    bool
	Fingerprint string // of the build
	Revision    string
	Arch        string    // "arm", "arm64", "x86", "x86_64", "riscv64", "none"
	Time        time.Time // with the offset that is printed; zero before Android 10
	RawTime     string
	Uptime      time.Duration // of the process; -1 if not recorded
	PID         int           // -1 if not recorded
	TID         int           // of the thread that crashed; -1 if not recorded
	UID         int           // -1 if not recorded
	Thread      string        // name of the thread that crashed
	Binary      string        // between >>> and <<<, of the text only: path or name of the process
	CommandLine []string      // of the text: one joined string
	SELinux     string        // label, of the protobuf only
	Signal      Signal
	Abort       string
	Causes      []string
	Threads     []Thread // the one that crashed first in the text; by number in the protobuf
	Guest       []Thread // of an emulated architecture
	GuestArch   string
	Mappings    []Mapping
	FDs         []FD
	Logs        []Log
	Details     []Pair // crash_details
	Other       []Pair // lines "key: value" and fields that the decoder does not know
	Dropped     int    // threads, frames, mappings and so on beyond the limits or of unknown form
}

// A Signal is why the process ended. Names are "" if not recorded.
type Signal struct {
	Number    int // -1 if not recorded
	Name      string
	Code      int
	CodeName  string
	Fault     string // address in hexadecimal with 0x; "" if there is none
	SenderPID int    // -1 if not sent by a process
	SenderUID int
}

// A Thread is one thread with the functions it was in, innermost first.
type Thread struct {
	ID        int
	Name      string
	Registers []Pair
	Frames    []Frame
	Notes     []string // of the backtrace
}

// A Frame is one function of a backtrace.
type Frame struct {
	Index          int
	PC             uint64 // relative to the file
	Function       string
	FunctionOffset uint64
	File           string // "" for code outside of any file
	BuildID        string
	Line           int // in the text; 0 in the protobuf
}

// A Mapping is one range of the memory of the process.
type Mapping struct {
	Begin, End uint64 // the end is the first byte after it
	Offset     uint64
	Perm       string // "r-x"
	Name       string // path, "[anon:…]" or ""
	BuildID    string
	LoadBias   uint64
}

// An FD is an open file.
type FD struct {
	Number int
	Path   string
	Owner  string
	Tag    uint64 // of the owner
}

// A Log is the end of one log buffer.
type Log struct {
	Name  string
	Lines []LogLine
}

// A LogLine is one line of a log. The clock has no zone.
type LogLine struct {
	Time     string // as printed
	PID, TID int
	Priority string // "E", or the number of the protobuf
	Tag      string
	Message  string
}

// A Pair is a name with its value.
type Pair struct {
	Key, Value string
}

// Decode decodes a tombstone of either form. With an error it returns what could
// be read before the damage.
func Decode(data []byte) (Tombstone, error) {
	t := Tombstone{PID: -1, TID: -1, UID: -1, Uptime: -1, Signal: Signal{Number: -1, SenderPID: -1, SenderUID: -1}}
	head := data[:min(len(data), 4096)]
	if bytes.Contains(head, []byte("*** *** ***")) || bytes.Contains(head, []byte("\npid: ")) || bytes.HasPrefix(head, []byte("pid: ")) {
		t.text(data)
		switch {
		case t.PID >= 0:
		case t.Fingerprint == "":
			return t, errForm
		default:
			return t, errProcess
		}
		return t, nil
	}
	return t, t.protobuf(data)
}

// parseTime reads "2031-02-01 12:32:40.518290770+0200".
func (t *Tombstone) parseTime(s string) {
	t.RawTime = s
	t.Time, _ = time.Parse("2006-01-02 15:04:05Z0700", s)
}

// room reports whether one more may be kept, and counts it otherwise.
func (t *Tombstone) room(n, limit int) bool {
	if n >= limit {
		t.Dropped++
	}
	return n < limit
}
