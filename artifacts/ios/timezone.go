package ios

import (
	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// TimeZone reads the settings of date and time.
var TimeZone = artifact.Parser{
	ID:    "ios.timezone",
	Title: lang.Text{EN: "Date and time settings", FR: "Réglages de date et d'heure"},
	Doc: `The time zone that was set, and whether the phone sets it by itself, are kept in the
preferences of date and time when they were ever changed. They help to read the times
of logs that are written without a zone. A phone whose settings were never touched
lacks these files; the link private/var/db/timezone/localtime in ios.manifest names
the zone then, where it is backed up.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Preferences/com.apple.preferences.datetime.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Preferences/com.apple.timezone*.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/preferences/com.apple.timezone*.plist"},
	},
	Record: timeZoneSetting{},
	Refs:   []string{"https://github.com/abrignoni/iLEAPP"},
	Parse:  from.Settings(timeZoneRow),
}

// timeZoneSetting is one key of one of the files.
type timeZoneSetting struct {
	File   string      `json:"file"`             // name of the file without .plist
	Key    string      `json:"key"`              // such as timezone, timezoneset
	Value  record.Text `json:"value,omitempty"`  // of a key with a single value
	Values []record.KV `json:"values,omitempty"` // of a key with a list or dictionary: paths in it and values
	Time   record.Time `json:"time"`             // the value, if it is a date, UTC
}

// String implements [record.Data].
func (s timeZoneSetting) String() string {
	return record.Line(s.File + ": " + from.SettingLine(s.Key, string(s.Value), s.Values))
}

func timeZoneRow(s from.Setting) timeZoneSetting {
	return timeZoneSetting{File: s.File, Key: s.Key, Value: record.Text(s.Value), Values: s.Values, Time: s.Time}
}
