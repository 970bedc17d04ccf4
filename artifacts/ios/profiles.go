package ios

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/certificate"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Profiles reads the installed configuration profiles with all their payloads.
var Profiles = artifact.Parser{
	ID:    "ios.profiles",
	Title: lang.Text{EN: "Configuration profiles", FR: "Profils de configuration"},
	Doc: `A configuration profile changes settings that a user cannot: it can route traffic
through a VPN or proxy, trust a certificate, enrol the phone in management (MDM)
or hide notifications. profiled keeps a stub of each installed profile until it
is removed, without passwords. Each payload of a profile is a record, after one
for the profile itself. Profiles of employers and schools are common; one that
nobody remembers installing is not. No stub means that no profile is installed
now, see ios.profileevents for those that were.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/containers/Shared/SystemGroup/*/Library/ConfigurationProfiles/profile-*"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/ConfigurationProfiles/profile-*"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/UserConfigurationProfiles/profile-*"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/MCState/*/profile-*"},
	},
	Record: profilesRecord{},
	Refs: []string{
		"https://developer.apple.com/documentation/devicemanagement/toplevel",
		"https://docs.mvt.re/en/latest/ios/records/#configuration_profilesjson",
	},
	Parse: from.Plist(profilesRead),
}

// profilesRecord is a profile, or one payload of it.
type profilesRecord struct {
	Installed record.Time `json:"installed"` // key InstallDate of the profile, UTC

	Level       string         `json:"level"`                  // profile or payload
	Type        string         `json:"type"`                   // key PayloadType: Configuration for a profile, com.apple.mdm, com.apple.security.root, com.apple.notificationsettings…
	UUID        record.Profile `json:"uuid"`                   // key PayloadUUID
	Identifier  record.Profile `json:"identifier"`             // key PayloadIdentifier, in reverse domain order
	Name        record.Text    `json:"name,omitempty"`         // key PayloadDisplayName
	Description record.Text    `json:"description,omitempty"`  // key PayloadDescription
	Org         record.Text    `json:"organization,omitempty"` // key PayloadOrganization
	Profile     record.Profile `json:"profile"`                // PayloadUUID of the profile
	ProfileName record.Text    `json:"profile_name,omitempty"` // PayloadDisplayName of the profile

	RemovalDisallowed *bool `json:"removal_disallowed"` // key PayloadRemovalDisallowed of the profile
	WasEncrypted      *bool `json:"was_encrypted"`      // key WasEncrypted of the profile

	Signers      []record.Certificate `json:"signers,omitempty"`             // key SignerCerts of the profile: SHA-256 of each certificate
	SignerNames  []string             `json:"signer_names,omitempty"`        // their subjects
	Certificate  record.Certificate   `json:"certificate,omitempty"`         // SHA-256 of the certificate that the payload installs
	CertSHA1     record.Certificate   `json:"certificate_sha1,omitempty"`    // SHA-1 of it
	CertName     string               `json:"certificate_subject,omitempty"` // its subject
	Content      []record.KV          `json:"content,omitempty"`             // all other keys
	ContentCount int64                `json:"payloads,omitempty"`            // of a profile: how many payloads it has
}

// String implements [record.Data].
func (p profilesRecord) String() string {
	if p.Level == "profile" {
		return record.Line(fmt.Sprintf("profile %s (%s) of %q, %d payloads", p.Name, p.Identifier, p.Org, p.ContentCount))
	}
	return record.Line(fmt.Sprintf("profile %s: payload %s %s", p.ProfileName, p.Type, p.Name))
}

// profilesKnown are the keys that have a field.
var profilesKnown = []string{"InstallDate", "PayloadType", "PayloadUUID", "PayloadIdentifier", "PayloadDisplayName", "PayloadDescription",
	"PayloadOrganization", "PayloadRemovalDisallowed", "WasEncrypted", "SignerCerts"}

func profilesRead(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
	if root.Kind() != plist.Dict {
		yield(record.Record{}, fmt.Errorf("read profile: root is %s, not dict", root.Kind()))
		return
	}
	list := root.Get("PayloadContent")
	p := profilesPayload("profile", root)
	p.Installed = epoch.Date(root.Get("InstallDate").Time())
	p.Profile, p.ProfileName = p.UUID, p.Name
	p.RemovalDisallowed, p.WasEncrypted = profilesFlag(root.Get("PayloadRemovalDisallowed")), profilesFlag(root.Get("WasEncrypted"))
	for der := range root.Get("SignerCerts").Elems() {
		c, _ := certificate.Parse(der.Data()) // the digest is there in any case
		p.Signers, p.SignerNames = append(p.Signers, record.Certificate(c.SHA256)), append(p.SignerNames, c.Subject)
		if len(p.Signers) == profilesMaxSigners {
			break
		}
	}
	known := profilesKnown
	if list.Kind() != plist.Array {
		list = plist.Value{} // of a kind of profile that has settings in its place
	} else {
		known = append([]string{"PayloadContent"}, known...)
		p.ContentCount = int64(list.Len())
	}
	var err error
	p.Content, err = from.Rest(root, known...)
	if !yield(in.Record(from.At("profile", 0, root), p), nil) || err != nil && !yield(record.Record{}, err) {
		return
	}
	for i := range min(list.Len(), profilesMaxPayloads) {
		if !profilesYield(in, p, i, list.Index(i), yield) {
			return
		}
	}
	if list.Len() > profilesMaxPayloads {
		yield(record.Record{}, fmt.Errorf("read profile: %d payloads, limit %d", list.Len(), profilesMaxPayloads))
	}
}

// Limits of one profile.
const (
	profilesMaxPayloads = 1 << 12
	profilesMaxSigners  = 64
)

// profilesYield yields a payload of the profile p.
func profilesYield(in *artifact.Input, p profilesRecord, i int, v plist.Value, yield func(record.Record, error) bool) bool {
	q := profilesPayload("payload", v)
	q.Installed, q.Profile, q.ProfileName = p.Installed, p.Profile, p.ProfileName
	q.RemovalDisallowed, q.WasEncrypted, q.Signers, q.SignerNames = p.RemovalDisallowed, p.WasEncrypted, p.Signers, p.SignerNames
	if der := v.Get("PayloadContent"); der.Kind() == plist.Data {
		if c, err := certificate.Parse(der.Data()); err == nil {
			q.Certificate, q.CertSHA1, q.CertName = record.Certificate(c.SHA256), record.Certificate(c.SHA1), c.Subject
		}
	}
	var err error
	q.Content, err = from.Rest(v, profilesKnown...)
	return yield(in.Record(from.At("PayloadContent", i+1, v), q), nil) && (err == nil || yield(record.Record{}, err))
}

// profilesPayload reads the keys that profiles and payloads share.
func profilesPayload(level string, v plist.Value) profilesRecord {
	return profilesRecord{
		Level: level, Type: from.Text(v.Get("PayloadType")),
		UUID: record.Profile(from.Text(v.Get("PayloadUUID"))), Identifier: record.Profile(from.Text(v.Get("PayloadIdentifier"))),
		Name: record.Text(from.Text(v.Get("PayloadDisplayName"))), Description: record.Text(from.Text(v.Get("PayloadDescription"))),
		Org: record.Text(from.Text(v.Get("PayloadOrganization"))),
	}
}

// profilesFlag returns a boolean, nil if there is none.
func profilesFlag(v plist.Value) *bool {
	if v.Kind() != plist.Bool {
		return nil
	}
	b := v.Bool()
	return &b
}
