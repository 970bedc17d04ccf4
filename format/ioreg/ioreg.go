// Package ioreg reads what the tool ioreg prints of the registry of devices and drivers
// of an Apple system, with "-l": a tree of nodes with their properties.
//
// The form is described in
// https://keith.github.io/xcode-man-pages/ioreg.8.html and was observed:
//
//	+-o Root  <class IORegistryEntry, id 0x100000100, retain 12>
//	  | {
//	  |   "key" = "value"
//	  | }
//	  +-o Child  <class IOService, id 0x100000110, registered, matched, active, busy 0 (0 ms), retain 5>
package ioreg

import (
	"iter"
	"regexp"
	"strings"

	"github.com/vigie-project/vigie/format/lines"
)

// Limits of one node. What goes beyond them is counted.
const (
	maxProperties = 512
	maxValue      = 4 << 10 // bytes
	maxName       = 1 << 10 // bytes
	maxDepth      = 128
)

// A Node is one node of the tree.
type Node struct {
	Line       int // from 1
	Offset     int64
	Name       string
	Location   string   // after "@" of the name
	Class      string   // first class of "class A:B"
	ID         string   // hexadecimal, with 0x
	State      []string // registered, matched, active, busy 0 (0 ms)…
	Path       []string // names of the nodes above, from the root
	Properties []Property
	More       int  // properties and bytes that are not kept
	Open       bool // the text ends before its properties do
}

// A Property is one value of a node, as printed.
type Property struct{ Key, Value string }

var (
	nodeLine     = regexp.MustCompile(`^([| ]*\+-)o (.*?)  ?<(.*)>\s*$`)
	bareLine     = regexp.MustCompile(`^([| ]*\+-)o (.+?)\s*$`)
	propertyLine = regexp.MustCompile(`^[| ]*"((?:[^"\\]|\\.)*)" ?= ?(.*)$`)
)

// Decode yields the nodes in their order, and no errors. Lines that belong to no node
// are left out.
func Decode(text iter.Seq[lines.Line]) iter.Seq2[Node, error] {
	return func(yield func(Node, error) bool) {
		var d decoder
		for l := range text {
			s := strings.TrimRight(l.String(), " \t")
			if next := d.node(s); next != nil {
				next.Line, next.Offset = l.Number, l.Offset
				d.end()
				if d.last != nil && !yield(*d.last, nil) {
					return
				}
				d.last, d.braces = next, false
				continue
			}
			if d.last != nil {
				d.line(s)
			}
		}
		if d.last != nil {
			d.end()
			d.last.Open = d.braces
			yield(*d.last, nil)
		}
	}
}

type decoder struct {
	last   *Node
	braces bool   // within the properties of last
	rest   []byte // further lines of its last property
	stack  []level
}

// A level is a node above the next one.
type level struct {
	column int
	name   string
}

// node reads the first line of a node, nil if it is none.
func (d *decoder) node(s string) *Node {
	if !strings.Contains(s, "+-o ") {
		return nil
	}
	m := nodeLine.FindStringSubmatch(s)
	if m == nil {
		if m = bareLine.FindStringSubmatch(s); m == nil {
			return nil
		}
		m = append(m, "")
	}
	n := &Node{Name: clip(m[2], maxName)}
	if name, at, ok := strings.Cut(n.Name, "@"); ok {
		n.Name, n.Location = name, at
	}
	for i, part := range strings.Split(m[3], ", ") {
		switch {
		case i == 0 && strings.HasPrefix(part, "class "):
			n.Class, _, _ = strings.Cut(part[len("class "):], ":")
		case strings.HasPrefix(part, "id "):
			n.ID = part[len("id "):]
		case part != "" && len(n.State) < 16:
			n.State = append(n.State, part)
		}
	}
	column := len(m[1])
	for len(d.stack) > 0 && d.stack[len(d.stack)-1].column >= column {
		d.stack = d.stack[:len(d.stack)-1]
	}
	for _, above := range d.stack {
		n.Path = append(n.Path, above.name)
	}
	if len(d.stack) < maxDepth {
		d.stack = append(d.stack, level{column, n.Name})
	}
	return n
}

// line reads a line of the properties of a node.
func (d *decoder) line(s string) {
	bare := strings.Trim(s, "| ")
	switch {
	case !d.braces:
		d.braces = bare == "{"
		return
	case bare == "}":
		d.braces = false
		return
	}
	n := d.last
	if m := propertyLine.FindStringSubmatch(s); m != nil {
		d.end()
		if len(n.Properties) == maxProperties {
			n.More++
			return
		}
		n.More += max(len(m[2])-maxValue, 0)
		n.Properties = append(n.Properties, Property{clip(m[1], maxName), clip(m[2], maxValue)})
		return
	}
	if len(n.Properties) == 0 { // text that is no property
		n.More += len(bare)
		return
	}
	// A long value goes on.
	room := max(maxValue-len(n.Properties[len(n.Properties)-1].Value)-len(d.rest), 0)
	n.More += max(len(bare)-room, 0)
	d.rest = append(d.rest, bare[:min(len(bare), room)]...)
}

// end completes the last value.
func (d *decoder) end() {
	if len(d.rest) > 0 {
		d.last.Properties[len(d.last.Properties)-1].Value += strings.ToValidUTF8(string(d.rest), "")
		d.rest = nil
	}
}

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
