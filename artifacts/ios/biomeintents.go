package ios

import (
	"errors"
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/keyedarchive"
	"github.com/vigie-project/vigie/format/protobuf"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// BiomeIntents reads actions that apps told the system of.
var BiomeIntents = artifact.Parser{
	ID:    "ios.biomeintents",
	Title: lang.Text{EN: "Actions of apps (Biome)", FR: "Actions des apps (Biome)"},
	Doc: `The stream App.Intent has one event for each action that an app told the system of:
a message sent or received, a call, a note, a route. The event holds the archived
interaction with its begin, end and direction, and often text and correspondents. It
is kept for about four weeks and outlives the message itself. Apps choose what they
tell, so absence shows nothing.`,
	Inputs: from.Biome("App.Intent"),
	Record: biomeIntentsEvent{},
	Refs: []string{
		"https://developer.apple.com/documentation/intents/ininteraction",
		"https://github.com/abrignoni/iLEAPP",
	},
	Parse: from.Segments(biomeIntentsRow),
}

// biomeIntentsEvent is one action.
type biomeIntentsEvent struct {
	Time    record.Time `json:"time"`    // field 1, seconds since 2001 UTC
	Written record.Time `json:"written"` // of the event in its segment, seconds since 2001 UTC

	App    record.App  `json:"app,omitempty"`    // field 2
	Class  string      `json:"class,omitempty"`  // field 4: class of the intent, such as INSendMessageIntent
	Action string      `json:"action,omitempty"` // field 5: verb
	Detail []record.KV `json:"detail,omitempty"` // field 8: the archived interaction; its intent is a protocol buffer that is opened too
	State  string      `json:"state,omitempty"`  // of the event, if it is not written
	Device string      `json:"device,omitempty"` // other device of the account that sent it
	Other  []record.KV `json:"other,omitempty"`  // other fields by their numbers
}

// String implements [record.Data].
func (i biomeIntentsEvent) String() string {
	return record.Line(fmt.Sprintf("Action of %s: %s %s", i.App, i.Class, i.Action))
}

func biomeIntentsRow(e from.Event) (biomeIntentsEvent, error) {
	i := biomeIntentsEvent{
		Time: e.Cocoa(1), Written: e.Time, App: record.App(e.Text(2)), Class: e.Text(4), Action: e.Text(5),
		State: e.State, Device: e.Device, Other: e.Rest("1", "2", "4", "5", "8"),
	}
	err := e.Err()
	f, ok := protobuf.Find(e.Message, 8)
	if !ok || f.Wire != protobuf.Bytes || len(f.Data) == 0 {
		return i, err
	}
	a, damage := keyedarchive.Parse(f.Data)
	if damage != nil {
		i.Detail = []record.KV{{Key: "8", Value: from.Data(f.Data)}}
		return i, errors.Join(err, fmt.Errorf("read interaction: %w", damage))
	}
	i.Detail, damage = from.ObjectLeaves(a.Root())
	if bytes := a.Root().Get("intent").Get("backingStore").Get("bytes").Data(); len(bytes) > 0 {
		inner, _ := from.MessageLeaves(bytes)
		for _, kv := range inner {
			i.Detail = append(i.Detail, record.KV{Key: "intent:" + kv.Key, Value: kv.Value})
		}
	}
	return i, errors.Join(err, damage)
}
