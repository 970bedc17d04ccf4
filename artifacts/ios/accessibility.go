package ios

import (
	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Accessibility reads the settings of accessibility features.
var Accessibility = artifact.Parser{
	ID:    "ios.accessibility",
	Title: lang.Text{EN: "Accessibility settings", FR: "Réglages d'accessibilité"},
	Doc: `Accessibility features can control a phone, read its screen aloud or act for the user:
Switch Control, AssistiveTouch, Voice Control, guided access. Somebody close with the
passcode can use them to watch or steer it. The files hold every setting that was ever
changed, with its current value, and nothing about when.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Preferences/com.apple.Accessibility*.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Preferences/com.apple.accessibility*.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Preferences/com.apple.AssistiveTouch.plist"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/AccessibilityPrefs/*.plist"},
	},
	Record: accessibilitySetting{},
	Refs:   []string{"https://support.apple.com/guide/personal-safety/welcome/web"},
	Parse:  from.Settings(accessibilityRow),
}

// accessibilitySetting is one key of one of the files.
type accessibilitySetting struct {
	File   string      `json:"file"`             // name of the file without .plist
	Key    string      `json:"key"`              // name of the setting
	Value  record.Text `json:"value,omitempty"`  // of a key with a single value
	Values []record.KV `json:"values,omitempty"` // of a key with a list or dictionary: paths in it and values
	Time   record.Time `json:"time"`             // the value, if it is a date, UTC
}

// String implements [record.Data].
func (s accessibilitySetting) String() string {
	return record.Line(s.File + ": " + from.SettingLine(s.Key, string(s.Value), s.Values))
}

func accessibilityRow(s from.Setting) accessibilitySetting {
	return accessibilitySetting{File: s.File, Key: s.Key, Value: record.Text(s.Value), Values: s.Values, Time: s.Time}
}
