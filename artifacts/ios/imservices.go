package ios

import (
	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// IMServices reads the settings of iMessage and FaceTime.
var IMServices = artifact.Parser{
	ID:    "ios.imservices",
	Title: lang.Text{EN: "Settings of iMessage and FaceTime", FR: "Réglages d’iMessage et de FaceTime"},
	Doc: `The services behind iMessage and FaceTime keep their settings in property lists: the
addresses and numbers that the phone can be reached at, accounts, aliases, when they were
last registered, and addresses of servers. imagent and identityservicesd write them.
Attacks that need no click come through these services: an alias that the owner does not
know, or a registration at an odd time, deserves a look. com.apple.imservice.ids.FaceTime
is in ios.preferenceanchors. Keys differ between versions; the files are always there
where the services are in use.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Preferences/com.apple.imservice.SMS.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Preferences/com.apple.imservice.ids.i*.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Preferences/com.apple.imagent.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Preferences/com.apple.madrid.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Preferences/com.apple.imessage.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Preferences/com.apple.imessage.bag.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Preferences/com.apple.facetime.bag.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Preferences/com.apple.messages*.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Preferences/com.apple.identityservicesd.plist"},
	},
	Record: imservicesSetting{},
	Refs:   []string{"https://securelist.com/find-the-triangulation-utility/109867/", "https://support.apple.com/guide/security/how-imessage-sends-and-receives-messages-sec70e68c949/web"},
	Parse:  from.Settings(imservicesRow),
}

// imservicesSetting is one top-level key of one file.
type imservicesSetting struct {
	Time record.Time `json:"time"` // the value, if it is a date

	File   string      `json:"file"`             // name of the file without .plist
	Key    string      `json:"key"`              // top-level key
	Value  record.Text `json:"value,omitempty"`  // its value
	Values []record.KV `json:"values,omitempty"` // values within it, if it holds several
}

// String implements [record.Data].
func (s imservicesSetting) String() string {
	return record.Line(from.SettingLine(s.File+": "+s.Key, string(s.Value), s.Values))
}

func imservicesRow(s from.Setting) imservicesSetting {
	return imservicesSetting{
		Time:   s.Time,
		File:   s.File,
		Key:    s.Key,
		Value:  record.Text(s.Value),
		Values: s.Values,
	}
}
