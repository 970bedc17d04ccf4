package ios

import (
	"fmt"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Calendar reads the events in the calendars.
var Calendar = artifact.Parser{
	ID:    "ios.calendar",
	Title: lang.Text{EN: "Calendar events", FR: "Événements des calendriers"},
	Doc: `Calendar.sqlitedb holds one row for each event of each calendar: made by the
owner, synced by an account, subscribed to, or from an invitation. Invitations in
the past, which are added without asking, have carried attacks that need no click;
subscriptions that somebody was lured into fill calendars with links. Rows stay
until the event or its account is removed. Who was invited is in
ios.calendarparticipants.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Calendar/Calendar.sqlitedb"},
	},
	Record: calendarEvent{},
	Refs:   []string{"https://docs.mvt.re/en/latest/ios/records/#calendarjson", "https://citizenlab.ca/2023/04/spyware-vendor-quadream-exploits-victims-customers/"},
	Parse:  from.SQLite(calendarRead),
}

// calendarEvent is one event, a row of CalendarItem. Times are seconds since
// 2001 UTC. Start and end of events of whole days and of those without a zone
// (start_zone "_float") are what a clock shows, stored as if it showed UTC: their
// zone is marked as assumed.
type calendarEvent struct {
	Start        record.Time `json:"start"`                   // column start_date
	End          record.Time `json:"end"`                     // column end_date
	Created      record.Time `json:"created"`                 // column creation_date
	Modified     record.Time `json:"modified"`                // column last_modified
	Due          record.Time `json:"due,omitempty"`           // column due_date
	Completed    record.Time `json:"completed,omitempty"`     // column completion_date
	Answered     record.Time `json:"answered,omitempty"`      // column participation_status_modified_date
	Shared       record.Time `json:"shared,omitempty"`        // column shared_item_created_date
	SharedChange record.Time `json:"shared_change,omitempty"` // column shared_item_modified_date
	Proposed     record.Time `json:"proposed,omitempty"`      // column proposed_start_date
	Original     record.Time `json:"original,omitempty"`      // column orig_date: of one event of a series that was moved

	Summary          record.Text  `json:"summary"`                     // column summary: the title
	Description      record.Text  `json:"description,omitempty"`       // column description: the notes
	Place            record.Text  `json:"place,omitempty"`             // Location.title by location_id
	URL              record.URL   `json:"url,omitempty"`               // column url
	ConferenceURL    record.URL   `json:"conference_url,omitempty"`    // column conference_url
	Organizer        record.Email `json:"organizer,omitempty"`         // Participant.email by organizer_id
	OrganizerPhone   record.Phone `json:"organizer_phone,omitempty"`   // Participant.phone_number by organizer_id
	OrganizerName    string       `json:"organizer_name,omitempty"`    // Identity.display_name of the organizer, or "participant" and its number if there is no such row
	OrganizerComment record.Text  `json:"organizer_comment,omitempty"` // Participant.comment by organizer_id
	Calendar         record.Text  `json:"calendar,omitempty"`          // Calendar.title by calendar_id, or its number
	Store            string       `json:"store,omitempty"`             // Store.name by Calendar.store_id: the account
	StartZone        string       `json:"start_zone,omitempty"`        // column start_tz
	AllDay           bool         `json:"all_day,omitempty"`           // column all_day
	Hidden           bool         `json:"hidden,omitempty"`            // column hidden
	Junk             int64        `json:"junk,omitempty"`              // column junk_status
	Status           int64        `json:"status,omitempty"`            // column status: 1 confirmed, 2 tentative, 3 cancelled
	Invitation       int64        `json:"invitation,omitempty"`        // column invitation_status: what the owner answered
	EntityType       int64        `json:"entity_type,omitempty"`       // column entity_type: 2 event, 3 task of old versions
	Identifier       string       `json:"identifier,omitempty"`        // column unique_identifier, the same for everybody invited
	ExternalID       string       `json:"external_id,omitempty"`       // column external_id: its address on the account's server
	UUID             string       `json:"uuid,omitempty"`              // column UUID
	Comment          record.Text  `json:"comment,omitempty"`           // column response_comment
	ContactName      string       `json:"contact_name,omitempty"`      // column contact_name: of a birthday
	Action           string       `json:"action,omitempty"`            // column action
}

// String implements [record.Data].
func (e calendarEvent) String() string {
	s := "calendar event " + string(e.Summary)
	if by := strings.TrimSpace(string(e.Organizer) + " " + string(e.OrganizerPhone)); by != "" {
		s += ", invitation by " + by
	}
	if e.Description != "" {
		s += ": " + string(e.Description)
	}
	return record.Line(s)
}

// calendarOrganizer is what an event takes from its organizer.
type calendarOrganizer struct {
	email, phone, comment string
	identity              int64
}

func calendarRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	names := map[string]map[int64]string{}
	for _, t := range [...]struct{ name, column string }{
		{"Location", "title"}, {"Identity", "display_name"}, {"Store", "name"}, {"Calendar", "title"},
	} {
		m, more := from.Join(db, t.name, yield, func(r sqlite.Row) (int64, string) { return r.ID, r.Text(t.column) })
		if !more {
			return
		}
		names[t.name] = m
	}
	stores, more := from.Join(db, "Calendar", yield, func(r sqlite.Row) (int64, int64) { return r.ID, r.Int("store_id") })
	if !more {
		return
	}
	people, more := from.Join(db, "Participant", yield, func(r sqlite.Row) (int64, calendarOrganizer) {
		return r.ID, calendarOrganizer{r.Text("email"), r.Text("phone_number"), r.Text("comment"), r.Int("identity_id")}
	})
	if !more {
		return
	}
	from.Rows(in, db, "CalendarItem", yield, func(r sqlite.Row) (calendarEvent, bool) {
		e := calendarRow(r)
		e.Place = record.Text(names["Location"][r.Int("location_id")])
		id := r.Int("calendar_id")
		if e.Calendar = record.Text(names["Calendar"][id]); e.Calendar == "" && id != 0 {
			e.Calendar = record.Text(fmt.Sprintf("calendar %d", id))
		}
		e.Store = names["Store"][stores[id]]
		if e.AllDay || e.StartZone == "_float" {
			e.Start.Zone, e.End.Zone = record.Assumed, record.Assumed
		}
		if id := r.Int("organizer_id"); id != 0 {
			o, ok := people[id]
			e.Organizer, e.OrganizerPhone, e.OrganizerComment = record.Email(o.email), record.Phone(o.phone), record.Text(o.comment)
			if e.OrganizerName = names["Identity"][o.identity]; !ok {
				e.OrganizerName = fmt.Sprintf("participant %d", id)
			}
		}
		return e, true
	})
}

func calendarRow(r sqlite.Row) calendarEvent {
	return calendarEvent{
		Start:         from.Cocoa(r.Value("start_date")),
		End:           from.Cocoa(r.Value("end_date")),
		Created:       from.Cocoa(r.Value("creation_date")),
		Modified:      from.Cocoa(r.Value("last_modified")),
		Due:           from.Cocoa(r.Value("due_date")),
		Completed:     from.Cocoa(r.Value("completion_date")),
		Answered:      from.Cocoa(r.Value("participation_status_modified_date")),
		Shared:        from.Cocoa(r.Value("shared_item_created_date")),
		SharedChange:  from.Cocoa(r.Value("shared_item_modified_date")),
		Proposed:      from.Cocoa(r.Value("proposed_start_date")),
		Original:      from.Cocoa(r.Value("orig_date")),
		Summary:       record.Text(r.Text("summary")),
		Description:   record.Text(r.Text("description")),
		URL:           record.URL(r.Text("url")),
		ConferenceURL: record.URL(r.Text("conference_url")),
		StartZone:     r.Text("start_tz"),
		AllDay:        r.Int("all_day") != 0,
		Hidden:        r.Int("hidden") != 0,
		Junk:          r.Int("junk_status"),
		Status:        r.Int("status"),
		Invitation:    r.Int("invitation_status"),
		EntityType:    r.Int("entity_type"),
		Identifier:    r.Text("unique_identifier"),
		ExternalID:    r.Text("external_id"),
		UUID:          r.Text("UUID"),
		Comment:       record.Text(r.Text("response_comment")),
		ContactName:   r.Text("contact_name"),
		Action:        r.Text("action"),
	}
}
