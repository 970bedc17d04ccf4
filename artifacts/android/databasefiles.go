package android

import (
	"time"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// DatabaseFiles reads the files of the databases of apps.
var DatabaseFiles = artifact.Parser{
	ID:    "android.databasefiles",
	Title: lang.Text{EN: "Database files", FR: "Fichiers des bases de données"},
	Doc: `Android 9 and later print, for each running process, the files in the folders of its databases
with their sizes and times: change of the file system entry, of the content, and last reading.
They show when an app last wrote, also of apps whose files cannot be copied. Apps that do not
run at the time of the dump are not in it, and older versions of Android print none.`,
	Inputs: from.Dumpsys("dbinfo"),
	Record: databasefilesFile{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/core/java/android/database/sqlite/SQLiteDatabase.java",
	},
	Parse: from.Dump(dumpsys.DBFiles, databasefilesRow),
}

// databasefilesFile is one file.
type databasefilesFile struct {
	Path     record.Path `json:"path"`     // of the file, as dumpsys prints it
	Size     int64       `json:"size"`     // bytes
	Modified record.Time `json:"modified"` // mtime: change of the content, UTC
	Changed  record.Time `json:"changed"`  // ctime: change of the entry, UTC
	Accessed record.Time `json:"accessed"` // atime: last reading, UTC; many systems do not keep it exactly
}

// String implements [record.Data].
func (f databasefilesFile) String() string { return record.Line("database file " + string(f.Path)) }

func databasefilesRow(f dumpsys.DBFile) (int, record.Data) {
	return f.Line, databasefilesFile{record.Path(f.Path), f.Size, databasefilesTime(f.Modified), databasefilesTime(f.Changed), databasefilesTime(f.Accessed)}
}

// databasefilesTime returns a time that is printed in UTC.
func databasefilesTime(t time.Time) record.Time {
	if t.IsZero() {
		return record.Time{}
	}
	return record.Time{Time: t, Rule: record.AsText}
}
