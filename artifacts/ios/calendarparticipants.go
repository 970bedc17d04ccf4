package ios

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// CalendarParticipants reads who was invited to the events in the calendars.
var CalendarParticipants = artifact.Parser{
	ID:    "ios.calendarparticipants",
	Title: lang.Text{EN: "Calendar invitations", FR: "Invitations des calendriers"},
	Doc: `Calendar.sqlitedb holds one row for each organizer and each person invited to an
event. Rows whose event is gone show invitations that were deleted. An unknown
organizer, or the owner alone beside one, deserves a look.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Calendar/Calendar.sqlitedb"},
	},
	Record: calendarparticipantsPerson{},
	Refs:   []string{"https://docs.mvt.re/en/latest/ios/records/#calendarjson", "https://citizenlab.ca/2023/04/spyware-vendor-quadream-exploits-victims-customers/"},
	Parse:  from.SQLite(calendarparticipantsRead),
}

// calendarparticipantsPerson is one row of Participant. Times are seconds since
// 2001 UTC.
type calendarparticipantsPerson struct {
	Modified  record.Time `json:"modified"`            // column last_modified
	Commented record.Time `json:"commented,omitempty"` // column comment_last_modified
	Proposed  record.Time `json:"proposed,omitempty"`  // column proposed_start_date
	Start     record.Time `json:"start,omitempty"`     // CalendarItem.start_date by owner_id

	Email     record.Email `json:"email,omitempty"`      // column email
	Number    record.Phone `json:"number,omitempty"`     // column phone_number
	Name      string       `json:"name,omitempty"`       // Identity.display_name by identity_id
	Address   string       `json:"address,omitempty"`    // Identity.address by identity_id, a URI
	Kind      string       `json:"kind"`                 // column entity_type: attendee (7) or organizer (8)
	Role      int64        `json:"role,omitempty"`       // column role: 1 required, 2 optional, 3 chair
	Status    int64        `json:"status,omitempty"`     // column status: what the person answered
	Self      bool         `json:"self,omitempty"`       // column is_self: the owner
	Comment   record.Text  `json:"comment,omitempty"`    // column comment
	InvitedBy string       `json:"invited_by,omitempty"` // column invited_by
	Event     record.Text  `json:"event"`                // CalendarItem.summary by owner_id, or "event" and its number
	UUID      string       `json:"uuid,omitempty"`       // column UUID
}

// String implements [record.Data].
func (p calendarparticipantsPerson) String() string {
	parts := []string{p.Kind, string(p.Email), string(p.Number), p.Name, "of calendar event", string(p.Event)}
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	return record.Line(strings.Join(parts, " "))
}

// calendarparticipantsIdentity is a row of Identity.
type calendarparticipantsIdentity struct{ name, address string }

func calendarparticipantsRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	identities, more := from.Join(db, "Identity", yield, func(r sqlite.Row) (int64, calendarparticipantsIdentity) {
		return r.ID, calendarparticipantsIdentity{r.Text("display_name"), r.Text("address")}
	})
	if !more {
		return
	}
	from.Each(in, db, "Participant", yield, func(r sqlite.Row) (calendarparticipantsPerson, error) {
		identity := identities[r.Int("identity_id")]
		p := calendarparticipantsPerson{
			Modified:  from.Cocoa(r.Value("last_modified")),
			Commented: from.Cocoa(r.Value("comment_last_modified")),
			Proposed:  from.Cocoa(r.Value("proposed_start_date")),
			Email:     record.Email(r.Text("email")),
			Number:    record.Phone(r.Text("phone_number")),
			Name:      identity.name,
			Address:   identity.address,
			Kind:      record.Name(r.Int("entity_type"), "", "", "", "", "", "", "", "attendee", "organizer"),
			Role:      r.Int("role"),
			Status:    r.Int("status"),
			Self:      r.Int("is_self") != 0,
			Comment:   record.Text(r.Text("comment")),
			InvitedBy: r.Text("invited_by"),
			UUID:      r.Text("UUID"),
		}
		id := r.Int("owner_id")
		e, err := db.Row("CalendarItem", id)
		if err != nil {
			p.Event = record.Text(fmt.Sprintf("event %d", id))
			if errors.Is(err, sqlite.ErrNoRow) || errors.Is(err, sqlite.ErrNoTable) {
				err = nil
			}
			return p, err
		}
		p.Event, p.Start = record.Text(e.Text("summary")), from.Cocoa(e.Value("start_date"))
		return p, nil
	})
}
