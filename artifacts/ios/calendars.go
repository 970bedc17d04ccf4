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

// Calendars reads the calendars and what they are synced with.
var Calendars = artifact.Parser{
	ID:    "ios.calendars",
	Title: lang.Text{EN: "Calendars and subscriptions", FR: "Calendriers et abonnements"},
	Doc: `Calendar.sqlitedb has one row for each calendar, with the account it belongs to, who
owns it and, for a subscription, the address it is loaded from. One is added by the
owner, by an account or by a profile; a subscription that somebody was lured into fills
the calendar with links, and one that the owner does not know, or a calendar shared by a
stranger, deserves a look. Rows stay until the calendar is removed. A phone has several
of them even if nobody uses it. Events are in ios.calendar.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Calendar/Calendar.sqlitedb"},
	},
	Record: calendarsCalendar{},
	Refs: []string{
		"https://developer.apple.com/documentation/eventkit/eksourcetype",
		"https://github.com/ajrosen/icalPal",
		"https://support.apple.com/102444",
	},
	Parse: from.SQLite(calendarsRead),
}

// calendarsCalendar is one calendar, a row of Calendar. Times are seconds since
// 2001 UTC.
type calendarsCalendar struct {
	Refreshed  record.Time `json:"refreshed"`             // column refresh_date
	SyncStart  record.Time `json:"sync_start,omitempty"`  // column last_sync_start, where there is one
	SyncEnd    record.Time `json:"sync_end,omitempty"`    // column last_sync_end, where there is one
	StoreStart record.Time `json:"store_start,omitempty"` // Store.last_sync_start
	StoreEnd   record.Time `json:"store_end,omitempty"`   // Store.last_sync_end

	Title        record.Text  `json:"title"`                   // column title
	URL          record.URL   `json:"url,omitempty"`           // column subcal_url: of a subscription
	PublishedURL record.URL   `json:"published_url,omitempty"` // column published_URL: where everybody can read it
	Notes        record.Text  `json:"notes,omitempty"`         // column notes
	Store        record.Text  `json:"store"`                   // Store.name by store_id, or its number
	StoreType    string       `json:"store_type,omitempty"`    // Store.type
	StoreOwner   record.Text  `json:"store_owner,omitempty"`   // Store.owner_name
	Creator      record.App   `json:"creator,omitempty"`       // Store.creator_bundle_id: the app that made the account
	SharedBy     record.Text  `json:"shared_by,omitempty"`     // column shared_owner_name
	SharedEmail  record.Email `json:"shared_email,omitempty"`  // column shared_owner_address, without mailto:
	SharedPhone  record.Phone `json:"shared_phone,omitempty"`  // column shared_owner_address, if it is no e-mail address
	OwnerEmail   record.Email `json:"owner_email,omitempty"`   // column owner_identity_email
	OwnerPhone   record.Phone `json:"owner_phone,omitempty"`   // column owner_identity_phone_number
	SelfEmail    record.Email `json:"self_email,omitempty"`    // column self_identity_email: the owner of the phone
	SelfPhone    record.Phone `json:"self_phone,omitempty"`    // column self_identity_phone_number
	Type         string       `json:"type,omitempty"`          // column type, a text of the account's kind
	Sharing      int64        `json:"sharing,omitempty"`       // column sharing_status, a number
	Invitation   int64        `json:"invitation,omitempty"`    // column invitation_status, a number
	ExternalID   string       `json:"external_id,omitempty"`   // column external_id: its address on the account's server
	Subscription string       `json:"subscription,omitempty"`  // column subscription_id
	UUID         string       `json:"uuid,omitempty"`          // column UUID
}

// String implements [record.Data].
func (c calendarsCalendar) String() string {
	s := fmt.Sprintf("calendar %s of %s", c.Title, c.Store)
	if c.URL != "" {
		s += " from " + string(c.URL)
	}
	if by := strings.TrimSpace(string(c.SharedBy) + " " + string(c.SharedEmail) + string(c.SharedPhone)); by != "" {
		s += ", shared by " + by
	}
	return record.Line(s)
}

// calendarsStore is what a calendar takes from its account.
type calendarsStore struct {
	name, owner, creator, kind string
	start, end                 record.Time
}

func calendarsRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	stores, more := from.Join(db, "Store", yield, func(r sqlite.Row) (int64, calendarsStore) {
		return r.ID, calendarsStore{
			name: r.Text("name"), owner: r.Text("owner_name"), creator: r.Text("creator_bundle_id"),
			kind:  record.Name(r.Int("type"), "local", "Exchange", "CalDAV", "MobileMe", "subscribed", "birthdays"),
			start: from.Cocoa(r.Value("last_sync_start")), end: from.Cocoa(r.Value("last_sync_end")),
		}
	})
	if !more {
		return
	}
	from.Rows(in, db, "Calendar", yield, func(r sqlite.Row) (calendarsCalendar, bool) {
		c := calendarsRow(r)
		s, ok := stores[r.Int("store_id")]
		c.Store, c.StoreType, c.StoreOwner, c.Creator = record.Text(s.name), s.kind, record.Text(s.owner), record.App(s.creator)
		c.StoreStart, c.StoreEnd = s.start, s.end
		if !ok || c.Store == "" {
			c.Store = record.Text(fmt.Sprintf("store %d", r.Int("store_id")))
		}
		return c, true
	})
}

func calendarsRow(r sqlite.Row) calendarsCalendar {
	c := calendarsCalendar{
		Refreshed:    from.Cocoa(r.Value("refresh_date")),
		SyncStart:    from.Cocoa(r.Value("last_sync_start")),
		SyncEnd:      from.Cocoa(r.Value("last_sync_end")),
		Title:        record.Text(r.Text("title")),
		URL:          record.URL(r.Text("subcal_url")),
		PublishedURL: record.URL(r.Text("published_URL")),
		Notes:        record.Text(r.Text("notes")),
		SharedBy:     record.Text(r.Text("shared_owner_name")),
		OwnerEmail:   record.Email(r.Text("owner_identity_email")),
		OwnerPhone:   record.Phone(r.Text("owner_identity_phone_number")),
		SelfEmail:    record.Email(r.Text("self_identity_email")),
		SelfPhone:    record.Phone(r.Text("self_identity_phone_number")),
		Type:         r.Text("type"),
		Sharing:      r.Int("sharing_status"),
		Invitation:   r.Int("invitation_status"),
		ExternalID:   r.Text("external_id"),
		Subscription: r.Text("subscription_id"),
		UUID:         r.Text("UUID"),
	}
	c.SharedPhone, c.SharedEmail = from.Handle(r.Text("shared_owner_address"))
	return c
}
