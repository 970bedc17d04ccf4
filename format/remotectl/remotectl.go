// Package remotectl reads what "remotectl dumpstate" prints: the device itself and
// those it is connected with, with their properties and services, as a tree that is
// indented with tabs.
//
// The format is not documented by Apple; it was observed in sysdiagnoses of iOS 15
// and later.
package remotectl

import (
	"errors"
	"iter"
	"slices"
	"strings"

	"github.com/vigie-project/vigie/format/lines"
)

// Limits of one device. What goes beyond them is counted.
const (
	maxDepth    = 16
	maxPairs    = 1 << 13
	maxServices = 1 << 13
	maxText     = 4 << 10 // bytes of a value
)

// ErrFormat says that a text that is not blank has no device.
var ErrFormat = errors.New("no line begins a device")

// A Device is the device itself or one that it is connected with.
type Device struct {
	Line          int // from 1
	Offset        int64
	Heading       string // first line: "Local device", "Found …"
	Pairs         []Pair // all values, with the keys above them: Properties/SerialNumber
	Services      []string
	LocalServices []string
	More          int // further values and services that are not kept
}

// A Pair is a value with its key.
type Pair struct{ Key, Value string }

// Local reports whether the device is the one that printed the text.
func (d Device) Local() bool { return strings.HasPrefix(d.Heading, "Local device") }

// Name returns what the heading calls the device.
func (d Device) Name() string { return strings.TrimPrefix(d.Heading, "Found ") }

// Get returns a value, "" if there is none.
func (d Device) Get(key string) string {
	for _, p := range d.Pairs {
		if p.Key == key {
			return p.Value
		}
	}
	return ""
}

// Decode yields the devices in their order. The only error is [ErrFormat].
func Decode(text iter.Seq[lines.Line]) iter.Seq2[Device, error] {
	return func(yield func(Device, error) bool) {
		var d *Device
		var above [maxDepth]string // keys on the way to a line
		blank := true
		for l := range text {
			line := strings.TrimRight(l.String(), " \t")
			if line == "" {
				continue
			}
			blank = false
			depth := len(line) - len(strings.TrimLeft(line, "\t"))
			if depth == 0 && (strings.HasPrefix(line, "Local device") || strings.HasPrefix(line, "Found ")) {
				if d != nil && !yield(*d, nil) {
					return
				}
				d = &Device{Line: l.Number, Offset: l.Offset, Heading: line}
				clear(above[:])
				continue
			}
			if d == nil {
				continue
			}
			if depth == 0 || depth >= maxDepth {
				d.add(line, "")
				continue
			}
			clear(above[depth:])
			above[depth] = d.line(above[1:depth], line[depth:])
		}
		if d != nil && !yield(*d, nil) {
			return
		}
		if d == nil && !blank {
			yield(Device{}, ErrFormat)
		}
	}
}

// line reads a line below others, and returns its key for those below it.
func (d *Device) line(above []string, line string) string {
	if line == "}" || line == "]" {
		return ""
	}
	if len(above) == 1 {
		list := &d.Services
		switch above[0] {
		case "Local Services":
			list = &d.LocalServices
			fallthrough
		case "Services":
			if len(*list) < maxServices {
				*list = append(*list, line[:min(len(line), maxText)])
			} else {
				d.More++
			}
			return line
		}
	}
	key, value, ok := strings.Cut(line, " => ")
	if !ok {
		key, value, ok = strings.Cut(line, ":")
	}
	switch value = strings.TrimSpace(value); {
	case !ok: // an item of a list
		key, value = "", line
	case value == "" || value == "{" || strings.HasPrefix(value, "[<capacity"):
		return key
	}
	path := ""
	for _, k := range append(slices.Clone(above), key) {
		if k != "" {
			path += "/" + k
		}
	}
	d.add(strings.TrimPrefix(path, "/"), strings.Trim(value, `"`))
	return key
}

func (d *Device) add(key, value string) {
	if len(d.Pairs) == maxPairs {
		d.More++
		return
	}
	d.Pairs = append(d.Pairs, Pair{key[:min(len(key), maxText)], value[:min(len(value), maxText)]})
}
