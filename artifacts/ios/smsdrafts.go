package ios

import (
	"fmt"
	"path"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/keyedarchive"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// SMSDrafts reads messages that were typed and not sent.
var SMSDrafts = artifact.Parser{
	ID:    "ios.smsdrafts",
	Title: lang.Text{EN: "Drafts of messages", FR: "Brouillons de messages"},
	Doc: `The Messages app keeps what was typed and not sent in a folder for each
conversation, which is named after the address or the group. It is written when
the conversation is left and removed when the text is sent or deleted. When it was
written is the time of the file, in ios.manifest. It shows with whom the owner
began to write; that there is none is usual.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/SMS/Drafts/*/composition.plist"},
	},
	Record: smsdraftsDraft{},
	Refs:   []string{"https://github.com/abrignoni/iLEAPP/blob/main/scripts/artifacts/draftmessage.py"},
	Parse:  from.Plist(smsdraftsRead),
}

// smsdraftsDraft is the draft of one conversation.
type smsdraftsDraft struct {
	Conversation string       `json:"conversation"`     // name of the folder
	Number       record.Phone `json:"number,omitempty"` // the same, if it is a number
	Email        record.Email `json:"email,omitempty"`  // the same, if it is an e-mail address
	Text         record.Text  `json:"text"`             // key text, the archive of an attributed string
	Links        []record.URL `json:"links,omitempty"`  // every NSURL in that archive
	Other        []record.KV  `json:"other,omitempty"`  // the other keys
}

// String implements [record.Data].
func (d smsdraftsDraft) String() string {
	return record.Line(fmt.Sprintf("draft of a message to %s: %s", d.Conversation, d.Text))
}

func smsdraftsRead(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
	d := smsdraftsDraft{Conversation: path.Base(path.Dir(in.Path))}
	if n, e := from.Handle(d.Conversation); e != "" || strings.HasPrefix(string(n), "+") {
		d.Number, d.Email = n, e
	}
	var err error
	switch text := root.Get("text"); text.Kind() {
	case plist.Data:
		err = d.archive(text.Data())
	case plist.String:
		d.Text = record.Text(text.String())
	}
	var other error
	if d.Other, other = from.Rest(root, "text"); err == nil {
		err = other
	}
	if err != nil && !yield(record.Record{}, fmt.Errorf("read draft of %s: %w", d.Conversation, err)) {
		return
	}
	yield(in.Record(from.At("text", 1, root), d), nil)
}

// archive reads the archive of an attributed string.
func (d *smsdraftsDraft) archive(data []byte) error {
	a, err := keyedarchive.Parse(data)
	if err != nil {
		return err
	}
	d.Text = record.Text(a.Root().Text())
	for i := range a.Len() {
		if o := a.At(i); o.Kind() == plist.Dict && o.IsA("NSURL") {
			d.Links = append(d.Links, record.URL(o.URL()))
		}
	}
	return nil
}
