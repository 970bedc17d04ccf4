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

// IDStatusCache reads which addresses were looked up at Apple's directory.
var IDStatusCache = artifact.Parser{
	ID:    "ios.idstatuscache",
	Title: lang.Text{EN: "Look-ups of identities (IDS)", FR: "Recherches d'identités (IDS)"},
	Doc: `identityservicesd asks Apple's directory whether an address can be reached by
iMessage, FaceTime, HomeKit and other services before they talk to it, or when it
talks to them, and keeps the last answer for each service and address. An address
stays when its messages are deleted: look-ups of addresses that are in no contact
and no message have been left by attacks that need no click. Backups have it up
to iOS 14.6; file systems have it in Library/IdentityServices (observed on iOS 15
and 16). An absent or small cache says little.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Preferences/com.apple.identityservices.idstatuscache.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/IdentityServices/idstatuscache.plist"},
	},
	Record: idstatuscacheLookup{},
	Refs:   []string{"https://docs.mvt.re/en/latest/ios/records/#id_status_cachejson"},
	Parse:  from.Plist(idstatuscacheRead),
}

// idstatuscacheLookup is the last answer for one address and service.
type idstatuscacheLookup struct {
	LookedUp record.Time `json:"looked_up"` // key LookupDate, seconds since 2001 UTC

	Service      string       `json:"service"`                 // key of the outer dictionary: com.apple.madrid is iMessage, com.apple.ess FaceTime
	URI          record.Text  `json:"uri"`                     // key of the inner dictionary: "mailto:", "tel:" or "urn:" and the address
	Number       record.Phone `json:"number,omitempty"`        // what follows "tel:"
	Email        record.Email `json:"email,omitempty"`         // what follows "mailto:"
	Status       string       `json:"status"`                  // key IDStatus: registered (1) or not (2)
	ValidSeconds float64      `json:"valid_seconds,omitempty"` // key ValidExpiry, seconds
	Other        []record.KV  `json:"other,omitempty"`         // further keys
}

// String implements [record.Data].
func (l idstatuscacheLookup) String() string {
	return record.Line(fmt.Sprintf("looked up %s for %s: %s", l.URI, l.Service, l.Status))
}

func idstatuscacheRead(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
	if root.Kind() != plist.Dict {
		yield(record.Record{}, fmt.Errorf("read look-ups: root is of kind %s, not a dictionary", root.Kind()))
		return
	}
	n := 0
	for service, addresses := range root.Items() {
		if addresses.Kind() != plist.Dict { // CacheVersion
			if err := addresses.Err(); err != nil && !yield(record.Record{}, fmt.Errorf("read look-ups of %s: %w", service, err)) {
				return
			}
			continue
		}
		for uri, v := range addresses.Items() {
			n++
			l, err := idstatuscacheEntry(service, uri, v)
			if err != nil && !yield(record.Record{}, fmt.Errorf("read look-up of %q for %s: %w", uri, service, err)) {
				return
			}
			if !yield(in.Record(from.At(service, n, v), l), nil) {
				return
			}
		}
	}
}

func idstatuscacheEntry(service, uri string, v plist.Value) (idstatuscacheLookup, error) {
	l := idstatuscacheLookup{
		LookedUp:     epoch.CocoaReal(v.Get("LookupDate").Float()),
		Service:      service,
		URI:          record.Text(uri),
		ValidSeconds: v.Get("ValidExpiry").Float(),
	}
	if status := v.Get("IDStatus"); status.Kind() == plist.Int {
		l.Status = record.Name(status.Int(), "", "registered", "not registered")
	} else {
		l.Status = "none"
	}
	l.Number, l.Email = from.Handle(uri)
	if string(l.Number) == uri { // no "tel:"
		l.Number = ""
	}
	if err := v.Err(); err != nil {
		return l, err
	}
	var err error
	if v.Kind() == plist.Dict {
		l.Other, err = from.Rest(v, "LookupDate", "IDStatus", "ValidExpiry")
	} else {
		l.Other, err = from.Leaves(v)
	}
	return l, err
}
