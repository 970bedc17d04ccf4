package android

import (
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// ResolverServices reads which services of apps answer to which intents.
var ResolverServices = artifact.Parser{
	ID:    "android.resolverservices",
	Title: lang.Text{EN: "Services of apps and what they answer to", FR: "Services des apps et ce à quoi ils répondent"},
	Doc: `The manifests of apps say which requests start their services. That shows what an app can be, also
when it is not in use: a keyboard, an accessibility service, a notification listener, a VPN, a
trust agent, a device that calls are redirected to. The package manager prints this as a table. It
is as of the dump and holds the apps that are installed then.`,
	Inputs: from.Dumpsys("package"),
	Record: resolverservicesRow{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/core/java/com/android/server/pm/resolution/ComponentResolver.java",
	},
	Parse: from.Dump(dumpsys.ResolverTable("Service Resolver Table"), resolverservicesRecord),
}

// resolverservicesRow is one row of the table.
type resolverservicesRow struct {
	App       record.App    `json:"app"`               // package of the component
	Component string        `json:"component"`         // package/class
	Group     string        `json:"group"`             // heading: "Non-Data Actions", "Schemes", "Full MIME Types"
	Intent    string        `json:"intent"`            // what it answers to: "android.net.VpnService"
	ID        string        `json:"id"`                // identity hash of the component in the dump, hexadecimal
	Note      string        `json:"note,omitempty"`    // what follows: "(2 filters)"
	Details   []record.Text `json:"details,omitempty"` // lines of the filters, where printed
}

// String implements [record.Data].
func (r resolverservicesRow) String() string {
	return record.Line("service " + r.Component + " answers to " + r.Intent)
}

func resolverservicesRecord(r dumpsys.Resolver) (int, record.Data) {
	app, _, _ := strings.Cut(r.Component, "/")
	return r.Line, resolverservicesRow{App: record.App(app), Component: r.Component, Group: r.Group, Intent: r.Key, ID: r.ID, Note: r.Note, Details: from.Texts(r.Details)}
}
