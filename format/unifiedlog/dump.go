package unifiedlog

import (
	"encoding/binary"

	"github.com/vigie-project/vigie/format/unifiedlog/message"
)

// Sizes of the fixed parts of dumps, and places of their fields.
const (
	statedumpHead  = 248
	simpledumpHead = 84
)

// Forms of the content of a statedump.
const (
	statePlist    = 1
	stateProtobuf = 2
	stateCustom   = 3
)

// A State is what a statedump carries.
type State struct {
	Form    uint32 // 1 binary property list, 2 protocol buffer, 3 a structure of the program
	Title   string // what the state is of
	Library string // where the structure is declared; only of form 3
	Decoder string // name of the structure; only of form 3
	Data    []byte // valid as long as the entry
}

// State returns the content of a statedump; it is zero for other entries.
func (e *Entry) State() State {
	b := e.data
	if e.Type != TypeStatedump || len(b) < statedumpHead {
		return State{}
	}
	s := State{Form: binary.LittleEndian.Uint32(b[48:]), Title: cstring(b[184:248]), Data: b[statedumpHead:]}
	if n := uint64(binary.LittleEndian.Uint32(b[52:])); n < uint64(len(s.Data)) {
		s.Data = s.Data[:n]
	}
	if s.Form == stateCustom {
		s.Library, s.Decoder = cstring(b[56:120]), cstring(b[120:184])
	}
	return s
}

// statedump decodes a statedump chunk.
func (d *decoder) statedump(b []byte, at int) bool {
	if len(b) < statedumpHead {
		d.damage(errShortDump)
		return true
	}
	e := d.next()
	if !d.fillDump(e, TypeStatedump, b, at) {
		return true
	}
	e.Activity = binary.LittleEndian.Uint64(b[24:]) & activityMask
	e.Sender = UUID(b[32:48])
	if n := uint64(binary.LittleEndian.Uint32(b[52:])); n > uint64(len(b)-statedumpHead) {
		d.stats.BadBodies++
	}
	if d.q.byNames() && !d.q.named("", "") {
		return true
	}
	return d.accept(e)
}

// simpledump decodes a simpledump chunk: a message that launchd composed itself.
func (d *decoder) simpledump(b []byte, at int) bool {
	if len(b) < simpledumpHead {
		d.damage(errShortDump)
		return true
	}
	e := d.next()
	if !d.fillDump(e, TypeSimpledump, b, at) {
		return true
	}
	e.Level = Level(b[13])
	e.Thread = binary.LittleEndian.Uint64(b[24:])
	e.PC = binary.LittleEndian.Uint64(b[32:])
	e.Sender = UUID(b[40:56])
	text := b[simpledumpHead:]
	n, m := uint64(binary.LittleEndian.Uint32(b[76:])), uint64(binary.LittleEndian.Uint32(b[80:]))
	if n+m > uint64(len(text)) {
		d.stats.BadBodies++
	}
	n = min(n, uint64(len(text)))
	m = min(m, uint64(len(text))-n)
	e.Subsystem = cstring(text[:n])
	e.data = text[n : n+m]
	if d.q.byNames() && !d.q.named(e.Subsystem, "") {
		return true
	}
	return d.accept(e)
}

// fillDump sets what both kinds of dumps have. It reports false if the entry is
// not wanted.
func (d *decoder) fillDump(e *Entry, typ EventType, b []byte, at int) bool {
	d.stats.Seen++
	level := uint8(0)
	if typ == TypeSimpledump {
		level = b[13]
	}
	if !d.q.kind(typ, level) {
		return false
	}
	proc := d.process(procKey{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint32(b[8:])})
	if !proc.wanted {
		return false
	}
	continuous := binary.LittleEndian.Uint64(b[16:])
	nanos, clock := d.segment.at(d.file.Boot, continuous)
	if clock != ClockNone && (nanos < d.q.since || nanos >= d.q.until) {
		return false
	}
	e.reset(d)
	e.Nanos, e.Clock, e.Continuous, e.Type = nanos, clock, continuous, typ
	e.TTL, e.Process, e.Offset, e.data = b[12], proc, at, b
	return true
}

// Programs for the structures of statedumps that messages have decoders for.
var stateTexts = map[string]*message.Program{
	"CLClientManagerStateTracker":   message.Compile([]byte("%{location:_CLClientManagerStateTrackerState}.*P")),
	"CLLocationManagerStateTracker": message.Compile([]byte("%{location:_CLLocationManagerStateTrackerState}.*P")),
}

// appendStatedump writes the title of a statedump and its content: property
// lists and protocol buffers in the manner of JSON, known structures in words,
// others in hexadecimal.
func (d *decoder) appendStatedump(dst []byte, e *Entry) []byte {
	s := e.State()
	dst = append(dst, s.Title...)
	dst = append(dst, '\n')
	switch s.Form {
	case statePlist:
		return appendPlist(dst, s.Data)
	case stateProtobuf:
		return appendProtobuf(dst, s.Data)
	case stateCustom:
		if p := stateTexts[s.Title]; p != nil {
			return p.Append(dst, []message.Item{{Type: 0x32, Data: s.Data}}, &d.options)
		}
		switch s.Title {
		case "DNS Configuration":
			if out, ok := appendDNSConfig(dst, s.Data); ok {
				return out
			}
		case "Network information":
			if out, ok := appendNetwork(dst, s.Data); ok {
				return out
			}
		}
	}
	return appendHex(dst, s.Data)
}

// appendHex writes bytes in hexadecimal, at most maxHexBytes of them.
func appendHex(dst, b []byte) []byte {
	const maxHexBytes = 64 << 10
	for _, c := range b[:min(len(b), maxHexBytes)] {
		dst = append(dst, upperHex[c>>4], upperHex[c&15])
	}
	if len(b) > maxHexBytes {
		dst = append(dst, "..."...)
	}
	return dst
}
