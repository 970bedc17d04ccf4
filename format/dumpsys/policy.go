package dumpsys

import (
	"iter"
	"strings"

	"github.com/vigie-project/vigie/format/lines"
)

// A PolicyAdmin is an app that administers the phone or a profile.
type PolicyAdmin struct {
	Line      int
	Role      string // "device owner", "profile owner", "admin"
	User      int    // -1 if not recorded
	Component string // "pkg/.Receiver"
	Name      string // of the owner, as shown; often ""
	UID       int    // -1 if not recorded
	TestOnly  string // "true", "false"; "" if not recorded
	Policies  []string
	Other     []Pair
}

// PolicyAdmins yields the owners and active admins of the section of the service
// device_policy. A phone without any is no error.
func PolicyAdmins(text iter.Seq[lines.Line]) iter.Seq2[PolicyAdmin, error] {
	return func(yield func(PolicyAdmin, error) bool) {
		r := report{service: "device_policy"}
		for b := range Blocks(r.watch(text), 2) {
			head, ok := strings.CutSuffix(b.Text, ":")
			if r.found = r.found || strings.HasPrefix(b.Text, "Current Device Policy Manager state"); !ok {
				continue
			}
			r.lost(b)
			a := PolicyAdmin{Line: b.Line, User: -1, UID: -1}
			title, user, _ := strings.Cut(head, " (User ")
			if user != "" {
				a.User = integer(strings.TrimRight(strings.SplitN(user, ",", 2)[0], ") "))
			}
			switch title {
			case "Device Owner", "Profile Owner":
				a.Role = strings.ToLower(title)
				a.owner(b)
				if a.Component == "" {
					r.node(b)
				}
				if !yield(a, nil) {
					return
				}
			case "Enabled Device Admins":
				for _, n := range b.Nodes {
					name, ok := strings.CutSuffix(n.Text, ":")
					if !ok || !strings.Contains(name, "/") {
						continue // facts about the user, printed at the same column
					}
					c := a
					c.Line, c.Role, c.Component = n.Line, "admin", name
					c.admin(n)
					if !yield(c, nil) {
						return
					}
				}
			}
		}
		finish(&r, "\"Current Device Policy Manager state\"", yield)
	}
}

func (a *PolicyAdmin) owner(b *Node) {
	for _, n := range b.Nodes {
		key, value, _ := Field(n.Text)
		switch key {
		case "admin":
			a.Component = strings.TrimSuffix(strings.TrimPrefix(value, "ComponentInfo{"), "}")
		case "name":
			a.Name = null(value)
		case "User ID":
			a.User = integer(value)
		default:
			a.Other = append(a.Other, other(n))
		}
	}
}

func (a *PolicyAdmin) admin(b *Node) {
	for _, n := range b.Nodes {
		key, value, _ := Field(n.Text)
		switch key {
		case "uid":
			a.UID = integer(value)
		case "testOnlyAdmin":
			a.TestOnly = value
		case "policies":
			for _, p := range n.Nodes {
				a.Policies = append(a.Policies, p.Text)
			}
		default:
			a.Other = append(a.Other, other(n))
		}
	}
}
