package ios

import (
	"fmt"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// SettingsEvents reads which process changed which restricted setting when.
var SettingsEvents = artifact.Parser{
	ID:    "ios.settingsevents",
	Title: lang.Text{EN: "Changes of managed settings", FR: "Changements de réglages gérés"},
	Doc: `MCSettingsEvents.plist notes, for each setting that profiles can restrict (passcode,
diagnostics, app installation…), the last change with its time and process. It is
written by profiled and grows with the settings ever touched; only the last event
of each setting is kept. A change of passcode or diagnostics settings by a process
that is not a part of setup or Settings deserves a look.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/containers/Shared/SystemGroup/*/Library/ConfigurationProfiles/MCSettingsEvents.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/ConfigurationProfiles/MCSettingsEvents.plist"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/MCState/*/MCSettingsEvents.plist"},
	},
	Record: settingsEventsEvent{},
	Refs:   []string{"https://developer.apple.com/documentation/devicemanagement/restrictions"},
	Parse:  from.Plist(settingsEventsRead),
}

// settingsEventsEvent is one leaf of the nested dictionaries.
type settingsEventsEvent struct {
	Time    record.Time    `json:"time"`            // key timestamp, UTC
	Setting string         `json:"setting"`         // keys on the way to the event, such as restrictedBool/allowDiagnosticSubmission
	Event   string         `json:"event"`           // key event: what happened
	Process record.Process `json:"process"`         // key process: which did it
	Other   []record.KV    `json:"other,omitempty"` // all other keys
}

// String implements [record.Data].
func (e settingsEventsEvent) String() string {
	return record.Line(fmt.Sprintf("setting %s: %s by %s", e.Setting, e.Event, e.Process))
}

// Limits of the nested dictionaries.
const (
	settingsEventsMax      = 1 << 16
	settingsEventsMaxDepth = 16
)

func settingsEventsRead(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
	if root.Kind() != plist.Dict {
		yield(record.Record{}, fmt.Errorf("read settings events: root is %s, not dict", root.Kind()))
		return
	}
	w := settingsEventsWalker{in: in, yield: yield}
	w.walk("", root, 0)
}

type settingsEventsWalker struct {
	in    *artifact.Input
	yield func(record.Record, error) bool
	nodes int
}

// walk visits the dictionaries and returns whether the caller wants more.
func (w *settingsEventsWalker) walk(path string, v plist.Value, depth int) bool {
	if w.nodes++; w.nodes > settingsEventsMax || depth > settingsEventsMaxDepth {
		return w.yield(record.Record{}, fmt.Errorf("read settings events: %q: more events or depth than is read", path)) && w.nodes <= settingsEventsMax
	}
	if settingsEventsIsLeaf(v) {
		return w.event(path, v)
	}
	for key, child := range v.Items() {
		if key == "<invalid>" && !w.yield(record.Record{}, fmt.Errorf("read settings events: %q: a key is damaged", path)) {
			return false
		}
		below := strings.TrimPrefix(plist.JoinPath(path, key), "/")
		if child.Kind() != plist.Dict {
			if !w.event(below, child) {
				return false
			}
		} else if !w.walk(below, child, depth+1) {
			return false
		}
	}
	return true
}

// settingsEventsIsLeaf reports whether a dictionary is an event.
func settingsEventsIsLeaf(v plist.Value) bool {
	return v.Get("timestamp").Kind() == plist.Date || v.Get("event").Kind() == plist.String || v.Get("process").Kind() == plist.String
}

// event yields an event, or a value that is in the place of one.
func (w *settingsEventsWalker) event(path string, v plist.Value) bool {
	e := settingsEventsEvent{
		Setting: path, Time: epoch.Date(v.Get("timestamp").Time()),
		Event: from.Text(v.Get("event")), Process: record.Process(from.Text(v.Get("process"))),
	}
	var err error
	if v.Kind() == plist.Dict {
		e.Other, err = from.Rest(v, "timestamp", "event", "process")
	} else {
		var s from.Setting
		s, err = from.NewSetting("value", v)
		e.Other = append(s.Values, record.KV{Key: s.Key, Value: s.Value})
	}
	return w.yield(w.in.Record(from.At(path, 0, v), e), nil) && (err == nil || w.yield(record.Record{}, err))
}
