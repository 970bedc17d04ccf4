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

// Notes reads titles, first words and links of notes.
var Notes = artifact.Parser{
	ID:    "ios.notes",
	Title: lang.Text{EN: "Notes and their links", FR: "Notes et leurs liens"},
	Doc: `NoteStore.sqlite holds the notes and what is attached to them. One record is one note
with its title and first words, or one attachment with its link, title and the text that
was found in its picture. The rest of the text is compressed and not read, and nothing
of notes that are locked but their title. A note stays some 30 days among the deleted
ones. This is personal: it is read only if it is asked for.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Containers/Shared/AppGroup/*/NoteStore.sqlite"},
	},
	Record:  notesNote{},
	Private: true,
	Refs:    []string{"https://github.com/threeplanetssoftware/apple_cloud_notes_parser", "https://plaso.readthedocs.io/en/latest/sources/user/Parsers-and-plugins.html"},
	Parse:   from.SQLite(notesRead),
}

// notesNote is one note or attachment, a row of ZICCLOUDSYNCINGOBJECT. Times are
// seconds since 2001 UTC. The digits at the end of columns differ between models.
type notesNote struct {
	Created  record.Time `json:"created"`          // first of the columns ZCREATIONDATE, 1, 2… that is set
	Modified record.Time `json:"modified"`         // first of the columns ZMODIFICATIONDATE, 1… that is set
	Opened   record.Time `json:"opened,omitempty"` // column ZLASTOPENEDDATE

	Kind    string      `json:"kind"`              // Z_PRIMARYKEY.Z_NAME by Z_ENT, such as ICNote or ICAttachment
	Title   record.Text `json:"title,omitempty"`   // column ZTITLE1, ZTITLE or ZUSERTITLE
	Snippet record.Text `json:"snippet,omitempty"` // column ZSNIPPET or ZSUMMARY: the first words
	URL     record.URL  `json:"url,omitempty"`     // column ZURLSTRING or ZREMOTEFILEURLSTRING
	Text    record.Text `json:"text,omitempty"`    // column ZADDITIONALINDEXABLETEXT, ZOCRSUMMARY or ZALTTEXT: text in a picture or a mention
	Type    string      `json:"type,omitempty"`    // column ZTYPEUTI or ZTYPEUTI1: type of content
	Name    record.Path `json:"name,omitempty"`    // column ZFILENAME
	Locked  bool        `json:"locked,omitempty"`  // column ZISPASSWORDPROTECTED
	Deleted bool        `json:"deleted,omitempty"` // column ZMARKEDFORDELETION
	ID      string      `json:"id,omitempty"`      // column ZIDENTIFIER
}

// String implements [record.Data].
func (n notesNote) String() string {
	return record.Line(strings.TrimSpace(fmt.Sprintf("%s %s: %s%s %s", n.Kind, n.Title, n.Snippet, n.Text, n.URL)))
}

func notesRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	kinds, more := from.Join(db, "Z_PRIMARYKEY", yield, func(r sqlite.Row) (int64, string) { return r.Int("Z_ENT"), r.Text("Z_NAME") })
	if !more {
		return
	}
	from.Rows(in, db, "ZICCLOUDSYNCINGOBJECT", yield, func(r sqlite.Row) (notesNote, bool) {
		n := notesNote{
			Created:  notesTime(r, "ZCREATIONDATE"),
			Modified: notesTime(r, "ZMODIFICATIONDATE"),
			Opened:   from.Cocoa(r.Value("ZLASTOPENEDDATE")),
			Kind:     kinds[r.Int("Z_ENT")],
			Title:    record.Text(notesText(r, "ZTITLE1", "ZTITLE", "ZUSERTITLE")),
			Snippet:  record.Text(notesText(r, "ZSNIPPET", "ZSUMMARY")),
			URL:      record.URL(notesText(r, "ZURLSTRING", "ZREMOTEFILEURLSTRING")),
			Text:     record.Text(notesText(r, "ZADDITIONALINDEXABLETEXT", "ZOCRSUMMARY", "ZALTTEXT")),
			Type:     notesText(r, "ZTYPEUTI", "ZTYPEUTI1"),
			Name:     record.Path(r.Text("ZFILENAME")),
			Locked:   r.Int("ZISPASSWORDPROTECTED") != 0,
			Deleted:  r.Int("ZMARKEDFORDELETION") != 0,
			ID:       r.Text("ZIDENTIFIER"),
		}
		if n.Kind == "" {
			n.Kind = fmt.Sprintf("entity %d", r.Int("Z_ENT"))
		}
		empty := n.Title == "" && n.Snippet == "" && n.URL == "" && n.Text == "" && n.Name == ""
		return n, !empty || n.Kind == "ICNote"
	})
}

// notesText returns the first of the columns that is not empty.
func notesText(r sqlite.Row, columns ...string) string {
	for _, c := range columns {
		if s := r.Text(c); s != "" {
			return s
		}
	}
	return ""
}

// notesTime returns the first that is set of the columns with a name and digits.
func notesTime(r sqlite.Row, name string) record.Time {
	for _, suffix := range []string{"", "1", "2", "3", "4"} {
		if t := from.Cocoa(r.Value(name + suffix)); t.IsSet() {
			return t
		}
	}
	return record.Time{}
}
