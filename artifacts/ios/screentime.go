package ios

import (
	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// ScreenTime reads the settings of Screen Time and of remote management.
var ScreenTime = artifact.Parser{
	ID:    "ios.screentime",
	Title: lang.Text{EN: "Screen Time and remote management settings", FR: "Réglages de Temps d'écran et de gestion à distance"},
	Doc: `Screen Time can be switched on by the owner, by a parent or by anybody who had the
phone and its passcode; it then tells another account how the phone is used, and can
hide apps. Its agent and the remote management agent keep their state in preference
files, for as long as the phone is set up. Keys of the agents alone are on every phone;
look for families, organisers and passcodes that nobody knows.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Preferences/com.apple.ScreenTime*.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Preferences/com.apple.screentime*.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Preferences/com.apple.remotemanagementd.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Preferences/com.apple.restrictionspassword.plist"},
	},
	Record: screenTimeSetting{},
	Refs:   []string{"https://support.apple.com/guide/personal-safety/welcome/web"},
	Parse:  from.Settings(screenTimeRow),
}

// screenTimeSetting is one key of one of the files.
type screenTimeSetting struct {
	File   string      `json:"file"`             // name of the file without .plist
	Key    string      `json:"key"`              // name of the setting
	Value  record.Text `json:"value,omitempty"`  // of a key with a single value
	Values []record.KV `json:"values,omitempty"` // of a key with a list or dictionary: paths in it and values
	Time   record.Time `json:"time"`             // the value, if it is a date, UTC
}

// String implements [record.Data].
func (s screenTimeSetting) String() string {
	return record.Line(s.File + ": " + from.SettingLine(s.Key, string(s.Value), s.Values))
}

func screenTimeRow(s from.Setting) screenTimeSetting {
	return screenTimeSetting{File: s.File, Key: s.Key, Value: record.Text(s.Value), Values: s.Values, Time: s.Time}
}
