package android

import (
	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Roles reads which apps play which part of the system.
var Roles = artifact.Parser{
	ID:    "android.roles",
	Title: lang.Text{EN: "Roles of apps", FR: "Rôles des apps"},
	Doc: `Since Android 10 the system gives parts of itself to apps as roles, for each user of the phone:
the app for SMS, which receives every message and may hide it, for calls, the assistant, the
browser, the home screen, the screening and redirection of calls, watches. The owner chooses
them in the settings, adb or an administrator can too. A role that no app holds gives a record without an app.
Android 8 and 9 keep the same in the settings sms_default_application, dialer_default_application and
assistant, which android.settings reads. The state is as of the dump; who changed it is not
told.`,
	Inputs: from.Dumpsys("role"),
	Record: rolesHolder{},
	Refs: []string{
		"https://android.googlesource.com/platform/packages/modules/Permission/+/refs/heads/main/service/java/com/android/role/RoleUserState.java",
		"https://developer.android.com/reference/android/app/role/RoleManager",
	},
	Parse: from.Dump(dumpsys.Roles, rolesRow),
}

// rolesHolder is one role with one app that holds it.
type rolesHolder struct {
	Role string     `json:"role"` // name: "android.app.role.SMS"
	App  record.App `json:"app"`  // holders: package; "" if no app holds the role
	User *int64     `json:"user"` // user_id
}

// String implements [record.Data].
func (h rolesHolder) String() string {
	if h.App == "" {
		return record.Line("role " + h.Role + " held by no app")
	}
	return record.Line("role " + h.Role + " held by " + string(h.App))
}

func rolesRow(r dumpsys.Role) (int, record.Data) {
	return r.Line, rolesHolder{r.Name, record.App(r.Holder), from.Count(r.User)}
}
