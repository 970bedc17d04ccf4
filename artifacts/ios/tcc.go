package ios

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// TCC reads the permissions that apps were given or denied.
var TCC = artifact.Parser{
	ID:    "ios.tcc",
	Title: lang.Text{EN: "App permissions (TCC)", FR: "Autorisations des apps (TCC)"},
	Doc: `The Transparency, Consent and Control database holds one row for each
decision about one app and one protected service: microphone, camera, location.
It is written by tccd when somebody answers a question or changes a setting, and
stays until the app is deleted. An implant that goes through the frameworks
leaves a row here; one that reads the device with kernel privileges does not, so
an empty result clears nothing.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/TCC/TCC.db"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/Accessibility/TCC.db"},
	},
	Record: tccAccess{},
	Refs:   []string{"https://docs.mvt.re/en/latest/ios/records/#tccjson"},
	Parse:  from.Table("access", tccRow),
}

// tccAccess is one decision: may this client use this service?
type tccAccess struct {
	// When the decision was last modified. Column last_modified, seconds since
	// 1970 UTC; schemas before iOS 14 lack it.
	Changed record.Time `json:"changed"`

	Service    string     `json:"service"`               // column service: kTCCServiceMicrophone, kTCCServiceCamera…
	Client     record.App `json:"client"`                // column client: bundle identifier, or a path if client_type is "absolute path"
	ClientType string     `json:"client_type"`           // column client_type
	Access     string     `json:"access"`                // columns auth_value or allowed: denied, unknown, allowed or limited
	Reason     string     `json:"reason,omitempty"`      // column auth_reason, from iOS 14
	PromptedAs string     `json:"prompted_as,omitempty"` // column indirect_object_identifier, when it is not UNUSED
}

// String implements [record.Data].
func (a tccAccess) String() string {
	return record.Line(fmt.Sprintf("%s: %s for %s", a.Client, a.Access, a.Service))
}

// tccReasons names the values of auth_reason.
var tccReasons = []string{"", "error", "user consent", "user set", "system set", "service policy", "MDM policy", "override policy",
	"missing usage string", "prompt timeout", "preflight unknown", "entitled", "app type policy"}

// tccRow reads a row of either schema: later ones have auth_value for allowed.
func tccRow(r sqlite.Row) tccAccess {
	access := record.Name(r.Int("auth_value"), "denied", "unknown", "allowed", "limited")
	if r.Has("allowed") && !r.Has("auth_value") {
		access = record.Name(r.Int("allowed"), "denied", "allowed")
	}
	a := tccAccess{
		Changed:    epoch.Unix(r.Int("last_modified")),
		Service:    r.Text("service"),
		Client:     record.App(r.Text("client")),
		ClientType: record.Name(r.Int("client_type"), "bundle identifier", "absolute path"),
		Access:     access,
	}
	if r.Has("auth_reason") {
		a.Reason = record.Name(r.Int("auth_reason"), tccReasons...)
	}
	if id := r.Text("indirect_object_identifier"); id != "UNUSED" {
		a.PromptedAs = id
	}
	return a
}
