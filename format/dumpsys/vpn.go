package dumpsys

import (
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/vigie-project/vigie/format/lines"
)

// A VPN is what the service vpn_management tells of the VPN of one user, or one
// of the events that it remembers.
type VPN struct {
	Line    int
	User    int
	Package string // "[Legacy VPN]": none, or one that the system runs itself; "" of an event, which does not tell it
	Type    string // number, "-1" if none runs; "" if not recorded
	Network string // NetworkCapabilities
	Other   []Pair

	Event string    // of an event: "[LockdownAlwaysOn] Mode changed: …"; "" of the state
	Time  time.Time // of an event, clock without zone
}

// VPNs yields the VPN of each user and its events of the section of the service
// vpn_management, of Android 12 and later.
func VPNs(text iter.Seq[lines.Line]) iter.Seq2[VPN, error] {
	return func(yield func(VPN, error) bool) {
		r := report{service: "vpn_management"}
		for b := range Blocks(r.watch(text), 0) {
			if b.Text != "VPNs:" {
				continue
			}
			r.found = true
			r.lost(b)
			for _, n := range b.Nodes {
				user, name, ok := strings.Cut(n.Text, ": ")
				id, err := strconv.Atoi(user)
				if !ok || err != nil {
					r.node(n)
					continue
				}
				v := VPN{Line: n.Line, User: id, Package: name}
				events := v.state(n, &r)
				if !yield(v, nil) {
					return
				}
				for _, e := range events {
					e.User = v.User
					if !yield(e, nil) {
						return
					}
				}
			}
		}
		finish(&r, "\"VPNs:\"", yield)
	}
}

// state reads the lines below that of a user and returns the events.
func (v *VPN) state(n *Node, r *report) (events []VPN) {
	for _, c := range n.Nodes {
		key, value, _ := Field(c.Text)
		switch {
		case key == "Active package name":
			v.Package = value
		case key == "Active vpn type":
			v.Type = value
		case key == "NetworkCapabilities":
			v.Network = value
		case strings.HasSuffix(c.Text, "(most recent first):"):
			for _, e := range c.Nodes {
				at, text, _ := strings.Cut(e.Text, " - ")
				t, ok := ParseTime(at)
				if !ok {
					r.unknown(e.Line, e.Text)
					continue
				}
				events = append(events, VPN{Line: e.Line, Event: text, Time: t})
			}
		default:
			v.Other = append(v.Other, other(c))
		}
	}
	return events
}
