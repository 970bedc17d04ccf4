package ips

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A Process is one process in a list of all. Numbers are nil where the list does
// not say.
type Process struct {
	Name   string
	PID    *int64
	UUID   string   // of its main image
	States []string // such as "daemon", "idle", "frontmost"
	Reason string   // of a process that was ended
	Pages  *int64   // of memory
	Most   *int64   // pages at the most, in its life
	Age    *int64   // as it is written; the unit is not documented
	CPU    string   // seconds of processor time
	Files  *int64   // open descriptors

	Coalition  *int64
	Priority   *int64
	CSFlags    *int64 // flags of code signing
	TrustLevel *int64 // of code signing

	Threads int64    // how many, with Names
	Names   []string // of threads and queues, each once
	Other   []Pair   // other members
}

// A System is a report on the whole system: a panic, a stackshot, a forced reset
// or lack of memory.
type System struct {
	Time        string // date: with offset
	Product     string // model
	Build       string // "iPhone OS 14.4 (18D52)"
	Kernel      string
	Incident    string
	ReporterKey string
	Reason      string
	Largest     string // process with most memory
	Panic       string // panicString
	Memory      []Pair // memoryStatus
	Processes   []Process
	Images      []Image
	Other       []Pair
}

// Limits of a report on the system.
const (
	maxProcesses   = 16384
	maxThreadNames = 256 // of one process
)

// DecodeSystem reads a report on the system from its body: JSON, or the text of
// old systems. With an error what could be read is returned.
func DecodeSystem(body []byte) (System, error) {
	if err := ended(body); err != nil {
		return System{}, err
	}
	if !IsJSON(body) {
		return systemText(body)
	}
	v, err := Object(body)
	var s System
	for key, m := range v.Members() {
		if to := s.text(key); to != nil {
			if *to == "" {
				*to = m.Text()
			}
			continue
		}
		s.member(key, m)
	}
	return s, err
}

// text returns where a text of the body belongs, nil if it is none.
func (s *System) text(key string) *string {
	switch key {
	case "date", "timestamp":
		return &s.Time
	case "product":
		return &s.Product
	case "build", "os_version":
		return &s.Build
	case "kernel":
		return &s.Kernel
	case "incident", "incident_id":
		return &s.Incident
	case "crashReporterKey":
		return &s.ReporterKey
	case "reason":
		return &s.Reason
	case "largestProcess":
		return &s.Largest
	case "panicString", "macOSPanicString":
		return &s.Panic
	}
	return nil
}

// member reads a member that is no text.
func (s *System) member(key string, m Value) {
	switch {
	case key == "memoryStatus":
		s.Memory, _ = m.Leaves("")
	case key == "processes" && m.IsList():
		for v := range m.Items() {
			s.process(v, "")
		}
	case key == "processByPid" && m.IsObject():
		for pid, v := range m.Members() {
			s.process(v, pid)
		}
	case key == "binaryImages" && m.IsList():
		for v := range m.Items() {
			if len(s.Images) < maxImages {
				s.Images = append(s.Images, imageList(v))
			}
		}
	default:
		leaves, _ := m.Leaves(key)
		s.Other = append(s.Other, leaves...)
	}
}

// imageList reads [uuid, base, source].
func imageList(v Value) Image {
	var im Image
	i := 0
	for m := range v.Items() {
		switch i {
		case 0:
			im.UUID = imageUUID(m.Text())
		case 1:
			im.Base = m.Uint()
		case 2:
			im.Source = m.Text()
		}
		i++
	}
	return im
}

func (s *System) process(v Value, pid string) {
	if len(s.Processes) == maxProcesses {
		s.Other = append(s.Other, Pair{"processes", "more than is read"})
	}
	if len(s.Processes) >= maxProcesses {
		return
	}
	var p Process
	if n, err := strconv.ParseInt(pid, 10, 64); err == nil {
		p.PID = &n
	} else if pid != "" {
		p.Other = append(p.Other, Pair{"processByPid", pid})
	}
	for key, m := range v.Members() {
		if to := p.number(key); to != nil {
			*to = m.Number()
			continue
		}
		p.member(key, m)
	}
	s.Processes = append(s.Processes, p)
}

// number returns where a number of a process belongs, nil if it is none.
func (p *Process) number(key string) **int64 {
	switch key {
	case "pid":
		return &p.PID
	case "rpages":
		return &p.Pages
	case "lifetimeMax":
		return &p.Most
	case "age":
		return &p.Age
	case "fds":
		return &p.Files
	case "coalition", "jetsamCoalition":
		return &p.Coalition
	case "priority", "jetsamPriority":
		return &p.Priority
	case "csFlags":
		return &p.CSFlags
	case "csTrustLevel":
		return &p.TrustLevel
	}
	return nil
}

// member reads a member of a process that is no number with a place.
func (p *Process) member(key string, m Value) {
	switch key {
	case "name", "procname":
		p.Name = m.Text()
	case "uuid":
		p.UUID = imageUUID(m.Text())
	case "reason":
		p.Reason = m.Text()
	case "cpuTime":
		p.CPU = m.Text()
	case "states":
		for state := range m.Items() {
			if len(p.States) < maxTexts {
				p.States = append(p.States, state.Text())
			}
		}
	case "threadById":
		p.threads(m)
	default:
		leaves, _ := m.Leaves(strings.TrimSuffix(key, ":")) // one key has a colon by mistake
		p.Other = append(p.Other, leaves...)
	}
}

// threads counts threads and keeps their names, and those of their queues.
func (p *Process) threads(v Value) {
	seen := map[string]bool{}
	for _, t := range v.Members() {
		p.Threads++
		for _, key := range []string{"name", "dispatch_queue_label"} {
			name := t.Get(key).Text()
			if name != "" && !seen[name] && len(seen) < maxThreadNames {
				seen[name] = true
				p.Names = append(p.Names, name)
			}
		}
	}
}

// systemProcess is a line of the list in the text of old systems: name, UUID,
// numbers of pages, the reason why it was ended, and its states.
var systemProcess = regexp.MustCompile(`^\s*(\S.*?)\s+<([0-9a-fA-F-]{32,36})>\s+(\d+)\s*(\d*)\s*(?:\[([^\]]*)\])?\s*(.*)$`)

// systemText reads a report in text: "key: value", and what is none is the panic.
func systemText(body []byte) (System, error) {
	var s System
	var panicked []string
	found := false
	for line := range textLines(body) {
		if m := systemProcess.FindStringSubmatch(line); m != nil && len(s.Processes) < maxProcesses {
			s.Processes = append(s.Processes, textProcess(m))
			found = true
			continue
		}
		key, value, ok := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch to := s.head(strings.TrimSpace(key)); {
		case len(panicked) > 0 || strings.HasPrefix(line, "panic("):
			if found = true; len(panicked) < maxLeaves {
				panicked = append(panicked, line)
			}
		case ok && to != nil && *to == "":
			*to, found = value, true
		case strings.TrimSpace(line) != "" && len(s.Other) < maxLeaves:
			s.Other = append(s.Other, Pair{strings.TrimSpace(key), value})
		}
	}
	s.Panic = strings.TrimSpace(strings.Join(panicked, "\n"))
	if !found {
		return s, fmt.Errorf("read report: no line of a known form in a text that begins with %s", brief(body))
	}
	return s, nil
}

// head returns where a text of the head belongs, nil if it is none.
func (s *System) head(key string) *string {
	switch key {
	case "Incident Identifier":
		return &s.Incident
	case "CrashReporter Key":
		return &s.ReporterKey
	case "Hardware Model":
		return &s.Product
	case "Date", "Date/Time":
		return &s.Time
	case "OS Version":
		return &s.Build
	case "Kernel version", "Kernel Version":
		return &s.Kernel
	case "Largest process":
		return &s.Largest
	case "Reason":
		return &s.Reason
	}
	return nil
}

func textProcess(m []string) Process {
	p := Process{Name: m[1], UUID: m[2], Reason: m[5]}
	for i, to := range []**int64{&p.Pages, &p.Most} {
		if n, err := strconv.ParseInt(m[3+i], 10, 64); err == nil {
			*to = &n
		}
	}
	p.States = append(p.States, strings.FieldsFunc(m[6], func(r rune) bool { return strings.ContainsRune("() ,", r) })...)
	return p
}

// csFlags are the flags of code signing of a process (cs_blobs.h of XNU).
var csFlags = []struct {
	bit  int64
	name string
}{
	{0x1, "valid"}, {0x2, "ad hoc"}, {0x4, "get-task-allow"}, {0x8, "installer"}, {0x10, "forced library validation"}, {0x100, "hard"}, {0x200, "kill"},
	{0x400, "check expiration"}, {0x800, "restrict"}, {0x1000, "enforcement"}, {0x2000, "require library validation"}, {0x10000, "runtime"},
	{0x20000, "linker signed"}, {0x4000, "entitlements validated"}, {0x8000, "NVRAM unrestricted"}, {0x100000, "set hard"}, {0x200000, "set kill"},
	{0x400000, "set enforcement"}, {0x800000, "inherit SIP"}, {0x1000000, "killed"}, {0x2000000, "no untrusted helpers"}, {0x4000000, "platform binary"}, {0x8000000, "platform path"}, {0x10000000, "debugged"}, {0x20000000, "signed"},
	{0x40000000, "development code"}, {0x80000000, "data vault controller"},
}

// categories are the categories of validation of code (CS_VALIDATION_CATEGORY_… of
// cs_blobs.h).
var categories = []string{"invalid", "platform", "TestFlight", "development", "app store", "enterprise", "developer ID", "local signing", "Rosetta", "out-of-process JIT", "none"}

// Category returns the name of a category of validation, "category 99" for one
// without a name.
func Category(n int64) string {
	if n >= 0 && n < int64(len(categories)) {
		return categories[n]
	}
	return fmt.Sprintf("category %d", n)
}

// CodeSigning returns the names of flags of code signing; those without a name
// are there as a number.
func CodeSigning(flags int64) (names []string) {
	for _, f := range csFlags {
		if flags&f.bit != 0 {
			names = append(names, f.name)
			flags &^= f.bit
		}
	}
	if flags != 0 {
		names = append(names, fmt.Sprintf("%#x", uint64(flags)))
	}
	return names
}

// A PanicText is what the text of a panic says.
type PanicText struct {
	Message       string // its first line, without the processor and the caller
	Task          string // name of the task that panicked
	PID           *int64 // of it
	OSVersion     string
	Kernel        string
	Boot          string // version of iBoot
	Debugger      string // Debugger message
	Booted, Slept string // Epoch Time: seconds since 1970, hexadecimal
	Woke, Clock   string
}

var (
	panicTask  = regexp.MustCompile(`Panicked task 0x[0-9a-fA-F]+:.*?pid (\d+): (.+)`)
	panicEpoch = regexp.MustCompile(`(?m)^\s*(Boot|Sleep|Wake|Calendar)\s*: (0x[0-9a-fA-F]+) 0x[0-9a-fA-F]+`)
	panicCall  = regexp.MustCompile(`^panic\(cpu \d+ caller [^)]*\): ?`)
	panicLine  = regexp.MustCompile(`(?m)^(OS version|Kernel version|iBoot version|Debugger message): *(.*)$`)
)

// maxPanic bounds the text that is searched.
const maxPanic = 1 << 20

// ReadPanic reads the text of a panic.
func ReadPanic(s string) PanicText {
	s = s[:min(len(s), maxPanic)]
	first, _, _ := strings.Cut(s, "\n")
	p := PanicText{Message: strings.TrimSpace(panicCall.ReplaceAllString(first, ""))}
	if m := panicTask.FindStringSubmatch(s); m != nil {
		p.Task = strings.TrimSpace(m[2])
		if n, err := strconv.ParseInt(m[1], 10, 64); err == nil {
			p.PID = &n
		}
	}
	for _, m := range panicLine.FindAllStringSubmatch(s, 16) {
		*map[string]*string{"OS version": &p.OSVersion, "Kernel version": &p.Kernel, "iBoot version": &p.Boot, "Debugger message": &p.Debugger}[m[1]] = strings.TrimSpace(m[2])
	}
	for _, m := range panicEpoch.FindAllStringSubmatch(s, 8) {
		*map[string]*string{"Boot": &p.Booted, "Sleep": &p.Slept, "Wake": &p.Woke, "Calendar": &p.Clock}[m[1]] = m[2]
	}
	return p
}
