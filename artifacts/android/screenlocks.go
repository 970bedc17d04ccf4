package android

import (
	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// ScreenLocks reads how each user locks the screen.
var ScreenLocks = artifact.Parser{
	ID:    "android.screenlocks",
	Title: lang.Text{EN: "Screen locks", FR: "Verrouillages de l’écran"},
	Doc: `For each user the system tells whether the screen is locked by a PIN, pattern or password, or not, and when that
was changed last, by the clock of the phone. A change that the owner does not remember, or a
phone whose lock was taken off, is worth a question. The secret itself is not told.`,
	Inputs: from.Dumpsys("lock_settings"),
	Record: screenlocksLock{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/core/java/com/android/server/locksettings/LockSettingsService.java",
	},
	Parse: from.Dump(dumpsys.Locks, screenlocksRow),
}

// screenlocksLock is the lock of one user.
type screenlocksLock struct {
	User       *int64          `json:"user"`            // number of the user or profile
	Changed    record.WallTime `json:"changed"`         // LSKF last changed, clock of the phone
	Credential string          `json:"credential"`      // CredentialType: "NONE", "PIN"; words differ between versions
	Extra      []record.KV     `json:"extra,omitempty"` // other values
}

// String implements [record.Data].
func (l screenlocksLock) String() string { return record.Line("screen lock " + l.Credential) }

func screenlocksRow(l dumpsys.Lock) (int, record.Data) {
	return l.Line, screenlocksLock{from.Count(l.User), record.WallTime{Time: l.Changed}, l.Credential, from.KVs(l.Other)}
}
