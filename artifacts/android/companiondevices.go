package android

import (
	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// CompanionDevices reads the devices that apps are associated with.
var CompanionDevices = artifact.Parser{
	ID:    "android.companiondevices",
	Title: lang.Text{EN: "Companion devices", FR: "Appareils associés"},
	Doc: `An app can be associated with a device such as a watch, glasses or a computer. It then may work in the
background, and with a profile gets what that needs: a watch gives access to
notifications, calls and messages. The owner confirms it once. Stalking apps have used
associations with a device that is not there. The list holds those of the time of the dump, since Android
15 also those removed last, and which devices are near. Android 10 and before print nothing.`,
	Inputs: from.Dumpsys("companiondevice"),
	Record: companiondevicesDevice{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/core/java/android/companion/AssociationInfo.java",
		"https://developer.android.com/develop/connectivity/bluetooth/companion-device-pairing",
	},
	Parse: from.Dump(dumpsys.Companions, companiondevicesRow),
}

// companiondevicesDevice is one device in one of the lists.
type companiondevicesDevice struct {
	List          string          `json:"list"`              // heading: "Companion Device Associations", "Devices Last Nearby"
	App           record.App      `json:"app"`               // mPackageName
	Name          record.Text     `json:"name,omitempty"`    // mDisplayName
	Address       string          `json:"address,omitempty"` // mDeviceMacAddress
	Profile       string          `json:"profile,omitempty"` // mDeviceProfile: "android.app.role.COMPANION_DEVICE_WATCH"
	Approved      record.WallTime `json:"approved"`          // mTimeApprovedMs, printed by the clock of the phone; Android 12 and later
	LastConnected record.WallTime `json:"last_connected"`    // mLastTimeConnectedMs, or when it was near last
	Zone          string          `json:"zone,omitempty"`    // of the times, as printed: "CET", "GMT+01:00"
	User          *int64          `json:"user"`              // mUserId
	ID            string          `json:"id,omitempty"`      // mId
	Extra         []record.KV     `json:"extra,omitempty"`   // other values
}

// String implements [record.Data].
func (d companiondevicesDevice) String() string {
	s := "companion device"
	for _, v := range []string{string(d.Name), d.Address} {
		if v != "" {
			s += " " + v
		}
	}
	if d.App != "" {
		s += " of " + string(d.App)
	}
	return record.Line(s)
}

func companiondevicesRow(c dumpsys.Companion) (int, record.Data) {
	return c.Line, companiondevicesDevice{
		List: c.List, App: record.App(c.Package), Name: record.Text(c.Name), Address: c.Address, Profile: c.Profile, Approved: record.WallTime{Time: c.Approved},
		LastConnected: record.WallTime{Time: c.Connected}, Zone: c.Zone, User: from.Count(c.User), ID: c.ID, Extra: from.KVs(c.Other),
	}
}
