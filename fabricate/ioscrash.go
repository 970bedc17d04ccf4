package fabricate

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// An IOSSystem is the phone that reports are of.
type IOSSystem struct {
	Model    string         // such as "iPhone14,7"
	Version  string         // such as "17.1"
	Build    string         // such as "21B74"
	Zone     *time.Location // of its clock; nil is UTC
	Lockdown bool           // Lockdown Mode is on
}

// name is the version as reports have it.
func (s IOSSystem) name() string { return fmt.Sprintf("iPhone OS %s (%s)", s.Version, s.Build) }

// clock writes an instant with its offset, with some digits of the second.
func (s IOSSystem) clock(t time.Time, digits int) string {
	zone := s.Zone
	if zone == nil {
		zone = time.UTC
	}
	return t.In(zone).Format("2006-01-02 15:04:05." + strings.Repeat("0", digits) + " -0700")
}

// FileName returns the name of the file of a report, such as
// "imagent-2031-04-05-101112.ips".
func (s IOSSystem) FileName(process string, at time.Time) string {
	zone := s.Zone
	if zone == nil {
		zone = time.UTC
	}
	return process + "-" + at.In(zone).Format("2006-01-02-150405") + ".ips"
}

// header writes the first line of a report.
func (s IOSSystem) header(kind string, at time.Time, incident string, more map[string]any) []byte {
	h := map[string]any{"bug_type": kind, "timestamp": s.clock(at, 2), "os_version": s.name(), "incident_id": incident, "roots_installed": 0}
	for key, v := range more {
		h[key] = v
	}
	return append(iosJSON(h, ""), '\n')
}

// iosJSON writes a value with its keys in order.
func iosJSON(v any, indent string) []byte {
	b, err := json.MarshalIndent(v, "", indent)
	if indent == "" {
		b, err = json.Marshal(v)
	}
	if err != nil {
		panic(err) // values made here
	}
	return b
}

// An IOSFrame is a function of a backtrace.
type IOSFrame struct {
	Image  int // index in the images
	Offset uint64
	Symbol string
}

// An IOSImage is a file of code that is loaded.
type IOSImage struct {
	Base uint64
	Path string // "" for none, which stands for addresses outside images
	UUID string
}

// An IOSCrash is the crash of a process of an iPhone.
type IOSCrash struct {
	Process, Path, Bundle string
	PID                   int
	Parent                string // "" is launchd
	At, Launched          time.Time
	Incident              string
	Exception             string // such as EXC_BAD_ACCESS
	Signal                string
	Subtype               string
	Namespace             string // of the termination, such as SIGNAL
	Code                  int
	Info                  []string // texts of libsystem_c.dylib
	Frames                []IOSFrame
	Images                []IOSImage
}

// head is what the header says besides.
func (c *IOSCrash) head() map[string]any {
	h := map[string]any{"app_name": c.Process, "name": c.Process, "app_version": "", "build_version": "", "platform": 2, "share_with_app_devs": 0, "is_first_party": 1}
	if c.Bundle != "" {
		h["bundleID"] = c.Bundle
	}
	if len(c.Images) > 0 {
		h["slice_uuid"] = c.Images[0].UUID
	}
	return h
}

func (c *IOSCrash) parent() string {
	if c.Parent == "" {
		return "launchd"
	}
	return c.Parent
}

// JSON writes the report as iOS 15 and later do, type 309.
func (c *IOSCrash) JSON(s IOSSystem) []byte {
	frames := []any{}
	for _, f := range c.Frames {
		m := map[string]any{"imageIndex": f.Image, "imageOffset": f.Offset}
		if f.Symbol != "" {
			m["symbol"], m["symbolLocation"] = f.Symbol, 16
		}
		frames = append(frames, m)
	}
	images := []any{}
	for _, im := range c.Images {
		if im.Path == "" {
			images = append(images, map[string]any{"source": "A", "base": 0, "size": 0, "uuid": "00000000-0000-0000-0000-000000000000"})
			continue
		}
		images = append(images, map[string]any{"source": "P", "arch": "arm64e", "base": im.Base, "size": 0x4000, "uuid": im.UUID, "path": im.Path, "name": im.Path[strings.LastIndexByte(im.Path, '/')+1:]})
	}
	body := map[string]any{
		"procName": c.Process, "procPath": c.Path, "pid": c.PID, "parentProc": c.parent(), "parentPid": 1, "userID": 501, "coalitionName": c.Process, "coalitionID": 70,
		"captureTime": s.clock(c.At, 4), "procLaunch": s.clock(c.Launched, 4), "uptime": 5300, "version": 2, "procRole": "Unspecified", "modelCode": s.Model,
		"osVersion": map[string]any{"isEmbedded": true, "train": "iPhone OS " + s.Version, "releaseType": "User", "build": s.Build}, "cpuType": "ARM-64",
		"incident": c.Incident, "bug_type": "309", "crashReporterKey": "c0dec0de", "codeSigningID": c.Process, "codeSigningTeamID": "", "codeSigningFlags": 570434305,
		"exception":      map[string]any{"type": c.Exception, "signal": c.Signal, "subtype": c.Subtype, "codes": "0x0000000000000001, 0x0000000000000010", "rawCodes": []int{1, 16}},
		"termination":    map[string]any{"namespace": c.Namespace, "code": c.Code, "flags": 0, "indicator": c.Signal},
		"faultingThread": 0, "threads": []any{map[string]any{"id": 1000 + c.PID, "triggered": true, "queue": "com.apple.main-thread", "frames": frames}},
		"usedImages": images,
	}
	if s.Lockdown {
		body["ldm"] = 1
	}
	if c.Bundle != "" {
		body["bundleInfo"] = map[string]any{"CFBundleIdentifier": c.Bundle}
	}
	if len(c.Info) > 0 {
		body["asi"] = map[string]any{"libsystem_c.dylib": c.Info}
	}
	return append(append(s.header("309", c.At, c.Incident, c.head()), iosJSON(body, "  ")...), '\n')
}

// Text writes the report as iOS up to 14 does, type 109.
func (c *IOSCrash) Text(s IOSSystem) []byte {
	var t text
	t.line("Incident Identifier: %s\nCrashReporter Key:   c0dec0de\nHardware Model:      %s\nProcess:             %s [%d]\nPath:                %s\nIdentifier:          %s\nVersion:             ???",
		c.Incident, s.Model, c.Process, c.PID, c.Path, c.Process)
	t.line("Code Type:           ARM-64 (Native)\nRole:                Unspecified\nParent Process:      %s [1]\nCoalition:           %s [70]\n\n", c.parent(), c.Process)
	t.line("Date/Time:           %s\nLaunch Time:         %s\nOS Version:          %s\nRelease Type:        User\nReport Version:      104\n", s.clock(c.At, 4), s.clock(c.Launched, 4), s.name())
	t.line("Exception Type:  %s (%s)", c.Exception, c.Signal)
	if c.Subtype != "" {
		t.line("Exception Subtype: %s", c.Subtype)
	}
	t.line("Termination Reason: Namespace %s, Code %#x\nTriggered by Thread:  0\n", c.Namespace, c.Code)
	if len(c.Info) > 0 {
		t.line("Application Specific Information:\n%s\n", strings.Join(c.Info, "\n"))
	}
	t.line("Thread 0 name:  Dispatch queue: com.apple.main-thread\nThread 0 Crashed:")
	for i, f := range c.Frames {
		name, base := "???", uint64(0)
		if f.Image >= 0 && f.Image < len(c.Images) && c.Images[f.Image].Path != "" {
			im := c.Images[f.Image]
			name, base = im.Path[strings.LastIndexByte(im.Path, '/')+1:], im.Base
		}
		t.line("%-3d %-30s\t%#016x %#x + %d", i, name, base+f.Offset, base, f.Offset)
	}
	t.line("\nThread 0 crashed with ARM Thread State (64-bit):\n    x0: 0x0000000000000000   x1: 0x0000000000000001\n\nBinary Images:")
	for _, im := range c.Images {
		if im.Path != "" {
			t.line("%#x - %#x %s arm64  <%s> %s", im.Base, im.Base+0x3fff, im.Path[strings.LastIndexByte(im.Path, '/')+1:], strings.ToLower(strings.ReplaceAll(im.UUID, "-", "")), im.Path)
		}
	}
	t.line("\nEOF")
	return append(s.header("109", c.At, c.Incident, c.head()), t.String()...)
}

// An IOSProcess is a process in a report that lists all.
type IOSProcess struct {
	Name   string
	PID    int
	UUID   string
	Daemon bool
	Flags  int64  // of code signing; 0 is that of a part of iOS
	Reason string // why it was ended
	Pages  int
}

// Jetsam writes a report of lack of memory, type 298; the first process is the
// largest.
func (s IOSSystem) Jetsam(at time.Time, incident string, processes []IOSProcess) []byte {
	list := []any{}
	for i, p := range processes {
		state, flags := "frontmost", p.Flags
		if p.Daemon {
			state = "daemon"
		}
		if flags == 0 {
			flags = 570434305
		}
		m := map[string]any{"uuid": p.UUID, "name": p.Name, "pid": p.PID, "states": []string{state}, "rpages": p.Pages, "lifetimeMax": p.Pages + 10, "age": 14093286391396, "fds": 50,
			"coalition": 50 + i, "priority": 0, "cpuTime": 0.5, "csFlags": flags, "csTrustLevel": 7, "physicalPages": map[string]any{"internal": []int{1, 2}}, "freeze_skip_reason:": "none"}
		if p.Reason != "" {
			m["reason"] = p.Reason
		}
		list = append(list, m)
	}
	body := map[string]any{"crashReporterKey": "c0dec0de", "kernel": "Darwin Kernel Version 23.1.0", "product": s.Model, "incident": incident, "date": s.clock(at, 2), "build": s.name(),
		"timeDelta": 19, "genCounter": 1, "memoryStatus": map[string]any{"pageSize": 16384, "memoryPages": map[string]any{"active": 8823, "free": 3516}}, "processes": list}
	if len(processes) > 0 {
		body["largestProcess"] = processes[0].Name
	}
	return append(append(s.header("298", at, incident, nil), iosJSON(body, "  ")...), '\n')
}

// byPid are processes as panics and stackshots list them.
func byPid(processes []IOSProcess) map[string]any {
	list := map[string]any{}
	for _, p := range processes {
		list[strconv.Itoa(p.PID)] = map[string]any{"procname": p.Name, "residentMemoryBytes": p.Pages << 14, "jetsamCoalition": 50, "threadById": map[string]any{
			strconv.Itoa(1000 + p.PID): map[string]any{"id": 1000 + p.PID, "name": "main", "state": []string{"TH_WAIT"}}}}
	}
	return list
}

// Panic writes a report of the kernel ending while a task was running, type 210.
func (s IOSSystem) Panic(at, booted time.Time, incident, message string, task IOSProcess, processes []IOSProcess) []byte {
	said := fmt.Sprintf("panic(cpu 1 caller 0xfffffff00a1b2c3d): %s\nDebugger message: panic\nOS release type: User\nOS version: %s\nKernel version: Darwin Kernel Version 23.1.0\niBoot version: iBoot-10151\n"+
		"Epoch Time:        sec       usec\n  Boot    : %#08x 0x0003d090\n  Sleep   : 0x00000000 0x00000000\n  Wake    : 0x00000000 0x00000000\n  Calendar: %#08x 0x000e8b1c\n\n"+
		"Panicked task 0xffffffe1: %d pages, 5 threads: pid %d: %s\n", message, s.Build, booted.Unix(), at.Unix(), task.Pages, task.PID, task.Name)
	body := map[string]any{"build": s.name(), "product": s.Model, "kernel": "Darwin Kernel Version 23.1.0", "incident": incident, "crashReporterKey": "c0dec0de", "date": s.clock(at, 2),
		"panicString": said, "panicFlags": "0x802", "otherString": "** Stackshot Succeeded **", "memoryStatus": map[string]any{"pageSize": 16384}, "processByPid": byPid(processes)}
	return append(append(s.header("210", at, incident, nil), iosJSON(body, "  ")...), '\n')
}

// Stackshot writes a report of what all processes are doing, type 288.
func (s IOSSystem) Stackshot(at time.Time, incident, reason string, processes []IOSProcess) []byte {
	body := map[string]any{"build": s.name(), "product": s.Model, "kernel": "Darwin Kernel Version 23.1.0", "incident": incident, "crashReporterKey": "c0dec0de", "date": s.clock(at, 2),
		"reason": reason, "processByPid": byPid(processes)}
	return append(append(s.header("288", at, incident, nil), iosJSON(body, "  ")...), '\n')
}
