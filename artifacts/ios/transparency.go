package ios

import (
	"context"
	"fmt"
	"iter"
	"regexp"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Transparency reads the state of Contact Key Verification.
var Transparency = artifact.Parser{
	ID:    "ios.transparency",
	Title: lang.Text{EN: "Contact Key Verification", FR: "Vérification des clés de contact"},
	Doc: `From iOS 16 transparencyd compares the keys of iMessage with a public log, so that
nobody can add a device to an account unseen. transparency.log in a sysdiagnose has its
state: the devices of the account, the addresses at which it can be reached, and when it
last registered and verified. A device that the owner does not recognise, or a
verification of oneself that failed, can mean that somebody else reads the messages.
swtransparency.log, from iOS 18, is the same for software of Private Cloud Compute. The
file is "{}" or empty on many phones.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/transparency.log"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/swtransparency.log"},
	},
	Record: transparencyFact{},
	Refs:   []string{"https://security.apple.com/blog/imessage-contact-key-verification/", "https://github.com/EC-DIGIT-CSIRC/sysdiagnose"},
	Parse:  transparencyParse,
}

// transparencyFact is one value, or one device of the account.
type transparencyFact struct {
	Time record.Time `json:"time"` // the value, or a time in it, with offset from UTC

	Key     string       `json:"key"`               // path of the value
	Value   record.Text  `json:"value,omitempty"`   // of all but devices; the line under the key "text"
	Email   record.Email `json:"email,omitempty"`   // in a value such as im://mailto:a@example.com
	Phone   record.Phone `json:"phone,omitempty"`   // in a value such as im://tel:+15550100
	Device  bool         `json:"device,omitempty"`  // this is a device of the account, from stateMachine.devices
	Serial  string       `json:"serial,omitempty"`  // of a device
	Model   string       `json:"model,omitempty"`   // of a device
	Version string       `json:"version,omitempty"` // of a device: osVersion
	Name    record.Text  `json:"name,omitempty"`    // of a device, as its owner calls it
	Other   []record.KV  `json:"other,omitempty"`   // of a device: other values
}

// String implements [record.Data].
func (f transparencyFact) String() string {
	if f.Device {
		return record.Line(fmt.Sprintf("Device of the account: %s %s %s", f.Name, f.Model, f.Serial))
	}
	return record.Line(fmt.Sprintf("Contact Key Verification: %s = %s", f.Key, f.Value))
}

func transparencyParse(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	if !from.IsJSON(in.File) { // some versions print lines
		return from.EachLine("state", func(line string) (transparencyFact, bool) {
			text := strings.TrimSpace(line)
			return transparencyFact{Key: "text", Value: record.Text(text), Time: transparencyTime(text)}, true
		})(ctx, in)
	}
	return from.Facts(in, transparencyFacts, func(f transparencyFact) string { return f.Key })
}

var transparencyDevice = regexp.MustCompile(`^(stateMachine\.devices(?:\[[0-9]+\]|\..+))\.(serial|model|osVersion|name|[A-Za-z]+)$`)

func transparencyFacts(leaves []record.KV) (facts []transparencyFact) {
	for _, kv := range leaves {
		if m := transparencyDevice.FindStringSubmatch(kv.Key); m != nil {
			if n := len(facts); n == 0 || !facts[n-1].Device || facts[n-1].Key != m[1] {
				facts = append(facts, transparencyFact{Key: m[1], Device: true})
			}
			facts[len(facts)-1].device(m[2], kv.Value)
			continue
		}
		f := transparencyFact{Key: kv.Key, Value: record.Text(kv.Value), Time: transparencyTime(kv.Value)}
		if _, address, ok := strings.Cut(kv.Value, "im://"); ok {
			f.Phone, f.Email = from.Handle(address)
		}
		facts = append(facts, f)
	}
	return facts
}

// device sets a value of a device.
func (f *transparencyFact) device(key, value string) {
	switch key {
	case "serial":
		f.Serial = value
	case "model":
		f.Model = value
	case "osVersion":
		f.Version = value
	case "name":
		f.Name = record.Text(value)
	default:
		f.Other = append(f.Other, record.KV{Key: key, Value: value})
	}
}

// transparencyStamp is a time within a text, such as that of an operation.
var transparencyStamp = regexp.MustCompile(`[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z| ?[+-][0-9]{2}:?[0-9]{2})`)

func transparencyTime(value string) record.Time {
	if t := from.Stamp(value); t.IsSet() {
		return t
	}
	return from.Stamp(transparencyStamp.FindString(value))
}
