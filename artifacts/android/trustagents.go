package android

import (
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// TrustAgents reads the apps that may keep the phone unlocked.
var TrustAgents = artifact.Parser{
	ID:    "android.trustagents",
	Title: lang.Text{EN: "Trust agents and lock state", FR: "Agents de confiance et état du verrouillage"},
	Doc: `A trust agent is an app that may keep the phone unlocked, for example near a watch or at home. The
system tells for each user whether the phone is locked and which agents are enabled, and
the last 200 of their events by the clock of the phone, without a year: when an agent granted or
took back trust. Events since the last start only. Few phones have an agent that is no part of the
system.`,
	Inputs: from.Dumpsys("trust"),
	Record: trustagentsEntry{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/core/java/com/android/server/trust/TrustManagerService.java",
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/core/java/com/android/server/trust/TrustArchive.java",
	},
	Parse: from.Dump(dumpsys.TrustEntries, trustagentsRow),
}

// trustagentsEntry is a user, an agent or an event.
type trustagentsEntry struct {
	Kind  string      `json:"kind"`            // "user", "agent", "event"
	App   record.App  `json:"app"`             // package of an agent; "" for a user, and an event that names the class only
	Agent string      `json:"agent"`           // package/class, or a class
	User  *int64      `json:"user"`            // of the phone
	Name  string      `json:"name,omitempty"`  // of the user
	Event string      `json:"event,omitempty"` // "GrantTrust", "RevokeTrust", "TrustTimeout"
	Clock string      `json:"clock,omitempty"` // of an event: month, day and hour
	State []record.KV `json:"state,omitempty"` // "deviceLocked", "trusted", "bound"; 0 is no
}

// String implements [record.Data].
func (e trustagentsEntry) String() string {
	switch e.Kind {
	case "user":
		return record.Line("lock state of user " + e.Name)
	case "event":
		return record.Line(e.Event + " by trust agent " + e.Agent)
	}
	return record.Line("trust agent " + e.Agent)
}

func trustagentsRow(e dumpsys.TrustEntry) (int, record.Data) {
	d := trustagentsEntry{Kind: e.Kind, Agent: e.Agent, User: from.Count(e.User), Name: e.Name, Event: e.Event, State: from.KVs(e.State)}
	if app, _, ok := strings.Cut(e.Agent, "/"); ok {
		d.App = record.App(app)
	}
	if e.Kind == "event" {
		_, d.Clock = from.Clock(e.Time)
	}
	return e.Line, d
}
