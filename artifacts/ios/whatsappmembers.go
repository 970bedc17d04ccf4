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

// WhatsAppMembers reads the members of WhatsApp groups.
var WhatsAppMembers = artifact.Parser{
	ID:    "ios.whatsappmembers",
	Title: lang.Text{EN: "WhatsApp group members", FR: "Membres des groupes WhatsApp"},
	Doc: `ChatStorage.sqlite holds one row for each member of each group, also for members
who left and, in other conversations, for the person itself. It shows who was
there when a file was sent to a group, and strangers who added the owner and left.
The rows have no dates: joining and leaving are messages of ios.whatsapp.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Containers/Shared/AppGroup/*/ChatStorage.sqlite"},
	},
	Record: whatsappmembersMember{},
	Refs:   []string{"https://github.com/abrignoni/iLEAPP/blob/main/scripts/artifacts/whatsApp.py"},
	Parse:  from.SQLite(whatsappmembersRead),
}

// whatsappmembersMember is one row of ZWAGROUPMEMBER.
type whatsappmembersMember struct {
	Chat     string       `json:"chat"`                // ZWACHATSESSION.ZCONTACTJID by ZCHATSESSION
	ChatName record.Text  `json:"chat_name,omitempty"` // ZWACHATSESSION.ZPARTNERNAME
	JID      string       `json:"jid"`                 // column ZMEMBERJID
	Number   record.Phone `json:"number,omitempty"`    // of a JID with @s.whatsapp.net
	Name     string       `json:"name,omitempty"`      // columns ZCONTACTNAME or ZFIRSTNAME
	Active   bool         `json:"active"`              // column ZISACTIVE: false if the member left
	Admin    bool         `json:"admin,omitempty"`     // column ZISADMIN
}

// String implements [record.Data].
func (m whatsappmembersMember) String() string {
	return record.Line(fmt.Sprintf("WhatsApp member %s %s of %s %s", m.JID, m.Name, m.Chat, m.ChatName))
}

func whatsappmembersRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	chats, more := from.Join(db, "ZWACHATSESSION", yield, func(r sqlite.Row) (int64, [2]string) {
		return r.Int("Z_PK"), [2]string{r.Text("ZCONTACTJID"), r.Text("ZPARTNERNAME")}
	})
	if !more {
		return
	}
	from.Rows(in, db, "ZWAGROUPMEMBER", yield, func(r sqlite.Row) (whatsappmembersMember, bool) {
		m := whatsappmembersMember{
			JID:    r.Text("ZMEMBERJID"),
			Name:   r.Text("ZCONTACTNAME"),
			Active: r.Int("ZISACTIVE") != 0,
			Admin:  r.Int("ZISADMIN") != 0,
		}
		if m.Name == "" {
			m.Name = r.Text("ZFIRSTNAME")
		}
		if user, ok := strings.CutSuffix(m.JID, "@s.whatsapp.net"); ok && user != "" {
			m.Number = record.Phone("+" + user)
		}
		id := r.Int("ZCHATSESSION")
		chat, ok := chats[id]
		if !ok {
			chat[0] = fmt.Sprintf("chat %d", id)
		}
		m.Chat, m.ChatName = chat[0], record.Text(chat[1])
		return m, true
	})
}
