package fabricate

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/vigie-project/vigie/detect"
)

// A crash is that of a native process.
type crash struct {
	program, thread, label string
	command                string
	pid, uid               int
	hours                  float64
	file                   string // of the code that crashed
}

// tombstones are the files of crashes in a bug report: a text, and since Android
// 12 the same crash as a protocol buffer beside it.
func (d *droid) tombstones() []qfFile {
	crashes := []crash{
		{"/system/bin/app_process64", "RenderThread", "u:r:untrusted_app:s0", "com.example.game", 4321, 10054, 30, "/data/app/com.example.game/lib/arm64/libgame.so"},
		{"/system/bin/app_process64", "Binder:77_2", "u:r:system_app:s0", "com.android.settings", 770, 1000, 240, "/system/lib64/libbinder.so"},
	}
	d.trap("system-crash", "com.android.settings", "a crash of an app of the system, which has the user of the system")
	if !d.opt.Benign {
		crashes = append(crashes, crash{spyFolder + "/" + spyProcess, spyProcess, "u:r:su:s0", spyFolder + "/" + spyProcess, 5166, 0, 150, spyFolder + "/" + spyProcess})
		hours := 150.0
		if d.opt.Android < 11 {
			hours = 0 // the text has no time
		}
		d.found("tombstone", "android.tombstones", spyProcess, detect.Strong, "a crash of the daemon", hours)
		d.ruled("tombstone-code", "android.tombstones", spyFolder, detect.NeedsExpert, "a crash in code from a place where no program belongs")
	}
	var list []qfFile
	for i := range crashes {
		name := fmt.Sprintf("FS/data/tombstones/tombstone_%02d", i)
		list = append(list, qfFile{name, []byte(d.tombstoneText(&crashes[i]))})
		if d.opt.Android >= 12 {
			list = append(list, qfFile{name + ".pb", d.tombstoneProto(&crashes[i])})
		}
	}
	return list
}

// crashTime is when it crashed, with the offset.
func (d *droid) crashTime(c *crash) string {
	return wall(d.ago(c.hours), "2006-01-02 15:04:05") + ".518290770+0100"
}

func (d *droid) tombstoneText(c *crash) string {
	var t text
	t.line("*** *** *** *** *** *** *** *** *** *** *** *** *** *** *** ***\nBuild fingerprint: '%s'\nRevision: '0'\nABI: 'arm64'", d.fingerprint())
	if d.opt.Android >= 11 {
		t.line("Timestamp: %s", d.crashTime(c))
	}
	if d.opt.Android >= 12 {
		t.line("Process uptime: 12s\nCmdline: %s", c.command)
	}
	t.line("pid: %d, tid: %d, name: %s  >>> %s <<<", c.pid, c.pid+9, c.thread, c.command)
	if d.opt.Android >= 11 {
		t.line("uid: %d", c.uid)
	}
	t.line("signal 11 (SIGSEGV), code 1 (SEGV_MAPERR), fault addr 0x10\nCause: null pointer dereference\n    x0  0000000000000000  x1  0000000000000001\n\nbacktrace:\n      #00 pc 000000000004bd80  %s (run+160)", c.file)
	return t.String()
}

// tombstoneProto writes a message Tombstone (tombstone.proto of AOSP).
func (d *droid) tombstoneProto(c *crash) []byte {
	frame := slices.Concat(protoNumber(1, 0x4bd80), protoBytes(4, "run"), protoNumber(5, 160), protoBytes(6, c.file))
	thread := slices.Concat(protoNumber(1, uint64(c.pid+9)), protoBytes(2, c.thread), protoBytes(4, string(frame)))
	signal := slices.Concat(protoNumber(1, 11), protoBytes(2, "SIGSEGV"), protoNumber(3, 1), protoBytes(4, "SEGV_MAPERR"), protoNumber(8, 1), protoNumber(9, 16))
	mapping := slices.Concat(protoNumber(1, 0x1000), protoNumber(2, 0x2000), protoNumber(4, 1), protoNumber(6, 1), protoBytes(7, c.file))
	return slices.Concat(protoNumber(1, 1), protoBytes(2, d.fingerprint()), protoBytes(3, "0"), protoBytes(4, d.crashTime(c)), protoNumber(5, uint64(c.pid)), protoNumber(6, uint64(c.pid+9)),
		protoNumber(7, uint64(c.uid)), protoBytes(8, c.label), protoBytes(9, c.command), protoBytes(10, string(signal)), protoBytes(15, string(protoBytes(1, "null pointer dereference"))),
		protoBytes(16, string(slices.Concat(protoNumber(1, uint64(c.pid+9)), protoBytes(2, string(thread))))), protoBytes(17, string(mapping)), protoNumber(20, 12))
}

func protoNumber(field, v uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(nil, field<<3), v)
}

func protoBytes(field uint64, s string) []byte {
	b := binary.AppendUvarint(binary.AppendUvarint(nil, field<<3|2), uint64(len(s)))
	return append(b, s...)
}
