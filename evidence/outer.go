package evidence

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"
)

// An outer is the folder or archive in which an acquisition lies, with the
// names that files have there: slash-separated, relative, without "." or "..".
// It is safe for concurrent use.
type outer interface {
	// open opens a regular file. The error matches fs.ErrNotExist if there is
	// none of that name.
	open(name string) (*stored, error)

	// walk calls fn with the name of each regular file, in an order that is the
	// same each time, and returns the first error of fn. What cannot be listed
	// is joined to the result, and what is refused is counted in notes.
	walk(fn func(name string) error) error

	// notes says what was met that is no regular file with a usable name. It
	// is complete after a walk.
	notes() []Note

	// sequential reports whether reading files out of the order of walk is
	// much slower than reading them in it.
	sequential() bool

	io.Closer
}

// A sizer is an outer that knows the sizes of its files without opening them.
type sizer interface {
	// walkSizes is walk, with the sizes that the outer claims.
	walkSizes(fn func(name string, size int64) error) error
}

// A stored is an open file of an [outer].
type stored struct {
	io.ReaderAt
	size  int64
	mod   time.Time    // of the last change, as a tar archive records it; else zero
	close func() error // nil if there is nothing to close

	modified EntryTime // of the last change, as a zip archive records it; else zero

	notes []Note
	late  func() []Note // what reading has shown; nil if it shows nothing
}

// changed returns when the file was last changed, as far as the archive records an
// instant; else zero.
func (s *stored) changed() time.Time {
	if s.mod.IsZero() && !s.modified.Local {
		return s.modified.Time
	}
	return s.mod
}

// allNotes returns the notes, also those that reading has added so far.
func (s *stored) allNotes() []Note {
	if s.late == nil {
		return s.notes
	}
	return append(s.notes[:len(s.notes):len(s.notes)], s.late()...)
}

// Close releases the file.
func (s *stored) Close() error {
	if s.close == nil {
		return nil
	}
	return s.close()
}

// reader returns the content from its start.
func (s *stored) reader() io.Reader { return io.NewSectionReader(s, 0, s.size) }

// errNotRegular says that a name is a folder, a link or a device.
var errNotRegular = errors.New("not a regular file")

// cleanName returns the form in which an archive's name for a member is used,
// without the slash of an absolute one, and false if the member is refused: leaving
// the archive, with an empty element, a backslash, a NUL, or longer than any file system takes.
func cleanName(name string) (string, bool) {
	const maxName = 4096
	if len(name) > maxName || strings.ContainsAny(name, "\x00\\") {
		return "", false
	}
	name = strings.TrimPrefix(name, "/")
	for strings.HasPrefix(name, "./") {
		name = name[2:]
	}
	name = strings.TrimSuffix(name, "/")
	if name == "" || name == "." {
		return ".", true
	}
	if path.IsAbs(name) || path.Clean(name) != name || name == ".." || strings.HasPrefix(name, "../") {
		return "", false
	}
	return name, true
}

// maxRefusals bounds the notes kept about refused members of one outer.
const maxRefusals = 20

// A refusals counts what was met and not used, by reason.
type refusals struct {
	list []Note
	more map[string]int64 // by code, beyond the list

	absolute int64  // members whose names begin with a slash
	rooted   string // the first of them
}

// name notes a member whose name is used, if it begins with a slash: tar writes such
// names when told so, as for the file system of a phone.
func (r *refusals) name(name string) {
	if !strings.HasPrefix(name, "/") {
		return
	}
	if r.absolute++; r.absolute == 1 {
		r.rooted = name
	}
}

// add notes that the stored file name was refused for the reason code.
func (r *refusals) add(code, name, detail string) {
	if len(r.list) < maxRefusals {
		r.list = append(r.list, Note{Code: code, Path: name, Detail: detail, Count: 1})
		return
	}
	if r.more == nil {
		r.more = make(map[string]int64)
	}
	r.more[code]++
}

// all returns the notes, with one more for each code that was cut.
func (r *refusals) all() []Note {
	notes := append([]Note(nil), r.list...)
	for _, code := range sortedKeys(r.more) {
		notes = append(notes, Note{Code: code, Detail: "further files, not listed", Count: r.more[code]})
	}
	if r.absolute > 0 {
		notes = append(notes, Note{Code: "name-absolute", Path: r.rooted, Detail: "names that begin with a slash, the first of which is named", Count: r.absolute})
	}
	return notes
}

// A sub is the part of an outer below one folder.
type sub struct {
	outer
	prefix string    // ends with a slash
	closer io.Closer // to be closed instead of the outer; nil for that
}

// Close closes the outer, or releases it where others use it.
func (s *sub) Close() error {
	if s.closer != nil {
		return s.closer.Close()
	}
	return s.outer.Close()
}

// within returns the part of o below dir, and o itself for ".".
func within(o outer, dir string) outer {
	if dir == "." {
		return o
	}
	return &sub{outer: o, prefix: dir + "/"}
}

func (s *sub) open(name string) (*stored, error) { return s.outer.open(s.prefix + name) }

func (s *sub) walk(fn func(name string) error) error {
	if d, ok := s.outer.(*folder); ok {
		return d.walkBelow(strings.TrimSuffix(s.prefix, "/"), func(name string) error {
			return fn(strings.TrimPrefix(name, s.prefix))
		})
	}
	return s.outer.walk(func(name string) error {
		if rest, ok := strings.CutPrefix(name, s.prefix); ok {
			return fn(rest)
		}
		return nil
	})
}

// walkSizes implements [sizer].
func (s *sub) walkSizes(fn func(name string, size int64) error) error {
	if d, ok := s.outer.(*folder); ok {
		return d.list(strings.TrimSuffix(s.prefix, "/"), func(name string, e fs.DirEntry) error {
			return fn(strings.TrimPrefix(name, s.prefix), entrySize(e))
		})
	}
	z, ok := s.outer.(sizer)
	if !ok {
		return s.walk(func(name string) error {
			var size int64
			if f, err := s.open(name); err == nil {
				size = f.size
				f.Close()
			}
			return fn(name, size)
		})
	}
	return z.walkSizes(func(name string, size int64) error {
		if rest, ok := strings.CutPrefix(name, s.prefix); ok {
			return fn(rest, size)
		}
		return nil
	})
}
