package ios

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/remotectl"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Remotectl reads the devices that the phone was connected with.
var Remotectl = artifact.Parser{
	ID:    "ios.remotectl",
	Title: lang.Text{EN: "Connected computers and offered services", FR: "Ordinateurs connectés et services proposés"},
	Doc: `remotectl_dumpstate.txt of a sysdiagnose, since about iOS 14, describes the phone itself and the devices
that it was connected with through Apple's protocol for developers and computers: one record for
each. A record of kind "peer" that is a Mac or PC was attached when the capture was made,
which may be the one that took it.

Services are what the phone offers, and not processes that run. Those named like
com.apple.instruments or com.apple.debugserver, and ssh, are there in developer mode or with a
developer disk image only.`,
	Inputs: []artifact.Pattern{{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/remotectl_dumpstate.txt"}},
	Record: remotectlDevice{},
	Refs:   []string{"https://github.com/EC-DIGIT-CSIRC/sysdiagnose"},
	Parse: from.Decoded(remotectl.Decode, func(d remotectl.Device) (record.Origin, record.Data) {
		return record.Origin{Row: int64(d.Line), Offset: d.Offset}, remotectlRow(d)
	}),
}

// remotectlDevice is one device.
type remotectlDevice struct {
	Kind          string      `json:"kind"`                     // local, the phone itself; or peer
	Name          string      `json:"name"`                     // rest of its first line
	State         string      `json:"state,omitempty"`          // State: connected…
	UUID          string      `json:"uuid,omitempty"`           // UUID: of the connection's device
	Product       string      `json:"product,omitempty"`        // Product Type: such as MacBookPro15,1
	Version       string      `json:"version,omitempty"`        // Properties, OSVersion
	Build         string      `json:"build,omitempty"`          // Properties, BuildVersion; OS Build
	Serial        string      `json:"serial,omitempty"`         // Properties, SerialNumber
	UDID          string      `json:"udid,omitempty"`           // Properties, UniqueDeviceID
	Services      []string    `json:"services,omitempty"`       // Services
	LocalServices []string    `json:"local_services,omitempty"` // Local Services: of the phone for that device
	Left          int64       `json:"left,omitempty"`           // values and services beyond the limits, which are not kept
	Other         []record.KV `json:"other,omitempty"`          // other values, with the keys above them
}

// String implements [record.Data].
func (d remotectlDevice) String() string {
	if d.Kind == "local" {
		return record.Line(fmt.Sprintf("the phone %s offers %d services", d.Product, len(d.Services)))
	}
	return record.Line(fmt.Sprintf("connected with %s %s: %s", d.Name, d.Product, d.State))
}

func remotectlRow(d remotectl.Device) remotectlDevice {
	r := remotectlDevice{Kind: "peer", Name: d.Name(), Services: d.Services, LocalServices: d.LocalServices, Left: int64(d.More)}
	if d.Local() {
		r.Kind = "local"
	}
	for _, p := range d.Pairs {
		field := r.field(p.Key)
		if field == nil || *field != "" {
			r.Other = append(r.Other, record.KV{Key: p.Key, Value: p.Value})
			continue
		}
		*field = p.Value
	}
	return r
}

// field returns the field of a key, nil if it has none.
func (d *remotectlDevice) field(key string) *string {
	switch key {
	case "State":
		return &d.State
	case "UUID":
		return &d.UUID
	case "Product Type", "Properties/ProductType":
		return &d.Product
	case "Properties/OSVersion":
		return &d.Version
	case "Properties/BuildVersion", "OS Build":
		return &d.Build
	case "Properties/SerialNumber":
		return &d.Serial
	case "Properties/UniqueDeviceID":
		return &d.UDID
	}
	return nil
}
