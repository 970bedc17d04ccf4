package dumpsys

import (
	"iter"
	"strings"
	"time"

	"github.com/vigie-project/vigie/format/lines"
)

// A USBState is one part of what the service usb prints, or one event that it
// remembers.
type USBState struct {
	Line   int
	Part   string    // "device_manager.handler", "host_manager.connections"
	Values []Pair    // of a part
	Event  string    // of an event, without its time; "" of a part
	Time   time.Time // of an event, clock without zone and year; zero if none is told
}

// USBStates yields the parts and events of the section of the service usb.
func USBStates(text iter.Seq[lines.Line]) iter.Seq2[USBState, error] {
	return func(yield func(USBState, error) bool) {
		r := report{service: "usb"}
		for b := range Blocks(r.watch(text), 0) {
			if strings.HasPrefix(strings.ToUpper(b.Text), "USB MANAGER STATE") {
				r.found = true
			}
			if !r.found || len(b.Nodes) == 0 {
				continue
			}
			r.lost(b)
			o := dual(b, "")
			if b.Text != "{" { // Android 8 and before
				o = usbPlain(b)
			}
			if !o.usb("", yield) {
				return
			}
		}
		finish(&r, "\"USB MANAGER STATE\"", yield)
	}
}

// usb yields an object and all below it.
func (o *dualObject) usb(path string, yield func(USBState, error) bool) bool {
	s := USBState{Line: o.Line, Part: path}
	var events []USBState
	for _, p := range o.Pairs {
		if p.Key != "USB Event" {
			s.Values = append(s.Values, p.Pair)
			continue
		}
		e := USBState{Line: p.Line, Part: path, Event: p.Value}
		const stamp = len("01-02 15:04:05:000")
		if at := p.Value[:min(len(p.Value), stamp)]; len(at) == stamp && at[14] == ':' {
			if t, ok := ParseTime(at[:14] + "." + at[15:]); ok {
				e.Time, e.Event = t, strings.TrimSpace(p.Value[stamp:])
			}
		}
		events = append(events, e)
	}
	if len(s.Values) > 0 && !yield(s, nil) {
		return false
	}
	for _, e := range events {
		if !yield(e, nil) {
			return false
		}
	}
	for _, c := range o.Objects {
		if !c.usb(strings.TrimPrefix(path+"."+c.Key, "."), yield) {
			return false
		}
	}
	return true
}

// usbPlain reads the text of Android 8: headings that end with a colon, and "key:
// value" lines.
func usbPlain(n *Node) *dualObject {
	o := &dualObject{Line: n.Line, Key: strings.TrimSuffix(n.Text, ":")}
	for _, c := range n.Nodes {
		if len(c.Nodes) > 0 {
			o.Objects = append(o.Objects, usbPlain(c))
			continue
		}
		key, value, ok := Field(c.Text)
		if !ok {
			key, value = "", c.Text
		}
		o.Pairs = append(o.Pairs, dualPair{c.Line, Pair{key, value}})
	}
	return o
}
