package ios

import (
	"testing"

	"github.com/vigie-project/vigie/record"
)

// TestLines checks the lines of timelines where a part of the record is absent,
// or where two parts stand side by side.
func TestLines(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		data record.Data
		want string
	}{
		{calendarEvent{Summary: "Meeting", Organizer: "a@example.org", OrganizerPhone: "12345678"}, "calendar event Meeting, invitation by a@example.org 12345678"},
		{calendarEvent{Summary: "Meeting", OrganizerPhone: "12345678"}, "calendar event Meeting, invitation by 12345678"},
		{calendarparticipantsPerson{Kind: "attendee", Email: "a@example.org", Number: "12345678", Event: "Meeting"}, "attendee a@example.org 12345678 of calendar event Meeting"},
		{calendarparticipantsPerson{Kind: "attendee", Name: "Ada", Event: "Meeting"}, "attendee Ada of calendar event Meeting"},
		{interactioncontactsContact{Identifier: "+14155550100"}, "0 interactions from +14155550100, 0 to them"},
		{smsMessage{Direction: "received", Number: "apple", Text: "Hi"}, "received from apple: Hi"},
		{smsMessage{Direction: "sent", Service: "SMS", Number: "apple", Text: "Hi"}, "SMS sent to apple: Hi"},
	} {
		if got := c.data.String(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
