package ios

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// SessionResourceLog reads the domains that WebKit loaded something from, as
// older systems keep them.
var SessionResourceLog = artifact.Parser{
	ID:    "ios.sessionresourcelog",
	Title: lang.Text{EN: "Domains seen by WebKit (iOS 11 to 13)", FR: "Domaines vus par WebKit (iOS 11 à 13)"},
	Doc: `Up to iOS 13, tracking prevention of WebKit kept the domains that pages loaded
from, and the redirections between them, in a property list for each app; later
systems have a database (ios.resourceloadstatistics). It names registrable domains
only. Entries stay for weeks and often survive a cleared history. Private browsing
leaves nothing. A device that was updated may still have the file, as it was at the
update.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/**/full_browsing_session_resourceLog.plist"},
	},
	Record: sessionResourceLogDomain{},
	Refs:   []string{"https://docs.mvt.re/en/latest/ios/records/#webkit_session_resource_logjson"},
	Parse:  from.Plist(sessionResourceLogRead),
}

// sessionResourceLogDomain is one element of browsingStatistics.
type sessionResourceLogDomain struct {
	Seen       record.Time `json:"seen"`       // lastSeen, a date in UTC
	Interacted record.Time `json:"interacted"` // mostRecentUserInteraction, a date in UTC

	Domain       record.Domain   `json:"domain"`                  // PrevalentResourceOrigin or PrevalentResourceDomain
	Interaction  bool            `json:"interaction"`             // hadUserInteraction
	RedirectFrom []record.Domain `json:"redirect_from,omitempty"` // topFrameUniqueRedirectsFrom: pages of these led to it
	RedirectTo   []record.Domain `json:"redirect_to,omitempty"`   // topFrameUniqueRedirectsTo: its pages led to these
	FrameIn      []record.Domain `json:"frame_in,omitempty"`      // subframeUnderTopFrameOrigins: was a frame in pages of these
	LoadedBy     []record.Domain `json:"loaded_by,omitempty"`     // subresourceUnderTopFrameOrigins: was loaded by pages of these

	Attributes []record.KV `json:"attributes,omitempty"` // its other keys
}

// String implements [record.Data].
func (d sessionResourceLogDomain) String() string {
	return record.Line(fmt.Sprintf("WebKit loaded from %s, redirected from %v to %v", d.Domain, d.RedirectFrom, d.RedirectTo))
}

func sessionResourceLogRead(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
	list := root.Get("browsingStatistics")
	if list.Kind() != plist.Array {
		yield(record.Record{}, fmt.Errorf("read browsingStatistics: %s, not array", list.Kind()))
		return
	}
	for i := range list.Len() {
		v := list.Index(i)
		if v.Kind() != plist.Dict {
			if !yield(record.Record{}, fmt.Errorf("read browsingStatistics[%d]: %s, not dict", i, v.Kind())) {
				return
			}
			continue
		}
		d, err := sessionResourceLogRow(v)
		if !yield(in.Record(from.At(fmt.Sprintf("browsingStatistics[%d]", i), i+1, v), d), nil) || err != nil && !yield(record.Record{}, err) {
			return
		}
	}
}

func sessionResourceLogRow(v plist.Value) (sessionResourceLogDomain, error) {
	d := sessionResourceLogDomain{
		Seen:         epoch.Date(v.Get("lastSeen").Time()),
		Interacted:   epoch.Date(v.Get("mostRecentUserInteraction").Time()),
		Domain:       record.Domain(v.Get("PrevalentResourceOrigin").String()),
		Interaction:  v.Get("hadUserInteraction").Bool(),
		RedirectFrom: sessionResourceLogList(v.Get("topFrameUniqueRedirectsFrom")),
		RedirectTo:   sessionResourceLogList(v.Get("topFrameUniqueRedirectsTo")),
		FrameIn:      sessionResourceLogList(v.Get("subframeUnderTopFrameOrigins")),
		LoadedBy:     sessionResourceLogList(v.Get("subresourceUnderTopFrameOrigins")),
	}
	if d.Domain == "" {
		d.Domain = record.Domain(v.Get("PrevalentResourceDomain").String())
	}
	var err error
	d.Attributes, err = from.Rest(v, "lastSeen", "mostRecentUserInteraction", "PrevalentResourceOrigin", "PrevalentResourceDomain", "hadUserInteraction",
		"topFrameUniqueRedirectsFrom", "topFrameUniqueRedirectsTo", "subframeUnderTopFrameOrigins", "subresourceUnderTopFrameOrigins")
	return d, err
}

// sessionResourceLogMax bounds the domains of one list.
const sessionResourceLogMax = 1 << 14

// sessionResourceLogList reads a list of texts or of dictionaries with the key
// origin or domain.
func sessionResourceLogList(list plist.Value) []record.Domain {
	var domains []record.Domain
	for v := range list.Elems() {
		if len(domains) == sessionResourceLogMax {
			break
		}
		for _, name := range [...]string{v.String(), v.Get("origin").String(), v.Get("domain").String()} {
			if name != "" {
				domains = append(domains, record.Domain(name))
			}
		}
	}
	return domains
}
