package ios

import (
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// BiomeEvents reads the streams that have the form of the events of Knowledge.
var BiomeEvents = artifact.Parser{
	ID:    "ios.biomeevents",
	Title: lang.Text{EN: "Events of the system (Biome)", FR: "Événements du système (Biome)"},
	Doc: `The streams whose names begin with _DKEvent, and App.Install, took over events of
knowledgeC.db: apps installed and used, pages of Safari, networks joined, the screen
locked and unlocked. Each event has a value, a begin and an end, and is kept for about
four weeks. Events of Safari were observed to remain after the history was cleared.
Which streams there are depends on the version of iOS.`,
	Inputs: from.Biome("_DKEvent.*", "App.Install"),
	Record: biomeEventsEvent{},
	Refs: []string{
		"https://www.cclsolutionsgroup.com/post/a-biome-specification",
		"https://github.com/abrignoni/iLEAPP",
	},
	Parse: from.Segments(biomeEventsRow),
}

// biomeEventsEvent is one event.
type biomeEventsEvent struct {
	Start   record.Time `json:"start"`   // field 2, seconds since 2001 UTC
	End     record.Time `json:"end"`     // field 3, seconds since 2001 UTC
	Created record.Time `json:"created"` // field 8, seconds since 2001 UTC
	Written record.Time `json:"written"` // of the event in its segment, seconds since 2001 UTC

	Stream string      `json:"stream"`           // name of the stream
	Kind   string      `json:"kind,omitempty"`   // field 1.1: name of the stream of Knowledge, such as "/app/install"
	App    record.App  `json:"app,omitempty"`    // field 4.3 of streams about apps
	URL    record.URL  `json:"url,omitempty"`    // field 4.3 of streams about pages
	Value  record.Text `json:"value,omitempty"`  // field 4.3 of other streams
	Number *int64      `json:"number,omitempty"` // field 4.4: value that is a number
	ID     string      `json:"id,omitempty"`     // field 5
	Offset *int64      `json:"offset,omitempty"` // field 10: seconds of the zone of the phone east of UTC
	Source []record.KV `json:"source,omitempty"` // field 6: who told it
	Detail []record.KV `json:"detail,omitempty"` // field 7: what else was told, such as the title of a page
	State  string      `json:"state,omitempty"`  // of the event, if it is not written
	Device string      `json:"device,omitempty"` // other device of the account that sent it
	Other  []record.KV `json:"other,omitempty"`  // other fields by their numbers
}

// String implements [record.Data].
func (v biomeEventsEvent) String() string {
	text := string(v.App) + string(v.URL) + string(v.Value)
	if v.Number != nil && text == "" {
		text = strconv.FormatInt(*v.Number, 10)
	}
	return record.Line(v.Stream + ": " + text)
}

func biomeEventsRow(e from.Event) (biomeEventsEvent, error) {
	v := biomeEventsEvent{
		Start: e.Cocoa(2), End: e.Cocoa(3), Created: e.Cocoa(8), Written: e.Time, Stream: e.Stream, Kind: e.Text(1, 1),
		Number: e.Int(4, 4), ID: e.Text(5), Offset: e.Int(10), State: e.State, Device: e.Device,
		Other: e.Rest("1.1", "2", "3", "4.3", "4.4", "5", "6", "7", "8", "10"),
	}
	for _, kv := range e.Rest("1", "2", "3", "4", "5", "8", "9", "10") {
		if strings.HasPrefix(kv.Key, "6") {
			v.Source = append(v.Source, kv)
		} else if strings.HasPrefix(kv.Key, "7") {
			v.Detail = append(v.Detail, kv)
		}
	}
	switch text := e.Text(4, 3); {
	case strings.Contains(e.Stream, "Safari"):
		v.URL = record.URL(text)
	case strings.Contains(e.Stream, "App."):
		v.App = record.App(text)
	default:
		v.Value = record.Text(text)
	}
	return v, e.Err()
}
