package dumpsys

import (
	"iter"
	"strings"

	"github.com/vigie-project/vigie/format/lines"
)

// A NotificationListener is an app that may read notifications, or assist or
// filter them, in one of the lists of the service notification.
type NotificationListener struct {
	Line      int
	Manager   string // "Notification listeners", "Notification assistant services", "Condition providers"
	List      string // "allowed", "user set", "enabled", "live", "snoozed"
	Component string // "pkg/.Class", or a package
	User      int    // -1 if not recorded
	System    bool   // a live one that the system runs itself
}

// lists of listeners, by how their headings begin.
var listenerLists = []Pair{{"Allowed ", "allowed"}, {"Has user set", "user set"}, {"All ", "enabled"}, {"Live ", "live"}, {"Snoozed ", "snoozed"}}

// NotificationListeners yields the listeners of the section of the service
// notification.
func NotificationListeners(text iter.Seq[lines.Line]) iter.Seq2[NotificationListener, error] {
	return func(yield func(NotificationListener, error) bool) {
		r := report{service: "notification"}
		manager := ""
		for b := range Blocks(r.watch(text), 4) {
			r.found = r.found || strings.HasPrefix(b.Text, "Current Notification Manager state")
			if b.Indent < 4 {
				manager = ""
				if head, ok := strings.CutSuffix(b.Text, ":"); ok && listenerManager(head) {
					manager = head
				}
				continue
			}
			list := ""
			for _, l := range listenerLists {
				if strings.HasPrefix(b.Text, l.Key) && strings.HasSuffix(b.Text, ":") {
					list = l.Value
				}
			}
			if manager == "" || list == "" {
				continue
			}
			r.lost(b)
			for _, n := range b.Nodes {
				for e := range listeners(n, &r) {
					e.Manager, e.List = manager, list
					if !yield(e, nil) {
						return
					}
				}
			}
		}
		finish(&r, "\"Current Notification Manager state\"", yield)
	}
}

func listenerManager(head string) bool {
	h := strings.ToLower(head)
	return strings.HasSuffix(h, "listeners") || strings.HasSuffix(h, "assistant services") || strings.HasSuffix(h, "condition providers")
}

// listeners reads "ComponentInfo{a/b} (user 0): x SYSTEM", "a/b (user: 0
// isPrimary: true)" and "userId=0 value={a/b, c/d}".
func listeners(n *Node, r *report) iter.Seq[NotificationListener] {
	return func(yield func(NotificationListener) bool) {
		e := NotificationListener{Line: n.Line, User: -1, System: strings.HasSuffix(n.Text, " SYSTEM")}
		if user, ok := strings.CutPrefix(n.Text, "User: "); ok { // of those snoozed
			for _, c := range n.Nodes {
				if e.Line, e.User, e.Component = c.Line, integer(user), c.Text; !yield(e) {
					return
				}
			}
			return
		}
		if rest, ok := strings.CutPrefix(n.Text, "userId="); ok {
			user, value, _ := strings.Cut(rest, " value=")
			e.User = integer(user)
			for _, c := range List(value) {
				if e.Component = c; !yield(e) {
					return
				}
			}
			return
		}
		e.Component = strings.Fields(n.Text)[0]
		if c := Between(n.Text, "ComponentInfo{", "}"); c != "" {
			e.Component = c
		}
		if _, user, ok := strings.Cut(n.Text, "(user"); ok {
			user = strings.TrimLeft(user, ": ")
			e.User = integer(user[:max(0, strings.IndexAny(user, " )"))])
		}
		if strings.HasSuffix(e.Component, ":") || !strings.ContainsAny(e.Component, "/.") {
			r.node(n)
			return
		}
		yield(e)
	}
}
