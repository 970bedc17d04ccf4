// Package certificate describes X.509 certificates found in evidence: what
// identifies them, and what they say about themselves, right or wrong. Nothing
// is verified.
//
// Source: RFC 5280, by way of crypto/x509.
package certificate

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// MaxSize is the size in bytes of the largest certificate that is parsed. Real
// ones have a few KiB.
const MaxSize = 256 << 10

// maxText bounds the text of a name and of a serial number, in bytes.
const maxText = 4 << 10

// A Certificate is what a certificate says.
type Certificate struct {
	SHA1   string // digest of the DER, 40 hexadecimal digits
	SHA256 string // digest of the DER, 64 hexadecimal digits

	Subject   string    // distinguished name, RFC 2253, most specific part first
	Issuer    string    // distinguished name
	Serial    string    // hexadecimal
	NotBefore time.Time // UTC
	NotAfter  time.Time // UTC
	Authority bool      // may sign other certificates
	SelfNamed bool      // issuer and subject are the same bytes, as in roots
}

// Parse describes a certificate in DER. The digests are set in any case; an
// error says why the rest is not.
func Parse(der []byte) (Certificate, error) {
	s1, s256 := sha1.Sum(der), sha256.Sum256(der)
	c := Certificate{SHA1: hex.EncodeToString(s1[:]), SHA256: hex.EncodeToString(s256[:])}
	if len(der) > MaxSize {
		return c, fmt.Errorf("parse certificate: %d bytes, limit %d", len(der), MaxSize)
	}
	x, err := x509.ParseCertificate(der)
	if err != nil {
		return c, fmt.Errorf("parse certificate: %w", err)
	}
	c.Subject, c.Issuer = name(x.Subject), name(x.Issuer)
	if x.SerialNumber != nil {
		c.Serial = cut(x.SerialNumber.Text(16))
	}
	c.NotBefore, c.NotAfter = x.NotBefore.UTC(), x.NotAfter.UTC()
	c.Authority = x.IsCA
	c.SelfNamed = string(x.RawSubject) == string(x.RawIssuer)
	return c, nil
}

func name(n pkix.Name) string { return cut(n.String()) }

// cut shortens hostile text and replaces what is not UTF-8.
func cut(s string) string {
	if len(s) > maxText {
		s = s[:maxText] + "…"
	}
	return strings.ToValidUTF8(s, "\ufffd")
}
