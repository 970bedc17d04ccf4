package ios

import (
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// MobileBackup reads when the phone was backed up and restored.
var MobileBackup = artifact.Parser{
	ID:    "ios.mobilebackup",
	Title: lang.Text{EN: "Backups and restores", FR: "Sauvegardes et restaurations"},
	Doc: `com.apple.MobileBackup.plist of the backup service keeps the state of the last
backup, the last results and, in RestoreInfo, when this phone was restored from a
backup and of which version; com.apple.mobile.ldbackup.plist the last backups to a
computer and to iCloud. Data older than the restore was imported from another phone
or an earlier life of this one: an infection does not survive a restore, its traces
in databases do. Without RestoreInfo the phone was set up as new, as far as this
file tells.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/root/Library/Preferences/com.apple.MobileBackup.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Preferences/com.apple.MobileBackup.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Preferences/com.apple.mobile.ldbackup.plist"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/MobileBackup/com.apple.MobileBackup.plist"},
	},
	Record: mobileBackup{},
	Refs:   []string{"https://github.com/log2timeline/plaso", "https://github.com/abrignoni/iLEAPP"},
	Parse:  from.Plist(mobileBackupRead),
}

// mobileBackup is one event, or one key that tells no time.
type mobileBackup struct {
	Time   record.Time `json:"time"`             // of the event: a date of the list (UTC), seconds since 2001 UTC in ldbackup, or text with an offset
	Key    string      `json:"key"`              // where it stands: BackupStateInfo, BackupStateInfo/errors, RestoreInfo, LastOnConditionEvents…
	Result string      `json:"result,omitempty"` // of a backup: localizedDescription
	Code   *int64      `json:"code,omitempty"`   // of a backup: error code, 0 if it succeeded
	State  *int64      `json:"state,omitempty"`  // BackupStateInfo: state, meaning not documented; 4 was seen after success
	Value  record.Text `json:"value,omitempty"`  // of any other key with a single value
	Values []record.KV `json:"values,omitempty"` // all other content of the key: paths in it and values
}

// String implements [record.Data].
func (b mobileBackup) String() string {
	if b.Result != "" {
		return record.Line("backup: " + b.Result)
	}
	return record.Line("backup service: " + from.SettingLine(b.Key, string(b.Value), b.Values))
}

func mobileBackupRead(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
	if root.Kind() != plist.Dict {
		yield(record.Record{}, fmt.Errorf("read backup state: root is %s, not dict", root.Kind()))
		return
	}
	w := mobileBackupWriter{in: in, yield: yield, lockdown: path.Base(in.Path) == "com.apple.mobile.ldbackup.plist"}
	for key, v := range root.Items() {
		more := false
		switch {
		case (key == "BackupStateInfo" || key == "RestoreStateInfo") && v.Kind() == plist.Dict:
			more = w.state(key, v)
		case key == "RestoreInfo" && v.Kind() == plist.Dict:
			more = w.dated(key, 0, v, "RestoreDate")
		case key == "LastOnConditionEvents" && v.Kind() == plist.Array:
			more = w.conditions(key, v)
		default:
			more = w.other(key, v)
		}
		if !more {
			return
		}
	}
}

type mobileBackupWriter struct {
	in       *artifact.Input
	yield    func(record.Record, error) bool
	lockdown bool // the file is that of lockdownd, with numbers for times
}

// put yields one record, and an error unless it is nil.
func (w *mobileBackupWriter) put(row int, v plist.Value, b mobileBackup, err error) bool {
	return w.yield(w.in.Record(from.At(b.Key, row, v), b), nil) && (err == nil || w.yield(record.Record{}, err))
}

// mobileBackupMax bounds the elements of a list.
const mobileBackupMax = 1 << 16

// state yields a state and the results that belong to it.
func (w *mobileBackupWriter) state(key string, v plist.Value) bool {
	b := mobileBackup{Key: key, Time: epoch.Date(v.Get("date").Time()), State: mobileBackupInt(v.Get("state"))}
	var err error
	b.Values, err = from.Rest(v, "date", "state", "errors")
	if !w.put(0, v, b, err) {
		return false
	}
	list := v.Get("errors")
	for i := range min(list.Len(), mobileBackupMax) {
		e := list.Index(i)
		b := mobileBackup{
			Key: key + "/errors", Time: epoch.Date(e.Get("date").Time()),
			Result: from.Text(e.Get("localizedDescription")), Code: mobileBackupInt(e.Get("code")),
		}
		b.Values, err = from.Rest(e, "date", "localizedDescription", "code")
		if !w.put(i+1, e, b, err) {
			return false
		}
	}
	return true
}

// dated yields a dictionary whose time stands under a key of it.
func (w *mobileBackupWriter) dated(key string, row int, v plist.Value, date string) bool {
	b := mobileBackup{Key: key, Time: epoch.Date(v.Get(date).Time())}
	var err error
	b.Values, err = from.Rest(v, date)
	return w.put(row, v, b, err)
}

// conditions yields lines such as "2023-05-17T18:07:23.222-04:00|1511.560|1|…",
// the times at which the phone was fit for a backup.
func (w *mobileBackupWriter) conditions(key string, v plist.Value) bool {
	for i := range min(v.Len(), mobileBackupMax) {
		e := v.Index(i)
		b := mobileBackup{Key: key, Value: record.Text(from.Text(e))}
		stamp, _, _ := strings.Cut(string(b.Value), "|")
		if t, err := time.Parse(time.RFC3339Nano, stamp); err == nil {
			b.Time = record.Time{Time: t.UTC(), Rule: record.AsText, Zone: record.RecordedOffset}
		}
		if !w.put(i+1, e, b, nil) {
			return false
		}
	}
	return true
}

func (w *mobileBackupWriter) other(key string, v plist.Value) bool {
	s, err := from.NewSetting(key, v)
	b := mobileBackup{Key: key, Value: record.Text(s.Value), Values: s.Values, Time: s.Time}
	// Keys such as LastCloudBackupDate; the zone at that time is in LastCloudBackupTZ.
	if w.lockdown && strings.HasSuffix(key, "Date") && !b.Time.IsSet() {
		if v.Kind() == plist.Int {
			b.Time = epoch.Cocoa(v.Int())
		} else {
			b.Time = epoch.CocoaReal(v.Float())
		}
	}
	return w.put(0, v, b, err)
}

// mobileBackupInt returns a whole number, nil if there is none.
func mobileBackupInt(v plist.Value) *int64 {
	if v.Kind() != plist.Int {
		return nil
	}
	n := v.Int()
	return &n
}
