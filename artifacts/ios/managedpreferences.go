package ios

import (
	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// ManagedPreferences reads the preferences that profiles force on apps and services.
var ManagedPreferences = artifact.Parser{
	ID:    "ios.managedpreferences",
	Title: lang.Text{EN: "Managed preferences", FR: "Préférences imposées"},
	Doc: `Values that a configuration profile or device management forces are written below
Managed Preferences, one property list for each app or service, and override what
the user set. They exist while the profile does. Some lists, such as an empty web
content filter, are found on phones without management: look at the keys, not at
the presence.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/Managed Preferences/*.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/Managed Preferences/*/*.plist"},
	},
	Record: managedPreferencesKey{},
	Refs:   []string{"https://developer.apple.com/documentation/devicemanagement/managedpreferences"},
	Parse:  from.Settings(managedPreferencesRow),
}

// managedPreferencesKey is one key that is forced.
type managedPreferencesKey struct {
	App    record.App  `json:"app"`              // name of the file without .plist: app or service
	Key    string      `json:"key"`              // name of the preference
	Value  record.Text `json:"value,omitempty"`  // of a key with a single value
	Values []record.KV `json:"values,omitempty"` // of a key with a list or dictionary: paths in it and values
	Time   record.Time `json:"time"`             // the value, if it is a date, UTC
}

// String implements [record.Data].
func (p managedPreferencesKey) String() string {
	return record.Line("managed preference of " + string(p.App) + ": " + from.SettingLine(p.Key, string(p.Value), p.Values))
}

func managedPreferencesRow(s from.Setting) managedPreferencesKey {
	return managedPreferencesKey{App: record.App(s.File), Key: s.Key, Value: record.Text(s.Value), Values: s.Values, Time: s.Time}
}
