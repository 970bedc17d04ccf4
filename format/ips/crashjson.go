package ips

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

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

// CrashImages reads the images of a crash report and what process it is of, and
// leaves its threads, and of images of the shared cache all but their addresses.
// Damage is not told: [DecodeCrash] does.
func CrashImages(body []byte) CrashReport {
	var c CrashReport
	if !IsJSON(body) {
		c, _ = crashText(body)
		return c
	}
	var images []Value
	for key, m := range Value(bytes.TrimSpace(body)).Members() {
		if text := c.text(key); text != nil {
			*text = m.Text()
		} else if number := c.number(key); number != nil {
			*number = m.Number()
		} else if key == "osVersion" || key == "sharedCache" {
			c.member(key, m)
		} else if key == "usedImages" {
			images = append(images, m)
		}
	}
	for _, m := range images { // now that it is known where the shared cache is
		walkList(m, c.private)
	}
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
		c.SharedBase, c.SharedSize = m.Get("base").Uint(), m.Get("size").Uint()
	case "asi":
		c.info(m)
	case "threads":
		walkList(m, c.thread)
		if len(c.Threads) == maxThreads {
			c.more(key)
		}
	case "lastExceptionBacktrace":
		c.Exception, _ = frames(m)
	case "usedImages":
		walkList(m, c.image)
		if len(c.Images) == maxImages {
			c.more(key)
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

// thread reads the thread at the start of a text and returns what follows.
func (c *CrashReport) thread(text Value) Value {
	var t Thread
	var state Value
	text = walkObject(text, func(key []byte, text Value) Value {
		if string(key) == "frames" {
			t.Frames, text = frames(text)
			return text
		}
		n := valueSize(text)
		m := text[:n]
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
		case "threadState":
			state = m
		}
		return text[n:]
	})
	if len(c.Threads) == maxThreads {
		return text
	}
	if state.Exists() && (t.Triggered || len(c.Registers) == 0) {
		c.Registers = registers(state)
	}
	c.Threads = append(c.Threads, t)
	return text
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

// frames reads the list at the start of a text and returns what follows.
func frames(text Value) (list []Frame, rest Value) {
	rest = walkList(text, func(text Value) Value {
		f := Frame{Image: -1}
		text = walkObject(text, func(key []byte, text Value) Value {
			n := valueSize(text)
			m := text[:n]
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
			return text[n:]
		})
		if list == nil {
			list = make([]Frame, 0, 16)
		}
		if len(list) < maxFrames {
			list = append(list, f)
		}
		return text
	})
	return list, rest
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

// image reads the image at the start of a text and returns what follows.
func (c *CrashReport) image(text Value) Value {
	im, text := readImage(text)
	c.addImage(&im)
	return text
}

// private is [CrashReport.image] without the texts of images of the shared cache.
func (c *CrashReport) private(text Value) Value {
	im, text := readImage(text)
	if c.Shared(Image{Base: im.base, Source: im.source.word()}) {
		im = jsonImage{base: im.base, size: im.size, source: im.source}
	}
	c.addImage(&im)
	return text
}

// A jsonImage is an image as it is written.
type jsonImage struct {
	base, size                                                  uint64
	name, path, uuid, arch, source, app, version, bundleVersion Value
}

func readImage(text Value) (im jsonImage, rest Value) {
	rest = walkObject(text, func(key []byte, text Value) Value {
		n := valueSize(text)
		m := text[:n]
		switch string(key) {
		case "base":
			im.base = m.Uint()
		case "size":
			im.size = m.Uint()
		case "name":
			im.name = m
		case "path":
			im.path = m
		case "uuid":
			im.uuid = m
		case "arch":
			im.arch = m
		case "source":
			im.source = m
		case "CFBundleIdentifier":
			im.app = m
		case "CFBundleShortVersionString":
			im.version = m
		case "CFBundleVersion":
			im.bundleVersion = m
		}
		return text[n:]
	})
	return im, rest
}

func (c *CrashReport) addImage(im *jsonImage) {
	if len(c.Images) >= maxImages {
		return
	}
	if c.Images == nil {
		c.Images = make([]Image, 0, usualImages)
	}
	image := Image{
		Base: im.base, Size: im.size, Name: im.name.Text(), Path: im.path.Text(), UUID: imageUUID(im.uuid.Text()), Arch: im.arch.word(),
		Source: im.source.word(), Identifier: im.app.Text(), Version: im.version.Text(),
	}
	if image.Version == "" {
		image.Version = im.bundleVersion.Text()
	}
	c.Images = append(c.Images, image)
}

// imageUUID returns "" for a UUID of zeros, which stands for no image.
func imageUUID(s string) string {
	if strings.Trim(s, "0-") == "" {
		return ""
	}
	return s
}
