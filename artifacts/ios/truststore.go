package ios

import (
	"encoding/hex"
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/certificate"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// TrustStore reads which certificates the user or a profile made the phone trust.
var TrustStore = artifact.Parser{
	ID:    "ios.truststore",
	Title: lang.Text{EN: "Certificates trusted besides those of Apple", FR: "Certificats de confiance ajoutés"},
	Doc: `trustd keeps certificates that were installed by the user or by a configuration
profile, with the settings of trust, in TrustStore.sqlite3. Whoever holds the key of
such a root certificate can read and change encrypted traffic. Companies, debugging
proxies and some ad blockers install them too. A row stays until the certificate is
removed; an empty table is the usual state. trustd knows no time of installation: see
ios.profileevents.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/protected/trustd/private/TrustStore.sqlite3"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/Keychains/TrustStore.sqlite3"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/protected/trustd/TrustStore.sqlite3"},
	},
	Record: trustStoreCertificate{},
	Refs:   []string{"https://github.com/apple-oss-distributions/Security/blob/main/trust/trustd/SecTrustStoreServer.m"},
	Parse:  from.Table("tsettings", trustStoreRow),
}

// trustStoreCertificate is one row of tsettings. Times are those that the
// certificate itself states.
type trustStoreCertificate struct {
	NotBefore record.Time `json:"not_before"` // certificate: begin of validity, UTC
	NotAfter  record.Time `json:"not_after"`  // certificate: end of validity, UTC

	SHA256    record.Certificate `json:"sha256"`             // digest of column data; of column sha256 if data is empty
	SHA1      record.Certificate `json:"sha1,omitempty"`     // digest of column data; of column sha1 if data is empty
	Stored    record.Certificate `json:"stored,omitempty"`   // column sha256 or sha1, if it differs from the digest of data
	Subject   string             `json:"subject"`            // certificate: distinguished name
	Issuer    string             `json:"issuer,omitempty"`   // certificate: distinguished name
	Serial    string             `json:"serial,omitempty"`   // certificate: hexadecimal
	Authority bool               `json:"authority"`          // certificate: may sign others
	Size      int64              `json:"size"`               // bytes of column data
	Problem   string             `json:"problem,omitempty"`  // why column data could not be read as a certificate
	Settings  []record.KV        `json:"settings,omitempty"` // column tset, a property list: policies and results
	UUID      record.Profile     `json:"uuid,omitempty"`     // column uuid, from iOS 15: of what installed it
}

// String implements [record.Data].
func (c trustStoreCertificate) String() string {
	return record.Line(fmt.Sprintf("trusted certificate %s, SHA-256 %s", c.Subject, c.SHA256))
}

func trustStoreRow(r sqlite.Row) trustStoreCertificate {
	der := r.Blob("data")
	t := trustStoreCertificate{Size: int64(len(der)), UUID: record.Profile(trustStoreUUID(r))}
	s1, s256 := record.Certificate(hex.EncodeToString(r.Blob("sha1"))), record.Certificate(hex.EncodeToString(r.Blob("sha256")))
	if len(der) == 0 {
		t.SHA1, t.SHA256 = s1, s256
	} else {
		c, err := certificate.Parse(der)
		t.SHA1, t.SHA256 = record.Certificate(c.SHA1), record.Certificate(c.SHA256)
		if err != nil {
			t.Problem = err.Error()
		} else {
			t.Subject, t.Issuer, t.Serial, t.Authority = c.Subject, c.Issuer, c.Serial, c.Authority
			t.NotBefore, t.NotAfter = record.Time{Time: c.NotBefore, Rule: record.AsText}, record.Time{Time: c.NotAfter, Rule: record.AsText}
		}
		switch {
		case s256 != "" && s256 != t.SHA256:
			t.Stored = s256
		case s1 != "" && s1 != t.SHA1:
			t.Stored = s1
		}
	}
	if tset := r.Blob("tset"); len(tset) > 0 {
		if v, err := plist.Parse(tset); err == nil {
			t.Settings, _ = from.Leaves(v)
		} else {
			t.Settings = []record.KV{{Key: "tset", Value: from.Data(tset)}}
		}
	}
	return t
}

// trustStoreUUID returns the column uuid, a text or 16 bytes.
func trustStoreUUID(r sqlite.Row) string {
	b := r.Blob("uuid")
	if r.Value("uuid").Kind != sqlite.Blob || len(b) != 16 {
		return r.Text("uuid")
	}
	return fmt.Sprintf("%X-%X-%X-%X-%X", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
