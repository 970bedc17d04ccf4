package dumpsys

import (
	"iter"
	"strings"
	"time"

	"github.com/vigie-project/vigie/format/lines"
)

// A BluetoothEntry is a device that the phone is bonded with, or an event of the
// service bluetooth_manager.
type BluetoothEntry struct {
	Line    int
	Kind    string    // "bonded", "enabled", "crash"
	Address string    // of a device; Android 14 and later hide a part: "XX:XX:XX:XX:11:22"
	Name    string    // of a device
	Type    string    // of a device: "DUAL", "LE", "BR/EDR"
	Class   string    // of a device: "0x240404"; "" before Android 10
	Time    time.Time // of an event, clock without zone and year
	Text    string    // of an event: "Enabled  due to SYSTEM_BOOT by android"
}

// BluetoothEntries yields the bonded devices, when Bluetooth was turned on and
// off, and its crashes, of the section of the service bluetooth_manager.
func BluetoothEntries(text iter.Seq[lines.Line]) iter.Seq2[BluetoothEntry, error] {
	return func(yield func(BluetoothEntry, error) bool) {
		r := report{service: "bluetooth_manager"}
		part, column := "", 0
		for l := range r.watch(text) {
			n := indentation(l.Text)
			line := strings.TrimSpace(l.String())
			r.found = r.found || line == "Bluetooth Status"
			if line == "" || part != "" && n.columns <= column {
				part = ""
			}
			switch {
			case line == "Bonded devices:":
				part, column = "bonded", n.columns
				continue
			case line == "Enable log:":
				part, column = "enabled", n.columns
				continue
			case strings.HasPrefix(line, "Bluetooth crashed ") && n.columns == 0:
				part, column = "crash", n.columns
				continue
			case part == "":
				continue
			}
			e := BluetoothEntry{Line: l.Number, Kind: part}
			if ok := e.read(line); !ok {
				if !strings.HasPrefix(line, "(last ") { // of more crashes than are kept
					r.unknown(l.Number, line)
				}
				continue
			}
			if !yield(e, nil) {
				return
			}
		}
		finish(&r, "\"Bluetooth Status\"", yield)
	}
}

// read reads "aa:bb:cc:dd:ee:ff [ DUAL ][ 0x240404 ] Name" and "11-22
// 19:30:44.817  Enabled  due to SYSTEM_BOOT by android".
func (e *BluetoothEntry) read(line string) bool {
	if e.Kind != "bonded" {
		const stamp = len("01-02 15:04:05.000")
		t, ok := ParseTime(line[:min(len(line), stamp)])
		e.Time, e.Text = t, strings.TrimSpace(line[min(len(line), stamp):])
		return ok
	}
	address, rest, ok := strings.Cut(line, "[")
	e.Address, _, _ = strings.Cut(strings.TrimSpace(address), " ")
	kind, rest, ok2 := strings.Cut(rest, "]")
	if e.Type = strings.TrimSpace(kind); strings.HasPrefix(strings.TrimSpace(rest), "[") {
		e.Class, rest, _ = strings.Cut(strings.TrimSpace(rest)[1:], "]")
		e.Class = strings.TrimSpace(e.Class)
	}
	e.Name = null(strings.TrimSpace(rest))
	return ok && ok2 && len(e.Address) == 17
}
