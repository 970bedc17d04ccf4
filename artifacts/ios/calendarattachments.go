package ios

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// CalendarAttachments reads the files attached to calendar events.
var CalendarAttachments = artifact.Parser{
	ID:    "ios.calendarattachments",
	Title: lang.Text{EN: "Attachments of calendar events", FR: "Pièces jointes des événements"},
	Doc: `An invitation can bring files: Calendar.sqlitedb has one row for each, with its name,
its type, where it is loaded from and where it was stored once it was. Invitations that
were processed without anybody seeing them have carried attacks. Rows go with their
event; a file whose event is gone may be left. Most phones have none.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Calendar/Calendar.sqlitedb"},
	},
	Record: calendarattachmentsFile{},
	Refs:   []string{"https://citizenlab.ca/2023/04/spyware-vendor-quadream-exploits-victims-customers/", "https://github.com/ajrosen/icalPal"},
	Parse:  from.SQLite(calendarattachmentsRead),
}

// calendarattachmentsFile is one file: a row of Attachment with the row of
// AttachmentFile that file_id names. Older systems have all in Attachment.
type calendarattachmentsFile struct {
	Started record.Time `json:"started"` // AttachmentFile.download_start, seconds since 2001 UTC

	Name     record.Path `json:"name"`                  // column filename
	Format   string      `json:"format"`                // column format: type of content
	URL      record.URL  `json:"url,omitempty"`         // column url: where it is loaded from
	Path     record.Path `json:"path,omitempty"`        // column local_path: where it is stored
	Bytes    int64       `json:"bytes"`                 // column file_size
	Event    record.Text `json:"event,omitempty"`       // CalendarItem.summary by Attachment.owner_id, or its number; none for a file without event
	External string      `json:"external_id,omitempty"` // column external_id
	UUID     string      `json:"uuid,omitempty"`        // column UUID
}

// String implements [record.Data].
func (f calendarattachmentsFile) String() string {
	return record.Line(fmt.Sprintf("attachment %s of calendar event %s", f.Name, f.Event))
}

func calendarattachmentsRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	if _, ok := db.Table("Attachment"); !ok {
		return // not in all versions
	}
	events, more := from.Join(db, "CalendarItem", yield, func(r sqlite.Row) (int64, string) { return r.ID, r.Text("summary") })
	if !more {
		return
	}
	files, more := from.Join(db, "AttachmentFile", yield, func(r sqlite.Row) (int64, calendarattachmentsFile) {
		return r.ID, calendarattachmentsRow(r)
	})
	if !more {
		return
	}
	used := map[int64]bool{}
	more = from.Rows(in, db, "Attachment", yield, func(r sqlite.Row) (calendarattachmentsFile, bool) {
		f, ok := files[r.Int("file_id")]
		if ok {
			used[r.Int("file_id")] = true
		} else {
			f = calendarattachmentsRow(r)
		}
		id := r.Int("owner_id")
		if f.Event = record.Text(events[id]); f.Event == "" && id != 0 {
			f.Event = record.Text(fmt.Sprintf("event %d", id))
		}
		return f, true
	})
	if _, ok := db.Table("AttachmentFile"); !more || !ok {
		return
	}
	from.Rows(in, db, "AttachmentFile", yield, func(r sqlite.Row) (calendarattachmentsFile, bool) {
		return calendarattachmentsRow(r), r.State != sqlite.Live || !used[r.ID]
	})
}

func calendarattachmentsRow(r sqlite.Row) calendarattachmentsFile {
	return calendarattachmentsFile{
		Started:  epoch.CocoaReal(r.Float("download_start")),
		Name:     record.Path(r.Text("filename")),
		Format:   r.Text("format"),
		URL:      record.URL(r.Text("url")),
		Path:     record.Path(r.Text("local_path")),
		Bytes:    r.Int("file_size"),
		External: r.Text("external_id"),
		UUID:     r.Text("UUID"),
	}
}
