package android

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"iter"
	"path"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/apksig"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// APKs reads the apps that an acquisition has copies of.
var APKs = artifact.Parser{
	ID:    "android.apks",
	Title: lang.Text{EN: "Copies of apps (APK)", FR: "Copies d’apps (APK)"},
	Doc: `Acquisitions hold copies of apps: AndroidQF copies those that the examiner chose, a
backup has those it was asked for, and shared storage may have files that were
downloaded to be installed. Each copy says which package it is and was signed with
somebody's key; the digest of the file and of the certificate are what lists of known
apps are about. The signatures themselves are not verified here.

Most acquisitions have few copies or none; what is missing tells nothing.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.AndroidQF, Glob: "androidqf/apks/**/*.apk"},
		{Kinds: evidence.AndroidQF, Glob: "androidqf/tmp/**/*.apk"},
		{Kinds: evidence.AndroidQF, Glob: "data/**/*.apk"},
		{Kinds: evidence.AndroidBackup, Glob: "data/**/*.apk"},
		{Kinds: evidence.AndroidBackup, Glob: "backup/**/*.apk"},
	},
	Record: apksApp{},
	Refs: []string{
		"https://source.android.com/docs/security/features/apksigning",
		"https://github.com/mvt-project/androidqf",
	},
	Parse: apksParse,
}

// apksApp is one file.
type apksApp struct {
	NotBefore record.Time `json:"not_before"` // begin of validity of the first signer's certificate, UTC, as it says itself
	NotAfter  record.Time `json:"not_after"`  // its end

	App         record.App  `json:"app"`                    // manifest: package name; empty if it cannot be read
	File        record.Path `json:"file"`                   // name of the copy
	VersionCode int64       `json:"version_code,omitempty"` // manifest: versionCode and versionCodeMajor
	Version     string      `json:"version,omitempty"`      // manifest: versionName
	Size        int64       `json:"size"`                   // bytes
	SHA256      record.Hash `json:"sha256"`                 // of the whole file
	SHA1        record.Hash `json:"sha1"`                   // the same
	MD5         record.Hash `json:"md5"`                    // the same

	CertificateSHA256 []record.Certificate `json:"certificate_sha256"` // of the signers, each once
	CertificateSHA1   []record.Certificate `json:"certificate_sha1"`   // the same
	CertificateMD5    []record.Certificate `json:"certificate_md5"`    // the same
	Subjects          []string             `json:"subjects"`           // the same: distinguished names
	Schemes           []string             `json:"schemes"`            // of the signatures: v1, v2, v3 or v3.1
	Earlier           []record.Certificate `json:"earlier,omitempty"`  // SHA-256 of certificates that the app had before its key was changed
	Others            []record.Certificate `json:"others,omitempty"`   // SHA-256 of certificates that only accompany a signature
	Problems          []string             `json:"problems,omitempty"` // what could not be read
}

// String implements [record.Data].
func (a apksApp) String() string {
	name := string(a.App)
	if name == "" {
		name = string(a.File)
	}
	s := fmt.Sprintf("APK of %s, SHA-256 %s", name, a.SHA256)
	if len(a.Subjects) > 0 {
		s += ", signed by " + a.Subjects[0]
	}
	return record.Line(s)
}

func apksParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		a := apksApp{File: record.Path(path.Base(in.Path)), Size: in.Size}
		sums := []hash.Hash{sha256.New(), sha1.New(), md5.New()}
		n, err := io.Copy(io.MultiWriter(sums[0], sums[1], sums[2]), io.NewSectionReader(in.File, 0, in.Size))
		if err != nil {
			yield(record.Record{}, fmt.Errorf("read app: %w", err))
			return
		}
		if n == in.Size {
			a.SHA256, a.SHA1, a.MD5 = apksHex(sums[0]), apksHex(sums[1]), apksHex(sums[2])
		} else if !yield(record.Record{}, fmt.Errorf("read app: %d bytes of %d: %w", n, in.Size, io.ErrUnexpectedEOF)) {
			return
		}
		app, err := apksig.Read(in.File, in.Size)
		if err != nil {
			if !yield(record.Record{}, err) {
				return
			}
		} else {
			apksSigners(&a, app)
		}
		yield(in.Record(record.Origin{Table: "file"}, a), nil)
	}
}

func apksHex(h hash.Hash) record.Hash { return record.Hash(hex.EncodeToString(h.Sum(nil))) }

// apksSigners takes over what the app says about itself.
func apksSigners(a *apksApp, app *apksig.App) {
	a.App, a.VersionCode, a.Version = record.App(app.Package), app.VersionCode, app.VersionName
	for _, err := range app.Problems {
		a.Problems = append(a.Problems, err.Error())
	}
	schemes, certificates := map[string]bool{}, map[[sha256.Size]byte]bool{}
	for _, c := range app.Certificates {
		if c.Signer && !schemes[c.Scheme] {
			schemes[c.Scheme] = true
			a.Schemes = append(a.Schemes, c.Scheme)
		}
	}
	for _, signers := range []bool{true, false} {
		for _, c := range app.Certificates {
			if c.Signer != signers || certificates[c.SHA256] {
				continue
			}
			certificates[c.SHA256] = true
			digest := record.Certificate(hex.EncodeToString(c.SHA256[:]))
			switch {
			case signers:
				if len(a.CertificateSHA256) == 0 && !c.NotAfter.IsZero() {
					a.NotBefore, a.NotAfter = record.Time{Time: c.NotBefore, Rule: record.AsText}, record.Time{Time: c.NotAfter, Rule: record.AsText}
				}
				a.CertificateSHA256 = append(a.CertificateSHA256, digest)
				a.CertificateSHA1 = append(a.CertificateSHA1, record.Certificate(hex.EncodeToString(c.SHA1[:])))
				a.CertificateMD5 = append(a.CertificateMD5, record.Certificate(hex.EncodeToString(c.MD5[:])))
				a.Subjects = append(a.Subjects, c.Subject)
			case c.Earlier:
				a.Earlier = append(a.Earlier, digest)
			default:
				a.Others = append(a.Others, digest)
			}
		}
	}
}
