package androidbackup

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
)

// Limits of an app's manifest.
const (
	maxManifest = 1 << 20
	maxSigners  = 100
)

// ErrManifest says that the manifest of an app is damaged or cut.
var ErrManifest = errors.New("the manifest of the app is damaged")

// A Manifest is the file _manifest that Android writes first for each app into
// a backup: text, one value on each line (AOSP, AppMetadataBackupWriter).
type Manifest struct {
	Format  int    // line 1, 1 so far
	Package string // line 2
	// VersionCode is line 3, the version code of the app.
	VersionCode int64
	// SDK is line 4, the API level of the phone.
	SDK int
	// Installer is line 5, the package that installed the app; empty where
	// none is recorded.
	Installer string
	// APK says that the app itself is in the backup, line 6.
	APK bool
	// Signers are the signing certificates, DER, in their order.
	Signers [][]byte
}

// ParseManifest parses the content of a file _manifest. The error matches
// [ErrManifest]; what comes before the damage is in the result.
func ParseManifest(data []byte) (Manifest, error) {
	var m Manifest
	if len(data) > maxManifest {
		return m, fmt.Errorf("%w: %d bytes, limit %d", ErrManifest, len(data), maxManifest)
	}
	p := &manifestReader{rest: data}
	m.Format = int(p.number("format"))
	m.Package = p.line("package")
	m.VersionCode = p.number("version code")
	m.SDK = int(p.number("SDK"))
	m.Installer = p.line("installer")
	m.APK = p.line("APK") == "1"
	n := p.number("number of signers")
	if p.err == nil && (n < 0 || n > maxSigners) {
		p.err = fmt.Errorf("%w: %d signers", ErrManifest, n)
	}
	for i := int64(0); i < n && p.err == nil; i++ {
		der, err := hex.DecodeString(p.line("signer"))
		if err != nil {
			p.err = fmt.Errorf("%w: signer %d is not hexadecimal", ErrManifest, i+1)
		}
		if p.err == nil {
			m.Signers = append(m.Signers, der)
		}
	}
	return m, p.err
}

// A manifestReader reads lines; its first error stays.
type manifestReader struct {
	rest []byte
	err  error
}

func (p *manifestReader) line(what string) string {
	if p.err != nil {
		return ""
	}
	line, rest, found := bytes.Cut(p.rest, []byte("\n"))
	if !found {
		p.err = fmt.Errorf("%w: no %s", ErrManifest, what)
		return ""
	}
	p.rest = rest
	return string(line)
}

func (p *manifestReader) number(what string) int64 {
	s := p.line(what)
	if p.err != nil {
		return 0
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		p.err = fmt.Errorf("%w: %s %.100q", ErrManifest, what, s)
	}
	return n
}
