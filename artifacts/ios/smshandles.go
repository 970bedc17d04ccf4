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

// SMSHandles reads the addresses that the Messages app knows.
var SMSHandles = artifact.Parser{
	ID:    "ios.smshandles",
	Title: lang.Text{EN: "Correspondents in Messages", FR: "Correspondants de Messages"},
	Doc: `The table handle of sms.db holds one row for each address and service that
messages went to or came from, without dates. imagent adds a row with the first
message and keeps it when the messages are deleted, so a correspondent without
messages is worth asking about. A gap in the row numbers is a row that was
deleted.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/SMS/sms.db"},
	},
	Record: smshandlesHandle{},
	Refs:   []string{"https://github.com/ReagentX/imessage-exporter/blob/develop/docs/tables/handle.md"},
	Parse:  from.Table("handle", smshandlesRow),
}

// smshandlesHandle is one address with one service, a row of table handle.
type smshandlesHandle struct {
	Number  record.Phone `json:"number,omitempty"`   // column id: a number, short code or name of a sender
	Email   record.Email `json:"email,omitempty"`    // the same column, if it is an e-mail address
	Service string       `json:"service"`            // column service: iMessage, SMS, RCS…
	Country string       `json:"country,omitempty"`  // column country
	AsTyped string       `json:"as_typed,omitempty"` // column uncanonicalized_id: the address as it was entered
	Person  string       `json:"person,omitempty"`   // column person_centric_id: the same for the addresses of one person
}

// String implements [record.Data].
func (h smshandlesHandle) String() string {
	return record.Line(fmt.Sprintf("%s correspondent %s%s", h.Service, h.Number, h.Email))
}

func smshandlesRow(r sqlite.Row) smshandlesHandle {
	h := smshandlesHandle{
		Service: r.Text("service"),
		Country: r.Text("country"),
		AsTyped: r.Text("uncanonicalized_id"),
		Person:  r.Text("person_centric_id"),
	}
	h.Number, h.Email = from.Handle(r.Text("id"))
	return h
}
