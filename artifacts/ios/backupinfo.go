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

// BackupInfo reads what the computer noted about the phone it backed up.
var BackupInfo = artifact.Parser{
	ID:    "ios.backupinfo",
	Title: lang.Text{EN: "Description of the backup (Info.plist)", FR: "Description de la sauvegarde (Info.plist)"},
	Doc: `Info.plist is written by the computer (Finder, iTunes or a tool that acts like
them) at the end of each backup, is never encrypted, and is replaced each time.
It names the phone, its system and the time of the last backup: the first thing
to compare with what was agreed to be examined. Anybody with the folder can edit
it. Without it the folder is no complete backup.`,
	Inputs: []artifact.Pattern{{Kinds: evidence.IOSBackup, Glob: "backup/Info.plist"}},
	Record: backupInfo{},
	Refs:   []string{"https://docs.mvt.re/en/latest/ios/records/#backup_infojson", "https://theapplewiki.com/wiki/ITunes_Backup"},
	Parse:  from.Plist(backupInfoRead),
}

// backupInfo is the content of Info.plist.
type backupInfo struct {
	LastBackup       record.Time  `json:"last_backup"`                 // key "Last Backup Date", UTC, clock of the computer
	DeviceName       string       `json:"device_name"`                 // key "Device Name"
	DisplayName      string       `json:"display_name,omitempty"`      // key "Display Name"
	Product          string       `json:"product,omitempty"`           // key "Product Name": such as "iPhone 7"
	Model            string       `json:"model"`                       // key "Product Type": such as "iPhone9,3"
	Version          string       `json:"version"`                     // key "Product Version": of iOS
	Build            string       `json:"build"`                       // key "Build Version": of iOS
	Serial           string       `json:"serial,omitempty"`            // key "Serial Number"
	UDID             string       `json:"udid,omitempty"`              // key "Unique Identifier"
	TargetIdentifier string       `json:"target_identifier,omitempty"` // key "Target Identifier": normally the UDID too
	TargetType       string       `json:"target_type,omitempty"`       // key "Target Type": normally "Device"
	GUID             string       `json:"guid,omitempty"`              // key "GUID", chosen by the computer
	ICCID            string       `json:"iccid,omitempty"`             // key "ICCID": number of the SIM card
	IMEI             string       `json:"imei,omitempty"`              // key "IMEI"
	IMEI2            string       `json:"imei2,omitempty"`             // key "IMEI 2": of the second line
	MEID             string       `json:"meid,omitempty"`              // key "MEID"
	Phone            record.Phone `json:"phone,omitempty"`             // key "Phone Number": as the phone shows it
	ITunes           string       `json:"itunes,omitempty"`            // key "iTunes Version", also of other tools
	MacOS            string       `json:"macos,omitempty"`             // key "macOS Version", backups by Finder
	MacOSBuild       string       `json:"macos_build,omitempty"`       // key "macOS Build Version"
	Apps             []record.App `json:"apps,omitempty"`              // key "Installed Applications"
	Other            []record.KV  `json:"other,omitempty"`             // all other keys except "Applications", which ios.applications reads
}

// String implements [record.Data].
func (b backupInfo) String() string {
	return record.Line(fmt.Sprintf("backup of %s (%s, iOS %s)", b.DeviceName, b.Model, b.Version))
}

var backupInfoKeys = []string{"Last Backup Date", "Device Name", "Display Name", "Product Name", "Product Type", "Product Version",
	"Build Version", "Serial Number", "Unique Identifier", "Target Identifier", "Target Type", "GUID", "ICCID", "IMEI", "IMEI 2",
	"MEID", "Phone Number", "iTunes Version", "macOS Version", "macOS Build Version", "Installed Applications", "Applications"}

func backupInfoRead(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
	if root.Kind() != plist.Dict {
		yield(record.Record{}, fmt.Errorf("read backup info: root is %s, not dict", root.Kind()))
		return
	}
	text := func(key string) string { return from.Text(root.Get(key)) }
	b := backupInfo{
		LastBackup: epoch.Date(root.Get("Last Backup Date").Time()),
		DeviceName: text("Device Name"), DisplayName: text("Display Name"),
		Product: text("Product Name"), Model: text("Product Type"), Version: text("Product Version"), Build: text("Build Version"),
		Serial: text("Serial Number"), UDID: text("Unique Identifier"), TargetIdentifier: text("Target Identifier"), TargetType: text("Target Type"),
		GUID: text("GUID"), ICCID: text("ICCID"), IMEI: text("IMEI"), IMEI2: text("IMEI 2"), MEID: text("MEID"),
		Phone: record.Phone(text("Phone Number")), ITunes: text("iTunes Version"), MacOS: text("macOS Version"), MacOSBuild: text("macOS Build Version"),
	}
	for app := range root.Get("Installed Applications").Elems() {
		b.Apps = append(b.Apps, record.App(from.Text(app)))
	}
	var err error
	b.Other, err = from.Rest(root, backupInfoKeys...)
	if yield(in.Record(from.At("Info", 0, root), b), nil) && err != nil {
		yield(record.Record{}, err)
	}
}
