package ios

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/securitydump"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Security reads the state of the keychain and of trust in a sysdiagnose.
var Security = artifact.Parser{
	ID:    "ios.security",
	Title: lang.Text{EN: "State of keychain and trust", FR: "État du trousseau et de la confiance"},
	Doc: `security-sysdiagnose.txt, in a sysdiagnose since about iOS 13, has the circle of devices
that share the iCloud keychain, attributes of some items of the keychain (no secrets)
with the times when they were made and changed, and failures and other events that parts
of the system reported in the last days. A device in the circle that the owner does not
know can read the keychain. The event MitmDetectionEvent of the client trust says that
connections to Apple were decrypted on the way, which security products of employers do,
too. Empty sections are usual. Lines of unknown form are kept as text.`,
	Inputs: []artifact.Pattern{{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/security-sysdiagnose.txt"}},
	Record: securityFact{},
	Refs:   []string{"https://github.com/EC-DIGIT-CSIRC/sysdiagnose", "https://developer.apple.com/documentation/security/item-attribute-keys-and-values"},
	Parse: from.Decoded(securitydump.Decode, func(i securitydump.Item) (record.Origin, record.Data) {
		return record.Origin{Table: i.Section, Row: int64(i.Line), Offset: i.Offset}, securityRow(i)
	}),
}

// securityFact is one line, or the lines of one event.
type securityFact struct {
	Time     record.Time `json:"time"`     // of an event: start of its line, with offset from UTC
	Created  record.Time `json:"created"`  // of an item of the keychain: cdat
	Modified record.Time `json:"modified"` // of an item of the keychain: mdat

	Section string      `json:"section,omitempty"` // circle, engine, a name and "keychain", client and a name, values
	Kind    string      `json:"kind"`              // row (item of the keychain), event, value, text
	Result  string      `json:"result,omitempty"`  // of an event: EventSoftFailure, EventHardFailure…
	Name    string      `json:"name,omitempty"`    // of an event; of a value its key; of a row what stands before it
	Score   *int64      `json:"score,omitempty"`   // of a MitmDetectionEvent: overallScore; above 0 something was found
	Account record.Text `json:"account,omitempty"` // of a row: acct
	Group   string      `json:"group,omitempty"`   // of a row: agrp, the apps that may read it
	Service record.Text `json:"service,omitempty"` // of a row: svce
	Label   record.Text `json:"label,omitempty"`   // of a row: labl
	Text    record.Text `json:"text,omitempty"`    // of a value and of text
	When    string      `json:"when,omitempty"`    // time of an event, if it cannot be read
	Values  []record.KV `json:"values,omitempty"`  // all other attributes
	Cut     bool        `json:"cut,omitempty"`     // there is more than is kept
}

// String implements [record.Data].
func (s securityFact) String() string {
	switch s.Kind {
	case "event":
		return record.Line(fmt.Sprintf("%s: %s %s", s.Section, s.Name, s.Result))
	case "row":
		return record.Line(fmt.Sprintf("%s: %s %s %s", s.Section, s.Group, s.Service, s.Account))
	}
	return record.Line(fmt.Sprintf("%s: %s %s", s.Section, s.Name, s.Text))
}

func securityRow(i securitydump.Item) securityFact {
	s := securityFact{Section: i.Section, Kind: string(i.Kind), Result: i.Result, Name: i.Name, Text: record.Text(i.Text), Cut: i.More}
	if s.Time = from.Stamp(i.Time); !s.Time.IsSet() {
		s.When = i.Time
	}
	for _, p := range i.Pairs {
		if i.Kind != securitydump.Row || !s.attribute(p) {
			s.Values = append(s.Values, record.KV(p))
		}
		if i.Name == "MitmDetectionEvent" && p.Key == "overallScore" {
			if n, err := strconv.ParseInt(strings.TrimSpace(p.Value), 10, 64); err == nil {
				s.Score = &n
			}
		}
	}
	return s
}

// attribute sets the field of an attribute of an item of the keychain; it reports
// whether there is one and it was empty.
func (s *securityFact) attribute(p securitydump.Pair) bool {
	text := map[string]*record.Text{"acct": &s.Account, "svce": &s.Service, "labl": &s.Label}[p.Key]
	at := map[string]*record.Time{"cdat": &s.Created, "mdat": &s.Modified}[p.Key]
	switch {
	case text != nil && *text == "":
		*text = record.Text(p.Value)
	case p.Key == "agrp" && s.Group == "":
		s.Group = p.Value
	case at != nil && !at.IsSet():
		*at = from.Stamp(p.Value)
		return at.IsSet()
	default:
		return false
	}
	return true
}
