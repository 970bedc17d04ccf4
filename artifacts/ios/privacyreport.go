package ios

import (
	"context"
	"fmt"
	"iter"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// PrivacyReport reads an App Privacy Report that the owner exported.
var PrivacyReport = artifact.Parser{
	ID:    "ios.privacyreport",
	Title: lang.Text{EN: "App Privacy Report, exported", FR: "Rapport de confidentialité des apps, exporté"},
	Doc: `From iOS 15.2 the owner can export what the App Privacy Report gathered in seven days:
which app used the microphone, the camera, contacts, photos or the location, and which
domains each app contacted, how often and first when. It is the only list of domains by
app that an owner can get without tools. It begins when the report is switched on in
Settings. An implant with kernel privileges leaves nothing.`,
	Inputs: []artifact.Pattern{{Kinds: evidence.IOSFilesystem, Glob: "private/var/mobile/**/App_Privacy_Report*.ndjson"}},
	Record: privacyReportEvent{},
	Refs: []string{
		"https://developer.apple.com/documentation/network/privacy_management/inspecting_app_activity_data",
		"https://github.com/log2timeline/plaso",
	},
	Parse: privacyReportParse,
}

// privacyReportEvent is the begin or the end of one access, or the contacts of one app
// with one domain.
type privacyReportEvent struct {
	Time  record.Time `json:"time"`  // timeStamp, with offset from UTC; of a domain when it was last contacted
	First record.Time `json:"first"` // firstTimeStamp: when a domain was first contacted

	Type     string        `json:"type"`               // access or networkActivity
	App      record.App    `json:"app,omitempty"`      // accessor.identifier or bundleID
	Category string        `json:"category,omitempty"` // of an access: camera, contacts, location, mediaLibrary, microphone, photos, screenRecording
	Kind     string        `json:"kind,omitempty"`     // of an access: intervalBegin or intervalEnd
	Access   string        `json:"access,omitempty"`   // identifier: UUID that both ends share
	Domain   record.Domain `json:"domain,omitempty"`   // domain
	Owner    string        `json:"owner,omitempty"`    // domainOwner
	Context  record.Text   `json:"context,omitempty"`  // context: page or site from which the domain was contacted
	Hits     *int64        `json:"hits,omitempty"`     // hits: how often the domain was contacted
	Other    []record.KV   `json:"other,omitempty"`    // other values
}

// String implements [record.Data].
func (e privacyReportEvent) String() string {
	if e.Domain != "" {
		return record.Line(fmt.Sprintf("%s contacted %s", e.App, e.Domain))
	}
	return record.Line(fmt.Sprintf("%s: %s %s", e.App, e.Category, e.Kind))
}

func privacyReportParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		for e, err := range from.Elements(in.File) {
			if err != nil {
				if !yield(record.Record{}, err) {
					return
				}
				continue
			}
			leaves, more := e.Leaves()
			event := privacyReportEvent{}
			for _, kv := range leaves {
				event.set(kv)
			}
			if !yield(in.Record(record.Origin{Row: e.Number, Offset: e.Offset}, event), nil) || more != nil && !yield(record.Record{}, more) {
				return
			}
		}
	}
}

// set sets the field of a value.
func (e *privacyReportEvent) set(kv record.KV) {
	text := map[string]*string{"type": &e.Type, "category": &e.Category, "kind": &e.Kind, "identifier": &e.Access, "domainOwner": &e.Owner}[kv.Key]
	n, isInt := from.JSON(kv.Value).Int()
	switch at := from.Stamp(kv.Value); {
	case text != nil && *text == "":
		*text = kv.Value
	case kv.Key == "timeStamp" && at.IsSet():
		e.Time = at
	case kv.Key == "firstTimeStamp" && at.IsSet():
		e.First = at
	case (kv.Key == "accessor.identifier" || kv.Key == "bundleID") && e.App == "":
		e.App = record.App(kv.Value)
	case kv.Key == "domain" && e.Domain == "":
		e.Domain = record.Domain(kv.Value)
	case kv.Key == "context" && e.Context == "":
		e.Context = record.Text(kv.Value)
	case kv.Key == "hits" && isInt && e.Hits == nil:
		e.Hits = &n
	default:
		e.Other = append(e.Other, kv)
	}
}
