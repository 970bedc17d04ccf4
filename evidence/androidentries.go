package evidence

import (
	"bytes"
	"io"
	"io/fs"
	"path"
	"time"
)

// ReportEntriesPath is the path of an empty file in sources of kind
// [AndroidBugreport] that are archives with times. A parser of the times of its files takes it as its input,
// and calls [Source.Entries] of the input's source.
const ReportEntriesPath = reportDir + "/entries"

// holdsTimes reports whether an outer records when its files were changed. A
// folder shows times of the copy.
func holdsTimes(o outer) bool {
	switch o := o.(type) {
	case *sub:
		return holdsTimes(o.outer)
	case *zipOuter, *tarOuter:
		return true
	}
	return false
}

// Entries implements [Lister], with the regular files only; owner and mode are
// not known, and of a folder no times.
func (f *androidFS) Entries(fn func(*Entry) error) error {
	return f.o.walk(func(name string) error {
		e := Entry{Path: f.path(name), Stored: name, UID: -1, GID: -1, Offset: -1}
		if s, err := f.o.open(name); err == nil {
			e.Size, e.Modified = s.size, s.modified
			if !s.mod.IsZero() {
				e.Modified = EntryTime{Time: s.mod.UTC(), Step: time.Second}
			}
			s.Close()
		}
		return fn(&e)
	})
}

// Entries implements [Lister] for what the texts lie in.
func (f *sectionFS) Entries(fn func(*Entry) error) error {
	l, ok := f.FS.(Lister)
	if !ok {
		return ErrNoEntries
	}
	return l.Entries(fn)
}

// entriesName is the path below the own folder of a layout at which its alias
// shows an empty file that stands for the list of files.
const entriesName = "entries"

// isEntries reports whether a path is that of the empty file.
func (f *androidFS) isEntries(at string) bool {
	target, ok := f.l.alias[entriesName]
	return ok && target == "" && at == f.l.own+"/"+entriesName
}

// emptyFile returns an open file without content.
func emptyFile(at string) fs.File {
	nothing := bytes.NewReader(nil)
	return &backupFile{
		SectionReader: io.NewSectionReader(nothing, 0, 0), info: fileInfo{name: path.Base(at), mode: 0o444},
		stored: &stored{ReaderAt: nothing}, name: at,
	}
}
