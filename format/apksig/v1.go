package apksig

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"math/big"
)

// The parts of PKCS #7 signed data that are read, RFC 5652.
type (
	contentInfo struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue `asn1:"explicit,tag:0"`
	}
	signedData struct {
		Version      int
		Digests      asn1.RawValue
		Info         asn1.RawValue
		Certificates asn1.RawValue `asn1:"optional,tag:0"`
		CRLs         asn1.RawValue `asn1:"optional,tag:1"`
		Signers      asn1.RawValue
	}
	signerInfo struct {
		Version int
		Issuer  struct {
			Name   asn1.RawValue
			Serial *big.Int
		}
	}
)

var oidSignedData = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}

// readV1 reads the certificates of one signature file.
func (a *App) readV1(z *archive, m *member) {
	data, err := z.content(m, maxV1)
	if err == nil {
		err = a.parseV1(data)
	}
	if err != nil {
		a.problem("read %.200q: %w", m.name, err)
	}
}

// parseV1 parses PKCS #7 signed data.
func (a *App) parseV1(data []byte) error {
	var info contentInfo
	if _, err := asn1.Unmarshal(data, &info); err != nil {
		return err
	}
	if !info.Type.Equal(oidSignedData) {
		return errors.New("no signed data")
	}
	var s signedData
	if _, err := asn1.Unmarshal(info.Content.Bytes, &s); err != nil {
		return err
	}
	signers := signersOf(s.Signers.Bytes)
	rest := s.Certificates.Bytes
	found := 0
	for len(rest) > 0 && found < maxCerts {
		var cert asn1.RawValue
		var err error
		if rest, err = asn1.Unmarshal(rest, &cert); err != nil {
			return err
		}
		if cert.Class != asn1.ClassUniversal || cert.Tag != asn1.TagSequence {
			continue // an attribute certificate
		}
		a.add(SchemeV1, cert.FullBytes, isSigner(cert.FullBytes, signers), false)
		found++
	}
	if found == 0 {
		return errors.New("no certificate")
	}
	return nil
}

// signersOf returns the issuers and serial numbers of the signers.
func signersOf(set []byte) (list []signerInfo) {
	for len(set) > 0 && len(list) < maxCerts {
		var raw asn1.RawValue
		rest, err := asn1.Unmarshal(set, &raw)
		if err != nil {
			return list
		}
		set = rest
		var s signerInfo
		body, err := asn1.Unmarshal(raw.Bytes, &s.Version)
		if err != nil {
			continue
		}
		if _, err := asn1.Unmarshal(body, &s.Issuer); err == nil {
			list = append(list, s)
		}
	}
	return list
}

// isSigner reports whether a certificate is the one of a signer.
func isSigner(der []byte, signers []signerInfo) bool {
	x, err := x509.ParseCertificate(der)
	if err != nil {
		return false
	}
	for _, s := range signers {
		if s.Issuer.Serial != nil && s.Issuer.Serial.Cmp(x.SerialNumber) == 0 && bytes.Equal(s.Issuer.Name.FullBytes, x.RawIssuer) {
			return true
		}
	}
	return false
}
