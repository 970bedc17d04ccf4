package ios

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// BiomeFocus reads which app was in front, and why.
var BiomeFocus = artifact.Parser{
	ID:    "ios.biomefocus",
	Title: lang.Text{EN: "Apps in focus (Biome)", FR: "Apps au premier plan (Biome)"},
	Doc: `The stream App.InFocus has one event each time that an app or a screen of the
system comes to the front or leaves it, with the reason that SpringBoard gives. It
is kept for about four weeks. A browser or a messenger that comes to the front tells
that a person, or a link, opened it; a crash in the absence of any such event happened
by itself. Deleted events keep their times only. Absence may mean that the stream was
pruned.`,
	Inputs: from.Biome("App.InFocus"),
	Record: biomeFocusEvent{},
	Refs: []string{
		"https://www.cclsolutionsgroup.com/post/a-biome-specification",
		"https://github.com/abrignoni/iLEAPP",
	},
	Parse: from.Segments(biomeFocusRow),
}

// biomeFocusEvent is one change of what is in front.
type biomeFocusEvent struct {
	Time     record.Time `json:"time"`     // field 4, seconds since 2001 UTC: of the change
	Written  record.Time `json:"written"`  // of the event in its segment, seconds since 2001 UTC
	Modified record.Time `json:"modified"` // second time of older segments, if it differs

	App         record.App  `json:"app,omitempty"`          // field 6: identifier of the app or of the screen
	Change      string      `json:"change,omitempty"`       // field 3: in front or left
	Reason      string      `json:"reason,omitempty"`       // field 1: why, as SpringBoard names it
	Launch      *int64      `json:"launch,omitempty"`       // field 2: kind of launch, not documented; 1 app, 2 extension and 3 screen were observed
	Host        record.App  `json:"host,omitempty"`         // field 8: app that shows an extension
	Version     string      `json:"version,omitempty"`      // field 9
	FullVersion string      `json:"full_version,omitempty"` // field 10
	State       string      `json:"state,omitempty"`        // of the event, if it is not written
	Device      string      `json:"device,omitempty"`       // other device of the account that sent it
	Other       []record.KV `json:"other,omitempty"`        // other fields by their numbers
}

// String implements [record.Data].
func (f biomeFocusEvent) String() string {
	if f.App == "" {
		return record.Line("App in focus: event without content " + f.State)
	}
	return record.Line(fmt.Sprintf("%s: %s (%s)", f.App, f.Change, f.Reason))
}

func biomeFocusRow(e from.Event) (biomeFocusEvent, error) {
	f := biomeFocusEvent{
		Time: e.Cocoa(4), Written: e.Time, Modified: e.Modified, App: record.App(e.Text(6)), Reason: e.Text(1), Launch: e.Int(2),
		Host: record.App(e.Text(8)), Version: e.Text(9), FullVersion: e.Text(10),
		State: e.State, Device: e.Device, Other: e.Rest("1", "2", "3", "4", "6", "8", "9", "10"),
	}
	if change := e.Int(3); change != nil {
		f.Change = record.Name(*change, "left", "in front")
	}
	return f, e.Err()
}
