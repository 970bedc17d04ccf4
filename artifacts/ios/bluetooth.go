package ios

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Bluetooth reads the low-energy devices that were paired or seen.
var Bluetooth = artifact.Parser{
	ID:    "ios.bluetooth",
	Title: lang.Text{EN: "Bluetooth low-energy devices", FR: "Appareils Bluetooth basse consommation"},
	Doc: `Two databases hold the low-energy devices that were paired with the phone and others
that it met: watches, trackers, headsets, readers. bluetoothd writes them; the paired
ones stay until they are removed, the others are dropped after a while. An accessory
that the owner does not know may be a tracker or a tool. Addresses of the others change
every few minutes on most devices and name nobody. Neither unit nor epoch of the two
times is documented: they are given as they are stored.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/containers/Shared/SystemGroup/*/Library/Database/com.apple.MobileBluetooth.ledevices.paired.db"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/containers/Shared/SystemGroup/*/Library/Database/com.apple.MobileBluetooth.ledevices.other.db"},
	},
	Record: bluetoothDevice{},
	Refs:   []string{"https://github.com/abrignoni/iLEAPP/blob/main/scripts/artifacts/bluetooth.py"},
	Parse:  from.SQLite(bluetoothRead),
}

// bluetoothDevice is one device, a row of PairedDevices or OtherDevices.
type bluetoothDevice struct {
	Name           record.Text `json:"name"`                      // column Name
	NameOrigin     string      `json:"name_origin,omitempty"`     // column NameOrigin, a number; paired devices
	Address        string      `json:"address"`                   // column Address, with its kind: "Random AA:BB:CC:DD:EE:FF" (observed)
	Resolved       string      `json:"resolved,omitempty"`        // column ResolvedAddress: the lasting address; paired devices
	Paired         bool        `json:"paired"`                    // from the table
	LastSeen       string      `json:"last_seen,omitempty"`       // column LastSeenTime as stored
	LastConnection string      `json:"last_connection,omitempty"` // column LastConnectionTime as stored; paired devices
	UUID           string      `json:"uuid"`                      // column Uuid
}

// String implements [record.Data].
func (d bluetoothDevice) String() string {
	kind := "met"
	if d.Paired {
		kind = "paired"
	}
	return record.Line(fmt.Sprintf("Bluetooth device %s, %s %s", kind, d.Name, d.Address))
}

func bluetoothRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	found := false
	for _, table := range []string{"PairedDevices", "OtherDevices"} {
		if _, ok := db.Table(table); !ok {
			continue
		}
		found = true
		more := from.Rows(in, db, table, yield, func(r sqlite.Row) (bluetoothDevice, bool) {
			return bluetoothDevice{
				Name:           record.Text(r.Text("Name")),
				NameOrigin:     r.Text("NameOrigin"),
				Address:        r.Text("Address"),
				Resolved:       r.Text("ResolvedAddress"),
				Paired:         table == "PairedDevices",
				LastSeen:       r.Text("LastSeenTime"),
				LastConnection: r.Text("LastConnectionTime"),
				UUID:           r.Text("Uuid"),
			}, true
		})
		if !more {
			return
		}
	}
	if !found {
		yield(record.Record{}, fmt.Errorf("read devices: %w", sqlite.ErrNoTable))
	}
}
