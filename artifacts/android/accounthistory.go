package android

import (
	"iter"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/format/lines"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// AccountHistory reads what was done with accounts.
var AccountHistory = artifact.Parser{
	ID:    "android.accounthistory",
	Title: lang.Text{EN: "Account history", FR: "Historique des comptes"},
	Doc: `The account service keeps the last 64 actions for each user: accounts added, removed, renamed,
their password set or cleared, and which app, by its user ID, did it. Accounts have a number
there and no name. Times are of the clock of the phone. A phone where nothing was ever done has
none; old versions of Android keep none.`,
	Inputs: from.Dumpsys("account"),
	Record: accounthistoryAction{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/core/java/com/android/server/accounts/AccountsDb.java",
	},
	Parse: from.Dump(accounthistoryAll, accounthistoryRow),
}

// accounthistoryAction is one action.
type accounthistoryAction struct {
	Time      record.WallTime `json:"time"`       // timestamp
	Action    string          `json:"action"`     // Action_Type: "action_account_add"
	AccountID string          `json:"account_id"` // AccountId
	UID       *int64          `json:"uid"`        // UID of the caller
	Table     string          `json:"table"`      // TableName
	Key       string          `json:"key"`        // Key
	User      int64           `json:"user"`       // User UserInfo
}

// String implements [record.Data].
func (a accounthistoryAction) String() string {
	return record.Line("account " + a.AccountID + ": " + a.Action)
}

// accounthistoryOne is an action with the number of the user.
type accounthistoryOne struct {
	user  int
	event dumpsys.AccountEvent
}

func accounthistoryAll(text iter.Seq[lines.Line]) iter.Seq2[accounthistoryOne, error] {
	return func(yield func(accounthistoryOne, error) bool) {
		for s, err := range dumpsys.AccountStates(text) {
			if err != nil && !yield(accounthistoryOne{}, err) {
				return
			}
			for _, e := range s.History {
				if !yield(accounthistoryOne{s.User, e}, nil) {
					return
				}
			}
		}
	}
}

func accounthistoryRow(o accounthistoryOne) (int, record.Data) {
	e := o.event
	return e.Line, accounthistoryAction{record.WallTime{Time: e.Time}, e.Action, e.AccountID, from.Count(e.UID), e.Table, e.Key, int64(o.user)}
}
