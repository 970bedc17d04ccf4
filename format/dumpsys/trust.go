package dumpsys

import (
	"iter"
	"strings"
	"time"

	"github.com/vigie-project/vigie/format/lines"
)

// A TrustEntry is a user of the phone, an app that may keep it unlocked (a trust
// agent), or an event of one, of the service trust.
type TrustEntry struct {
	Line  int
	Kind  string    // "user", "agent", "event"
	User  int       // -1 if not recorded
	Name  string    // of the user
	Agent string    // "pkg/.Class"; of an event often only the class without package
	Event string    // "GrantTrust", "RevokeTrust", "TrustTimeout", "AgentDied", "AgentConnected", "AgentStopped"
	Time  time.Time // of an event, clock without zone and year
	State []Pair    // what else is told: "trusted", "bound", "deviceLocked", "message"
}

// TrustEntries yields the users, agents and events of the section of the service
// trust.
func TrustEntries(text iter.Seq[lines.Line]) iter.Seq2[TrustEntry, error] {
	return func(yield func(TrustEntry, error) bool) {
		r := report{service: "trust"}
		user := -1
		part := ""
		var agent *TrustEntry
		flush := func() bool {
			a := agent
			agent = nil
			return a == nil || yield(*a, nil)
		}
		for l := range r.watch(text) {
			line := strings.TrimSpace(l.String())
			switch {
			case strings.HasPrefix(line, "Trust manager state") || strings.HasPrefix(line, "disabled because"):
				r.found = true
			case line == "":
			case strings.HasPrefix(line, "User \"") && r.found:
				e, ok := trustUser(line)
				if !ok {
					r.unknown(l.Number, line)
				}
				e.Line, user, part = l.Number, e.User, ""
				if !flush() || ok && !yield(e, nil) {
					return
				}
			case line == "Enabled agents:" || line == "Events:":
				if part = line; !flush() {
					return
				}
			case part == "Enabled agents:" && !strings.Contains(line, "=") && strings.Contains(line, "/"):
				if !flush() {
					return
				}
				agent = &TrustEntry{Line: l.Number, Kind: "agent", User: user, Agent: line}
			case part == "Enabled agents:" && agent != nil:
				agent.State = append(agent.State, keyed(line)...)
			case part == "Events:" && line[0] == '#':
				e, ok := trustEvent(line)
				if e.Line, e.User = l.Number, user; !ok {
					r.unknown(l.Number, line)
				} else if !yield(e, nil) {
					return
				}
			case part != "":
				r.unknown(l.Number, line)
			}
		}
		if flush() {
			finish(&r, "\"Trust manager state\"", yield)
		}
	}
}

// trustUser reads `User "Owner" (id=0, flags=0x4c13) (current): trusted=0, …`. The
// name of the user can hold anything.
func trustUser(line string) (TrustEntry, bool) {
	e := TrustEntry{Kind: "user", User: -1}
	i := strings.LastIndex(line, "\" (id=")
	if i < len("User \"") {
		return e, false
	}
	e.Name = line[len("User \""):i]
	id, rest, ok := strings.Cut(line[i+len("\" (id="):], ",")
	e.User = integer(id)
	flags, rest, _ := strings.Cut(rest, ")")
	e.State = keyed(flags)
	note, states, _ := strings.Cut(rest, ":")
	if note = strings.Trim(note, " ()"); note != "" {
		e.State = append(e.State, Pair{"note", note})
	}
	e.State = append(e.State, keyed(states)...)
	return e, ok && e.User >= 0
}

// trustEvent reads `#0  02-03 10:20:30.456 GrantTrust: agent=Name, message="x",
// duration=+4h`.
func trustEvent(line string) (TrustEntry, bool) {
	e := TrustEntry{Kind: "event"}
	f := strings.Fields(line)
	if len(f) < 4 {
		return e, false
	}
	t, ok := ParseTime(f[1] + " " + f[2])
	e.Time, e.Event = t, strings.TrimSuffix(f[3], ":")
	_, rest, _ := strings.Cut(line, f[3]+" ")
	for _, p := range keyed(rest) {
		if p.Key == "agent" {
			e.Agent = p.Value
			continue
		}
		e.State = append(e.State, p)
	}
	return e, ok
}

// keyed returns the "key=value" of a line.
func keyed(text string) (pairs []Pair) {
	for k, v := range Pairs(text) {
		if k == "" {
			k = "note"
		}
		pairs = append(pairs, Pair{k, v})
	}
	return pairs
}
