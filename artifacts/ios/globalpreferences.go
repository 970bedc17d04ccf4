package ios

import (
	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// GlobalPreferences reads the settings that all apps share.
var GlobalPreferences = artifact.Parser{
	ID:    "ios.globalpreferences",
	Title: lang.Text{EN: "Global preferences", FR: "Préférences globales"},
	Doc: `.GlobalPreferences.plist holds the settings that every process reads: languages,
region, keyboards, and from iOS 16 the key LDMGlobalEnabled, true while Lockdown
Mode is on and false after it was turned off. Without that key Lockdown Mode was
not turned on as far as this file tells. The system writes it whenever one of the
settings changes; it stays until the phone is erased.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Preferences/.GlobalPreferences.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/root/Library/Preferences/.GlobalPreferences.plist"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/preferences/.GlobalPreferences.plist"},
	},
	Record: globalPreferencesKey{},
	Refs:   []string{"https://docs.mvt.re/en/latest/ios/records/#global_preferencesjson", "https://support.apple.com/105120"},
	Parse:  from.Settings(globalPreferencesRow),
}

// globalPreferencesKey is one key at the top of the list.
type globalPreferencesKey struct {
	Key    string      `json:"key"`              // such as LDMGlobalEnabled, AppleLocale, AppleLanguages
	Value  record.Text `json:"value,omitempty"`  // of a key with a single value
	Values []record.KV `json:"values,omitempty"` // of a key with a list or dictionary: paths in it and values
	Time   record.Time `json:"time"`             // the value, if it is a date, UTC
}

// String implements [record.Data].
func (p globalPreferencesKey) String() string {
	if p.Key == "LDMGlobalEnabled" {
		return record.Line("Lockdown Mode: " + p.Key + " = " + string(p.Value))
	}
	return record.Line(from.SettingLine(p.Key, string(p.Value), p.Values))
}

func globalPreferencesRow(s from.Setting) globalPreferencesKey {
	return globalPreferencesKey{Key: s.Key, Value: record.Text(s.Value), Values: s.Values, Time: s.Time}
}
