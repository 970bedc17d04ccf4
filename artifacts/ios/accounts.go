package ios

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/keyedarchive"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Accounts reads the accounts that the phone is signed in to.
var Accounts = artifact.Parser{
	ID:    "ios.accounts",
	Title: lang.Text{EN: "Accounts", FR: "Comptes"},
	Doc: `Accounts3.sqlite holds one row for each account that was added in the settings or
by the system: Apple Account, mail, calendars, contacts, subscriptions. accountsd
writes it when an account is added and as it changes; rows go with the account. A
second Apple Account, a mail account or a calendar that the owner does not know
gives somebody else a view into the phone. VerifiedBackup holds an older copy.
Passwords are not here.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Accounts/Accounts3.sqlite"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Accounts/VerifiedBackup/Accounts3.sqlite"},
	},
	Record: accountsAccount{},
	Refs:   []string{"https://github.com/abrignoni/iLEAPP/blob/main/scripts/artifacts/accountData.py"},
	Parse:  from.SQLite(accountsRead),
}

// accountsAccount is one account, a row of ZACCOUNT.
type accountsAccount struct {
	Added    record.Time `json:"added"`              // column ZDATE, seconds since 2001 UTC
	Rejected record.Time `json:"rejected,omitempty"` // column ZLASTCREDENTIALRENEWALREJECTIONDATE, seconds since 2001 UTC: somebody declined to sign in again

	Type          string      `json:"type"`                  // ZACCOUNTTYPE.ZIDENTIFIER by ZACCOUNTTYPE, such as com.apple.account.CalDAV
	TypeName      string      `json:"type_name,omitempty"`   // ZACCOUNTTYPE.ZACCOUNTTYPEDESCRIPTION
	User          record.Text `json:"user"`                  // column ZUSERNAME
	Description   record.Text `json:"description,omitempty"` // column ZACCOUNTDESCRIPTION
	App           record.App  `json:"app,omitempty"`         // column ZOWNINGBUNDLEID: what added it
	Parent        record.Text `json:"parent,omitempty"`      // ZUSERNAME or ZACCOUNTDESCRIPTION of the account it belongs to
	Active        bool        `json:"active"`                // column ZACTIVE
	Authenticated bool        `json:"authenticated"`         // column ZAUTHENTICATED
	Visible       bool        `json:"visible"`               // column ZVISIBLE: shown in the settings
	Enabled       []string    `json:"enabled,omitempty"`     // ZDATACLASS.ZNAME by Z_nENABLEDDATACLASSES: what is synced; of live rows
	Properties    []record.KV `json:"properties,omitempty"`  // ZACCOUNTPROPERTY.ZKEY and ZVALUE, an archive; of live rows
	Identifier    string      `json:"identifier"`            // column ZIDENTIFIER
}

// String implements [record.Data].
func (a accountsAccount) String() string {
	return record.Line(fmt.Sprintf("account %s %s of type %s, added by %s", a.User, a.Description, a.Type, a.App))
}

// Own implements [from.Own].
func (a accountsAccount) Own() record.Data {
	a.Enabled, a.Properties = nil, nil
	return a
}

// accountsMaxValues bounds the values in the properties of one account.
const accountsMaxValues = 1 << 14

// accountsProperty is a row of ZACCOUNTPROPERTY.
type accountsProperty struct {
	key   string
	value []byte
}

func accountsRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	types, more := from.Join(db, "ZACCOUNTTYPE", yield, func(r sqlite.Row) (int64, [2]string) {
		return r.Int("Z_PK"), [2]string{r.Text("ZIDENTIFIER"), r.Text("ZACCOUNTTYPEDESCRIPTION")}
	})
	if !more {
		return
	}
	users, more := from.Join(db, "ZACCOUNT", yield, func(r sqlite.Row) (int64, string) {
		if u := r.Text("ZUSERNAME"); u != "" {
			return r.Int("Z_PK"), u
		}
		return r.Int("Z_PK"), r.Text("ZACCOUNTDESCRIPTION")
	})
	if !more {
		return
	}
	properties, more := from.Group(db, "ZACCOUNTPROPERTY", yield, func(r sqlite.Row) (int64, accountsProperty) {
		return r.Int("ZOWNER"), accountsProperty{r.Text("ZKEY"), bytes.Clone(r.Blob("ZVALUE"))}
	})
	if !more {
		return
	}
	enabled, more := accountsEnabled(db, yield)
	if !more {
		return
	}
	from.Each(in, db, "ZACCOUNT", yield, func(r sqlite.Row) (accountsAccount, error) {
		a := accountsRow(r)
		if t := r.Int("ZACCOUNTTYPE"); t != 0 {
			if a.Type, a.TypeName = types[t][0], types[t][1]; a.Type == "" {
				a.Type = fmt.Sprintf("type %d", t)
			}
		}
		if p := r.Int("ZPARENTACCOUNT"); p != 0 {
			if a.Parent = record.Text(users[p]); a.Parent == "" {
				a.Parent = record.Text(fmt.Sprintf("account %d", p))
			}
		}
		if r.State != sqlite.Live {
			return a, nil // what is in the other tables belongs to the live row
		}
		a.Enabled = enabled[r.Int("Z_PK")]
		var err error
		a.Properties, err = accountsValues(properties[r.Int("Z_PK")])
		return a, err
	})
}

// accountsValues returns the properties of one account. The error joins those of
// the properties that are damaged.
func accountsValues(properties []accountsProperty) (all []record.KV, err error) {
	var errs []error
	for _, p := range properties {
		if len(all) > accountsMaxValues {
			errs = append(errs, fmt.Errorf("more than %d values of properties", accountsMaxValues))
			break
		}
		kvs, err := accountsValue(p)
		if err != nil {
			errs = append(errs, err)
		}
		all = append(all, kvs...)
	}
	return all, errors.Join(errs...)
}

// accountsEnabled returns for each account the names of what is synced.
func accountsEnabled(db *sqlite.DB, yield func(record.Record, error) bool) (map[int64][]string, bool) {
	classes, more := from.Join(db, "ZDATACLASS", yield, func(r sqlite.Row) (int64, string) {
		name := r.Text("ZNAME")
		if a, err := keyedarchive.Parse(r.Blob("ZNAME")); err == nil {
			name = a.Root().Text()
		}
		return r.Int("Z_PK"), strings.TrimPrefix(name, "com.apple.Dataclass.")
	})
	if !more {
		return nil, false
	}
	join := from.TableLike(db, "Z_", "ENABLEDDATACLASSES")
	account, class := from.ColumnLike(db, join, "Z_", "ENABLEDACCOUNTS"), from.ColumnLike(db, join, "Z_", "ENABLEDDATACLASSES")
	return from.Group(db, join, yield, func(r sqlite.Row) (int64, string) {
		if name := classes[r.Int(class)]; name != "" {
			return r.Int(account), name
		}
		return r.Int(account), fmt.Sprintf("data class %d", r.Int(class))
	})
}

func accountsValue(p accountsProperty) ([]record.KV, error) {
	a, err := keyedarchive.Parse(p.value)
	if err != nil {
		return []record.KV{{Key: p.key, Value: from.Data(p.value)}}, fmt.Errorf("read property %s: %w", p.key, err)
	}
	kvs, err := from.ObjectLeaves(a.Root())
	for i := range kvs {
		kvs[i].Key = strings.TrimSuffix(p.key+"/"+kvs[i].Key, "/")
	}
	return kvs, err
}

func accountsRow(r sqlite.Row) accountsAccount {
	return accountsAccount{
		Added:         from.Cocoa(r.Value("ZDATE")),
		Rejected:      from.Cocoa(r.Value("ZLASTCREDENTIALRENEWALREJECTIONDATE")),
		User:          record.Text(r.Text("ZUSERNAME")),
		Description:   record.Text(r.Text("ZACCOUNTDESCRIPTION")),
		App:           record.App(r.Text("ZOWNINGBUNDLEID")),
		Active:        r.Int("ZACTIVE") != 0,
		Authenticated: r.Int("ZAUTHENTICATED") != 0,
		Visible:       r.Int("ZVISIBLE") != 0,
		Identifier:    r.Text("ZIDENTIFIER"),
	}
}
