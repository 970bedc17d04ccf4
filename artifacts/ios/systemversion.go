package ios

import (
	"path"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// SystemVersion reads the version of iOS and of its parts.
var SystemVersion = artifact.Parser{
	ID:    "ios.systemversion",
	Title: lang.Text{EN: "Version of iOS and of its parts", FR: "Version d'iOS et de ses parties"},
	Doc: `SystemVersion.plist names the version and the build of iOS. From iOS 16 parts of the
system are in cryptexes, which Rapid Security Responses replace on their own: those
named OS and App have versions of their own in the folder Splat of a sysdiagnose. A part
that is older than iOS, or a response that is not installed, tells which exploits
remained possible.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSFilesystem, Glob: "System/Library/CoreServices/SystemVersion.plist"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/preboot/Cryptexes/*/System/Library/CoreServices/SystemVersion.plist"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/SystemVersion/SystemVersion.plist"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/Splat/**/*.plist"},
	},
	Record: systemVersion{},
	Refs:   []string{"https://support.apple.com/102657", "https://github.com/EC-DIGIT-CSIRC/sysdiagnose"},
	Parse: from.Plist(func(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
		v := systemVersion{
			Part: path.Base(path.Dir(in.Path)), Product: root.Get("ProductName").String(), Version: root.Get("ProductVersion").String(),
			Extra: root.Get("ProductVersionExtra").String(), Build: root.Get("ProductBuildVersion").String(), BuildID: root.Get("BuildID").String(),
		}
		if i := strings.Index(in.Path, "Cryptexes/"); i >= 0 {
			v.Part, _, _ = strings.Cut(in.Path[i+len("Cryptexes/"):], "/")
		}
		var err error
		v.Other, err = from.Rest(root, "ProductName", "ProductVersion", "ProductVersionExtra", "ProductBuildVersion", "BuildID")
		if yield(in.Record(from.At("ProductVersion", 0, root), v), nil) && err != nil {
			yield(record.Record{}, err)
		}
	}),
}

// systemVersion is one of the files.
type systemVersion struct {
	Part    string      `json:"part"`               // folder of the file: CoreServices or SystemVersion for iOS, OS and App for its parts
	Product string      `json:"product,omitempty"`  // ProductName
	Version string      `json:"version,omitempty"`  // ProductVersion
	Extra   string      `json:"extra,omitempty"`    // ProductVersionExtra: "(a)" of a Rapid Security Response
	Build   string      `json:"build,omitempty"`    // ProductBuildVersion
	BuildID string      `json:"build_id,omitempty"` // BuildID: UUID
	Other   []record.KV `json:"other,omitempty"`    // other keys
}

// String implements [record.Data].
func (v systemVersion) String() string {
	return record.Line("Version of " + v.Part + ": " + v.Product + " " + v.Version + " " + v.Extra + " (" + v.Build + ")")
}
