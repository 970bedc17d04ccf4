package ios

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// WiFiSecurity reads for which Wi-Fi networks the keychain has passwords.
var WiFiSecurity = artifact.Parser{
	ID:    "ios.wifisecurity",
	Title: lang.Text{EN: "Wi-Fi networks with a password", FR: "Réseaux Wi-Fi avec mot de passe"},
	Doc: `WiFi/security.txt of a sysdiagnose lists the items of the keychain for Wi-Fi networks,
with when each was made and changed, but no passwords. Networks come from all devices of
the account, and stay after they are forgotten elsewhere.`,
	Inputs: []artifact.Pattern{{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/WiFi/security.txt"}},
	Record: wifiSecurityItem{},
	Refs:   []string{"https://github.com/EC-DIGIT-CSIRC/sysdiagnose", "https://developer.apple.com/documentation/security/item-attribute-keys-and-values"},
	Parse:  wifiSecurityParse,
}

// wifiSecurityItem is one item of the keychain.
type wifiSecurityItem struct {
	Created  record.Time `json:"created"`  // cdat, with offset from UTC
	Modified record.Time `json:"modified"` // mdat, with offset from UTC

	Network string      `json:"network"`           // acct: name of the network
	Service string      `json:"service,omitempty"` // svce: AirPort
	Synced  string      `json:"synced,omitempty"`  // sync: 1 if it is shared by the devices of the account
	Group   string      `json:"group,omitempty"`   // agrp: apps that may read it
	Other   []record.KV `json:"other,omitempty"`   // other attributes, and times that cannot be read
	Left    int64       `json:"left,omitempty"`    // lines beyond the first 64, which are not kept
}

// String implements [record.Data].
func (i wifiSecurityItem) String() string { return record.Line("Password of Wi-Fi " + i.Network) }

// wifiSecurityMaxOther bounds the other attributes of one item.
const wifiSecurityMaxOther = 64

func wifiSecurityParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		var open *wifiSecurityItem
		var at record.Origin
		for l, err := range from.Lines(in.File) {
			if err != nil {
				yield(record.Record{}, fmt.Errorf("read items: %w", err))
				return
			}
			text := strings.TrimSpace(l.String())
			key, value, ok := strings.Cut(text, ":") // a name of a network can have more colons
			key, value = strings.TrimSpace(key), strings.TrimSpace(value)
			if open != nil && (text == "" || key == "acct" && open.Network != "") {
				if !yield(in.Record(at, *open), nil) {
					return
				}
				open = nil
			}
			if text == "" {
				continue
			}
			if !ok {
				key, value = fmt.Sprintf("line %d", l.Number), text
			}
			if open == nil {
				open, at = &wifiSecurityItem{}, from.AtLine(l)
			}
			open.set(key, value)
		}
		if open != nil {
			yield(in.Record(at, *open), nil)
		}
	}
}

// set sets the field of an attribute.
func (i *wifiSecurityItem) set(key, value string) {
	at := map[string]*record.Time{"cdat": &i.Created, "mdat": &i.Modified}[key]
	text := map[string]*string{"acct": &i.Network, "svce": &i.Service, "sync": &i.Synced, "agrp": &i.Group}[key]
	switch {
	case at != nil && !at.IsSet() && from.Stamp(value).IsSet():
		*at = from.Stamp(value)
	case text != nil && *text == "":
		*text = value
	case len(i.Other) == wifiSecurityMaxOther:
		i.Left++
	default:
		i.Other = append(i.Other, record.KV{Key: key, Value: value})
	}
}
