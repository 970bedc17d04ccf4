package ios

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// AccountDevices reads the devices of the Apple account.
var AccountDevices = artifact.Parser{
	ID:    "ios.accountdevices",
	Title: lang.Text{EN: "Devices of the Apple account", FR: "Appareils du compte Apple"},
	Doc: `akd, the daemon of Apple accounts, keeps a copy of the list of devices that are signed
in to the accounts of the phone, and of those that were removed, in devicelist.db. It is
as old as the last refresh. A device that the owner does not know reads what the account
synchronises: messages, photos, backups.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Application Support/com.apple.akd/devicelist.db"},
	},
	Record: accountDevicesDevice{},
	Refs:   []string{"https://github.com/abrignoni/iLEAPP", "https://github.com/ydkhatri/mac_apt"},
	Parse:  from.SQLite(accountDevicesRead),
}

// accountDevicesDevice is one row of device_list or of deleted_device_list.
type accountDevicesDevice struct {
	Updated record.Time `json:"updated"` // column last_updated_date, seconds since 1970 UTC
	Cached  record.Time `json:"cached"`  // column last_cache_updated_date, seconds since 1970 UTC
	Removed record.Time `json:"removed"` // column deleted_date, seconds since 1970 UTC

	Kind    string      `json:"kind"`              // device or removed device
	ID      string      `json:"id"`                // column mid
	Name    string      `json:"name,omitempty"`    // column name
	Model   string      `json:"model,omitempty"`   // column model
	Serial  string      `json:"serial,omitempty"`  // column serial_number
	System  string      `json:"system,omitempty"`  // column os
	Version string      `json:"version,omitempty"` // column os_version
	Build   string      `json:"build,omitempty"`   // column build_number
	Trusted *bool       `json:"trusted,omitempty"` // column trusted
	Account string      `json:"account,omitempty"` // column altDSID
	Reason  *int64      `json:"reason,omitempty"`  // column reason of removed devices, not documented
	Values  []record.KV `json:"values,omitempty"`  // other columns, and additional_info
}

// String implements [record.Data].
func (d accountDevicesDevice) String() string {
	return record.Line(fmt.Sprintf("%s of the account: %s %s %s", d.Kind, d.Name, d.Model, d.Serial))
}

func accountDevicesRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	if !from.Rows(in, db, "device_list", yield, func(r sqlite.Row) (accountDevicesDevice, bool) { return accountDevicesRow("device", r), true }) {
		return
	}
	if _, ok := db.Table("deleted_device_list"); ok {
		from.Rows(in, db, "deleted_device_list", yield, func(r sqlite.Row) (accountDevicesDevice, bool) { return accountDevicesRow("removed device", r), true })
	}
}

func accountDevicesRow(kind string, r sqlite.Row) accountDevicesDevice {
	d := accountDevicesDevice{
		Updated: epoch.UnixReal(r.Float("last_updated_date")), Cached: epoch.UnixReal(r.Float("last_cache_updated_date")), Removed: epoch.UnixReal(r.Float("deleted_date")),
		Kind: kind, ID: r.Text("mid"), Name: r.Text("name"), Model: r.Text("model"), Serial: r.Text("serial_number"), System: r.Text("os"),
		Version: r.Text("os_version"), Build: r.Text("build_number"), Account: r.Text("altDSID"),
		Values: from.RowRest(r, "last_updated_date", "last_cache_updated_date", "deleted_date", "mid", "name", "model", "serial_number", "os", "os_version",
			"build_number", "altDSID", "trusted", "reason"),
	}
	if !r.IsNull("trusted") {
		trusted := r.Int("trusted") != 0
		d.Trusted = &trusted
	}
	if !r.IsNull("reason") {
		reason := r.Int("reason")
		d.Reason = &reason
	}
	if blob := r.Blob("additional_info"); len(blob) > 0 {
		kvs, err := from.Blob(blob)
		if err != nil {
			kvs = []record.KV{{Key: "", Value: from.Data(blob)}}
		}
		for _, kv := range kvs {
			d.Values = append(d.Values, record.KV{Key: "additional_info/" + kv.Key, Value: kv.Value})
		}
	}
	return d
}
