package ios

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// BiomeWeb reads web pages that apps showed.
var BiomeWeb = artifact.Parser{
	ID:    "ios.biomeweb",
	Title: lang.Text{EN: "Web use by app (Biome)", FR: "Usage du web par app (Biome)"},
	Doc: `The streams App.WebUsage and Safari.Navigations have one event for each page that
Safari, or a web view of an app, showed: the address, the site and the app. They are
kept for about four weeks and were observed to remain after the history was cleared.
Before iOS 18 Safari.Navigations has the host only, and a time rounded to half an hour.
Private windows are not in them.`,
	Inputs: from.Biome("App.WebUsage", "Safari.Navigations"),
	Record: biomeWebEvent{},
	Refs: []string{
		"https://www.cclsolutionsgroup.com/post/a-biome-specification",
		"https://github.com/abrignoni/iLEAPP",
	},
	Parse: from.Segments(biomeWebRow),
}

// biomeWebEvent is one page.
type biomeWebEvent struct {
	Time    record.Time `json:"time"`    // App.WebUsage field 2, seconds since 2001 UTC
	Rounded record.Time `json:"rounded"` // Safari.Navigations field 2, seconds since 1970 UTC: the next half hour
	Written record.Time `json:"written"` // of the event in its segment, seconds since 2001 UTC

	Stream  string        `json:"stream"`            // App.WebUsage or Safari.Navigations
	URL     record.URL    `json:"url,omitempty"`     // App.WebUsage field 4, Safari.Navigations field 8 from iOS 18
	Domain  record.Domain `json:"domain,omitempty"`  // App.WebUsage field 5, Safari.Navigations field 1: host
	App     record.App    `json:"app,omitempty"`     // App.WebUsage field 6
	ID      string        `json:"id,omitempty"`      // App.WebUsage field 1
	Country string        `json:"country,omitempty"` // Safari.Navigations field 5
	State   string        `json:"state,omitempty"`   // of the event, if it is not written
	Device  string        `json:"device,omitempty"`  // other device of the account that sent it
	Other   []record.KV   `json:"other,omitempty"`   // other fields by their numbers
}

// String implements [record.Data].
func (w biomeWebEvent) String() string {
	what := string(w.URL)
	if what == "" {
		what = string(w.Domain)
	}
	if what == "" {
		return record.Line(w.Stream + ": event without content " + w.State)
	}
	return record.Line(fmt.Sprintf("Page shown: %s in %s", what, w.App))
}

func biomeWebRow(e from.Event) (biomeWebEvent, error) {
	w := biomeWebEvent{Stream: e.Stream, Written: e.Time, State: e.State, Device: e.Device}
	if e.Stream == "Safari.Navigations" {
		w.Rounded, w.Domain, w.Country = e.Unix(2), record.Domain(e.Text(1)), e.Text(5)
		w.URL, w.Other = record.URL(e.Text(8)), e.Rest("1", "2", "5", "8")
	} else {
		w.Time, w.ID, w.URL, w.Domain = e.Cocoa(2), e.Text(1), record.URL(e.Text(4)), record.Domain(e.Text(5))
		w.App, w.Other = record.App(e.Text(6)), e.Rest("1", "2", "4", "5", "6")
	}
	return w, e.Err()
}
