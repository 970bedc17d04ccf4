package ios

import (
	"fmt"
	"path"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// PreferenceAnchors reads preference files that known spyware touched or made.
var PreferenceAnchors = artifact.Parser{
	ID:    "ios.preferenceanchors",
	Title: lang.Text{EN: "Preference files touched by known spyware", FR: "Préférences touchées par des logiciels espions connus"},
	Doc: `Some preference files were changed as a side effect of known attacks, or made by them:
com.apple.ImageIO, com.apple.locationd.StatusBarIconManager and
com.apple.imservice.ids.FaceTime in Operation Triangulation, com.apple.CrashReporter of
root with crash reports switched off by Pegasus, com.apple.photolibraryd by Coruna. All
but the last are on many healthy phones too: what counts is their times, which are in
ios.manifest, and their content, which is here. One record is one file.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/root/Library/Preferences/com.apple.ImageIO.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/root/Library/Preferences/com.apple.CrashReporter.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Preferences/com.apple.CrashReporter.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Preferences/com.apple.locationd.StatusBarIconManager.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Preferences/com.apple.imservice.ids.FaceTime.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/*/Library/Preferences/com.apple.photolibraryd.plist"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/tmp/com.apple.photolibraryd.plist"},
	},
	Record: preferenceAnchorsFile{},
	Refs:   []string{"https://securelist.com/find-the-triangulation-utility/109867/", "https://github.com/KasperskyLab/triangle_check"},
	Parse:  from.Plist(preferenceAnchorsRead),
}

// preferenceAnchorsFile is one file that is there.
type preferenceAnchorsFile struct {
	File   string      `json:"file"`             // name of the file without .plist
	User   string      `json:"user"`             // root or mobile: from the path
	Keys   int64       `json:"keys"`             // how many keys it has at the top
	Values []record.KV `json:"values,omitempty"` // all values with their paths
}

// String implements [record.Data].
func (a preferenceAnchorsFile) String() string {
	return record.Line(from.SettingLine(fmt.Sprintf("preferences %s of %s", a.File, a.User), "", a.Values))
}

func preferenceAnchorsRead(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
	a := preferenceAnchorsFile{File: strings.TrimSuffix(path.Base(in.Path), ".plist"), Keys: int64(root.Len())}
	if rest, ok := strings.CutPrefix(in.Path, "private/var/"); ok {
		a.User, _, _ = strings.Cut(rest, "/")
	}
	var err error
	if a.Keys > 0 {
		a.Values, err = from.Leaves(root)
	}
	if yield(in.Record(from.At(a.File, 0, root), a), nil) && err != nil {
		yield(record.Record{}, err)
	}
}
