package android

import (
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// DeviceAdmins reads the apps that administer the phone.
var DeviceAdmins = artifact.Parser{
	ID:    "android.deviceadmins",
	Title: lang.Text{EN: "Device administrators", FR: "Administrateurs de l’appareil"},
	Doc: `An app that is a device administrator may lock or wipe the phone, or watch attempts to unlock
it, and cannot be removed before it is turned off. The owner of the device or of a work
profile may do much more: it is set up with the phone, usually by an employer. A phone
without any gives no records, which is usual for private phones apart from finding a lost
one. Marks of a test-only administrator mean that a developer tool installed it. The state
is as of the dump.`,
	Inputs: from.Dumpsys("device_policy"),
	Record: deviceadminsAdmin{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/devicepolicy/java/com/android/server/devicepolicy/DevicePolicyManagerService.java",
	},
	Parse: from.Dump(dumpsys.PolicyAdmins, deviceadminsRow),
}

// deviceadminsAdmin is one owner or administrator.
type deviceadminsAdmin struct {
	Role      string      `json:"role"`                // "device owner", "profile owner", "admin"
	User      *int64      `json:"user"`                // User
	App       record.App  `json:"app"`                 // package of the component
	Component string      `json:"component"`           // package/class
	Name      string      `json:"name,omitempty"`      // name of the owner, as shown
	UID       *int64      `json:"uid,omitempty"`       // uid
	TestOnly  string      `json:"test_only,omitempty"` // testOnlyAdmin: "true", "false"; "" if not recorded
	Policies  []string    `json:"policies,omitempty"`  // what it may do: "wipe-data", "force-lock"
	Extra     []record.KV `json:"extra,omitempty"`     // other values
}

// String implements [record.Data].
func (a deviceadminsAdmin) String() string {
	s := a.Role + " " + a.Component
	if len(a.Policies) > 0 {
		s += ": " + strings.Join(a.Policies, ", ")
	}
	return record.Line(s)
}

func deviceadminsRow(a dumpsys.PolicyAdmin) (int, record.Data) {
	app, _, _ := strings.Cut(a.Component, "/")
	return a.Line, deviceadminsAdmin{
		Role: a.Role, User: from.Count(a.User), App: record.App(app), Component: a.Component, Name: a.Name,
		UID: from.Count(a.UID), TestOnly: a.TestOnly, Policies: a.Policies, Extra: from.KVs(a.Other),
	}
}
