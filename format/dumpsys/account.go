package dumpsys

import (
	"iter"
	"strings"
	"time"

	"github.com/vigie-project/vigie/format/lines"
)

// maxRows limits what is kept of one user.
const maxRows = 1 << 16

// Accounts is what the service account tells of one user of the phone.
type Accounts struct {
	Line     int
	User     int // 0 if the text names none: Android 4.1 and before
	UserName string
	Accounts []Account
	History  []AccountEvent
	Services []AccountService
}

// An Account is one account.
type Account struct {
	Line       int
	Name, Type string // "user@example.com", "com.google"
}

// An AccountEvent is one row of "Accounts History": what was done with an account.
type AccountEvent struct {
	Line      int
	AccountID string
	Action    string    // "action_account_add"
	Time      time.Time // clock without zone
	UID       int       // of the caller; -1 if no number
	Table     string
	Key       string
}

// An AccountService is an app that provides accounts of a type.
type AccountService struct {
	Line            int
	Type, Component string
	UID             int // -1 if not recorded
}

// AccountStates yields the users of the section of the service account.
func AccountStates(text iter.Seq[lines.Line]) iter.Seq2[Accounts, error] {
	return func(yield func(Accounts, error) bool) {
		r := report{service: "account"}
		var a *Accounts
		history := false
		for l := range r.watch(text) {
			line := strings.TrimSpace(l.String())
			user, isUser := strings.CutPrefix(line, "User UserInfo{")
			if isUser || a == nil && strings.HasPrefix(line, "Accounts: ") {
				if a != nil && !yield(*a, nil) {
					return
				}
				r.found, history = true, false
				a = &Accounts{Line: l.Number}
				if p := strings.SplitN(user, ":", 3); len(p) == 3 {
					a.User, a.UserName = integer(p[0]), p[1]
				}
				continue
			}
			if a == nil || line == "" {
				history = history && line != ""
				continue
			}
			if history = history || line == "Accounts History"; history {
				if f := strings.Split(line, ","); len(f) >= 6 {
					if len(a.History) < maxRows {
						a.History = append(a.History, AccountEvent{l.Number, f[0], f[1], clock(f[2]), integer(f[3]), f[4], f[5]})
					}
				} else if line != "Accounts History" {
					r.unknown(l.Number, line)
				}
				continue
			}
			if !a.row(line, l.Number) && strings.HasPrefix(line, "Account {") {
				r.unknown(l.Number, line)
			}
		}
		if a != nil && !yield(*a, nil) {
			return
		}
		finish(&r, "\"Accounts:\"", yield)
	}
}

// row reads "Account {name=user@example.com, type=com.google}" and "ServiceInfo:
// AuthenticatorDescription {type=com.google}, ComponentInfo{a/b}, uid 10082".
func (a *Accounts) row(line string, number int) bool {
	if rest, ok := strings.CutPrefix(line, "Account {name="); ok && len(a.Accounts) < maxRows {
		i := strings.LastIndex(rest, ", type=")
		if i >= 0 {
			a.Accounts = append(a.Accounts, Account{number, rest[:i], strings.TrimSuffix(rest[i+7:], "}")})
		}
		return i >= 0
	}
	if rest, ok := strings.CutPrefix(line, "ServiceInfo: "); ok && len(a.Services) < maxRows {
		s := AccountService{Line: number, Type: Between(rest, "{type=", "}"), Component: Between(rest, "ComponentInfo{", "}"), UID: -1}
		if i := strings.LastIndex(rest, "uid "); i >= 0 {
			s.UID = integer(rest[i+4:])
		}
		a.Services = append(a.Services, s)
	}
	return true
}
