package android

import (
	"iter"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/format/lines"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// ResolverProviders reads which content providers of apps answer to which intents.
var ResolverProviders = artifact.Parser{
	ID:    "android.resolverproviders",
	Title: lang.Text{EN: "Content providers of apps and what they answer to", FR: "Fournisseurs de contenu des apps et ce à quoi ils répondent"},
	Doc: `Few content providers answer to intents: those that show documents of an app in the list of files,
or parts of its settings elsewhere. An app that gives its files to others this way can pass them on.
The package manager prints a table of them since Android 4.4, and none if no app has one. It is as
of the dump. All providers are in android.authorities.`,
	Inputs: from.Dumpsys("package"),
	Record: resolverprovidersRow{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/core/java/com/android/server/pm/resolution/ComponentResolver.java",
	},
	Parse: from.Dump(resolverprovidersTable, resolverprovidersRecord),
}

// resolverprovidersRow is one row of the table.
type resolverprovidersRow struct {
	App       record.App    `json:"app"`               // package of the component
	Component string        `json:"component"`         // package/class
	Group     string        `json:"group"`             // heading: "Non-Data Actions", "Schemes", "Full MIME Types"
	Intent    string        `json:"intent"`            // what it answers to: "android.content.action.DOCUMENTS_PROVIDER"
	ID        string        `json:"id"`                // identity hash of the component in the dump, hexadecimal
	Note      string        `json:"note,omitempty"`    // what follows: "(2 filters)"
	Details   []record.Text `json:"details,omitempty"` // lines of the filters, where printed
}

// String implements [record.Data].
func (r resolverprovidersRow) String() string {
	return record.Line("provider " + r.Component + " answers to " + r.Intent)
}

func resolverprovidersRecord(r dumpsys.Resolver) (int, record.Data) {
	app, _, _ := strings.Cut(r.Component, "/")
	return r.Line, resolverprovidersRow{App: record.App(app), Component: r.Component, Group: r.Group, Intent: r.Key, ID: r.ID, Note: r.Note, Details: from.Texts(r.Details)}
}

// resolverprovidersTable yields the rows of the table. A phone without any has no
// table, which is no error; lines of an unknown form are one of every table.
func resolverprovidersTable(text iter.Seq[lines.Line]) iter.Seq2[dumpsys.Resolver, error] {
	return func(yield func(dumpsys.Resolver, error) bool) {
		for r, err := range dumpsys.Resolvers(text) {
			if (err != nil || strings.HasPrefix(r.Table, "Provider Resolver Table")) && !yield(r, err) {
				return
			}
		}
	}
}
