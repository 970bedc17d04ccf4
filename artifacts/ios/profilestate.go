package ios

import (
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// ProfileState reads whether the phone is managed, by whom, and what management enforces.
var ProfileState = artifact.Parser{
	ID:    "ios.profilestate",
	Title: lang.Text{EN: "Device management state", FR: "État de la gestion de l'appareil"},
	Doc: `Beside the profiles profiled keeps what results from them: MDM.plist names the
management server, CloudConfigurationDetails.plist how the phone was enrolled by
its organisation at setup, PayloadManifest.plist the installed profiles, hidden
ones included, and the Truth and EffectiveUserSettings files the settings in force
and who set them. They change with each profile. A management server or a hidden
profile that the owner does not know deserves a look; files without such keys are
found on every phone.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/containers/Shared/SystemGroup/*/Library/ConfigurationProfiles/[^M]*.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/containers/Shared/SystemGroup/*/Library/ConfigurationProfiles/MDM*.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/containers/Shared/SystemGroup/*/Library/ConfigurationProfiles/MCMeta.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/containers/Shared/SystemGroup/*/Library/ConfigurationProfiles/*/*.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/UserConfigurationProfiles/*.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/UserConfigurationProfiles/*/*.plist"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/MCState/*/[^M]*.plist"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/MCState/*/MDM*.plist"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/MCState/*/MCMeta.plist"},
	},
	Record: profileState{},
	Refs:   []string{"https://developer.apple.com/documentation/devicemanagement", "https://support.apple.com/guide/deployment/welcome/web"},
	Parse:  from.Settings(profileStateRow),
}

// profileState is one key at the top of one of the files.
type profileState struct {
	File     string           `json:"file"`               // name of the file without .plist: MDM, PayloadManifest, Truth…
	Key      string           `json:"key"`                // such as ServerURL, HiddenProfiles, OrderedProfiles, IsSupervised
	Value    record.Text      `json:"value,omitempty"`    // of a key with a single value
	Profiles []record.Profile `json:"profiles,omitempty"` // of a key whose name ends in Profiles: the identifiers in its list
	Values   []record.KV      `json:"values,omitempty"`   // of any other key with a list or dictionary: paths in it and values
	Time     record.Time      `json:"time"`               // the value, if it is a date, UTC
}

// String implements [record.Data].
func (p profileState) String() string {
	values := p.Values
	for _, id := range p.Profiles {
		values = append(values, record.KV{Value: string(id)})
	}
	return record.Line(p.File + ": " + from.SettingLine(p.Key, string(p.Value), values))
}

func profileStateRow(s from.Setting) profileState {
	p := profileState{File: s.File, Key: s.Key, Value: record.Text(s.Value), Time: s.Time}
	if !strings.HasSuffix(s.Key, "Profiles") || s.Plist.Kind() != plist.Array {
		p.Values = s.Values
		return p
	}
	for _, kv := range s.Values {
		if strings.Contains(kv.Key, "/") || kv.Value == "[]" {
			p.Values = append(p.Values, kv)
		} else {
			p.Profiles = append(p.Profiles, record.Profile(kv.Value))
		}
	}
	return p
}
