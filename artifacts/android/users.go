package android

import (
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Users reads the users and profiles of the phone.
var Users = artifact.Parser{
	ID:    "android.users",
	Title: lang.Text{EN: "Users and profiles", FR: "Utilisateurs et profils"},
	Doc: `A phone can have several users and profiles: of work, cloned apps, a private space, guests. Each has
apps and data of its own, which lists of user 0 do not show. An app can make a work profile to hide in
it, or to administer it. The system tells their kind, when they were made and last used, as times
before the dump, and what they are forbidden: an administrator sets that. Numbers from 10 are the common
ones; 95, 150 and 999 are clones and safe folders of some vendors.`,
	Inputs: from.Dumpsys("user"),
	Record: usersUser{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/core/java/com/android/server/pm/UserManagerService.java",
	},
	Parse: from.Dump(dumpsys.Users, usersRow),
}

// usersUser is one user or profile.
type usersUser struct {
	User         *int64      `json:"user"`                   // number
	Name         record.Text `json:"name"`                   // "" if it was not renamed, Android 13 and later
	Type         string      `json:"type,omitempty"`         // "android.os.usertype.profile.MANAGED"; Android 11 and later
	Flags        string      `json:"flags"`                  // names separated by "|"; hexadecimal before Android 10
	State        string      `json:"state"`                  // "RUNNING_UNLOCKED"
	Created      string      `json:"created"`                // time before the dump: "+10d2h3m0s0ms ago", "<unknown>"
	LastLoggedIn string      `json:"last_logged_in"`         // time before the dump
	Restrictions []string    `json:"restrictions,omitempty"` // set by the owner or an administrator: "no_install_unknown_sources"
	Extra        []record.KV `json:"extra,omitempty"`        // other values
}

// String implements [record.Data].
func (u usersUser) String() string {
	s := "user " + string(u.Name)
	if u.Type != "" {
		s += " of type " + strings.TrimPrefix(u.Type, "android.os.usertype.")
	}
	return record.Line(s)
}

func usersRow(u dumpsys.User) (int, record.Data) {
	return u.Line, usersUser{
		User: from.Count(u.ID), Name: record.Text(u.Name), Type: u.Type, Flags: u.Flags, State: u.State, Created: u.Created, LastLoggedIn: u.LastLoggedIn,
		Restrictions: u.Restrictions, Extra: from.KVs(u.Other),
	}
}
