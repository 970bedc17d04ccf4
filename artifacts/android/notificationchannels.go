package android

import (
	"strconv"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// NotificationChannels reads the kinds of notifications of each app.
var NotificationChannels = artifact.Parser{
	ID:    "android.notificationchannels",
	Title: lang.Text{EN: "Notification settings of apps", FR: "Réglages de notification des apps"},
	Doc: `Since Android 8 an app sorts its notifications into channels, which the owner can mute. The system
keeps them for each app, also channels that were deleted since, with the time, and settings of apps
that are not installed: those that came with a backup or a move from another phone
("restored"), a trace of apps of the phone before. An app whose notifications are all
off hides the one that a background service must show. The system
shortens the names of channels since Android 10. Bug reports also have a shorter dump of
the service, which gives none.`,
	Inputs: from.Dumpsys("notification"),
	Record: notificationchannelsChannel{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/core/java/com/android/server/notification/PreferencesHelper.java",
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/core/java/android/app/NotificationChannel.java",
	},
	Parse: from.Since("5.0", from.Dump(from.Unless("Current Notification Manager state", "  Notification List:", dumpsys.Channels), notificationchannelsRow)),
}

// notificationchannelsChannel is an app, or one of its channels or groups of them.
type notificationchannelsChannel struct {
	Kind       string      `json:"kind"`                 // "app", "channel", "group"
	App        record.App  `json:"app"`                  // AppSettings
	List       string      `json:"list"`                 // "installed", or "restored": not installed
	ID         string      `json:"id,omitempty"`         // mId, of a channel or group
	Name       record.Text `json:"name,omitempty"`       // mName; shortened since Android 10
	Importance string      `json:"importance,omitempty"` // "none" is muted, "min", "low", "default", "high"
	Deleted    bool        `json:"deleted"`              // mDeleted
	DeletedAt  record.Time `json:"deleted_at"`           // mDeletedTimeMs, milliseconds since 1970-01-01 UTC; Android 12 and later
	UID        *int64      `json:"uid"`                  // user ID of the app; nil of one that is not installed
	Extra      []record.KV `json:"extra,omitempty"`      // other values
}

// String implements [record.Data].
func (c notificationchannelsChannel) String() string {
	if c.Kind == "app" {
		return record.Line("notification settings of " + string(c.App))
	}
	return record.Line("notification " + c.Kind + " " + c.ID + " of " + string(c.App))
}

func notificationchannelsRow(c dumpsys.Channel) (int, record.Data) {
	d := notificationchannelsChannel{
		Kind: c.Kind, App: record.App(c.Package), List: c.List, ID: c.ID, Name: record.Text(c.Name), Importance: notificationchannelsImportance(c.Importance),
		Deleted: c.Deleted == "true", UID: from.Count(c.UID), Extra: from.KVs(c.Other),
	}
	if ms, err := strconv.ParseInt(c.DeletedAt, 10, 64); err == nil && ms > 0 {
		d.DeletedAt = epoch.UnixMilli(ms)
	}
	return c.Line, d
}

// notificationchannelsImportance returns the name of an importance, which apps have
// printed and channels as one of the constants of NotificationManager.
func notificationchannelsImportance(s string) string {
	names := map[string]string{"-1000": "", "0": "none", "1": "min", "2": "low", "3": "default", "4": "high", "5": "max",
		"UNSPECIFIED": "", "NONE": "none", "MIN": "min", "LOW": "low", "DEFAULT": "default", "HIGH": "high", "MAX": "max"}
	if name, ok := names[s]; ok || s == "" {
		return name
	}
	return "code " + s
}
