package android

import (
	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// USB reads the state and the history of the USB port.
var USB = artifact.Parser{
	ID:    "android.usb",
	Title: lang.Text{EN: "USB state and events", FR: "État et événements USB"},
	Doc: `The service usb prints what the port does (charging, files, adb), whether a computer or a device is
connected, which devices were connected since the phone started, which apps may use one, and its
last events by the clock of the phone, without a year. A computer that the acquisition uses
is in it. Devices for forced access to phones connect as keyboards, sound or video devices.`,
	Inputs: from.Dumpsys("usb"),
	Record: usbState{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/usb/java/com/android/server/usb/UsbService.java",
	},
	Parse: from.Dump(dumpsys.USBStates, usbRow),
}

// usbState is one part of the state, or one event.
type usbState struct {
	Part   string      `json:"part"`             // names of the parts around it: "device_manager.handler"
	Values []record.KV `json:"values,omitempty"` // as printed
	Clock  string      `json:"clock,omitempty"`  // of an event: month, day and hour
	Event  record.Text `json:"event,omitempty"`  // as printed, without its time
}

// String implements [record.Data].
func (s usbState) String() string {
	if s.Event != "" {
		return record.Line("USB " + string(s.Event))
	}
	return record.Line("USB state of " + s.Part)
}

func usbRow(u dumpsys.USBState) (int, record.Data) {
	d := usbState{Part: u.Part, Values: from.KVs(u.Values), Event: record.Text(u.Event)}
	if !u.Time.IsZero() {
		_, d.Clock = from.Clock(u.Time)
	}
	return u.Line, d
}
