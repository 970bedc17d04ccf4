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

// Accounts reads the accounts on the phone.
var Accounts = artifact.Parser{
	ID:    "android.accounts",
	Title: lang.Text{EN: "Accounts", FR: "Comptes"},
	Doc: `The phone knows the accounts that apps sign in with, by type and name, for each user. An
account that the owner does not know can be one to which the phone sends its data. The list is as of the
dump; what was added and removed before is told by the history of accounts.`,
	Inputs: from.Dumpsys("account"),
	Record: accountsAccount{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/core/java/com/android/server/accounts/AccountManagerService.java",
	},
	Parse: from.Dump(accountsAll, accountsRow),
}

// accountsAccount is one account.
type accountsAccount struct {
	Name  record.Email `json:"name"`  // name: mostly an e-mail address
	Type  record.App   `json:"type"`  // type: "com.google", mostly the name of a package or a part of it
	User  int64        `json:"user"`  // User UserInfo
	Owner string       `json:"owner"` // name of that user
}

// String implements [record.Data].
func (a accountsAccount) String() string {
	return record.Line("account " + string(a.Name) + " of type " + string(a.Type))
}

// accountsOne is an account with the user that it belongs to.
type accountsOne struct {
	of      *dumpsys.Accounts
	account dumpsys.Account
}

func accountsAll(text iter.Seq[lines.Line]) iter.Seq2[accountsOne, error] {
	return func(yield func(accountsOne, error) bool) {
		for s, err := range dumpsys.AccountStates(text) {
			if err != nil && !yield(accountsOne{}, err) {
				return
			}
			for _, a := range s.Accounts {
				if !yield(accountsOne{&s, a}, nil) {
					return
				}
			}
		}
	}
}

func accountsRow(o accountsOne) (int, record.Data) {
	return o.account.Line, accountsAccount{record.Email(o.account.Name), record.App(o.account.Type), int64(o.of.User), o.of.UserName}
}
