package ios

import (
	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// SystemApps reads which apps of the system were removed or put back.
var SystemApps = artifact.Parser{
	ID:    "ios.systemapps",
	Title: lang.Text{EN: "State of the system's own apps", FR: "État des apps du système"},
	Doc: `Users may remove some apps of the system, such as Stocks or Mail. installd keeps
the state of each of them in SystemAppInstallState.plist, and a copy of it from the
last restore. Small and in every backup, it tells which apps were there: a missing
record of an app in other files may just mean that it was removed.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/installd/Library/MobileInstallation/*/SystemAppInstallState.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/installd/Library/MobileInstallation/*/BackupSystemAppInstallState.plist"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/installd/Library/MobileInstallation/SystemAppInstallState.plist"},
	},
	Record: systemAppsApp{},
	Refs:   []string{"https://support.apple.com/HT204221"},
	Parse:  from.Settings(systemAppsRow),
}

// systemAppsApp is one key of the file: an app, or a fact about the file.
type systemAppsApp struct {
	List   string      `json:"list"`             // name of the file without .plist
	App    record.App  `json:"app"`              // the key: bundle identifier
	State  string      `json:"state,omitempty"`  // the value, as stored
	Values []record.KV `json:"values,omitempty"` // the value, if it holds others: paths in it and values
	Time   record.Time `json:"time"`             // the value, if it is a date, UTC
}

// String implements [record.Data].
func (a systemAppsApp) String() string {
	return record.Line(a.List + ": " + from.SettingLine(string(a.App), a.State, a.Values))
}

func systemAppsRow(s from.Setting) systemAppsApp {
	return systemAppsApp{List: s.File, App: record.App(s.Key), State: s.Value, Values: s.Values, Time: s.Time}
}
