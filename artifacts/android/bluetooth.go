package android

import (
	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Bluetooth reads the bonded devices and the history of Bluetooth.
var Bluetooth = artifact.Parser{
	ID:    "android.bluetooth",
	Title: lang.Text{EN: "Bluetooth devices and crashes", FR: "Appareils et plantages Bluetooth"},
	Doc: `The devices that the phone is bonded with: headphones, cars, watches, keyboards. One that the owner does not know may be a
keyboard or a tracker of somebody else. The service also tells
the last times when Bluetooth was turned on and off and by which app, and when it crashed,
since the phone started, without a year. Crashes have many causes; attacks over Bluetooth cause some too. Android 14 and
later hide the first four bytes of addresses.`,
	Inputs: from.Dumpsys("bluetooth_manager"),
	Record: bluetoothEntry{},
	Refs: []string{
		"https://android.googlesource.com/platform/packages/modules/Bluetooth/+/refs/heads/main/android/app/src/com/android/bluetooth/btservice/AdapterProperties.java",
		"https://android.googlesource.com/platform/packages/modules/Bluetooth/+/refs/heads/main/service/src/com/android/server/bluetooth/BluetoothManagerService.java",
	},
	Parse: from.Dump(dumpsys.BluetoothEntries, bluetoothRow),
}

// bluetoothEntry is one device or event.
type bluetoothEntry struct {
	Kind    string      `json:"kind"`              // "bonded", "enabled" (turned on or off), "crash"
	Name    record.Text `json:"name,omitempty"`    // of a device
	Address string      `json:"address,omitempty"` // of a device
	Type    string      `json:"type,omitempty"`    // of a device: "DUAL", "LE"
	Class   string      `json:"class,omitempty"`   // class of device, hexadecimal; Android 10 and later
	Clock   string      `json:"clock,omitempty"`   // of an event: month, day and hour
	Event   record.Text `json:"event,omitempty"`   // as printed
}

// String implements [record.Data].
func (e bluetoothEntry) String() string {
	if e.Kind == "bonded" {
		return record.Line("bonded Bluetooth device " + string(e.Name) + " " + e.Address)
	}
	return record.Line("Bluetooth " + e.Kind + " " + string(e.Event))
}

func bluetoothRow(e dumpsys.BluetoothEntry) (int, record.Data) {
	d := bluetoothEntry{Kind: e.Kind, Name: record.Text(e.Name), Address: e.Address, Type: e.Type, Class: e.Class, Event: record.Text(e.Text)}
	if e.Kind != "bonded" {
		_, d.Clock = from.Clock(e.Time)
	}
	return e.Line, d
}
