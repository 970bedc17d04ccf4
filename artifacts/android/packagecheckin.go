package android

import (
	"strconv"
	"strings"
	"time"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// PackageCheckin reads the short list of packages.
var PackageCheckin = artifact.Parser{
	ID:    "android.packagecheckin",
	Title: lang.Text{EN: "Short list of packages", FR: "Liste abrégée des paquets"},
	Doc: `Bug reports also hold a short list of packages that the system makes for its statistics: name,
version, last update, installer, and the state for each user. Its times are exact and in UTC,
where the full list has those of the clock of the phone, and no print error can cut it short.
It does not tell the file or the permissions; installed packages without code are left out by
some versions.`,
	Inputs: from.Sections("checkin-package"),
	Record: packagecheckinPackage{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/core/java/com/android/server/pm/PackageManagerService.java",
	},
	Parse: from.Dump(dumpsys.CheckinPackages, packagecheckinRow),
}

// packagecheckinPackage is one package.
type packagecheckinPackage struct {
	Name           record.App  `json:"name"`                    // pkg
	Updated        record.Time `json:"updated"`                 // milliseconds since 1970-01-01 UTC
	FirstInstalled record.Time `json:"first_installed"`         // of the first user that has one, Android 14 and later
	Installer      record.App  `json:"installer,omitempty"`     // installer
	InstallerUID   string      `json:"installer_uid,omitempty"` // Android 14 and later
	UpdateOwner    record.App  `json:"update_owner,omitempty"`  // Android 14 and later
	AppID          *int64      `json:"app_id"`                  // user ID on Linux for user 0
	VersionCode    int64       `json:"version_code"`
	Splits         []string    `json:"splits,omitempty"` // pkg-splt: parts that the package consists of
	Users          []record.KV `json:"users,omitempty"`  // pkg-usr: letters of the state, in capitals where set (I installed, B hidden, S suspended), number of enabled, who disabled it
}

// String implements [record.Data].
func (p packagecheckinPackage) String() string {
	s := "package " + string(p.Name)
	if p.Installer != "" {
		s += " installed by " + string(p.Installer)
	}
	return record.Line(s)
}

func packagecheckinRow(p dumpsys.CheckinPackage) (int, record.Data) {
	d := packagecheckinPackage{
		Name: record.App(p.Name), Updated: packagecheckinTime(p.Updated), Installer: record.App(p.Installer), InstallerUID: p.InstallerUID,
		UpdateOwner: record.App(p.UpdateOwner), AppID: from.Count(p.AppID), VersionCode: p.VersionCode, Splits: p.Splits,
	}
	for _, u := range p.Users {
		value := strings.TrimSpace(u.Flags + " " + u.Enabled + " " + u.LastDisabler)
		d.Users = append(d.Users, record.KV{Key: "user " + strconv.Itoa(u.ID), Value: value})
		if !d.FirstInstalled.IsSet() {
			d.FirstInstalled = packagecheckinTime(u.FirstInstall)
		}
	}
	return p.Line, d
}

func packagecheckinTime(t time.Time) record.Time {
	if t.IsZero() {
		return record.Time{}
	}
	return epoch.UnixMilli(t.UnixMilli())
}
