package android

import (
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Authorities reads the names under which apps give data to others.
var Authorities = artifact.Parser{
	ID:    "android.authorities",
	Title: lang.Text{EN: "Authorities of content providers", FR: "Autorités des fournisseurs de contenu"},
	Doc: `A content provider gives data of an app to other apps, and starts with the app before anything else in
it. Its authority is a name that only one app of the phone can have. Names of published
spyware include some. The list is as of the dump; every phone has hundreds. Dumps of parts of the
service package do not hold it.`,
	Inputs: from.Dumpsys("package"),
	Record: authoritiesProvider{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/core/java/com/android/server/pm/resolution/ComponentResolver.java",
	},
	Parse: from.Dump(dumpsys.Authorities, authoritiesRow),
}

// authoritiesProvider is one provider with its authority.
type authoritiesProvider struct {
	App       record.App  `json:"app"`               // package of the component
	Component string      `json:"component"`         // package/class
	Authority record.Text `json:"authority"`         // name; several are separated by ";"
	Details   []string    `json:"details,omitempty"` // lines below
}

// String implements [record.Data].
func (p authoritiesProvider) String() string {
	return record.Line(p.Component + " provides " + string(p.Authority))
}

func authoritiesRow(a dumpsys.Authority) (int, record.Data) {
	app, _, _ := strings.Cut(a.Component, "/")
	return a.Line, authoritiesProvider{record.App(app), a.Component, record.Text(a.Name), a.Other}
}
