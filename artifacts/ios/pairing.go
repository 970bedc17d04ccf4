package ios

import (
	"encoding/pem"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/certificate"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Pairing reads which computers the phone trusts, and the state that lockdownd shows them.
var Pairing = artifact.Parser{
	ID:    "ios.pairing",
	Title: lang.Text{EN: "Trusted computers", FR: "Ordinateurs de confiance"},
	Doc: `Each computer that the owner told the phone to trust has a pairing record on it, and
can then read much of the phone: a forensic station or a stalker's computer as well as
the owner's. lockdownd keeps them in pair_records, its own settings (device name, last
computer, setup state) in data_ark.plist, and in a backup the dates of pairing in
com.apple.mobile.ldpair.plist. Records go when network or privacy settings are reset
and, since iOS 11, after 30 days without use. Private keys in them are not read.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Preferences/com.apple.mobile.ldpair.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/root/Library/Lockdown/data_ark.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/root/Library/Lockdown/pair_records/*.plist"},
	},
	Record: pairingFact{},
	Refs:   []string{"https://support.apple.com/109054", "https://libimobiledevice.org"},
	Parse:  from.Settings(pairingRow),
}

// pairingFact is one key of one of the files.
type pairingFact struct {
	File        string             `json:"file"`                  // name of the file without .plist; of a pairing record the identifier of the computer
	Key         string             `json:"key"`                   // such as HostID, SystemBUID, -DeviceName
	Value       record.Text        `json:"value,omitempty"`       // of a key with a single value; "not read" for private keys
	Values      []record.KV        `json:"values,omitempty"`      // of a key with a list or dictionary: paths in it and values
	Certificate record.Certificate `json:"certificate,omitempty"` // SHA-256, if the value is a certificate
	Time        record.Time        `json:"time"`                  // the value, if it is a date (UTC) or seconds since 1970 or 2001 under a key that says so
}

// String implements [record.Data].
func (p pairingFact) String() string {
	return record.Line(p.File + ": " + from.SettingLine(p.Key, string(p.Value), p.Values))
}

func pairingRow(s from.Setting) pairingFact {
	p := pairingFact{File: s.File, Key: s.Key, Time: s.Time}
	if strings.HasSuffix(s.Key, "PrivateKey") || s.Key == "EscrowBag" {
		p.Value = "not read"
		return p
	}
	p.Value, p.Values = record.Text(s.Value), s.Values
	if data := s.Plist.Data(); strings.HasSuffix(s.Key, "Certificate") && len(data) > 0 && len(data) <= certificate.MaxSize {
		if block, _ := pem.Decode(data); block != nil {
			data = block.Bytes
		}
		c, _ := certificate.Parse(data) // the digest is there in any case
		p.Certificate = record.Certificate(c.SHA256)
	}
	whole := s.Plist.Kind() == plist.Int
	switch unix := strings.Contains(s.Key, "TimeIntervalSince1970"); {
	case !whole && s.Plist.Kind() != plist.Real || !unix && !strings.HasSuffix(s.Key, "Date"):
	case unix && whole:
		p.Time = epoch.Unix(s.Plist.Int())
	case unix:
		p.Time = epoch.UnixReal(s.Plist.Float())
	case whole:
		p.Time = epoch.Cocoa(s.Plist.Int())
	default:
		p.Time = epoch.CocoaReal(s.Plist.Float())
	}
	return p
}
