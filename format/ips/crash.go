package ips

import (
	"fmt"
	"strconv"
	"strings"
)

// A CrashReport is the report of one process that ended or had a fault. Texts are
// "" and numbers nil where the report does not say.
type CrashReport struct {
	Time     string // captureTime or Date/Time: when it was captured
	Launched string // procLaunch or Launch Time: when the process began

	Process, Path      string // procName, procPath
	PID                *int64
	Identifier         string // bundle identifier
	Version, Build     string // of the bundle
	Parent             string
	ParentPID          *int64
	Responsible        string // process on whose behalf it ran
	ResponsiblePID     *int64
	Coalition          string
	CoalitionID        *int64
	User               *int64
	Role               string
	SigningID, Team    string // code signature: identifier and team
	SigningFlags       *int64
	TrustLevel         *int64
	ValidationCategory *int64

	Type, Signal, Subtype, Codes, Message string // exception
	Namespace, Indicator                  string // termination
	Code                                  string
	Reasons                               []string
	By                                    string
	ByPID                                 *int64
	Info                                  []Pair // application-specific: name of the library, text
	Region, Triage                        string // memory region of the address, what the kernel notes

	Faulting  *int64 // index of the thread
	Threads   []Thread
	Exception []Frame // lastExceptionBacktrace
	Registers []Pair  // of the thread
	Images    []Image

	Model, System, SystemBuild, ReleaseType string
	Incident, ReporterKey                   string
	LockdownMode, Locked, Unlocked          *bool
	Developer                               *bool  // developer mode
	SharedCache                             string // UUID
	SharedBase, SharedSize                  uint64 // address and bytes of it
	Other                                   []Pair // what has no place above
}

// A Thread is one thread.
type Thread struct {
	ID        *int64
	Name      string
	Queue     string
	Triggered bool
	Frames    []Frame
}

// A Frame is one function of a backtrace, innermost first.
type Frame struct {
	Image        int    // index in the images, -1 if it has none
	Name         string // of the image: file name or path; "" or "???" if it has none
	Base         uint64 // address of the image
	Address      uint64 // of the instruction; 0 if it is not known
	Offset       uint64 // of the instruction in the image
	Symbol       string
	SymbolOffset int64
}

// String returns the frame in the form "image + offset (symbol + offset)".
func (f Frame) String() string {
	name := f.Name
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		name = name[i+1:]
	}
	if name == "" || name == "???" {
		name = "no image"
	}
	b := strconv.AppendUint(append([]byte(name), " + "...), f.Offset, 10)
	if f.Offset == 0 && f.Address != 0 && f.Base == 0 {
		b = fmt.Appendf(append(b[:0], name...), " %#x", f.Address)
	}
	if f.Symbol != "" {
		b = append(append(append(b, " ("...), f.Symbol...), " + "...)
		b = append(strconv.AppendInt(b, f.SymbolOffset, 10), ')')
	}
	return strings.ToValidUTF8(string(b), "\ufffd")
}

// An Image is a file of code that was loaded.
type Image struct {
	Base, Size uint64
	Name, Path string
	UUID       string // as it is written, "" if there is none or it is all zeros
	Arch       string
	Source     string // letter of the report: P of the process, S of the shared cache
	Identifier string // of its bundle
	Version    string
}

// Limits of a crash report.
const (
	maxThreads = 4096
	maxFrames  = 512 // of one thread
	maxImages  = 16384
	maxTexts   = 256 // reasons and texts of the application

	usualImages = 48 // that there is room for at first
)

// DecodeCrash reads a crash report from its body, JSON or text. With an error
// what could be read is returned.
func DecodeCrash(body []byte) (CrashReport, error) {
	if err := ended(body); err != nil {
		return CrashReport{}, err
	}
	if !IsJSON(body) {
		return crashText(body)
	}
	v, err := Object(body)
	c := crashJSON(v)
	return c, err
}

// Shared reports whether an image is of the shared cache of libraries, by its letter
// or, as reports of iOS have it, by its address.
func (c *CrashReport) Shared(im Image) bool {
	return im.Source == "S" || im.Base >= c.SharedBase && im.Base-c.SharedBase < c.SharedSize
}

// FaultingThread returns the thread that the report is about, nil if it names
// none that is there.
func (c *CrashReport) FaultingThread() *Thread {
	if c.Faulting != nil && *c.Faulting >= 0 && *c.Faulting < int64(len(c.Threads)) {
		return &c.Threads[*c.Faulting]
	}
	for i := range c.Threads {
		if c.Threads[i].Triggered {
			return &c.Threads[i]
		}
	}
	return nil
}
