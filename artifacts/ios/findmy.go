package ios

import (
	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// FindMy reads the settings of Find My.
var FindMy = artifact.Parser{
	ID:    "ios.findmy",
	Title: lang.Text{EN: "Settings of Find My", FR: "Réglages de Localiser"},
	Doc: `The services of Find My keep property lists with whether the phone can be found, who
may see where it is, and accounts. Pegasus attacked phones through Find My in 2022, and
somebody who is let in follows the phone without any spyware: people and accounts that the
owner does not know deserve a look. Keys differ between versions; the files are there on
most phones, with few keys if it is not used.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Preferences/com.apple.findmy*.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Preferences/com.apple.icloud.findmydeviced*.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Preferences/com.apple.icloud.fmfd*.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Preferences/com.apple.icloud.fmflocatord*.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Preferences/com.apple.icloud.searchpartyd*.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/containers/Shared/SystemGroup/*/Library/Preferences/FMIPStateInfo.plist"},
	},
	Record: findmySetting{},
	Refs:   []string{"https://citizenlab.ca/2023/04/nso-groups-pegasus-spyware-returns-in-2022/", "https://support.apple.com/102647"},
	Parse:  from.Settings(findmyRow),
}

// findmySetting is one top-level key of one file.
type findmySetting struct {
	Time record.Time `json:"time"` // the value, if it is a date

	File   string      `json:"file"`             // name of the file without .plist
	Key    string      `json:"key"`              // top-level key
	Value  record.Text `json:"value,omitempty"`  // its value
	Values []record.KV `json:"values,omitempty"` // values within it, if it holds several
}

// String implements [record.Data].
func (s findmySetting) String() string {
	return record.Line(from.SettingLine(s.File+": "+s.Key, string(s.Value), s.Values))
}

func findmyRow(s from.Setting) findmySetting {
	return findmySetting{
		Time:   s.Time,
		File:   s.File,
		Key:    s.Key,
		Value:  record.Text(s.Value),
		Values: s.Values,
	}
}
