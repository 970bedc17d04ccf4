package evidence

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vigie-project/vigie/format/plist"
)

// device reads what Info.plist and the Lockdown part of Manifest.plist say
// about the phone; Info.plist comes first where both do.
func (b *backup) device() Device {
	lockdown := b.manifest.Get("Lockdown")
	text := func(info, lock string) string {
		if s := listText(b.info.Get(info)); s != "" {
			return s
		}
		return listText(lockdown.Get(lock))
	}
	d := Device{
		Name:    text("Device Name", "DeviceName"),
		Model:   text("Product Type", "ProductType"),
		Version: text("Product Version", "ProductVersion"),
		Build:   text("Build Version", "BuildVersion"),
		Serial:  text("Serial Number", "SerialNumber"),
		UDID:    text("Unique Identifier", "UniqueDeviceID"),
		IMEI:    text("IMEI", "InternationalMobileEquipmentIdentity"),
		Phone:   text("Phone Number", "PhoneNumber"),
		Zone:    listText(lockdown.Get("TimeZone")),
		System:  "iOS",
	}
	if d.UDID == "" {
		d.UDID = listText(b.info.Get("Target Identifier"))
	}
	for _, v := range []plist.Value{b.info.Get("Last Backup Date"), b.manifest.Get("Date"), b.status.Get("Date")} {
		if t := v.Time(); v.Kind() == plist.Date && !t.IsZero() {
			d.Acquired = t.UTC().Format(time.RFC3339)
			break
		}
	}
	return d
}

// listText returns a string, or an integer as digits, bounded and on one line.
func listText(v plist.Value) string {
	const maxText = 1000
	s := v.String()
	if v.Kind() == plist.Int {
		s = fmt.Sprint(v.Int())
	}
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "")
	}
	return s
}

// statusNotes says what Status.plist tells about the completeness of the backup.
func (b *backup) statusNotes() {
	if b.status.Kind() != plist.Dict {
		return
	}
	if s := listText(b.status.Get("SnapshotState")); s != "" && s != "finished" {
		b.note("snapshot-not-finished", statusPlist, "SnapshotState is %q: the backup was interrupted", s)
	}
	if v := b.status.Get("IsFullBackup"); v.Kind() == plist.Bool && !v.Bool() {
		b.note("not-full-backup", statusPlist, "IsFullBackup is false: files that did not change may be absent")
	}
	if s := listText(b.status.Get("BackupState")); s != "" && s != "new" {
		b.note("backup-state", statusPlist, "BackupState is %q", s)
	}
}

// scanNotes reports what reading the manifest showed.
func (b *backup) scanNotes(k *rowCheck, bad damage) {
	add := func(code string, count int64, format string, args ...any) {
		if count > 0 {
			b.found = append(b.found, Note{Code: code, Detail: fmt.Sprintf(format, args...), Count: count})
		}
	}
	if b.keys != nil {
		for _, class := range b.keys.Damaged {
			b.note("class-key-damaged", manifestPlist, "the key of protection class %d is damaged: its files cannot be decrypted", class)
		}
	}
	if db, ok := b.cat.(*dbCatalogue); ok {
		for i, err := range db.lookup.Problems() {
			if i == maxListed {
				break
			}
			b.note("manifest-damaged", manifestDB, "%v", err)
		}
	}
	for _, err := range bad.errs {
		b.note("manifest-damaged", "", "%v", err)
	}
	add("manifest-damaged", bad.count, "parts of the manifest that cannot be read")
	add("files-listed", k.files, "files in the manifest, beside %d folders and %d links", k.dirs, k.links)
	b.found = append(b.found, k.notes...)
	add("fileid-invalid", k.badID, "rows whose fileID is not 40 hexadecimal digits")
	add("fileid-differs", k.otherID, "rows whose fileID is not the SHA-1 of their name")
	add("unknown-flags", k.badFlags, "rows whose flags are unknown")
	for _, domain := range sortedKeys(k.domains) {
		add("unknown-domain", k.domains[domain], "rows of domain %.200q, whose place on the device is not known", domain)
	}
	add("unknown-domain", k.unknown-sum(k.domains), "rows of further domains whose place on the device is not known")
	add("duplicate-path", int64(len(b.index.moved)), "rows whose device path an earlier row has, shown under %s/row-…", unknownRoot)
}

func sum(m map[string]int64) (n int64) {
	for _, v := range m {
		n += v
	}
	return n
}

// inventoryNotes reports payloads that are missing or that nothing lists.
func (b *backup) inventoryNotes() error {
	refused := b.outer.notes() // of the walk that filled the inventory
	absent, orphans := b.inv.compare()
	if absent > 0 {
		b.found = append(b.found, Note{Code: "payloads-absent", Detail: "files in the manifest whose payload is absent", Count: absent})
	}
	if len(orphans) > 0 {
		names, err := b.orphanNames(orphans)
		if err != nil {
			return err
		}
		for _, name := range names {
			b.found = append(b.found, Note{Code: "payload-orphan", Path: name, Detail: "a payload that the manifest does not list", Count: 1})
		}
		b.found = append(b.found, Note{Code: "payload-orphan", Detail: "payloads that the manifest does not list", Count: int64(len(orphans))})
	}
	if b.inv.moreExtras > 0 {
		b.found = append(b.found, Note{Code: "files-beside", Detail: fmt.Sprintf("files beside the payloads, beyond the first %d, are not shown", maxExtras), Count: b.inv.moreExtras})
	}
	b.found = append(b.found, refused...)
	b.inv.listed, b.inv.stored = nil, nil
	return nil
}

// orphanNames returns the stored names of the first orphans.
func (b *backup) orphanNames(orphans []uint64) ([]string, error) {
	var names []string
	err := b.outer.walk(func(name string) error {
		id, ok := payloadID(name)
		if !ok {
			return nil
		}
		if _, found := slices.BinarySearch(orphans, idPrefix(id)); found {
			if names = append(names, name); len(names) == maxListed {
				return errStop
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, errStop) && len(names) == 0 {
		return nil, fmt.Errorf("list payloads: %w", err)
	}
	return names, nil
}
