package android

import (
	"slices"
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// DumpsysPackages reads what the package manager tells of each package.
var DumpsysPackages = artifact.Parser{
	ID:    "android.dumpsyspackages",
	Title: lang.Text{EN: "Packages of the package manager", FR: "Paquets du gestionnaire de paquets"},
	Doc: `The package manager tells of each package where it is, its version, when it was first
installed and last updated, who asked for that and handed over the file, which users
have it, and which permissions were granted. Of a system app that was updated, it also
tells the version of the system image, which is marked as hidden. The list is as of the
dump: a package that was removed for all users is not in it. Times are those of the
clock of the phone; those of the apps of the system image are often the build date or
2008-12-31. Signatures are hash codes of Java and no digests: they tell packages with
one signer from packages with another on the same phone, and no more. A section
without any package is an error, since every phone has hundreds.`,
	Inputs: from.Dumpsys("package"),
	Record: dumpsyspackagesPackage{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/core/java/com/android/server/pm/Settings.java",
	},
	Parse: from.Dump(dumpsys.Packages, func(p dumpsys.Package) (int, record.Data) { return p.Line, dumpsyspackagesRecord(&p) }),
}

// dumpsyspackagesPackage is one block "Package [name]".
type dumpsyspackagesPackage struct {
	Name    record.App `json:"name"`    // in brackets
	Hidden  bool       `json:"hidden"`  // under "Hidden system packages:": the version of the system that an update hides
	System  bool       `json:"system"`  // flag SYSTEM
	Version string     `json:"version"` // versionName

	FirstInstalled record.WallTime `json:"first_installed"` // firstInstallTime, of the first user that has one from Android 12 on
	Updated        record.WallTime `json:"updated"`         // lastUpdateTime
	Written        record.WallTime `json:"written"`         // timeStamp: change of the folder of the code

	Installer   record.App `json:"installer,omitempty"`    // installerPackageName: who counts as the installer; "" if none
	Initiating  record.App `json:"initiating,omitempty"`   // initiatingPackageName, Android 11 and later: who asked for the installation
	Originating record.App `json:"originating,omitempty"`  // originatingPackageName: from whom the installer says it got the file
	UpdateOwner record.App `json:"update_owner,omitempty"` // updateOwnerPackageName, Android 14 and later
	InstallUID  *int64     `json:"install_uid,omitempty"`  // installerPackageUid
	Source      string     `json:"source,omitempty"`       // packageSource, Android 13 and later

	Path        record.Path `json:"path"`                  // codePath
	Data        record.Path `json:"data,omitempty"`        // dataDir
	AppID       *int64      `json:"app_id,omitempty"`      // appId, userId before Android 13: user ID on Linux for user 0
	SharedUser  string      `json:"shared_user,omitempty"` // sharedUser
	VersionCode int64       `json:"version_code"`          // versionCode
	MinSDK      int64       `json:"min_sdk,omitempty"`     // minSdk
	TargetSDK   int64       `json:"target_sdk,omitempty"`  // targetSdk
	Flags       []string    `json:"flags,omitempty"`       // pkgFlags, flags before Android 5
	Private     []string    `json:"private,omitempty"`     // privateFlags
	Signatures  string      `json:"signatures,omitempty"`  // signatures: hash codes, no digests

	Granted   []string    `json:"granted,omitempty"`   // permissions granted at installation, or to a user at run time
	Requested []string    `json:"requested,omitempty"` // requested permissions that were not granted, or of which the text does not tell
	Declared  []string    `json:"declared,omitempty"`  // permissions that the package itself defines
	Users     []record.KV `json:"users,omitempty"`     // state for each user and, below it, run-time permissions with their flags
	Extra     []record.KV `json:"extra,omitempty"`     // all other lines
}

// String implements [record.Data].
func (p dumpsyspackagesPackage) String() string {
	s := "package " + string(p.Name) + " " + p.Version
	if p.Installer != "" {
		s += " installed by " + string(p.Installer)
	}
	if p.Initiating != "" && p.Initiating != p.Installer {
		s += " at the request of " + string(p.Initiating)
	}
	if p.Hidden {
		s += ", hidden by an update"
	}
	return record.Line(s)
}

func dumpsyspackagesRecord(p *dumpsys.Package) dumpsyspackagesPackage {
	d := dumpsyspackagesPackage{
		Name: record.App(p.Name), Hidden: p.Hidden, System: p.System(), Version: p.VersionName,
		FirstInstalled: record.WallTime{Time: p.FirstInstall}, Updated: record.WallTime{Time: p.LastUpdate}, Written: record.WallTime{Time: p.TimeStamp},
		Installer: record.App(p.Installer), Initiating: record.App(p.Initiating), Originating: record.App(p.Originating), UpdateOwner: record.App(p.UpdateOwner),
		InstallUID: from.Count(p.InstallerUID), Path: record.Path(p.CodePath), Data: record.Path(p.DataDir),
		AppID: from.Count(p.AppID), SharedUser: p.SharedUser, VersionCode: p.VersionCode, MinSDK: int64(p.MinSDK), TargetSDK: int64(p.TargetSDK),
		Flags: p.Flags, Private: p.PrivateFlags, Signatures: p.Signatures,
	}
	if p.Source >= 0 {
		d.Source = record.Name(int64(p.Source), "unspecified", "other", "store", "local file", "downloaded file")
	}
	for _, perm := range p.Declared {
		d.Declared = append(d.Declared, perm.Name)
	}
	d.permissions(p)
	for _, user := range p.Users {
		d.user(&user)
	}
	d.Extra = from.KVs(p.Other)
	return d
}

// permissions sorts the permissions by whether they were granted. A line without
// "granted=" is a granted one in the list of installation, in Android 5 and before.
func (d *dumpsyspackagesPackage) permissions(p *dumpsys.Package) {
	granted := map[string]bool{}
	grant := func(name string) {
		if !granted[name] {
			granted[name] = true
			d.Granted = append(d.Granted, name)
		}
	}
	for _, perm := range p.Install {
		if perm.Granted != "false" {
			grant(perm.Name)
		}
	}
	for i := range p.Users {
		for _, perm := range p.Users[i].Runtime {
			if perm.Granted == "true" {
				grant(perm.Name)
			}
		}
	}
	for _, perm := range slices.Concat(p.Requested, p.Install) {
		if !granted[perm.Name] {
			granted[perm.Name] = true // once
			d.Requested = append(d.Requested, perm.Name)
		}
	}
}

// user lists the state of the package for one user.
func (d *dumpsyspackagesPackage) user(u *dumpsys.PackageUser) {
	place := "user " + strconv.Itoa(u.ID)
	state := []string{"not installed"}
	if u.Installed {
		state[0] = "installed"
	}
	for _, f := range []struct {
		name string
		set  bool
	}{{"hidden", u.Hidden}, {"suspended", u.Suspended}, {"stopped", u.Stopped}, {"not launched", u.NotLaunched}} {
		if f.set {
			state = append(state, f.name)
		}
	}
	if u.Enabled != 0 {
		state = append(state, record.Name(int64(u.Enabled), "default", "enabled", "disabled", "disabled by the user", "disabled until used"))
	}
	if u.InstallReason > 0 {
		state = append(state, "reason "+record.Name(int64(u.InstallReason), "unknown", "policy", "device restore", "device setup", "user"))
	}
	if !u.FirstInstall.IsZero() {
		state = append(state, "first installed "+u.FirstInstall.Format("2006-01-02T15:04:05"))
	}
	d.Users = append(d.Users, record.KV{Key: place, Value: strings.Join(state, ", ")})
	for _, perm := range u.Runtime {
		value := strings.Join(perm.Flags, "|")
		if perm.Granted != "" {
			value = strings.TrimSuffix("granted="+perm.Granted+" "+value, " ")
		}
		d.Users = append(d.Users, record.KV{Key: place + " " + perm.Name, Value: strings.TrimSpace(value + " " + perm.Other)})
	}
	for _, pair := range u.Other {
		d.Users = append(d.Users, record.KV{Key: place + " " + pair.Key, Value: pair.Value})
	}
}
