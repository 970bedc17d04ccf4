package ips

import (
	"bytes"
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
	Developer                               *bool // developer mode
	SharedCache                             string
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

// CrashImages reads the images of a crash report and what process it is of, and
// leaves its threads. Damage is not told: [DecodeCrash] does.
func CrashImages(body []byte) CrashReport {
	var c CrashReport
	if !IsJSON(body) {
		c, _ = crashText(body)
		return c
	}
	for key, m := range Value(bytes.TrimSpace(body)).Members() {
		if text := c.text(key); text != nil {
			*text = m.Text()
		} else if number := c.number(key); number != nil {
			*number = m.Number()
		} else if key == "usedImages" || key == "osVersion" {
			c.member(key, m)
		}
	}
	return c
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

// crashJSON reads the members of a body. Names of images are filled in last.
func crashJSON(v Value) CrashReport {
	var c CrashReport
	for key, m := range v.Members() {
		if text := c.text(key); text != nil {
			*text = m.Text()
		} else if number := c.number(key); number != nil {
			*number = m.Number()
		} else if flag := c.flag(key); flag != nil {
			*flag = m.Bool()
		} else if !c.member(key, m) {
			leaves, _ := m.Leaves(key)
			c.Other = append(c.Other, leaves...)
		}
	}
	for i := range c.Threads {
		c.resolve(c.Threads[i].Frames)
	}
	c.resolve(c.Exception)
	return c
}

// text returns where a text of the body belongs, nil if it is none.
func (c *CrashReport) text(key string) *string {
	switch key {
	case "captureTime":
		return &c.Time
	case "procLaunch":
		return &c.Launched
	case "procName":
		return &c.Process
	case "procPath":
		return &c.Path
	case "parentProc":
		return &c.Parent
	case "responsibleProc":
		return &c.Responsible
	case "coalitionName":
		return &c.Coalition
	case "procRole":
		return &c.Role
	case "codeSigningID":
		return &c.SigningID
	case "codeSigningTeamID":
		return &c.Team
	case "modelCode":
		return &c.Model
	case "incident":
		return &c.Incident
	case "crashReporterKey":
		return &c.ReporterKey
	case "vmregioninfo", "vmRegionInfo":
		return &c.Region
	case "ktriageinfo":
		return &c.Triage
	}
	return nil
}

// number returns where a number of the body belongs, nil if it is none.
func (c *CrashReport) number(key string) **int64 {
	switch key {
	case "pid":
		return &c.PID
	case "parentPid":
		return &c.ParentPID
	case "responsiblePid":
		return &c.ResponsiblePID
	case "coalitionID":
		return &c.CoalitionID
	case "userID":
		return &c.User
	case "codeSigningFlags":
		return &c.SigningFlags
	case "codeSigningTrustLevel":
		return &c.TrustLevel
	case "codeSigningValidationCategory":
		return &c.ValidationCategory
	case "faultingThread":
		return &c.Faulting
	}
	return nil
}

// flag returns where a truth value of the body belongs, nil if it is none.
func (c *CrashReport) flag(key string) **bool {
	switch key {
	case "ldm":
		return &c.LockdownMode
	case "isLocked":
		return &c.Locked
	case "wasUnlockedSinceBoot":
		return &c.Unlocked
	case "developerMode":
		return &c.Developer
	}
	return nil
}

// member reads a member that holds others. It returns whether it knows the key.
func (c *CrashReport) member(key string, m Value) bool {
	switch key {
	case "bundleInfo":
		c.members(key, m, map[string]*string{"CFBundleIdentifier": &c.Identifier, "CFBundleShortVersionString": &c.Version, "CFBundleVersion": &c.Build})
	case "osVersion":
		c.members(key, m, map[string]*string{"train": &c.System, "build": &c.SystemBuild, "releaseType": &c.ReleaseType})
	case "exception":
		c.members(key, m, map[string]*string{"type": &c.Type, "signal": &c.Signal, "subtype": &c.Subtype, "codes": &c.Codes, "message": &c.Message})
	case "termination":
		c.termination(m)
	case "sharedCache":
		c.members(key, m, map[string]*string{"uuid": &c.SharedCache})
	case "asi":
		c.info(m)
	case "threads":
		for t := range m.Items() {
			if len(c.Threads) == maxThreads {
				c.more(key)
				break
			}
			c.thread(t)
		}
	case "lastExceptionBacktrace":
		c.Exception = frames(m)
	case "usedImages":
		for i := range m.Items() {
			if len(c.Images) == maxImages {
				c.more(key)
				break
			}
			c.Images = append(c.Images, imageJSON(i))
		}
	default:
		return false
	}
	return true
}

// members reads members of an object; those it does not know are kept.
func (c *CrashReport) members(name string, v Value, known map[string]*string) {
	if !v.IsObject() {
		leaves, _ := v.Leaves(name)
		c.Other = append(c.Other, leaves...)
	}
	for key, m := range v.Members() {
		if to := known[key]; to != nil {
			*to = m.Text()
		} else {
			leaves, _ := m.Leaves(name + "/" + key)
			c.Other = append(c.Other, leaves...)
		}
	}
}

func (c *CrashReport) more(key string) { c.Other = append(c.Other, Pair{key, "more than is read"}) }

func (c *CrashReport) termination(v Value) {
	for key, m := range v.Members() {
		switch key {
		case "namespace":
			c.Namespace = m.Text()
		case "indicator":
			c.Indicator = m.Text()
		case "code":
			c.Code = m.Text()
		case "byProc":
			c.By = m.Text()
		case "byPid":
			c.ByPID = m.Number()
		case "reasons", "details":
			for r := range m.Items() {
				if len(c.Reasons) == maxTexts {
					break
				}
				c.Reasons = append(c.Reasons, r.Text())
			}
		default:
			leaves, _ := m.Leaves("termination/" + key)
			c.Other = append(c.Other, leaves...)
		}
	}
}

// info reads what libraries said: for each a list of texts.
func (c *CrashReport) info(v Value) {
	for name, m := range v.Members() {
		if !m.IsList() {
			c.Info = append(c.Info, Pair{name, m.Text()})
		}
		for text := range m.Items() {
			if len(c.Info) == maxTexts {
				return
			}
			c.Info = append(c.Info, Pair{name, text.Text()})
		}
	}
}

func (c *CrashReport) thread(v Value) {
	var t Thread
	var state Value
	for key, m := range v.rawMembers() {
		switch string(key) {
		case "id":
			t.ID = m.Number()
		case "name":
			t.Name = m.Text()
		case "queue":
			t.Queue = m.Text()
		case "triggered":
			if b := m.Bool(); b != nil {
				t.Triggered = *b
			}
		case "frames":
			t.Frames = frames(m)
		case "threadState":
			state = m
		}
	}
	if state.Exists() && (t.Triggered || len(c.Registers) == 0) {
		c.Registers = registers(state)
	}
	c.Threads = append(c.Threads, t)
}

// registers reads the state of a thread: numbered registers are in lists.
func registers(state Value) (list []Pair) {
	add := func(name string, v Value) {
		if len(list) >= maxTexts {
			return
		}
		text := v.Text()
		if v.IsObject() {
			text = fmt.Sprintf("%#x", v.Get("value").Uint())
			for _, key := range []string{"symbol", "description", "objc-selector"} {
				if m := v.Get(key); m.Exists() {
					text += " " + m.Text()
				}
			}
		}
		list = append(list, Pair{name, text})
	}
	for name, m := range state.Members() {
		if !m.IsList() {
			add(name, m)
			continue
		}
		i := 0
		for v := range m.Items() {
			add(name+strconv.Itoa(i), v)
			i++
		}
	}
	return list
}

func frames(v Value) (list []Frame) {
	for m := range v.Items() {
		if len(list) == maxFrames {
			break
		}
		f := Frame{Image: -1}
		for key, m := range m.rawMembers() {
			switch string(key) {
			case "imageIndex":
				if n, ok := m.Int(); ok && n >= 0 && n <= maxImages {
					f.Image = int(n)
				}
			case "imageOffset":
				f.Offset = m.Uint()
			case "symbol":
				f.Symbol = m.Text()
			case "symbolLocation":
				f.SymbolOffset, _ = m.Int()
			}
		}
		list = append(list, f)
	}
	return list
}

// resolve fills in the images of frames. A frame whose image is not in the list
// or is the entry for addresses outside images has none.
func (c *CrashReport) resolve(list []Frame) {
	for i := range list {
		f := &list[i]
		if f.Image < 0 || f.Image >= len(c.Images) {
			f.Image = -1
			continue
		}
		im := &c.Images[f.Image]
		f.Base, f.Address = im.Base, im.Base+f.Offset
		if f.Name = im.Path; f.Name == "" {
			f.Name = im.Name
		}
		if f.Name == "" && im.UUID == "" {
			f.Image = -1
		}
		if f.Name == "" && im.UUID != "" {
			f.Name = im.UUID
		}
	}
}

func imageJSON(v Value) Image {
	var im Image
	for key, m := range v.rawMembers() {
		switch string(key) {
		case "base":
			im.Base = m.Uint()
		case "size":
			im.Size = m.Uint()
		case "name":
			im.Name = m.Text()
		case "path":
			im.Path = m.Text()
		case "uuid":
			im.UUID = imageUUID(m.Text())
		case "arch":
			im.Arch = m.Text()
		case "source":
			im.Source = m.Text()
		case "CFBundleIdentifier":
			im.Identifier = m.Text()
		case "CFBundleShortVersionString":
			im.Version = m.Text()
		case "CFBundleVersion":
			if im.Version == "" {
				im.Version = m.Text()
			}
		}
	}
	return im
}

// imageUUID returns "" for a UUID of zeros, which stands for no image.
func imageUUID(s string) string {
	if strings.Trim(s, "0-") == "" {
		return ""
	}
	return s
}
