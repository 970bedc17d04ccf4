package android

import (
	"time"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// InstallSessions reads the installations.
var InstallSessions = artifact.Parser{
	ID:    "android.installsessions",
	Title: lang.Text{EN: "Install sessions", FR: "Sessions d’installation"},
	Doc: `Each installation is a session of the package manager: who made it, for which package, on whose
behalf, from which address the file is said to come, and when. Those under way and some that
are done or failed are listed until the phone restarts or they are too many: a session can
tell the source of an app that is no longer installed. A phone that has installed nothing
since it started gives no records, nor does Android before 5.0, which has no sessions.`,
	Inputs: from.Dumpsys("package"),
	Record: installsessionsSession{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/core/java/com/android/server/pm/PackageInstallerSession.java",
	},
	Parse: from.DumpSince("5.0", "Database versions:", "Packages:", dumpsys.InstallSessions, installsessionsRow),
}

// installsessionsSession is one session.
type installsessionsSession struct {
	Created     record.Time `json:"created"`               // createdMillis, milliseconds since 1970-01-01 UTC
	Updated     record.Time `json:"updated"`               // updatedMillis
	Committed   record.Time `json:"committed"`             // committedMillis; null if it was not
	ID          *int64      `json:"id"`                    // Session
	List        string      `json:"list"`                  // heading: "Active install sessions", "Historical install sessions"
	User        int64       `json:"user"`                  // userId
	App         record.App  `json:"app,omitempty"`         // appPackageName
	Installer   record.App  `json:"installer,omitempty"`   // installerPackageName, mInstallerPackageName
	Initiating  record.App  `json:"initiating,omitempty"`  // installInitiatingPackageName
	Originating record.App  `json:"originating,omitempty"` // installOriginatingPackageName
	UID         *int64      `json:"uid,omitempty"`         // of the installer
	OriginUID   *int64      `json:"origin_uid,omitempty"`  // originatingUid
	URI         record.URL  `json:"uri,omitempty"`         // originatingUri: where the file is said to come from
	Referrer    record.URL  `json:"referrer,omitempty"`    // referrerUri
	Message     record.Text `json:"message,omitempty"`     // mFinalMessage: how it ended
	Fields      []record.KV `json:"fields"`                // all values
}

// String implements [record.Data].
func (s installsessionsSession) String() string {
	return record.Line("install session of " + string(s.Installer) + " for " + string(s.App) + " " + string(s.Message))
}

func installsessionsRow(s dumpsys.InstallSession) (int, record.Data) {
	return s.Line, installsessionsSession{
		Created: installsessionsTime(s.Created), Updated: installsessionsTime(s.Updated), Committed: installsessionsTime(s.Committed),
		ID: from.Count(s.ID), List: s.List, User: int64(s.User), App: record.App(s.App), Installer: record.App(s.Installer),
		Initiating: record.App(s.Initiating), Originating: record.App(s.Originating), UID: from.Count(s.UID), OriginUID: from.Count(s.OriginUID),
		URI: record.URL(s.URI), Referrer: record.URL(s.Referrer), Message: record.Text(s.Message), Fields: from.KVs(s.Fields),
	}
}

func installsessionsTime(t time.Time) record.Time {
	if t.IsZero() {
		return record.Time{}
	}
	return epoch.UnixMilli(t.UnixMilli())
}
