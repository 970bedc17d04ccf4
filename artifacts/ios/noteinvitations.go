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

// NoteInvitations reads invitations to shared notes.
var NoteInvitations = artifact.Parser{
	ID:    "ios.noteinvitations",
	Title: lang.Text{EN: "Invitations to notes", FR: "Invitations à des notes"},
	Doc: `Notes keeps the invitations to notes and folders of others that were received and not
yet accepted, with the link and the title that the sender gave (observed on iOS 16). One
of somebody unknown is a way to put a text and a link on a phone. They go when they are
accepted or dismissed; none is usual, and earlier systems have no such table.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Containers/Shared/AppGroup/*/NoteStore.sqlite"},
	},
	Record: noteinvitationsInvitation{},
	Refs:   []string{"https://github.com/threeplanetssoftware/apple_cloud_notes_parser", "https://support.apple.com/guide/iphone/share-and-collaborate-iph8de45ba34/ios"},
	Parse:  from.SQLite(noteinvitationsRead),
}

// noteinvitationsInvitation is one invitation, a row of ZICINVITATION. Times are
// seconds since 2001 UTC.
type noteinvitationsInvitation struct {
	Received record.Time `json:"received"` // column ZRECEIVEDDATE
	Created  record.Time `json:"created"`  // column ZCREATIONDATE
	Modified record.Time `json:"modified"` // column ZMODIFICATIONDATE

	Title   record.Text `json:"title"`             // column ZTITLE
	Snippet record.Text `json:"snippet,omitempty"` // column ZSNIPPET: the first words
	URL     record.URL  `json:"url"`               // column ZSHAREURL
	Type    string      `json:"type,omitempty"`    // column ZROOTOBJECTTYPE: what is shared
	Notes   int64       `json:"notes,omitempty"`   // column ZNOTECOUNT: of a folder
}

// String implements [record.Data].
func (i noteinvitationsInvitation) String() string {
	return record.Line(fmt.Sprintf("invitation to note %s: %s %s", i.Title, i.URL, i.Snippet))
}

func noteinvitationsRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	if _, ok := db.Table("ZICINVITATION"); !ok {
		return
	}
	from.Rows(in, db, "ZICINVITATION", yield, func(r sqlite.Row) (noteinvitationsInvitation, bool) {
		return noteinvitationsInvitation{
			Received: from.Cocoa(r.Value("ZRECEIVEDDATE")),
			Created:  from.Cocoa(r.Value("ZCREATIONDATE")),
			Modified: from.Cocoa(r.Value("ZMODIFICATIONDATE")),
			Title:    record.Text(r.Text("ZTITLE")),
			Snippet:  record.Text(r.Text("ZSNIPPET")),
			URL:      record.URL(r.Text("ZSHAREURL")),
			Type:     r.Text("ZROOTOBJECTTYPE"),
			Notes:    r.Int("ZNOTECOUNT"),
		}, true
	})
}
