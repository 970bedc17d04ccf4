package android

import (
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// VPN reads which app has the VPN of each user, and what happened to it.
var VPN = artifact.Parser{
	ID:    "android.vpn",
	Title: lang.Text{EN: "VPN of each user", FR: "VPN de chaque utilisateur"},
	Doc: `All traffic of the phone goes through the app that has the VPN: it sees which servers every app
talks to and can send them elsewhere. The system has at most one for each user and tells which;
since Android 13 also its last events with their times: changes of "always on" and of
lockdown (no traffic without the VPN), and connections. A VPN that is not connected may
still be set to be always on: see the setting always_on_vpn_app in android.settings. Without a
VPN the system prints [Legacy VPN], which gives a record without an app. Android 11 and before have no such service: a
VPN in use is then only in android.networks.`,
	Inputs: from.Dumpsys("vpn_management"),
	Record: vpnState{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/core/java/com/android/server/VpnManagerService.java",
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/core/java/com/android/server/connectivity/Vpn.java",
	},
	Parse: from.Dump(dumpsys.VPNs, vpnRow),
}

// vpnState is the VPN of one user, or one event.
type vpnState struct {
	Kind    string          `json:"kind"`              // "state", "event"
	Time    record.WallTime `json:"time"`              // of an event, clock of the phone; Android 13 and later
	App     record.App      `json:"app"`               // package; "" if none or one that the system runs itself, and of events
	User    *int64          `json:"user"`              // before the package
	Type    string          `json:"type,omitempty"`    // Active vpn type: "none", "app", "platform", "legacy", "vendor"
	Event   record.Text     `json:"event,omitempty"`   // as printed: "[LockdownAlwaysOn] Mode changed: lockdown=false alwaysOn=true calling from 1000"
	Network string          `json:"network,omitempty"` // NetworkCapabilities
	Extra   []record.KV     `json:"extra,omitempty"`   // other values
}

// String implements [record.Data].
func (s vpnState) String() string {
	switch {
	case s.Kind == "event":
		return record.Line("VPN " + string(s.Event))
	case s.App == "":
		return "no VPN app"
	}
	return record.Line("VPN app " + string(s.App))
}

func vpnRow(v dumpsys.VPN) (int, record.Data) {
	s := vpnState{Kind: "state", User: from.Count(v.User), Event: record.Text(v.Event), Network: v.Network, Extra: from.KVs(v.Other)}
	if !strings.HasPrefix(v.Package, "[") && v.Package != "null" {
		s.App = record.App(v.Package)
	}
	if v.Event != "" {
		s.Kind = "event"
		s.Time, _ = from.Clock(v.Time)
	}
	// Constants TYPE_VPN_* of android.net.VpnManager.
	if name, ok := map[string]string{"-1": "none", "1": "app", "2": "platform", "3": "legacy", "4": "vendor"}[v.Type]; ok {
		s.Type = name
	} else if v.Type != "" {
		s.Type = "code " + v.Type
	}
	return v.Line, s
}
