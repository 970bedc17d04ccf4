package ios

import (
	"fmt"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// BackupStatus reads in which state a backup ended.
var BackupStatus = artifact.Parser{
	ID:    "ios.backupstatus",
	Title: lang.Text{EN: "State of the backup (Status, Manifest)", FR: "État de la sauvegarde (Status, Manifest)"},
	Doc: `Status.plist is kept by the phone while it backs up and says whether the backup
was finished and whether it was a full one; Manifest.plist says whether it is
encrypted and whether the phone had a passcode. In a backup that is not finished
or not encrypted, the absence of a file shows nothing: without encryption, calls,
Safari history and health data are left out.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup, Glob: "backup/Status.plist"},
		{Kinds: evidence.IOSBackup, Glob: "backup/Manifest.plist"},
	},
	Record: backupStatus{},
	Refs:   []string{"https://theapplewiki.com/wiki/ITunes_Backup", "https://libimobiledevice.org"},
	Parse:  from.Plist(backupStatusRead),
}

// backupStatus is what one of the two files says.
type backupStatus struct {
	Date record.Time `json:"date"` // key Date, UTC, clock of the phone: of the backup session

	State         string `json:"state,omitempty"`          // Status.plist, BackupState: new, empty…
	SnapshotState string `json:"snapshot_state,omitempty"` // Status.plist, SnapshotState: finished, uploading, moving…
	Full          *bool  `json:"full"`                     // Status.plist, IsFullBackup
	UUID          string `json:"uuid,omitempty"`           // Status.plist, UUID of the backup
	Version       string `json:"version,omitempty"`        // key Version, of the format of the file

	Encrypted    *bool       `json:"encrypted"`              // Manifest.plist, IsEncrypted; copies decrypted by tools may keep true
	Passcode     *bool       `json:"passcode"`               // Manifest.plist, WasPasscodeSet
	ManifestKey  *bool       `json:"manifest_key"`           // Manifest.plist has a ManifestKey: Manifest.db is encrypted, from iOS 10.2
	DeviceName   string      `json:"device_name,omitempty"`  // Manifest.plist, Lockdown.DeviceName
	Model        string      `json:"model,omitempty"`        // Manifest.plist, Lockdown.ProductType
	System       string      `json:"system,omitempty"`       // Manifest.plist, Lockdown.ProductVersion
	Build        string      `json:"build,omitempty"`        // Manifest.plist, Lockdown.BuildVersion
	Serial       string      `json:"serial,omitempty"`       // Manifest.plist, Lockdown.SerialNumber
	UDID         string      `json:"udid,omitempty"`         // Manifest.plist, Lockdown.UniqueDeviceID
	Applications int64       `json:"applications,omitempty"` // Manifest.plist: how many apps it lists; see ios.appinventory
	Other        []record.KV `json:"other,omitempty"`        // all other keys except keys and key bags
}

// String implements [record.Data].
func (b backupStatus) String() string {
	var parts []string
	if b.SnapshotState != "" {
		parts = append(parts, "snapshot "+b.SnapshotState)
	}
	for _, f := range []struct {
		name string
		is   *bool
	}{{"full", b.Full}, {"encrypted", b.Encrypted}, {"passcode", b.Passcode}} {
		if f.is != nil {
			parts = append(parts, fmt.Sprintf("%s %t", f.name, *f.is))
		}
	}
	return record.Line("backup state: " + strings.Join(parts, ", "))
}

var backupStatusKeys = []string{"Date", "BackupState", "SnapshotState", "IsFullBackup", "UUID", "Version",
	"IsEncrypted", "WasPasscodeSet", "ManifestKey", "BackupKeyBag", "Applications"}

func backupStatusRead(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
	if root.Kind() != plist.Dict {
		yield(record.Record{}, fmt.Errorf("read backup status: root is %s, not dict", root.Kind()))
		return
	}
	text := func(key string) string { return from.Text(root.Get(key)) }
	lockdown := func(key string) string { return from.Text(root.Get("Lockdown").Get(key)) }
	flag := func(key string) *bool {
		v := root.Get(key)
		if v.Kind() != plist.Bool {
			return nil
		}
		b := v.Bool()
		return &b
	}
	b := backupStatus{
		Date:  epoch.Date(root.Get("Date").Time()),
		State: text("BackupState"), SnapshotState: text("SnapshotState"), Full: flag("IsFullBackup"), UUID: text("UUID"), Version: text("Version"),
		Encrypted: flag("IsEncrypted"), Passcode: flag("WasPasscodeSet"),
		DeviceName: lockdown("DeviceName"), Model: lockdown("ProductType"), System: lockdown("ProductVersion"),
		Build: lockdown("BuildVersion"), Serial: lockdown("SerialNumber"), UDID: lockdown("UniqueDeviceID"),
		Applications: int64(root.Get("Applications").Len()),
	}
	table := "Status"
	if strings.HasSuffix(in.Path, "/Manifest.plist") {
		has := root.Get("ManifestKey").Kind() == plist.Data
		b.ManifestKey, table = &has, "Manifest"
	}
	var err error
	b.Other, err = from.Rest(root, backupStatusKeys...)
	if yield(in.Record(from.At(table, 0, root), b), nil) && err != nil {
		yield(record.Record{}, err)
	}
}
