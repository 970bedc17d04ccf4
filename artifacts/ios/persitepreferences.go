package ios

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// PerSitePreferences reads what each site was allowed in Safari.
var PerSitePreferences = artifact.Parser{
	ID:    "ios.persitepreferences",
	Title: lang.Text{EN: "Site settings of Safari", FR: "Réglages de Safari par site"},
	Doc: `Safari keeps here what was chosen for single sites: camera, microphone,
location, pop-ups, reader, zoom, downloads. A row appears when somebody answers a
question of the site or changes a setting, may come from another device of the
account, and stays until it is removed in the settings; clearing the history
leaves it. A site that may use camera or microphone deserves a look, and a row
shows that the site was open. No row is the usual state.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/**/Library/Safari/PerSitePreferences.db"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/**/Library/Safari/Profiles/*/PerSitePreferences.db"},
	},
	Record: perSitePreferencesChoice{},
	Refs:   []string{"https://support.apple.com/guide/iphone/iphb01fc3c85/ios"},
	Parse:  from.Table("preference_values", perSitePreferencesRow),
}

// perSitePreferencesChoice is one setting of one site.
type perSitePreferencesChoice struct {
	// When the setting was changed. Column timestamp of later systems, seconds
	// since 2001 UTC, or since 1970 if its size says so.
	Changed record.Time `json:"changed"`

	Domain     record.Domain `json:"domain"`                // column domain
	Preference string        `json:"preference"`            // column preference, such as PerSitePreferencesCamera
	Value      string        `json:"value"`                 // column preference_value; its meaning depends on the preference
	RecordName string        `json:"record_name,omitempty"` // column record_name, of the synchronisation
}

// String implements [record.Data].
func (c perSitePreferencesChoice) String() string {
	return record.Line(fmt.Sprintf("Safari setting %s of %s is %s", c.Preference, c.Domain, c.Value))
}

func perSitePreferencesRow(r sqlite.Row) perSitePreferencesChoice {
	return perSitePreferencesChoice{
		Changed:    epoch.CocoaOrUnix(r.Float("timestamp")),
		Domain:     record.Domain(r.Text("domain")),
		Preference: r.Text("preference"),
		Value:      r.Text("preference_value"),
		RecordName: r.Text("record_name"),
	}
}
