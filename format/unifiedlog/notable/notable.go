// Package notable recognises, among the messages of the unified log, those that
// tell what an examiner looks for: programs that begin and end, code that is
// refused, crashes, installations, permissions, and the handling of messages.
//
// What it knows is a table of texts, see [Rules]: the texts are those of Apple's
// programs as public logs, sources and write-ups show them, named beside each rule.
// They change between versions; a message that no rule knows is simply not
// recognised.
package notable

import (
	"regexp"
	"strconv"
	"strings"
)

// An Event is what a message tells. Fields are empty where it does not say.
type Event struct {
	Kind      Kind
	Action    string // what happened, in a few words
	Process   string // that it happened to: name
	PID       int64  // of that process; -1 if it is not said
	Path      string // of the program or file
	App       string // bundle identifier
	Service   string // of TCC; label of a job of launchd
	Operation string // of a denial
	Target    string // of a denial
	By        string // who did it: name of a process
	Reason    string
	Session   string // joins messages about one request, see [Join]
	Weak      bool   // many alike are usual: only how many there were is worth keeping
}

// Kind is what an event is about.
type Kind string

// The kinds of events.
const (
	Process  Kind = "process"      // begins or ends
	Crash    Kind = "crash"        // of a process
	Memory   Kind = "memory"       // the kernel ends processes for memory
	Code     Kind = "code signing" // AMFI and the kernel
	Sandbox  Kind = "sandbox"      // denials
	Install  Kind = "install"      // of apps
	Access   Kind = "permission"   // requests of TCC
	Messages Kind = "messages"     // handling of messages, BlastDoor
	Web      Kind = "web"          // processes of WebKit
	Location Kind = "location"
	Lockdown Kind = "lockdown" // USB, pairing, services for computers
	Clock    Kind = "clock"    // changes of the clock or its zone
	Boot     Kind = "boot"     // start and end of the system
)

// A Message is an entry of the log, as far as rules look at it.
type Message struct {
	Process   string // name of the process that logged it
	Subsystem string // of messages of launchd, the label of a job
	Error     bool   // the level is error or fault
	Text      string
}

// A Rule recognises the messages of one text.
type Rule struct {
	Process string // name of the process that logs them; "" for any that uses WebKit
	Literal string // a part of the text that is in the format string too
	Kind    Kind
	Action  string // the group "action" of Text, if it has one, says it instead
	Text    string // regular expression; its groups are named as fields of Event, in lower case
	Error   bool   // only of level error or fault
	Weak    bool
	Source  string // where the text is public

	re *regexp.Regexp
}

var byProcess = func() map[string][]*Rule {
	m := map[string][]*Rule{}
	for i := range Rules {
		r := &Rules[i]
		r.re = regexp.MustCompile(r.Text)
		m[r.Process] = append(m[r.Process], r)
	}
	return m
}()

// Processes returns the names of the processes whose messages are known, in the
// order of the table; "" stands for those that use WebKit.
func Processes() []string {
	var names []string
	seen := map[string]bool{}
	for i := range Rules {
		if name := Rules[i].Process; !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}

// WebKit is the subsystem of the rules for any process.
const WebKit = "com.apple.WebKit"

// minFormat is how many bytes of text a format string has at least that decides
// whether a message can be known.
const minFormat = 8

// May reports whether a message of a process can be known, by its format string:
// quickly, and not certainly. An empty format string says nothing.
func May(process, subsystem, format string) bool {
	list := byProcess[process]
	if list == nil && subsystem == WebKit {
		list = byProcess[""]
	}
	if list == nil {
		return false
	}
	if len(format) < minFormat {
		return true
	}
	for _, r := range list {
		if r.Literal == "" || strings.Contains(format, r.Literal) {
			return true
		}
	}
	return false
}

// Recognise returns what a message tells; ok is false if no rule knows it.
func Recognise(m Message) (e Event, ok bool) {
	list := byProcess[m.Process]
	if list == nil && m.Subsystem == WebKit {
		list = byProcess[""]
	}
	for _, r := range list {
		if r.Error && !m.Error || !strings.Contains(m.Text, r.Literal) {
			continue
		}
		if g := r.re.FindStringSubmatch(m.Text); g != nil {
			return r.event(g, m), true
		}
	}
	return e, false
}

// event makes the event of a message.
func (r *Rule) event(groups []string, m Message) Event {
	e := Event{Kind: r.Kind, Action: r.Action, PID: -1, Weak: r.Weak}
	for i, name := range r.re.SubexpNames() {
		if s := groups[i]; s != "" {
			e.set(name, s)
		}
	}
	if m.Process == "launchd" {
		e.label(m.Subsystem)
	}
	return e
}

func (e *Event) set(name, s string) {
	switch name {
	case "action":
		e.Action = s
	case "process":
		e.Process = s
	case "pid":
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			e.PID = n
		}
	case "path":
		e.Path = s
	case "app":
		e.App = s
	case "service":
		e.Service = s
	case "operation":
		e.Operation = s
	case "target":
		e.Target = s
	case "by":
		e.By = s
	case "reason":
		e.Reason = strings.TrimSpace(s)
	case "session":
		e.Session = s
	}
}

var label = regexp.MustCompile(`^(?:[^ \[]*/)?([^/ ]+?)(?: \[(\d+)\])?$`)

// label reads the name of a job of launchd, such as "system/com.apple.tccd [95]:".
func (e *Event) label(s string) {
	g := label.FindStringSubmatch(strings.TrimSuffix(s, ":"))
	if g == nil {
		return
	}
	if e.Service == "" {
		e.Service = g[1]
	}
	if e.PID < 0 && g[2] != "" {
		e.set("pid", g[2])
	}
	if app, ok := strings.CutPrefix(e.Service, "UIKitApplication:"); ok && e.App == "" {
		e.App, _, _ = strings.Cut(app, "[")
	}
}

// Join completes the answer to a request with what earlier messages about it told.
func (e *Event) Join(earlier Event) {
	for _, f := range []struct {
		to   *string
		from string
	}{{&e.Path, earlier.Path}, {&e.App, earlier.App}, {&e.Service, earlier.Service}, {&e.Process, earlier.Process}, {&e.Operation, earlier.Operation}} {
		if *f.to == "" {
			*f.to = f.from
		}
	}
	if e.PID < 0 {
		e.PID = earlier.PID
	}
	e.Weak = e.Weak || earlier.Weak
}
