package ios

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// BiomeNotifications reads notifications that the phone showed.
var BiomeNotifications = artifact.Parser{
	ID:    "ios.biomenotifications",
	Title: lang.Text{EN: "Notifications shown (Biome)", FR: "Notifications affichées (Biome)"},
	Doc: `The stream Notification, and Notification.Usage from iOS 17, have one event for each
notification that came, was seen or was opened, with the app and in some versions its
texts. They are kept for about four weeks. The text of a message that was deleted since,
or the notification in which Apple warns of an attack, can still be here. Notifications
that apps handle in silence leave no event.`,
	Inputs: from.Biome("Notification", "Notification.Usage"),
	Record: biomeNotificationsEvent{},
	Refs: []string{
		"https://www.cclsolutionsgroup.com/post/a-biome-specification",
		"https://github.com/abrignoni/iLEAPP",
	},
	Parse: from.Segments(biomeNotificationsRow),
}

// biomeNotificationsEvent is one event about one notification.
type biomeNotificationsEvent struct {
	Time    record.Time `json:"time"`    // field 2, seconds since 2001 UTC
	Written record.Time `json:"written"` // of the event in its segment, seconds since 2001 UTC

	Stream string        `json:"stream"`           // Notification or Notification.Usage
	App    record.App    `json:"app,omitempty"`    // field 14; in Notification.Usage field 4 where there is no 14
	ID     string        `json:"id,omitempty"`     // field 1; in Notification.Usage field 5
	Usage  *int64        `json:"usage,omitempty"`  // field 3: what happened, not documented
	Texts  []record.Text `json:"texts,omitempty"`  // fields 8, 9, 12 and 15: title, subtitle, body and others, by version
	State  string        `json:"state,omitempty"`  // of the event, if it is not written
	Device string        `json:"device,omitempty"` // other device of the account that sent it
	Other  []record.KV   `json:"other,omitempty"`  // other fields by their numbers
}

// String implements [record.Data].
func (n biomeNotificationsEvent) String() string {
	return record.Line(fmt.Sprintf("Notification of %s: %q", n.App, n.Texts))
}

func biomeNotificationsRow(e from.Event) (biomeNotificationsEvent, error) {
	n := biomeNotificationsEvent{
		Time: e.Cocoa(2), Written: e.Time, Stream: e.Stream, App: record.App(e.Text(14)), ID: e.Text(1), Usage: e.Int(3),
		State: e.State, Device: e.Device,
	}
	known := []string{"1", "2", "3", "8", "9", "12", "14", "15"}
	if e.Stream == "Notification.Usage" && n.App == "" {
		n.App, n.ID = record.App(e.Text(4)), e.Text(5)
		known = append(known[1:], "4", "5")
	}
	for _, field := range []int{8, 9, 12, 15} {
		if text := e.Text(field); text != "" {
			n.Texts = append(n.Texts, record.Text(text))
		}
	}
	n.Other = e.Rest(known...)
	return n, e.Err()
}
