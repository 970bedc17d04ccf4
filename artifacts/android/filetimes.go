package android

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// FileTimes reads the times of the files that a bug report copied.
var FileTimes = artifact.Parser{
	ID:    "android.filetimes",
	Title: lang.Text{EN: "Times of files of the phone", FR: "Dates des fichiers du téléphone"},
	Doc: `A bug report holds copies of files of the phone: crashes, ANRs, logs of updates, mounts of
processes. Its archive records when each was changed last, by the clock of the phone and
to two seconds; archives that were packed again can have other times, or times in UTC.
A crash or an update that nothing else dates is dated so. Files of /proc are made when they
are first asked for. A folder into which a bug report was unpacked has no such times, and
those of logs that AndroidQF copies are of the acquisition.`,
	Inputs: []artifact.Pattern{{Kinds: evidence.AndroidBugreport, Glob: evidence.ReportEntriesPath}},
	Record: filetimesFile{},
	Refs: []string{"https://android.googlesource.com/platform/frameworks/native/+/refs/heads/main/cmds/dumpstate/dumpstate.cpp",
		"https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT"},
	Parse: filetimesParse,
}

// filetimesFile is one file that was copied from the phone.
type filetimesFile struct {
	Modified record.WallTime `json:"modified"` // last modification in the archive: clock of the phone, in steps of two seconds
	Instant  record.Time     `json:"instant"`  // instead of Modified, if the archive has it in UTC
	File     record.Path     `json:"file"`     // path on the phone
	Size     int64           `json:"size"`     // bytes
}

// String implements [record.Data].
func (f filetimesFile) String() string { return record.Line(string("file " + f.File + " changed")) }

// filetimesStop ends the list early.
var filetimesStop = errors.New("no more is wanted")

func filetimesParse(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		n := int64(0)
		err := in.Source.Entries(func(e *evidence.Entry) error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			n++
			if strings.HasPrefix(e.Path, "bugreport/") || e.Modified.IsZero() {
				return nil // written by dumpstate, or without a time
			}
			f := filetimesFile{File: record.Path("/" + e.Path), Size: e.Size}
			if e.Modified.Local {
				f.Modified = record.WallTime{Time: e.Modified.Time}
			} else {
				f.Instant = record.Time{Time: e.Modified.Time, Rule: record.AsText, Zone: record.RecordedUTC}
			}
			at := record.Origin{Path: e.Path, Row: n}
			if e.Stored != e.Path { // the row is the number of the member
				at.Stored = e.Stored
			}
			if !yield(in.Record(at, f), nil) {
				return filetimesStop
			}
			return nil
		})
		if err != nil && err != filetimesStop {
			yield(record.Record{}, fmt.Errorf("list files: %w", err))
		}
	}
}
