package android

import (
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// NotificationListeners reads the apps that may read notifications.
var NotificationListeners = artifact.Parser{
	ID:    "android.notificationlisteners",
	Title: lang.Text{EN: "Notification listeners", FR: "Applications lisant les notifications"},
	Doc: `An app that listens to notifications reads what all apps show in them: messages, codes to sign
in, calls. Watches, cars and launchers need it. The system tells who is allowed to, who is
bound now (live), and the same for assistants that sort notifications and for conditions of Do
Not Disturb. An app in several lists gives a record for each. The state is as of the dump. Bug reports
also have a shorter dump of the service with the notifications only, which gives none.`,
	Inputs: from.Dumpsys("notification"),
	Record: notificationlistenersListener{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/core/java/com/android/server/notification/ManagedServices.java",
	},
	Parse: from.Dump(from.Unless("Current Notification Manager state", "  Notification List:", dumpsys.NotificationListeners), notificationlistenersRow),
}

// notificationlistenersListener is one app in one list.
type notificationlistenersListener struct {
	Manager   string     `json:"manager"`   // "Notification listeners", "Notification assistant services", "Condition providers"
	List      string     `json:"list"`      // "allowed", "user set", "enabled", "live", "snoozed"
	App       record.App `json:"app"`       // package of the component
	Component string     `json:"component"` // package/class, or a package
	User      *int64     `json:"user"`      // user
	System    bool       `json:"system"`    // a live one that the system runs itself
}

// String implements [record.Data].
func (l notificationlistenersListener) String() string {
	return record.Line(l.Manager + ": " + l.Component + " " + l.List)
}

func notificationlistenersRow(l dumpsys.NotificationListener) (int, record.Data) {
	app, _, _ := strings.Cut(l.Component, "/")
	return l.Line, notificationlistenersListener{l.Manager, l.List, record.App(app), l.Component, from.Count(l.User), l.System}
}
