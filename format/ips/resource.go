package ips

import (
	"fmt"
	"strings"
)

// A ResourceReport is a report in text that a process used much of something,
// with samples of it.
type ResourceReport struct {
	Time, End           string // Date/Time and End time
	Command, Path       string
	Identifier, Version string
	Parent              string
	ParentPID, PID      *int64
	Event               string // such as "disk writes", "cpu usage", "wakeups"
	Action              string // Action taken
	System, Build       string // of iOS
	Model               string
	Incident            string
	ReporterKey         string
	Heaviest            []string // functions of the heaviest stack
	Powerstats          []Powerstats
	Images              []Image
	Other               []Pair
}

// Powerstats is what the samples are of: a process.
type Powerstats struct {
	Name   string
	PID    *int64
	UUID   string
	Path   string
	Parent string
	Other  []Pair
}

// maxHeaviest bounds the functions of the heaviest stack.
const maxHeaviest = 512

type resourceReader struct {
	r       ResourceReport
	section string // "head", "heaviest", "powerstats", "images"
	stack   bool   // in the samples of a process
	known   bool   // a line of a known form was there
}

// DecodeResource reads a report in text. With an error what could be read is
// returned.
func DecodeResource(body []byte) (ResourceReport, error) {
	r := resourceReader{section: "head"}
	if err := ended(body); err != nil {
		return r.r, err
	}
	for line := range textLines(body) {
		if line == "EOF" {
			break
		}
		r.line(line)
	}
	if !r.known {
		return r.r, fmt.Errorf("read report: no line of a known form in a text that begins with %s", brief(body))
	}
	return r.r, nil
}

func (r *resourceReader) line(line string) {
	trimmed := strings.TrimSpace(line)
	switch {
	case strings.HasPrefix(line, "Heaviest stack"):
		r.section = "heaviest"
		return
	case strings.HasPrefix(line, "Binary Images:") || strings.HasPrefix(trimmed, "Binary Images:"):
		r.section = "images"
		return
	case strings.HasPrefix(line, "Powerstats for:"):
		r.section, r.stack = "powerstats", false
		if len(r.r.Powerstats) < maxProcesses {
			p := Powerstats{}
			p.Name, p.PID = owner(strings.TrimSpace(strings.TrimPrefix(line, "Powerstats for:")))
			r.r.Powerstats = append(r.r.Powerstats, p)
		} else {
			r.section = "head"
		}
		return
	case trimmed == "":
		if r.section == "heaviest" {
			r.section = "head"
		}
		return
	}
	switch r.section {
	case "heaviest":
		if len(r.r.Heaviest) < maxHeaviest {
			r.r.Heaviest = append(r.r.Heaviest, trimmed)
		}
	case "images":
		if m := textImage.FindStringSubmatch(line); m != nil {
			if len(r.r.Images) < maxImages {
				r.r.Images = append(r.r.Images, imageText(m))
			}
		} else if key, value, ok := strings.Cut(trimmed, ": "); ok {
			r.section = "head"
			r.set(key, strings.TrimSpace(value))
		}
	case "powerstats":
		r.powerstats(trimmed)
	default:
		if key, value, ok := strings.Cut(trimmed, ":"); ok {
			r.set(strings.TrimSpace(key), strings.TrimSpace(value))
		} else {
			r.other(trimmed, "")
		}
	}
}

// powerstats reads a line about a process; its samples, which follow, are left.
func (r *resourceReader) powerstats(line string) {
	p := &r.r.Powerstats[len(r.r.Powerstats)-1]
	key, value, ok := strings.Cut(line, ":")
	value = strings.TrimSpace(value)
	switch {
	case !ok || r.stack || strings.HasPrefix(key, "("):
		return
	case key == "UUID":
		p.UUID = imageUUID(value)
	case key == "Path":
		p.Path = value
	case key == "Parent":
		p.Parent = value
	case key == "Start time" || key == "End time" || len(p.Other) < 64:
		if strings.HasPrefix(key, "Power Source") || value == "" {
			r.stack = value == ""
			return
		}
		p.Other = append(p.Other, Pair{key, value})
	}
}

func (r *resourceReader) set(key, value string) {
	r.known = true
	switch key {
	case "Command":
		r.r.Command, r.r.PID = owner(value)
	case "Parent", "Parent Process":
		r.r.Parent, r.r.ParentPID = owner(value)
	case "PID":
		if n, ok := Value(value).Int(); ok {
			r.r.PID = &n
		} else {
			r.other(key, value)
		}
	case "OS Version":
		r.r.System = value
		if version, build, ok := strings.Cut(value, " ("); ok {
			build, _, _ = strings.Cut(build, ")")
			r.r.System, r.r.Build = version, strings.TrimPrefix(build, "Build ")
		}
	default:
		if to := r.r.text(key); to != nil && *to == "" {
			*to = value
		} else {
			r.other(key, value)
		}
	}
}

// text returns where a text of the head belongs, nil if it is none.
func (r *ResourceReport) text(key string) *string {
	switch key {
	case "Date/Time":
		return &r.Time
	case "End time", "End Time":
		return &r.End
	case "Path":
		return &r.Path
	case "Identifier":
		return &r.Identifier
	case "Version":
		return &r.Version
	case "Event":
		return &r.Event
	case "Action taken":
		return &r.Action
	case "Hardware model", "Hardware Model":
		return &r.Model
	case "Incident Identifier":
		return &r.Incident
	case "CrashReporter Key", "Anonymous UUID":
		return &r.ReporterKey
	}
	return nil
}

func (r *resourceReader) other(key, value string) {
	if len(r.r.Other) < maxLeaves {
		r.r.Other = append(r.r.Other, Pair{key, value})
	}
}

// Pairs reads the lines "key: value" of a text such as a reset counter; a line
// without a colon is a key without value.
func Pairs(body []byte) (list []Pair) {
	for line := range textLines(body) {
		if line = strings.TrimSpace(line); line == "" || len(list) == maxLeaves {
			continue
		}
		key, value, _ := strings.Cut(line, ":")
		list = append(list, Pair{strings.TrimSpace(key), strings.TrimSpace(value)})
	}
	return list
}
