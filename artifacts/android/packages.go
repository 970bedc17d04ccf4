package android

import (
	"context"
	"fmt"
	"iter"
	"strconv"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Packages reads the list of packages that AndroidQF makes.
var Packages = artifact.Parser{
	ID:    "android.packages",
	Title: lang.Text{EN: "Installed packages", FR: "Paquets installés"},
	Doc: `AndroidQF asks the package manager for every package it knows, also for those that were
removed while their data was kept: these have no files. It notes who installed each
package, computes the digests of its APK files on the phone and reads the certificate
of those that it copied. The installer is "null" if the package manager knows none, as
after an installation over adb, and empty where the phone cannot tell. The user ID is 0
where the phone printed several, which does not mean root. Certificates are missing
from acquisitions that were encrypted while they were made, and digests from fast ones.`,
	Inputs: []artifact.Pattern{{Kinds: evidence.AndroidQF, Glob: "androidqf/packages.json"}},
	Record: packagesPackage{},
	Refs:   []string{"https://github.com/mvt-project/androidqf"},
	Parse:  packagesParse,
}

// packagesPackage is one package. Lists that are of files have a value for each
// file, "" if it has none, and are left out if no file has one.
type packagesPackage struct {
	Name       record.App `json:"name"`        // name: name of the package
	Installer  record.App `json:"installer"`   // installer: who installed it; "null" if unknown, "" if the phone cannot tell
	UID        *int64     `json:"uid"`         // uid: user ID on Linux; 0 where the phone printed several
	Disabled   bool       `json:"disabled"`    // disabled: listed by pm list packages -d
	System     bool       `json:"system"`      // system: listed by pm list packages -s
	ThirdParty bool       `json:"third_party"` // third_party: listed by pm list packages -3
	Files      int64      `json:"files"`       // number of APK files; 0 if only data is left

	Paths  []record.Path `json:"paths,omitempty"`  // files/path
	MD5    []record.Hash `json:"md5,omitempty"`    // files/md5, as the phone computed it
	SHA1   []record.Hash `json:"sha1,omitempty"`   // files/sha1
	SHA256 []record.Hash `json:"sha256,omitempty"` // files/sha256
	SHA512 []record.Hash `json:"sha512,omitempty"` // files/sha512

	CertificateMD5    []record.Certificate `json:"certificate_md5,omitempty"`    // files/certificate/Md5
	CertificateSHA1   []record.Certificate `json:"certificate_sha1,omitempty"`   // files/certificate/Sha1
	CertificateSHA256 []record.Certificate `json:"certificate_sha256,omitempty"` // files/certificate/Sha256

	// Of the first file that has a certificate. Other certificates are in Extra.
	Subject    string      `json:"subject,omitempty"`    // certificate/Subject: distinguished name
	Issuer     string      `json:"issuer,omitempty"`     // certificate/Issuer: distinguished name
	Serial     string      `json:"serial,omitempty"`     // certificate/SerialNumber: decimal, of any size
	Algorithm  string      `json:"algorithm,omitempty"`  // certificate/SignatureAlgorithm
	NotBefore  record.Time `json:"not_before"`           // certificate/ValidFrom, UTC
	NotAfter   record.Time `json:"not_after"`            // certificate/ValidTo, UTC
	Verified   bool        `json:"verified,omitempty"`   // files/verified_certificate: the signature of the APK holds, of the first file with a certificate
	Recognised bool        `json:"recognised,omitempty"` // files/trusted_certificate: in AndroidQF's list of vendors, of the first file with a certificate

	Errors []string    `json:"errors,omitempty"` // files/error and files/certificate_error, with their paths
	Extra  []record.KV `json:"extra,omitempty"`  // other keys and further certificates, with their paths
}

// String implements [record.Data].
func (p packagesPackage) String() string {
	s := "package " + string(p.Name)
	if p.Installer != "" {
		s += " installed by " + string(p.Installer)
	}
	if p.Files == 0 {
		s += ", without files"
	}
	if p.Disabled {
		s += ", disabled"
	}
	return record.Line(s)
}

func packagesParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		for e, err := range from.Elements(in.File) {
			if err == nil && !e.IsObject() {
				err = fmt.Errorf("read package %d: it is no object", e.Number)
			}
			if err != nil {
				if !yield(record.Record{}, err) {
					return
				}
				continue
			}
			if !yield(in.Record(record.Origin{Row: e.Number, Offset: e.Offset}, packagesOne(e.JSON)), nil) {
				return
			}
		}
	}
}

func packagesOne(v from.JSON) packagesPackage {
	var p packagesPackage
	for key, v := range v.Members() {
		switch key {
		case "name":
			p.Name = record.App(v.Text())
		case "installer":
			p.Installer = record.App(v.Text())
		case "uid":
			if n, ok := v.Int(); ok {
				p.UID = &n
			} else {
				p.extra(key, v)
			}
		case "disabled":
			p.Disabled = v.Bool()
		case "system":
			p.System = v.Bool()
		case "third_party":
			p.ThirdParty = v.Bool()
		case "files":
			p.files(v)
		default:
			p.extra(key, v)
		}
	}
	p.Paths, p.MD5, p.SHA1, p.SHA256, p.SHA512 = packagesAny(p.Paths), packagesAny(p.MD5), packagesAny(p.SHA1), packagesAny(p.SHA256), packagesAny(p.SHA512)
	p.CertificateMD5, p.CertificateSHA1, p.CertificateSHA256 = packagesAny(p.CertificateMD5), packagesAny(p.CertificateSHA1), packagesAny(p.CertificateSHA256)
	return p
}

// packagesAny returns a list, or nil if all its values are empty.
func packagesAny[T ~string](list []T) []T {
	for _, v := range list {
		if v != "" {
			return list
		}
	}
	return nil
}

// extra keeps a value that has no field.
func (p *packagesPackage) extra(key string, v from.JSON) {
	if text := v.Text(); text != "" {
		p.Extra = append(p.Extra, record.KV{Key: key, Value: text})
	}
}

// files reads the list of APK files.
func (p *packagesPackage) files(list from.JSON) {
	var signer from.JSON
	for v := range list.Items() {
		place := "files/" + strconv.FormatInt(p.Files, 10) + "/"
		f := p.file(place, v)
		p.Files++
		p.Paths = append(p.Paths, record.Path(f.path))
		p.MD5, p.SHA1 = append(p.MD5, record.Hash(f.md5)), append(p.SHA1, record.Hash(f.sha1))
		p.SHA256, p.SHA512 = append(p.SHA256, record.Hash(f.sha256)), append(p.SHA512, record.Hash(f.sha512))
		c := packagesCertificate(f.certificate)
		p.CertificateMD5 = append(p.CertificateMD5, record.Certificate(c["Md5"].Text()))
		p.CertificateSHA1 = append(p.CertificateSHA1, record.Certificate(c["Sha1"].Text()))
		p.CertificateSHA256 = append(p.CertificateSHA256, record.Certificate(c["Sha256"].Text()))
		switch {
		case len(c) == 0 || string(f.certificate) == string(signer):
		case signer == nil:
			signer = f.certificate
			p.Verified, p.Recognised = f.verified, f.recognised
			p.signer(place+"certificate/", f.certificate)
		default:
			for key, v := range f.certificate.Members() {
				p.extra(place+"certificate/"+key, v)
			}
		}
	}
}

// packagesFile is what is read of one file before it is sorted into lists.
type packagesFile struct {
	path, md5, sha1, sha256, sha512 string
	certificate                     from.JSON
	verified, recognised            bool
}

// file reads one file; what has no list goes to Errors and Extra.
func (p *packagesPackage) file(place string, v from.JSON) (f packagesFile) {
	if !v.IsObject() {
		f.path = v.Text()
	}
	for key, v := range v.Members() {
		switch key {
		case "path":
			f.path = v.Text()
		case "md5":
			f.md5 = v.Text()
		case "sha1":
			f.sha1 = v.Text()
		case "sha256":
			f.sha256 = v.Text()
		case "sha512":
			f.sha512 = v.Text()
		case "certificate":
			f.certificate = v
		case "verified_certificate":
			f.verified = v.Bool()
		case "trusted_certificate":
			f.recognised = v.Bool()
		case "error", "certificate_error":
			if text := v.Text(); text != "" {
				p.Errors = append(p.Errors, place+key+": "+text)
			}
		default:
			p.extra(place+key, v)
		}
	}
	return f
}

// packagesCertificate returns the members of a certificate; none if it is the
// zero value, which stands for a certificate that was not read.
func packagesCertificate(v from.JSON) map[string]from.JSON {
	m := map[string]from.JSON{}
	for key, v := range v.Members() {
		m[key] = v
	}
	if m["Md5"].Text() == "" && m["Sha1"].Text() == "" && m["Sha256"].Text() == "" && m["Subject"].Text() == "" {
		return nil
	}
	return m
}

// signer reads the certificate that the package is signed with.
func (p *packagesPackage) signer(place string, v from.JSON) {
	for key, v := range v.Members() {
		switch key {
		case "Md5", "Sha1", "Sha256": // in lists
		case "Subject":
			p.Subject = v.Text()
		case "Issuer":
			p.Issuer = v.Text()
		case "SerialNumber":
			p.Serial = v.Text()
		case "SignatureAlgorithm":
			p.Algorithm = v.Text()
		case "ValidFrom":
			p.NotBefore = v.Time()
		case "ValidTo":
			p.NotAfter = v.Time()
		default:
			p.extra(place+key, v)
		}
	}
}
