package evidence

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"
)

// storedDir is put before a name once more where something else has its path.
const storedDir = "stored/"

// A layout says where the files of an Android acquisition lie on the device.
type layout struct {
	// own is the folder of the files that have no place on the device, by their
	// stored names.
	own string

	// device returns the path of a stored file on the device, false if it has
	// none; stored returns the names that the file at a path may have, of which
	// the first that is there has the path. Both are nil where all is own.
	device func(name string) (string, bool)
	stored func(path string) []string

	// alias has stored names by the path below own at which they are shown
	// instead; "" for entriesName is an empty file.
	alias map[string]string
}

// An androidFS presents the files of an outer in the paths of a layout. It
// holds no list of them.
type androidFS struct {
	o outer
	l layout
}

var (
	_ fs.StatFS    = (*androidFS)(nil)
	_ fs.ReadDirFS = (*androidFS)(nil)
	_ Walker       = (*androidFS)(nil)
	_ Lister       = (*androidFS)(nil)
)

// outerOf returns where the source of this file system is stored.
func (f *androidFS) outerOf() outer { return f.o }

// exists reports whether a file is stored under a name.
func (f *androidFS) exists(name string) bool {
	s, err := f.o.open(name)
	if err != nil {
		return false
	}
	s.Close()
	return true
}

// path returns where a stored file is shown: at its place on the device if no
// other file has it, else below the own folder.
func (f *androidFS) path(name string) string {
	own := f.l.own + "/"
	for at, target := range f.l.alias {
		if target == name {
			return own + at
		}
	}
	if f.l.device != nil {
		if at, ok := f.l.device(name); ok && fs.ValidPath(at) && at != f.l.own && !strings.HasPrefix(at, own) && f.first(at) == name {
			return at
		}
	}
	at := name
	for f.taken(at, name) {
		at = storedDir + at
	}
	return own + at
}

// first returns the stored file that has a path on the device.
func (f *androidFS) first(at string) string {
	names := f.l.stored(at)
	for i, name := range names {
		if i == len(names)-1 || f.exists(name) {
			return name
		}
	}
	return ""
}

// taken reports whether another file than name is shown at a path below own.
func (f *androidFS) taken(at, name string) bool {
	if _, aliased := f.l.alias[at]; aliased {
		return true
	}
	return at != name && f.exists(at)
}

// find returns the stored name of the file at a path, false if there is none.
func (f *androidFS) find(at string) (string, bool) {
	rest, own := strings.CutPrefix(at, f.l.own+"/")
	if !own {
		if f.l.stored == nil {
			return "", false
		}
		for _, name := range f.l.stored(at) {
			if f.exists(name) {
				return name, f.path(name) == at
			}
		}
		return "", false
	}
	if name, ok := f.l.alias[rest]; ok {
		return name, f.exists(name)
	}
	for name, more := rest, true; more; name, more = strings.CutPrefix(name, storedDir) {
		if f.exists(name) && f.path(name) == at {
			return name, true
		}
	}
	return "", false
}

// Open opens the file or folder at a device path.
func (f *androidFS) Open(at string) (fs.File, error) {
	fail := func(err error) (fs.File, error) { return nil, &fs.PathError{Op: "open", Path: at, Err: err} }
	if !fs.ValidPath(at) {
		return fail(fs.ErrInvalid)
	}
	if f.isEntries(at) {
		return emptyFile(at), nil
	}
	name, ok := f.find(at)
	if !ok {
		dir, err := f.dir(at)
		if errors.Is(err, fs.ErrNotExist) {
			if refused := f.refused(at); refused != nil {
				return fail(refused)
			}
		}
		return dir, err
	}
	s, err := f.o.open(name)
	if err != nil {
		return fail(err)
	}
	return &backupFile{
		SectionReader: io.NewSectionReader(s, 0, s.size),
		info:          fileInfo{name: path.Base(at), size: s.size, mode: 0o444, mod: s.mod},
		stored:        s, name: name,
	}, nil
}

// refused returns why the file at a path cannot be opened, such as a member that
// unpacks to far more than it stores; nil if there is none.
func (f *androidFS) refused(at string) error {
	var names []string
	if rest, own := strings.CutPrefix(at, f.l.own+"/"); own {
		names = []string{rest}
	} else if f.l.stored != nil {
		names = f.l.stored(at)
	}
	for _, name := range names {
		s, err := f.o.open(name)
		switch {
		case err == nil:
			s.Close()
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	return nil
}

// Stat describes the file or folder at a device path.
func (f *androidFS) Stat(at string) (fs.FileInfo, error) {
	file, err := f.Open(at)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return file.Stat()
}

// WalkFiles implements [Walker], in the order of the acquisition.
func (f *androidFS) WalkFiles(fn func(path string, size int64) error) error {
	if at := f.l.own + "/" + entriesName; f.isEntries(at) {
		if err := fn(at, 0); err != nil {
			return err
		}
	}
	return walkSizes(f.o, func(name string, size int64) error { return fn(f.path(name), size) })
}

// walkSizes calls fn with the name and size of each file of an outer; the size
// of one that cannot be opened is 0.
func walkSizes(o outer, fn func(name string, size int64) error) error {
	if z, ok := o.(sizer); ok {
		return z.walkSizes(fn)
	}
	return o.walk(func(name string) error {
		var size int64
		if s, err := o.open(name); err == nil {
			size = s.size
			s.Close()
		}
		return fn(name, size)
	})
}

// dir opens the folder at a path if there is something in it.
func (f *androidFS) dir(at string) (fs.File, error) {
	entries, err := f.ReadDir(at)
	if err != nil && len(entries) == 0 {
		return nil, err
	}
	return &androidDir{name: at, entries: entries}, nil
}

// ReadDir lists a folder in the order of names. It walks the acquisition.
func (f *androidFS) ReadDir(at string) ([]fs.DirEntry, error) {
	if !fs.ValidPath(at) {
		return nil, &fs.PathError{Op: "readdir", Path: at, Err: fs.ErrInvalid}
	}
	l := dirLister{name: at, children: make(map[string]fs.FileMode), exists: at == "."}
	if mark := f.l.own + "/" + entriesName; f.isEntries(mark) {
		_ = l.add(mark, 0)
	}
	err := f.o.walk(func(name string) error { return l.add(f.path(name), 0) })
	if !l.exists {
		if err == nil {
			err = fs.ErrNotExist
		}
		return nil, &fs.PathError{Op: "readdir", Path: at, Err: err}
	}
	entries := make([]fs.DirEntry, 0, len(l.children))
	for _, child := range sortedKeys(l.children) {
		entries = append(entries, androidEntry{f, path.Join(at, child), l.children[child]})
	}
	return entries, err
}

// An androidEntry is one entry of a folder.
type androidEntry struct {
	f    *androidFS
	path string
	mode fs.FileMode // type bits only
}

// Name implements [fs.DirEntry].
func (e androidEntry) Name() string { return path.Base(e.path) }

// IsDir implements [fs.DirEntry].
func (e androidEntry) IsDir() bool { return e.mode.IsDir() }

// Type implements [fs.DirEntry].
func (e androidEntry) Type() fs.FileMode { return e.mode.Type() }

// Info implements [fs.DirEntry].
func (e androidEntry) Info() (fs.FileInfo, error) {
	if e.mode.IsDir() {
		return dirInfo(e.path), nil
	}
	return e.f.Stat(e.path)
}

// An androidDir is an open folder.
type androidDir struct {
	name    string
	entries []fs.DirEntry
}

// Stat implements [fs.File].
func (d *androidDir) Stat() (fs.FileInfo, error) { return dirInfo(d.name), nil }

// Read implements [fs.File]; it always fails.
func (d *androidDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.name, Err: errors.New("is a folder")}
}

// Close implements [fs.File].
func (d *androidDir) Close() error { return nil }

// ReadDir implements [fs.ReadDirFile].
func (d *androidDir) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 {
		all := d.entries
		d.entries = nil
		return all, nil
	}
	if len(d.entries) == 0 {
		return nil, io.EOF
	}
	part := d.entries[:min(n, len(d.entries))]
	d.entries = d.entries[len(part):]
	return part, nil
}

// A single is an outer of one file.
type single struct {
	name   string
	src    io.ReaderAt
	size   int64
	closer io.Closer
}

func (s *single) open(name string) (*stored, error) {
	if name != s.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &stored{ReaderAt: s.src, size: s.size}, nil
}

func (s *single) walk(fn func(name string) error) error { return fn(s.name) }
func (s *single) notes() []Note                         { return nil }
func (s *single) sequential() bool                      { return false }
func (s *single) Close() error                          { return s.closer.Close() }
