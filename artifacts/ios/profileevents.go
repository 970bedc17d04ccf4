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

// ProfileEvents reads when configuration profiles were installed, changed and removed.
var ProfileEvents = artifact.Parser{
	ID:    "ios.profileevents",
	Title: lang.Text{EN: "Profile installations and removals", FR: "Installations et retraits de profils"},
	Doc: `MCProfileEvents.plist is the journal of profiled: each installation, update and
removal of a configuration profile with its time and the process that asked for
it. Entries remain after the profile is removed. Installations by a process other
than Settings, mdmd or a configuration tool, or at a time when nobody used the
phone, deserve a look. The file appears with the first event; without it no
profile was ever installed since the phone was set up or restored.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/containers/Shared/SystemGroup/*/Library/ConfigurationProfiles/MCProfileEvents.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/ConfigurationProfiles/MCProfileEvents.plist"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/MCState/*/MCProfileEvents.plist"},
	},
	Record: profileEventsEvent{},
	Refs:   []string{"https://docs.mvt.re/en/latest/ios/records/#profile_eventsjson"},
	Parse:  from.Plist(profileEventsRead),
}

// profileEventsEvent is one operation on one profile. Letters of the keys are taken
// as lower case, since versions differ.
type profileEventsEvent struct {
	Time      record.Time    `json:"time"`            // key timestamp, UTC
	Profile   record.Profile `json:"profile"`         // the key of the event: identifier or UUID of the profile
	Operation string         `json:"operation"`       // key operation or Operation: install, update, remove…
	Process   record.Process `json:"process"`         // key process: which asked for it
	Other     []record.KV    `json:"other,omitempty"` // all other keys
}

// String implements [record.Data].
func (e profileEventsEvent) String() string {
	return record.Line(fmt.Sprintf("%s of profile %s by %s", e.Operation, e.Profile, e.Process))
}

// profileEventsMax bounds how many events are read.
const profileEventsMax = 1 << 16

func profileEventsRead(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
	events := root.Get("ProfileEvents")
	if events.Kind() != plist.Array {
		yield(record.Record{}, fmt.Errorf("read profile events: ProfileEvents is %s, not array", events.Kind()))
		return
	}
	n := 0
	for i := range min(events.Len(), profileEventsMax) {
		for id, v := range events.Index(i).Items() {
			if n++; n > profileEventsMax {
				break
			}
			e, err := profileEventsOne(id, v)
			if !yield(in.Record(from.At("ProfileEvents", i+1, v), e), nil) || err != nil && !yield(record.Record{}, err) {
				return
			}
		}
	}
	if events.Len() > profileEventsMax || n > profileEventsMax {
		yield(record.Record{}, fmt.Errorf("read profile events: more than %d", profileEventsMax))
	}
}

func profileEventsOne(id string, v plist.Value) (profileEventsEvent, error) {
	e := profileEventsEvent{Profile: record.Profile(id)}
	if v.Kind() != plist.Dict {
		s, err := from.NewSetting("value", v)
		e.Other = append(s.Values, record.KV{Key: s.Key, Value: s.Value})
		return e, err
	}
	var known []string
	for key, val := range v.Items() {
		switch strings.ToLower(key) {
		case "timestamp":
			e.Time = epoch.Date(val.Time())
		case "operation":
			e.Operation = from.Text(val)
		case "process":
			e.Process = record.Process(from.Text(val))
		default:
			continue
		}
		known = append(known, key)
	}
	var err error
	e.Other, err = from.Rest(v, known...)
	return e, err
}
