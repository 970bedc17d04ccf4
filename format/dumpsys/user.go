package dumpsys

import (
	"iter"
	"strings"

	"github.com/vigie-project/vigie/format/lines"
)

// A User is a user or profile of the phone.
type User struct {
	Line         int
	ID           int
	Name         string
	Flags        string // names if printed, else hexadecimal
	Type         string // "android.os.usertype.profile.MANAGED"; "" before Android 11
	State        string // "RUNNING_UNLOCKED"
	Created      string // "+10d2h ago", "<unknown>"
	LastLoggedIn string // "+15h14m ago"
	Restrictions []string
	Other        []Pair
}

// Users yields the users and profiles of the section of the service user.
func Users(text iter.Seq[lines.Line]) iter.Seq2[User, error] {
	return func(yield func(User, error) bool) {
		r := report{service: "user"}
		for b := range Blocks(r.watch(text), 2) {
			if b.Text == "Users:" {
				r.found = true
			}
			body, ok := strings.CutPrefix(b.Text, "UserInfo{")
			if !ok {
				continue
			}
			r.found = true
			r.lost(b)
			u, ok := user(body)
			if u.Line = b.Line; !ok {
				r.node(b)
				continue
			}
			u.rows(b.Nodes)
			if !yield(u, nil) {
				return
			}
		}
		finish(&r, "\"Users:\"", yield)
	}
}

// user reads "0:Owner:4c13} serialNo=0 isPrimary=true". The name can hold anything.
func user(body string) (User, bool) {
	u := User{ID: -1}
	i := strings.LastIndex(body, "}")
	if i < 0 {
		return u, false
	}
	id, rest, ok := strings.Cut(body[:i], ":")
	j := strings.LastIndexByte(rest, ':')
	if u.ID = integer(id); !ok || u.ID < 0 || j < 0 {
		return u, false
	}
	u.Name, u.Flags = null(rest[:j]), rest[j+1:]
	u.Other = keyed(body[i+1:])
	return u, true
}

func (u *User) rows(nodes []*Node) {
	for _, n := range nodes {
		key, value, _ := Field(n.Text)
		switch key {
		case "Type":
			u.Type = value
		case "Flags":
			if names := Between(value, "(", ")"); names != "" {
				value = names
			}
			u.Flags = value
		case "State":
			u.State = value
		case "Created":
			u.Created = value
		case "Last logged in":
			u.LastLoggedIn = value
		case "Restrictions", "Device policy restrictions", "Device policy local restrictions":
			for _, c := range n.Nodes {
				if c.Text != "none" && c.Text != "null" {
					u.Restrictions = append(u.Restrictions, c.Text)
				}
			}
		case "UserProperties", "Effective restrictions": // the same again, and defaults
		default:
			u.Other = append(u.Other, other(n))
		}
	}
}
