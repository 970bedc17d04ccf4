package ios

import (
	"fmt"
	"math"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// HSTS reads the hosts that asked to be reached over TLS only.
var HSTS = artifact.Parser{
	ID:    "ios.hsts",
	Title: lang.Text{EN: "Hosts with strict transport security", FR: "Hôtes à sécurité de transport stricte"},
	Doc: `A host that sends the header Strict-Transport-Security is noted for an app or a
daemon, with the time, until the host's own term ends: often a year. It shows that
the program reached the host, beyond any history, and survives its clearing in most
cases. Old systems also list hosts that came with the system; these never expire and
are marked. Private browsing leaves nothing that lasts.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/**/HSTS.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/**/hsts*.plist"},
	},
	Record: hstsHost{},
	Refs:   []string{"https://www.rfc-editor.org/rfc/rfc6797", "https://github.com/ydkhatri/mac_apt/blob/master/plugins/cookies.py"},
	Parse:  from.Plist(hstsRead),
}

// hstsHost is one host in one storage session.
type hstsHost struct {
	Created record.Time `json:"created"` // "Create Time", seconds since 2001 UTC
	Expires record.Time `json:"expires"` // "Expiry", seconds since 2001 UTC; not set if it never does

	Host       record.Domain `json:"host"`                 // key of the entry
	Subdomains bool          `json:"subdomains"`           // "Include Subdomains"
	Preloaded  bool          `json:"preloaded"`            // never expires: it came with the system
	Session    string        `json:"session"`              // key of the list it is in
	Attributes []record.KV   `json:"attributes,omitempty"` // its other keys
}

// String implements [record.Data].
func (h hstsHost) String() string {
	return record.Line(fmt.Sprintf("Host %s asked for TLS only", h.Host))
}

func hstsRead(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
	if root.Kind() != plist.Dict {
		yield(record.Record{}, fmt.Errorf("read hosts: root is %s, not dict", root.Kind()))
		return
	}
	row := 0
	for session, list := range root.Items() {
		for host, v := range list.Items() { // the other keys are the version and a digest
			row++
			h, err := hstsEntry(v)
			h.Host, h.Session = record.Domain(host), session
			if !yield(in.Record(from.At(session, row, v), h), nil) || err != nil && !yield(record.Record{}, err) {
				return
			}
		}
	}
}

func hstsEntry(v plist.Value) (hstsHost, error) {
	h := hstsHost{Created: epoch.CocoaReal(v.Get("Create Time").Float()), Subdomains: v.Get("Include Subdomains").Bool()}
	expiry := v.Get("Expiry").Float()
	if h.Preloaded = math.IsInf(expiry, 1) || expiry >= math.MaxInt64; !h.Preloaded {
		h.Expires = epoch.CocoaReal(expiry)
	}
	rest, err := from.Rest(v, "Create Time", "Include Subdomains", "Expiry")
	h.Attributes = rest
	if v.Kind() != plist.Dict {
		h.Attributes, err = from.Leaves(v)
	}
	return h, err
}
