package ios

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// CalendarSharees reads with whom calendars are shared.
var CalendarSharees = artifact.Parser{
	ID:    "ios.calendarsharees",
	Title: lang.Text{EN: "People with whom calendars are shared", FR: "Personnes avec qui des calendriers sont partagés"},
	Doc: `Calendar.sqlitedb has one row for each person with whom a calendar is shared, as long
as it is. Somebody whom the owner does not know and who may read the calendar sees where
the owner will be. Most phones have none.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Calendar/Calendar.sqlitedb"},
	},
	Record: calendarshareesPerson{},
	Refs:   []string{"https://github.com/ajrosen/icalPal", "https://support.apple.com/guide/iphone/set-up-family-calendars-iph7613c4fb/ios"},
	Parse:  from.SQLite(calendarshareesRead),
}

// calendarshareesPerson is one person, a row of Sharee.
type calendarshareesPerson struct {
	Name     string       `json:"name,omitempty"`     // Identity.display_name by identity_id
	Email    record.Email `json:"email,omitempty"`    // Identity.address by identity_id, without mailto:
	Phone    record.Phone `json:"phone,omitempty"`    // Identity.address, if it is no e-mail address
	Calendar record.Text  `json:"calendar"`           // Calendar.title by owner_id, or its number
	Status   int64        `json:"status"`             // column status, a number
	Access   int64        `json:"access"`             // column access_level, a number
	External record.URL   `json:"external,omitempty"` // column external_id: an address on the account's server
	UUID     string       `json:"uuid,omitempty"`     // column UUID
}

// String implements [record.Data].
func (p calendarshareesPerson) String() string {
	return record.Line(fmt.Sprintf("calendar %s is shared with %s %s%s", p.Calendar, p.Name, p.Email, p.Phone))
}

func calendarshareesRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	if _, ok := db.Table("Sharee"); !ok {
		return // not in all versions
	}
	people, more := from.Join(db, "Identity", yield, func(r sqlite.Row) (int64, [2]string) {
		return r.ID, [2]string{r.Text("display_name"), r.Text("address")}
	})
	if !more {
		return
	}
	titles, more := from.Join(db, "Calendar", yield, func(r sqlite.Row) (int64, string) { return r.ID, r.Text("title") })
	if !more {
		return
	}
	from.Rows(in, db, "Sharee", yield, func(r sqlite.Row) (calendarshareesPerson, bool) {
		who := people[r.Int("identity_id")]
		p := calendarshareesPerson{
			Name:     who[0],
			Calendar: record.Text(titles[r.Int("owner_id")]),
			Status:   r.Int("status"),
			Access:   r.Int("access_level"),
			External: record.URL(r.Text("external_id")),
			UUID:     r.Text("UUID"),
		}
		if p.Phone, p.Email = from.Handle(who[1]); p.Calendar == "" {
			p.Calendar = record.Text(fmt.Sprintf("calendar %d", r.Int("owner_id")))
		}
		return p, true
	})
}
