package ios

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/keyedarchive"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// CloudTabDevices reads the devices of the account that publish their tabs.
var CloudTabDevices = artifact.Parser{
	ID:    "ios.cloudtabdevices",
	Title: lang.Text{EN: "Devices with iCloud tabs", FR: "Appareils à onglets iCloud"},
	Doc: `Each device of an Apple account on which Safari is synchronised has a row
with its name here, for as long as it publishes tabs and some weeks more. A name
that the owner does not know is a device of somebody else on the account, and
worth a question. Devices without Safari, or with it switched off for iCloud, are
not listed, so the list is no list of the devices of the account.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/**/Library/Safari/CloudTabs.db"},
	},
	Record: cloudTabDevicesDevice{},
	Refs:   []string{"https://github.com/abrignoni/iLEAPP/blob/main/scripts/artifacts/safariTabs.py"},
	Parse:  from.Table("cloud_tab_devices", cloudTabDevicesRow),
}

// cloudTabDevicesDevice is one device.
type cloudTabDevicesDevice struct {
	// When the device last changed its tabs. Column last_modified, seconds since
	// 2001 UTC.
	Changed record.Time `json:"changed"`
	// When the record of the device was made and changed on the server:
	// RecordCtime and RecordMtime in system_fields, a keyed archive, UTC.
	Created  record.Time `json:"created"`
	Modified record.Time `json:"modified"`

	Name      string `json:"name"`                // column device_name
	Device    string `json:"device_id"`           // column device_uuid
	Type      string `json:"type,omitempty"`      // column device_type_identifier of later systems, such as com.apple.iphone
	Ephemeral bool   `json:"ephemeral,omitempty"` // column is_ephemeral_device: goes when it closes its tabs
	Duplicate bool   `json:"same_name,omitempty"` // column has_duplicate_device_name
}

// String implements [record.Data].
func (d cloudTabDevicesDevice) String() string {
	return record.Line(fmt.Sprintf("Device %q publishes its tabs", d.Name))
}

func cloudTabDevicesRow(r sqlite.Row) cloudTabDevicesDevice {
	d := cloudTabDevicesDevice{
		Changed:   epoch.CocoaOrUnix(r.Float("last_modified")),
		Name:      r.Text("device_name"),
		Device:    r.Text("device_uuid"),
		Type:      r.Text("device_type_identifier"),
		Ephemeral: r.Int("is_ephemeral_device") != 0,
		Duplicate: r.Int("has_duplicate_device_name") != 0,
	}
	if a, err := keyedarchive.Parse(r.Blob("system_fields")); err == nil {
		d.Created = epoch.Date(a.Top("RecordCtime").Time())
		d.Modified = epoch.Date(a.Top("RecordMtime").Time())
	}
	return d
}
