package dumpstate

import (
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/vigie-project/vigie/format/lines"
)

// maxProperties limits the boot properties kept of a header.
const maxProperties = 4096

// A Property is a boot property with its value.
type Property struct {
	Name, Value string
}

// Info is what the begin of a bug report says of the phone. Texts are as
// printed, "" if not recorded.
type Info struct {
	Started       time.Time // when dumpstate started: a clock without zone (as UTC); zero if not recorded
	Build         string    // "XY1A.310203.001 release-keys"
	Fingerprint   string
	Bootloader    string
	Radio         string
	Network       string
	ModuleVersion string // of the Play system update
	SDK           int    // Android API level
	Kernel        string
	CommandLine   string     // of the kernel
	Bootconfig    []Property // androidboot.* of devices since Android 12
	Uptime        string
	Version       string // of the format of bug reports
	Dumpstate     string // "id=7 pid=4242 dry_run=0 …"
	Other         []string
}

// Head reads the lines of the section of kind [Header] with that name. Lines
// that it does not know are in Other.
func Head(name string, text iter.Seq[lines.Line]) Info {
	var h Info
	if at, ok := strings.CutPrefix(name, "dumpstate: "); ok {
		h.Started, _ = time.Parse(time.DateTime, strings.TrimSpace(at))
	}
	boot := false
	for l := range text {
		line := strings.TrimSpace(l.String())
		if line == "" {
			continue
		}
		if name, value, ok := strings.Cut(line, " = "); boot && ok && strings.HasPrefix(line, "androidboot.") {
			h.boot(name, value)
			continue
		}
		key, value, _ := strings.Cut(line, ":")
		if boot = key == "Bootconfig"; boot {
			if name, v, ok := strings.Cut(strings.TrimSpace(value), " = "); ok {
				h.boot(name, v)
			}
			continue
		}
		h.set(key, strings.TrimSpace(value), line)
	}
	return h
}

func (h *Info) boot(name, value string) {
	if len(h.Bootconfig) < maxProperties {
		h.Bootconfig = append(h.Bootconfig, Property{strings.TrimSpace(name), strings.Trim(value, `"`)})
	}
}

func (h *Info) set(key, value, line string) {
	switch key {
	case "Build":
		h.Build = value
	case "Build fingerprint":
		h.Fingerprint = strings.Trim(value, "'")
	case "Bootloader":
		h.Bootloader = value
	case "Radio":
		h.Radio = value
	case "Network":
		h.Network = value
	case "Module Metadata version":
		h.ModuleVersion = value
	case "Android SDK version":
		h.SDK, _ = strconv.Atoi(value)
	case "Kernel":
		h.Kernel = value
	case "Command line":
		h.CommandLine = value
	case "Uptime":
		h.Uptime = value
	case "Bugreport format version":
		h.Version = value
	case "Dumpstate info":
		h.Dumpstate = value
	default:
		if len(h.Other) < maxProperties {
			h.Other = append(h.Other, line)
		}
	}
}
