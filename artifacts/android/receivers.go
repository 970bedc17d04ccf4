package android

import (
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Receivers reads which apps are woken by which broadcasts.
var Receivers = artifact.Parser{
	ID:    "android.receivers",
	Title: lang.Text{EN: "Broadcast receivers", FR: "Récepteurs de diffusions"},
	Doc: `The manifests of apps say which broadcasts wake them: the end of the boot, an SMS that
comes in, a call, the charger. The package manager prints this as a table. An app that
listens to all of them can spy, but so do many that have a good reason. Receivers that
apps register while they run are not in it. The table is as of the dump and holds the
apps that are installed then; every phone has hundreds of rows.`,
	Inputs: from.Dumpsys("package"),
	Record: receiversRow{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/core/java/com/android/server/pm/resolution/ComponentResolver.java",
	},
	Parse: from.Dump(dumpsys.ResolverTable("Receiver Resolver Table"), receiversRecord),
}

// receiversRow is one row of the table.
type receiversRow struct {
	App       record.App    `json:"app"`               // package of the component
	Component string        `json:"component"`         // package/class
	Group     string        `json:"group"`             // heading: "Non-Data Actions", "Schemes", "Full MIME Types"
	Intent    string        `json:"intent"`            // what it answers to: an action, a scheme or a type
	ID        string        `json:"id"`                // identity hash of the component in the dump, hexadecimal
	Note      string        `json:"note,omitempty"`    // what follows: "(2 filters)"
	Details   []record.Text `json:"details,omitempty"` // lines of the filters, where printed
}

// String implements [record.Data].
func (r receiversRow) String() string { return record.Line(r.Component + " answers to " + r.Intent) }

func receiversRecord(r dumpsys.Resolver) (int, record.Data) {
	app, _, _ := strings.Cut(r.Component, "/")
	return r.Line, receiversRow{App: record.App(app), Component: r.Component, Group: r.Group, Intent: r.Key, ID: r.ID, Note: r.Note, Details: from.Texts(r.Details)}
}
