package ios

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// BiomeDevice reads states of the phone: locked, started, connected.
var BiomeDevice = artifact.Parser{
	ID:    "ios.biomedevice",
	Title: lang.Text{EN: "States of the phone (Biome)", FR: "États du téléphone (Biome)"},
	Doc: `The streams whose names begin with Device have one event for each change of a state
of the phone: screen or keybag locked, boot sessions opened and closed, Wi-Fi networks
and Bluetooth devices connected, power, time zone, and the build of iOS. They are kept
for four weeks to a year. Use while the screen is locked, reboots close to a crash and
unknown networks are what to look for. Deleted events keep their times only.`,
	Inputs: from.Biome("Device.*"),
	Record: biomeDeviceEvent{},
	Refs: []string{
		"https://www.cclsolutionsgroup.com/post/a-biome-specification",
		"https://github.com/abrignoni/iLEAPP",
	},
	Parse: from.Segments(biomeDeviceRow),
}

// biomeDeviceEvent is one change.
type biomeDeviceEvent struct {
	Time record.Time `json:"time"` // of the event in its segment, seconds since 2001 UTC

	Stream string      `json:"stream"`           // such as Device.ScreenLocked
	Name   string      `json:"name,omitempty"`   // field that is a text: network, device, boot session, time zone or build, by stream
	Value  *int64      `json:"value,omitempty"`  // field that says which state: 1 locked, started, connected or on; 0 the opposite
	State  string      `json:"state,omitempty"`  // of the event, if it is not written
	Device string      `json:"device,omitempty"` // other device of the account that sent it
	Fields []record.KV `json:"fields,omitempty"` // all fields by their numbers
}

// String implements [record.Data].
func (d biomeDeviceEvent) String() string {
	s := d.Stream
	if d.Name != "" {
		s += " " + d.Name
	}
	if d.Value != nil {
		s += fmt.Sprintf(": %d", *d.Value)
	}
	return record.Line(s)
}

func biomeDeviceRow(e from.Event) (biomeDeviceEvent, error) {
	d := biomeDeviceEvent{Time: e.Time, Stream: e.Stream, State: e.State, Device: e.Device, Fields: e.Rest()}
	switch e.Stream {
	case "Device.Metadata":
		d.Name = e.Text(2)
		if d.Name == "" {
			d.Name = e.Text(4)
		}
	case "Device.TimeZone":
		d.Name = e.Text(2)
	default:
		d.Name, d.Value = e.Text(1), e.Int(1)
		if d.Name != "" {
			d.Value = e.Int(2)
		}
	}
	return d, e.Err()
}
