package ios

import (
	"fmt"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/protobuf"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// BiomeMessages reads copies of messages and mail that were harvested for suggestions.
var BiomeMessages = artifact.Parser{
	ID:    "ios.biomemessages",
	Title: lang.Text{EN: "Messages harvested and read (Biome)", FR: "Messages recueillis et lus (Biome)"},
	Doc: `For suggestions, the system copies texts of messages and headers of mail into the
streams ProactiveHarvesting.Messages and ProactiveHarvesting.Mail; Messages.Read has
the identifier of each message that was opened. The copies are kept for days to weeks,
also when the message itself is deleted, with the links in it. Not every message is
harvested, so absence shows nothing.`,
	Inputs: from.Biome("ProactiveHarvesting.Messages", "ProactiveHarvesting.Mail", "Messages.Read"),
	Record: biomeMessagesEvent{},
	Refs:   []string{"https://github.com/abrignoni/iLEAPP"},
	Parse:  from.Segments(biomeMessagesRow),
}

// biomeMessagesEvent is one message.
type biomeMessagesEvent struct {
	Written record.Time `json:"written"` // of the event in its segment, seconds since 2001 UTC: harvested or read
	Date    record.Time `json:"date"`    // Mail field 3, seconds since 2001 UTC: of the mail

	Stream  string       `json:"stream"`            // name of the stream
	ID      string       `json:"id,omitempty"`      // Messages and Read field 1, Mail field 2
	Service string       `json:"service,omitempty"` // Messages field 2 before the last ";": such as "iMessage;-"
	Phone   record.Phone `json:"phone,omitempty"`   // Messages field 2 after the last ";"
	Email   record.Email `json:"email,omitempty"`   // the same, if it is an address of mail
	Sender  record.Text  `json:"sender,omitempty"`  // Messages field 11.1, Mail header From
	Text    record.Text  `json:"text,omitempty"`    // Messages field 10, Mail field 11: subject
	Headers []record.KV  `json:"headers,omitempty"` // Mail field 10
	State   string       `json:"state,omitempty"`   // of the event, if it is not written
	Device  string       `json:"device,omitempty"`  // other device of the account that sent it
	Other   []record.KV  `json:"other,omitempty"`   // other fields by their numbers
}

// String implements [record.Data].
func (m biomeMessagesEvent) String() string {
	return record.Line(fmt.Sprintf("%s: %s %s", m.Stream, m.Sender, m.Text))
}

func biomeMessagesRow(e from.Event) (biomeMessagesEvent, error) {
	m := biomeMessagesEvent{Written: e.Time, Stream: e.Stream, State: e.State, Device: e.Device}
	switch e.Stream {
	case "ProactiveHarvesting.Mail":
		m.ID, m.Date, m.Text = e.Text(2), e.Cocoa(3), record.Text(e.Text(11))
		for f, err := range protobuf.Fields(e.Message) {
			if err != nil || f.Number != 10 || f.Wire != protobuf.Bytes {
				continue
			}
			header := from.Event{Message: f.Data}
			m.Headers = append(m.Headers, record.KV{Key: header.Text(1), Value: header.Text(2)})
			if strings.EqualFold(header.Text(1), "from") {
				m.Sender = record.Text(header.Text(2))
			}
		}
		m.Other = e.Rest("2", "3", "10", "11")
	case "ProactiveHarvesting.Messages":
		m.ID, m.Text, m.Sender = e.Text(1), record.Text(e.Text(10)), record.Text(e.Text(11, 1))
		m.Service = e.Text(2)
		if i := strings.LastIndexByte(m.Service, ';'); i >= 0 {
			m.Phone, m.Email = from.Handle(m.Service[i+1:])
			m.Service = m.Service[:i]
		}
		m.Other = e.Rest("1", "2", "10", "11.1")
	default:
		m.ID, m.Other = e.Text(1), e.Rest("1")
	}
	return m, e.Err()
}
