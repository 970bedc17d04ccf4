package android

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"iter"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/androidbackup"
	"github.com/vigie-project/vigie/format/certificate"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// BackupApps reads which apps a backup has data of.
var BackupApps = artifact.Parser{
	ID:    "android.backupapps",
	Title: lang.Text{EN: "Apps of a backup", FR: "Apps d’une sauvegarde"},
	Doc: `Before the data of an app, Android writes a manifest into the backup: its version,
which app installed it, and the certificates with which it is signed. That is enough
to recognise a known app, and one that bears the name of another and was signed by
somebody else.

An app is in a backup only if it allows that, and from Android 12 on hardly any does.
This is no list of the apps on the phone, and what is missing here tells nothing.`,
	Inputs: []artifact.Pattern{{Kinds: evidence.AndroidBackup, Glob: "backup/apps/*/_manifest"}},
	Record: backupAppsApp{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/backup/java/com/android/server/backup/fullbackup/AppMetadataBackupWriter.java",
	},
	Parse: backupAppsParse,
}

// backupAppsApp is one manifest, of which each line is a value.
type backupAppsApp struct {
	App         record.App           `json:"app"`               // line 2: package name
	VersionCode int64                `json:"version_code"`      // line 3
	SDK         int64                `json:"sdk"`               // line 4: API level of the phone
	Installer   record.App           `json:"installer"`         // line 5: package that installed the app; empty if none is recorded
	APK         bool                 `json:"apk"`               // line 6: the app itself is in the backup
	SHA256      []record.Certificate `json:"sha256"`            // of the signing certificates, in their order
	SHA1        []record.Certificate `json:"sha1"`              // the same
	MD5         []record.Certificate `json:"md5"`               // the same
	Subjects    []string             `json:"subjects"`          // the same: distinguished names, "" for one that cannot be read
	Problem     string               `json:"problem,omitempty"` // why the content of a certificate could not be read
}

// String implements [record.Data].
func (a backupAppsApp) String() string {
	s := fmt.Sprintf("%s, version code %d", a.App, a.VersionCode)
	if a.Installer != "" {
		s += ", installed by " + string(a.Installer)
	}
	return record.Line(s)
}

// backupAppsMax is more than a manifest may have, in bytes.
const backupAppsMax = 1<<20 + 1

func backupAppsParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		data, err := io.ReadAll(io.NewSectionReader(in.File, 0, min(in.Size, backupAppsMax)))
		if err != nil {
			yield(record.Record{}, err)
			return
		}
		m, err := androidbackup.ParseManifest(data)
		if err != nil && !yield(record.Record{}, err) || m.Package == "" {
			return
		}
		a := backupAppsApp{App: record.App(m.Package), VersionCode: m.VersionCode, SDK: int64(m.SDK), Installer: record.App(m.Installer), APK: m.APK}
		for _, der := range m.Signers {
			c, err := certificate.Parse(der)
			if err != nil {
				a.Problem = err.Error()
			}
			sum := md5.Sum(der)
			a.SHA256 = append(a.SHA256, record.Certificate(c.SHA256))
			a.SHA1 = append(a.SHA1, record.Certificate(c.SHA1))
			a.MD5 = append(a.MD5, record.Certificate(hex.EncodeToString(sum[:])))
			a.Subjects = append(a.Subjects, c.Subject)
		}
		yield(in.Record(record.Origin{Row: 1}, a), nil)
	}
}
