package android

import (
	"context"
	"fmt"
	"iter"
	"path"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// BackupFiles lists the files of a backup.
var BackupFiles = artifact.Parser{
	ID:    "android.backupfiles",
	Title: lang.Text{EN: "Files of a backup", FR: "Fichiers d’une sauvegarde"},
	Doc: `Each file that a backup holds, with its place on the phone, its size and when it was
last changed, as the archive within the backup says. Files of shared storage, such as
downloads, are there only if the backup was asked for them.

Names and times show apps that were downloaded, or traces in the folders of an app
whose data is in the backup. Caches and what an app excludes are never there.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.AndroidBackup, Glob: "data/**/*"},
		{Kinds: evidence.AndroidBackup, Glob: "backup/**/*"},
	},
	Record: backupFilesFile{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/core/java/android/app/backup/FullBackup.java",
	},
	Parse: backupFilesParse,
}

// backupFilesFile is one regular file.
type backupFilesFile struct {
	Modified record.Time `json:"modified"`      // time of the last change, seconds since 1970 UTC
	Path     record.Path `json:"path"`          // on the phone; what lies nowhere there is below "backup"
	App      record.App  `json:"app,omitempty"` // package in whose folder it lies
	Size     int64       `json:"size"`          // bytes
}

// String implements [record.Data].
func (f backupFilesFile) String() string {
	return record.Line(fmt.Sprintf("%s, %d bytes", f.Path, f.Size))
}

func backupFilesParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		f := backupFilesFile{Path: record.Path("/" + in.Path), App: backupFilesApp(in.Path), Size: in.Size}
		info, err := in.File.Stat()
		if err != nil {
			if !yield(record.Record{}, fmt.Errorf("read times: %w", err)) {
				return
			}
		} else if t := info.ModTime(); !t.IsZero() && t.Unix() != 0 {
			f.Modified = record.Time{Time: t.UTC(), Rule: record.UnixSec, Raw: t.Unix()}
		}
		yield(in.Record(record.Origin{Table: "archive"}, f), nil)
	}
}

// backupFilesApp returns the package in whose folder a file lies, "" for none.
func backupFilesApp(file string) record.App {
	for _, before := range []string{"data/data/", "data/user_de/0/", "data/app/", "data/media/0/Android/data/", "data/media/0/Android/obb/", "backup/apps/"} {
		if rest, ok := strings.CutPrefix(file, before); ok {
			if app, _, ok := strings.Cut(rest, "/"); ok && path.Clean(app) == app {
				return record.App(app)
			}
		}
	}
	return ""
}
