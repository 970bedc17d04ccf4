package ios

import (
	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// LaunchdDisabled reads which services were switched on or off against their default.
var LaunchdDisabled = artifact.Parser{
	ID:    "ios.launchddisabled",
	Title: lang.Text{EN: "Services switched off in launchd", FR: "Services désactivés dans launchd"},
	Doc: `launchd keeps decisions to start or not to start a service, against what its own file
says, in disabled.plist. iOS itself writes a few at setup. A switched-off service for
crash reports, analytics or software updates deserves a look: hiding crashes and
keeping an old version serve an implant and jailbreaks alike. The list stays until the
phone is erased.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/db/com.apple.xpc.launchd/disabled*.plist"},
	},
	Record: launchdDisabledService{},
	Refs:   []string{"https://www.launchd.info"},
	Parse:  from.Settings(launchdDisabledRow),
}

// launchdDisabledService is one service of the list.
type launchdDisabledService struct {
	List    string         `json:"list"`             // name of the file without .plist
	Service record.Process `json:"service"`          // the key: label of the service
	State   string         `json:"state"`            // the value: "true" is disabled, "false" enabled
	Values  []record.KV    `json:"values,omitempty"` // the value, if it holds others: paths in it and values
}

// String implements [record.Data].
func (s launchdDisabledService) String() string {
	return record.Line("service " + string(s.Service) + " disabled: " + s.State)
}

func launchdDisabledRow(s from.Setting) launchdDisabledService {
	return launchdDisabledService{List: s.File, Service: record.Process(s.Key), State: s.Value, Values: s.Values}
}
