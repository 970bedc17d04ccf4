package ios

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// BluetoothDevices reads the classic Bluetooth devices that were paired.
var BluetoothDevices = artifact.Parser{
	ID:    "ios.bluetoothdevices",
	Title: lang.Text{EN: "Paired Bluetooth devices", FR: "Appareils Bluetooth jumelés"},
	Doc: `com.apple.MobileBluetooth.devices.plist has one entry for each device that was paired
with the phone: cars, headsets, keyboards, computers. bluetoothd writes it as they
connect; an entry goes when the device is removed in the settings. A keyboard or a
computer that the owner does not know could be used to act on the phone.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/containers/Shared/SystemGroup/*/Library/Preferences/com.apple.MobileBluetooth.devices.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Preferences/com.apple.MobileBluetooth.devices.plist"},
	},
	Record: bluetoothdevicesDevice{},
	Refs:   []string{"https://github.com/abrignoni/iLEAPP/blob/main/scripts/artifacts/bluetooth.py"},
	Parse:  from.Plist(bluetoothdevicesRead),
}

// bluetoothdevicesDevice is one device, a key of the list.
type bluetoothdevicesDevice struct {
	LastSeen record.Time `json:"last_seen"` // key LastSeenTime, seconds since 1970 UTC

	Address     string      `json:"address"`                // the key: hardware address
	Name        record.Text `json:"name"`                   // key Name: what the device calls itself
	DefaultName record.Text `json:"default_name,omitempty"` // key DefaultName
	UserName    record.Text `json:"user_name,omitempty"`    // key UserNameKey: what the owner called it
	Product     string      `json:"product,omitempty"`      // key DeviceIdProduct, a number of the vendor
	Other       []record.KV `json:"other,omitempty"`        // the other keys, or the value if it is no dictionary
}

// String implements [record.Data].
func (d bluetoothdevicesDevice) String() string {
	return record.Line(fmt.Sprintf("Bluetooth device paired, %s %s", d.Name, d.Address))
}

func bluetoothdevicesRead(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
	if root.Kind() != plist.Dict {
		yield(record.Record{}, fmt.Errorf("read devices: root is %s, not dict", root.Kind()))
		return
	}
	row := 0
	for key, v := range root.Items() {
		row++
		rest, err := from.Leaves(v)
		if v.Kind() == plist.Dict {
			rest, err = from.Rest(v, "LastSeenTime", "Name", "DefaultName", "UserNameKey", "DeviceIdProduct")
		}
		d := bluetoothdevicesDevice{
			Address:     key,
			Name:        record.Text(v.Get("Name").String()),
			DefaultName: record.Text(v.Get("DefaultName").String()),
			UserName:    record.Text(v.Get("UserNameKey").String()),
			Product:     from.Text(v.Get("DeviceIdProduct")),
			Other:       rest,
		}
		if seen := v.Get("LastSeenTime"); seen.Kind() == plist.Real {
			d.LastSeen = epoch.UnixReal(seen.Float())
		} else {
			d.LastSeen = epoch.Unix(seen.Int())
		}
		if !yield(in.Record(from.At(key, row, v), d), nil) || err != nil && !yield(record.Record{}, err) {
			return
		}
	}
}
