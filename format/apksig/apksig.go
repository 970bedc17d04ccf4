// Package apksig reads from an Android app (APK) which package it says it is
// and which certificates signed it: the JAR signature (v1), the APK Signing
// Block (v2, v3, v3.1) and the earlier certificates of a key rotation.
//
// It verifies no signature. It says whose certificates are in the file, which
// is what lists of known certificates are about.
//
// Sources: source.android.com/docs/security/features/apksigning, RFC 5652 for
// PKCS #7, APPNOTE.TXT by PKWARE for zip, ResourceTypes.h of AOSP for the
// binary manifest.
package apksig

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"time"
)

// Limits of one app.
const (
	maxMembers  = 1 << 20 // records of the zip directory that are read
	maxManifest = 16 << 20
	maxBlock    = 32 << 20 // bytes of the signing block
	maxV1       = 4 << 20  // bytes of one signature file of v1
	maxV1Files  = 50
	maxCerts    = 200 // certificates of all schemes
)

// ErrFormat says that the file is no zip archive, or has neither a manifest nor
// signatures that could be found.
var ErrFormat = errors.New("not an Android app")

// An App is what an APK says about itself.
type App struct {
	// Package is the package name of the manifest; empty if it cannot be read.
	Package string
	// VersionCode is android:versionCode with android:versionCodeMajor in its
	// upper 32 bits, 0 if there is none.
	VersionCode int64
	// VersionName is android:versionName, empty if there is none or if it refers
	// to a resource.
	VersionName string
	// Certificates are those found, by scheme: v1, v2, v3, v3.1, each in its
	// order, with those of a rotation after the scheme that has them.
	Certificates []Certificate
	// Problems are the parts that could not be read, with what they cost.
	Problems []error
}

// Schemes of signatures.
const (
	SchemeV1  = "v1"
	SchemeV2  = "v2"
	SchemeV3  = "v3"
	SchemeV31 = "v3.1"
)

// A Certificate is one certificate of an app.
type Certificate struct {
	Scheme string // one of the schemes
	// Signer is true for the certificate of a signer, false for one that only
	// accompanies it, such as that of an authority.
	Signer bool
	// Earlier is true for a certificate of the rotation of keys: the app had
	// this one before. The last of a rotation is the one of the signer.
	Earlier bool

	MD5    [16]byte // of the DER form
	SHA1   [20]byte // of the DER form
	SHA256 [32]byte // of the DER form

	// What the certificate says, empty where it cannot be parsed, which does not
	// change the digests.
	Subject   string    // distinguished name, RFC 2253
	Issuer    string    // distinguished name, RFC 2253
	NotBefore time.Time // UTC
	NotAfter  time.Time // UTC
	DER       []byte
}

// Read reads an app of size bytes. The error matches [ErrFormat] or is one of
// r; what is damaged within an app is in its problems.
func Read(r io.ReaderAt, size int64) (*App, error) {
	z, err := openZip(r, size)
	if err != nil {
		return nil, err
	}
	a := &App{}
	manifest, signatures := z.find(a)
	if manifest == nil && len(signatures) == 0 && z.blockStart < 0 {
		return nil, fmt.Errorf("%w: no manifest and no signature", ErrFormat)
	}
	a.readManifest(z, manifest)
	for _, m := range signatures {
		a.readV1(z, m)
	}
	a.readBlock(z)
	return a, nil
}

func (a *App) problem(format string, args ...any) {
	const maxProblems = 50
	if len(a.Problems) < maxProblems {
		a.Problems = append(a.Problems, fmt.Errorf(format, args...))
	}
}

// readManifest reads the binary manifest.
func (a *App) readManifest(z *archive, m *member) {
	if m == nil {
		a.problem("find AndroidManifest.xml: not there")
		return
	}
	data, err := z.content(m, maxManifest)
	if err != nil {
		a.problem("read AndroidManifest.xml: %w", err)
		return
	}
	if err := parseManifest(data, a); err != nil {
		a.problem("read AndroidManifest.xml: %w", err)
	}
}

// add adds a certificate.
func (a *App) add(scheme string, der []byte, signer, earlier bool) {
	if len(a.Certificates) == maxCerts {
		a.problem("list certificates: more than %d", maxCerts)
		return
	}
	c := Certificate{
		Scheme: scheme, Signer: signer, Earlier: earlier, DER: der,
		MD5: md5.Sum(der), SHA1: sha1.Sum(der), SHA256: sha256.Sum256(der),
	}
	if x, err := x509.ParseCertificate(der); err == nil {
		c.Subject, c.Issuer = x.Subject.String(), x.Issuer.String()
		c.NotBefore, c.NotAfter = x.NotBefore.UTC(), x.NotAfter.UTC()
	}
	a.Certificates = append(a.Certificates, c)
}
