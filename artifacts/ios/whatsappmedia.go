package ios

import (
	"errors"
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// WhatsAppMedia reads the files of WhatsApp messages.
var WhatsAppMedia = artifact.Parser{
	ID:    "ios.whatsappmedia",
	Title: lang.Text{EN: "WhatsApp files", FR: "Fichiers WhatsApp"},
	Doc: `ChatStorage.sqlite holds one row for the file, contact or place of each message
that has one. A row whose message is gone stays in some versions, and shows that
something was sent or received. Files that exploit how the app shows pictures or
documents arrive this way: the name, the type and the folder, which is named after
the conversation, are here; the content is below Message/Media.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Containers/Shared/AppGroup/*/ChatStorage.sqlite"},
	},
	Record: whatsappmediaFile{},
	Refs:   []string{"https://github.com/abrignoni/iLEAPP/blob/main/scripts/artifacts/whatsApp.py"},
	Parse:  from.SQLite(whatsappmediaRead),
}

// whatsappmediaFile is one row of ZWAMEDIAITEM.
type whatsappmediaFile struct {
	Message record.Time `json:"message"`            // ZWAMESSAGE.ZMESSAGEDATE by ZMESSAGE, seconds since 2001 UTC
	URLDate record.Time `json:"url_date,omitempty"` // column ZMEDIAURLDATE, seconds since 2001 UTC: age of the address

	Path      record.Path `json:"path"`                // column ZMEDIALOCALPATH, below the folder Message; empty if never loaded
	URL       record.URL  `json:"url,omitempty"`       // column ZMEDIAURL
	Title     record.Text `json:"title,omitempty"`     // column ZTITLE: name or text below
	Author    record.Text `json:"author,omitempty"`    // column ZAUTHORNAME
	Card      record.Text `json:"card,omitempty"`      // column ZVCARDSTRING: a contact, or the media type
	CardName  record.Text `json:"card_name,omitempty"` // column ZVCARDNAME: name of the contact; for files a digest in base64
	Bytes     int64       `json:"bytes"`               // column ZFILESIZE
	Thumbnail record.Path `json:"thumbnail,omitempty"` // column ZXMPPTHUMBPATH
	From      string      `json:"from,omitempty"`      // ZWAMESSAGE.ZFROMJID
	To        string      `json:"to,omitempty"`        // ZWAMESSAGE.ZTOJID
	StanzaID  string      `json:"stanza_id,omitempty"` // ZWAMESSAGE.ZSTANZAID, or "message" and its number if there is no such row
	Latitude  float64     `json:"latitude,omitempty"`  // column ZLATITUDE, degrees, of a place; seconds of a video or other numbers else
	Longitude float64     `json:"longitude,omitempty"` // column ZLONGITUDE, likewise
}

// String implements [record.Data].
func (f whatsappmediaFile) String() string {
	name := string(f.Path)
	if name == "" {
		name = string(f.Title)
	}
	s := fmt.Sprintf("WhatsApp file %s, %d bytes", name, f.Bytes)
	if f.From != "" {
		s += ", from " + f.From
	}
	if f.To != "" {
		s += ", to " + f.To
	}
	return record.Line(s)
}

func whatsappmediaRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	from.Each(in, db, "ZWAMEDIAITEM", yield, func(r sqlite.Row) (whatsappmediaFile, error) {
		f := whatsappmediaFile{
			URLDate:   from.Cocoa(r.Value("ZMEDIAURLDATE")),
			Path:      record.Path(r.Text("ZMEDIALOCALPATH")),
			URL:       record.URL(r.Text("ZMEDIAURL")),
			Title:     record.Text(r.Text("ZTITLE")),
			Author:    record.Text(r.Text("ZAUTHORNAME")),
			Card:      record.Text(r.Text("ZVCARDSTRING")),
			CardName:  record.Text(r.Text("ZVCARDNAME")),
			Bytes:     r.Int("ZFILESIZE"),
			Thumbnail: record.Path(r.Text("ZXMPPTHUMBPATH")),
			Latitude:  r.Float("ZLATITUDE"),
			Longitude: r.Float("ZLONGITUDE"),
		}
		id := r.Int("ZMESSAGE")
		if id == 0 {
			return f, nil
		}
		m, err := db.Row("ZWAMESSAGE", id)
		if err != nil {
			f.StanzaID = fmt.Sprintf("message %d", id)
			if errors.Is(err, sqlite.ErrNoRow) || errors.Is(err, sqlite.ErrNoTable) {
				err = nil
			}
			return f, err
		}
		f.Message = from.Cocoa(m.Value("ZMESSAGEDATE"))
		f.From, f.To, f.StanzaID = m.Text("ZFROMJID"), m.Text("ZTOJID"), m.Text("ZSTANZAID")
		return f, nil
	})
}
