package tombstone

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/vigie-project/vigie/format/protobuf"
)

var arches = []string{"arm", "arm64", "x86", "x86_64", "riscv64", "none"}

func arch(n uint64) string {
	if n < uint64(len(arches)) {
		return arches[n]
	}
	return fmt.Sprintf("code %d", n)
}

// protobuf reads a message Tombstone. Fields with the default value are not
// stored: without PID, UID and architecture those are 0.
func (t *Tombstone) protobuf(data []byte) error {
	t.Protobuf, t.Arch, t.PID, t.TID, t.UID = true, arches[0], 0, 0, 0
	known := 0
	var failed error
	for f, err := range protobuf.Fields(data) {
		if err != nil {
			failed = err
			break
		}
		if !t.scalar(f) && !t.message(f) {
			if t.room(len(t.Other), maxOther) {
				t.Other = append(t.Other, Pair{"field " + strconv.Itoa(f.Number), value(f)})
			}
			continue
		}
		known++
	}
	for _, th := range t.Threads {
		if th.ID == t.TID {
			t.Thread = th.Name
		}
	}
	if failed != nil {
		return fmt.Errorf("read tombstone: %w", failed)
	}
	if known < 2 || t.Fingerprint == "" && t.PID == 0 {
		return errForm
	}
	return nil
}

func value(f protobuf.Field) string {
	if f.Wire == protobuf.Bytes {
		return f.Text()
	}
	return strconv.FormatUint(f.Value, 10)
}

// text returns a string without the NUL that ends some.
func text(f protobuf.Field) string { return strings.TrimRight(f.Text(), "\x00") }

func (t *Tombstone) scalar(f protobuf.Field) bool {
	switch f.Number {
	case 1:
		t.Arch = arch(f.Value)
	case 2:
		t.Fingerprint = text(f)
	case 3:
		t.Revision = text(f)
	case 4:
		t.parseTime(text(f))
	case 5:
		t.PID = int(uint32(f.Value))
	case 6:
		t.TID = int(uint32(f.Value))
	case 7:
		t.UID = int(uint32(f.Value))
	case 8:
		t.SELinux = text(f)
	case 9:
		if t.room(len(t.CommandLine), maxOther) {
			t.CommandLine = append(t.CommandLine, text(f))
		}
	case 14:
		t.Abort = text(f)
	case 20:
		t.Uptime = time.Duration(uint32(f.Value)) * time.Second
	case 24:
		t.GuestArch = arch(f.Value)
	default:
		return false
	}
	return true
}

func (t *Tombstone) message(f protobuf.Field) bool {
	switch f.Number {
	case 10:
		t.protoSignal(f.Data)
	case 15:
		if c, ok := protobuf.Find(f.Data, 1); ok && t.room(len(t.Causes), maxOther) {
			t.Causes = append(t.Causes, text(c))
		}
	case 16, 25:
		if t.room(len(t.Threads)+len(t.Guest), maxThreads) {
			th := t.protoThread(f.Data)
			if f.Number == 16 {
				t.Threads = append(t.Threads, th)
			} else {
				t.Guest = append(t.Guest, th)
			}
		}
	case 17:
		if t.room(len(t.Mappings), maxMappings) {
			t.Mappings = append(t.Mappings, protoMapping(f.Data))
		}
	case 18:
		t.protoLog(f.Data)
	case 19:
		if t.room(len(t.FDs), maxFDs) {
			t.FDs = append(t.FDs, protoFD(f.Data))
		}
	case 21:
		name, _ := protobuf.Find(f.Data, 1)
		data, _ := protobuf.Find(f.Data, 2)
		if t.room(len(t.Details), maxOther) {
			t.Details = append(t.Details, Pair{text(name), text(data)})
		}
	default:
		return false
	}
	return true
}

// each calls fn with each field before the damage, if any.
func each(data []byte, fn func(f protobuf.Field)) {
	for f, err := range protobuf.Fields(data) {
		if err != nil {
			return
		}
		fn(f)
	}
}

func (t *Tombstone) protoSignal(data []byte) {
	s := &t.Signal
	s.Number = 0
	fault, has, sender := uint64(0), false, false
	each(data, func(f protobuf.Field) {
		switch f.Number {
		case 1:
			s.Number = int(int32(f.Value))
		case 2:
			s.Name = text(f)
		case 3:
			s.Code = int(int32(f.Value))
		case 4:
			s.CodeName = text(f)
		case 5:
			sender = f.Value != 0
		case 6:
			s.SenderUID = int(int32(f.Value))
		case 7:
			s.SenderPID = int(int32(f.Value))
		case 8:
			has = f.Value != 0
		case 9:
			fault = f.Value
		}
	})
	if has {
		s.Fault = fmt.Sprintf("%#x", fault)
	}
	if sender {
		s.SenderPID, s.SenderUID = max(s.SenderPID, 0), max(s.SenderUID, 0)
	}
}

// protoThread reads one pair of the map from numbers to threads.
func (t *Tombstone) protoThread(data []byte) Thread {
	var th Thread
	id, _ := protobuf.Find(data, 1)
	m, _ := protobuf.Find(data, 2)
	th.ID = int(uint32(id.Value))
	each(m.Data, func(f protobuf.Field) {
		switch f.Number {
		case 1:
			th.ID = int(int32(f.Value))
		case 2:
			th.Name = text(f)
		case 3:
			name, _ := protobuf.Find(f.Data, 1)
			n, _ := protobuf.Find(f.Data, 2)
			if t.room(len(th.Registers), maxFrames) {
				th.Registers = append(th.Registers, Pair{text(name), fmt.Sprintf("%016x", n.Value)})
			}
		case 4:
			if t.room(len(th.Frames), maxFrames) {
				th.Frames = append(th.Frames, protoFrame(f.Data, len(th.Frames)))
			}
		case 7, 9:
			if t.room(len(th.Notes), maxFrames) {
				th.Notes = append(th.Notes, text(f))
			}
		}
	})
	return th
}

func protoFrame(data []byte, index int) Frame {
	fr := Frame{Index: index}
	each(data, func(f protobuf.Field) {
		switch f.Number {
		case 1:
			fr.PC = f.Value
		case 4:
			fr.Function = text(f)
		case 5:
			fr.FunctionOffset = f.Value
		case 6:
			fr.File = text(f)
		case 8:
			fr.BuildID = text(f)
		}
	})
	return fr
}

func protoMapping(data []byte) Mapping {
	var p Mapping
	perm := []byte("---")
	each(data, func(f protobuf.Field) {
		switch f.Number {
		case 1:
			p.Begin = f.Value
		case 2:
			p.End = f.Value
		case 3:
			p.Offset = f.Value
		case 4, 5, 6:
			if f.Value != 0 {
				perm[f.Number-4] = "rwx"[f.Number-4]
			}
		case 7:
			p.Name = text(f)
		case 8:
			p.BuildID = text(f)
		case 9:
			p.LoadBias = f.Value
		}
	})
	p.Perm = string(perm)
	return p
}

func protoFD(data []byte) FD {
	var d FD
	each(data, func(f protobuf.Field) {
		switch f.Number {
		case 1:
			d.Number = int(int32(f.Value))
		case 2:
			d.Path = text(f)
		case 3:
			d.Owner = text(f)
		case 4:
			d.Tag = f.Value
		}
	})
	return d
}

func (t *Tombstone) protoLog(data []byte) {
	var g Log
	each(data, func(f protobuf.Field) {
		switch {
		case f.Number == 1:
			g.Name = text(f)
		case f.Number == 2 && t.room(len(g.Lines), maxLog):
			var l LogLine
			each(f.Data, func(f protobuf.Field) { l.field(f) })
			g.Lines = append(g.Lines, l)
		}
	})
	if t.room(len(t.Logs), maxOther) {
		t.Logs = append(t.Logs, g)
	}
}

func (l *LogLine) field(f protobuf.Field) {
	switch f.Number {
	case 1:
		l.Time = text(f)
	case 2:
		l.PID = int(uint32(f.Value))
	case 3:
		l.TID = int(uint32(f.Value))
	case 4:
		l.Priority = strconv.FormatUint(f.Value, 10)
	case 5:
		l.Tag = text(f)
	case 6:
		l.Message = text(f)
	}
}
