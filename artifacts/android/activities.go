package android

import (
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Activities reads which screens of apps answer to which intents.
var Activities = artifact.Parser{
	ID:    "android.activities",
	Title: lang.Text{EN: "Activities", FR: "Activités"},
	Doc: `The manifests of apps say which of their screens open what: links of some host or scheme,
files of a type, actions such as sharing. The package manager prints this as a table. It
shows for instance which apps offer themselves to open links or to install packages, and
names apps that hide their icon. The table is as of the dump and holds the apps that are
installed then; every phone has hundreds of rows.`,
	Inputs: from.Dumpsys("package"),
	Record: activitiesRow{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/core/java/com/android/server/pm/resolution/ComponentResolver.java",
	},
	Parse: from.Dump(dumpsys.ResolverTable("Activity Resolver Table"), activitiesRecord),
}

// activitiesRow is one row of the table.
type activitiesRow struct {
	App       record.App    `json:"app"`               // package of the component
	Component string        `json:"component"`         // package/class
	Group     string        `json:"group"`             // heading: "Non-Data Actions", "Schemes", "Full MIME Types"
	Intent    string        `json:"intent"`            // what it answers to: an action, a scheme or a type
	ID        string        `json:"id"`                // identity hash of the component in the dump, hexadecimal
	Note      string        `json:"note,omitempty"`    // what follows: "(2 filters)"
	Details   []record.Text `json:"details,omitempty"` // lines of the filters, where printed
}

// String implements [record.Data].
func (r activitiesRow) String() string { return record.Line(r.Component + " answers to " + r.Intent) }

func activitiesRecord(r dumpsys.Resolver) (int, record.Data) {
	app, _, _ := strings.Cut(r.Component, "/")
	return r.Line, activitiesRow{App: record.App(app), Component: r.Component, Group: r.Group, Intent: r.Key, ID: r.ID, Note: r.Note, Details: from.Texts(r.Details)}
}
