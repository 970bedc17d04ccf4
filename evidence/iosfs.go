package evidence

import (
	"errors"
	"hash/maphash"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// A mount says that the files below a folder of an acquisition lie below a
// folder of the device. Both end in a slash or are "" for the root.
type mount struct {
	stored string
	device string
}

// An iosFS presents the files of an outer in device paths, by its mounts. What
// lies below none of them is shown below own, by its stored name.
type iosFS struct {
	o       outer
	mounts  []mount // where two have a file of one path, the first is shown there
	own     string
	listing bool // EntriesPath is shown

	// folders has the folders with files, of an archive; nil where the outer
	// finds files quickly by itself.
	folders *folderSet
	seed    maphash.Seed
}

var (
	_ fs.StatFS    = (*iosFS)(nil)
	_ fs.ReadDirFS = (*iosFS)(nil)
	_ Walker       = (*iosFS)(nil)
	_ Lister       = (*iosFS)(nil)
)

// newIOSFS returns the file system of an outer, which it walks if that is an
// archive.
func newIOSFS(o outer, own string, mounts ...mount) *iosFS {
	f := &iosFS{o: o, own: own, mounts: mounts, seed: maphash.MakeSeed()}
	if isFolder(o) {
		return f
	}
	f.folders = new(folderSet)
	last := ""
	_ = o.walk(func(name string) error { // what cannot be listed is in the notes
		if dir := path.Dir(f.path(name)); dir != last {
			f.folders.add(f.seed, dir)
			last = dir
		}
		return nil
	})
	return f
}

// isFolder reports whether an outer lies on disk as files.
func isFolder(o outer) bool {
	_, _, ok := onDisk(o)
	return ok
}

// outerOf returns where the source of this file system is stored.
func (f *iosFS) outerOf() outer { return f.o }

// beside is put before a stored name that would be that of the listing.
const beside = "stored/"

// path returns where a stored file is shown.
func (f *iosFS) path(name string) string {
	for i, m := range f.mounts {
		rest, ok := strings.CutPrefix(name, m.stored)
		if !ok {
			continue
		}
		at := m.device + rest
		if !fs.ValidPath(at) || at == f.own || strings.HasPrefix(at, f.own+"/") && m.device == "" || f.shadowed(i, at) {
			break
		}
		return at
	}
	if f.own+"/"+name == EntriesPath {
		name = beside + name
	}
	return f.own + "/" + name
}

// shadowed reports whether a mount before the i-th has a file of the path.
func (f *iosFS) shadowed(i int, at string) bool {
	for _, m := range f.mounts[:i] {
		if rest, ok := strings.CutPrefix(at, m.device); ok && f.exists(m.stored+rest) {
			return true
		}
	}
	return false
}

func (f *iosFS) exists(name string) bool {
	s, err := f.o.open(name)
	if err != nil {
		return false
	}
	s.Close()
	return true
}

// find returns the stored name of the file at a path, false if there is none.
func (f *iosFS) find(at string) (string, bool) {
	if f.folders != nil && !f.folders.maybe(f.seed, path.Dir(at)) {
		return "", false
	}
	for _, m := range f.mounts {
		if rest, ok := strings.CutPrefix(at, m.device); ok && f.path(m.stored+rest) == at && f.exists(m.stored+rest) {
			return m.stored + rest, true
		}
	}
	rest, ok := strings.CutPrefix(at, f.own+"/")
	if !ok {
		return "", false
	}
	for _, name := range []string{rest, strings.TrimPrefix(rest, beside)} {
		if f.path(name) == at && f.exists(name) {
			return name, true
		}
	}
	return "", false
}

// Open opens the file or folder at a device path.
func (f *iosFS) Open(at string) (fs.File, error) {
	fail := func(err error) (fs.File, error) { return nil, &fs.PathError{Op: "open", Path: at, Err: err} }
	if !fs.ValidPath(at) {
		return fail(fs.ErrInvalid)
	}
	if f.listing && at == EntriesPath {
		return &backupFile{
			SectionReader: io.NewSectionReader(strings.NewReader(""), 0, 0),
			info:          fileInfo{name: path.Base(at), mode: 0o444},
			stored:        &stored{ReaderAt: strings.NewReader("")}, name: at,
		}, nil
	}
	name, ok := f.find(at)
	if !ok {
		entries, err := f.ReadDir(at)
		if err != nil {
			return nil, err
		}
		return &androidDir{name: at, entries: entries}, nil
	}
	s, err := f.o.open(name)
	if err != nil {
		return fail(err)
	}
	return &backupFile{
		SectionReader: io.NewSectionReader(s, 0, s.size),
		info:          fileInfo{name: path.Base(at), size: s.size, mode: 0o444, mod: s.changed()},
		stored:        s, name: name,
	}, nil
}

// Stat describes the file or folder at a device path.
func (f *iosFS) Stat(at string) (fs.FileInfo, error) {
	file, err := f.Open(at)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return file.Stat()
}

// WalkFiles implements [Walker], in the order of the acquisition. Files that a
// Mac adds to copies are left out.
func (f *iosFS) WalkFiles(fn func(path string, size int64) error) error {
	if f.listing {
		if err := fn(EntriesPath, 0); err != nil {
			return err
		}
	}
	return walkSizes(f.o, func(name string, size int64) error {
		if isAppleDouble(name) {
			return nil
		}
		return fn(f.path(name), size)
	})
}

// isAppleDouble reports whether a file is one that a Mac adds to copies: the
// attributes of another file, or the look of a folder.
func isAppleDouble(name string) bool {
	base := path.Base(name)
	return strings.HasPrefix(base, "._") || base == ".DS_Store" || strings.HasPrefix(name, "__MACOSX/") || strings.Contains(name, "/__MACOSX/")
}

// ReadDir lists a folder in the order of names.
func (f *iosFS) ReadDir(at string) ([]fs.DirEntry, error) {
	absent := &fs.PathError{Op: "readdir", Path: at, Err: fs.ErrNotExist}
	if !fs.ValidPath(at) {
		return nil, &fs.PathError{Op: "readdir", Path: at, Err: fs.ErrInvalid}
	}
	if f.folders != nil && at != "." && !f.folders.maybe(f.seed, at) {
		return nil, absent
	}
	if f.folders == nil && at != "." && !f.mayBeFolder(at) {
		return nil, absent
	}
	l := dirLister{name: at, children: make(map[string]fs.FileMode), exists: at == "."}
	err := f.WalkFiles(func(name string, _ int64) error { return l.add(name, 0) })
	if !l.exists {
		return nil, errors.Join(absent, err)
	}
	entries := make([]fs.DirEntry, 0, len(l.children))
	for _, child := range sortedKeys(l.children) {
		entries = append(entries, iosEntry{f, path.Join(at, child), l.children[child]})
	}
	return entries, err
}

// mayBeFolder reports whether a path may be a folder of an acquisition that is
// one on disk.
func (f *iosFS) mayBeFolder(at string) bool {
	candidates := []string{strings.TrimPrefix(at, f.own+"/")}
	for _, m := range f.mounts {
		if rest, ok := strings.CutPrefix(at, m.device); ok {
			candidates = append(candidates, m.stored+rest)
		}
		if strings.HasPrefix(m.device, at+"/") {
			return true
		}
	}
	return at == f.own || slices.ContainsFunc(candidates, func(name string) bool { return isDirOn(f.o, name) })
}

// isDirOn reports whether a folder of that name lies in an outer on disk.
func isDirOn(o outer, name string) bool {
	d, prefix, ok := onDisk(o)
	name = path.Clean(prefix + name)
	if !ok || !fs.ValidPath(name) {
		return false
	}
	info, err := d.root.Lstat(name)
	return err == nil && info.IsDir()
}

// An iosEntry is one entry of a folder.
type iosEntry struct {
	f    *iosFS
	path string
	mode fs.FileMode // type bits only
}

// Name implements [fs.DirEntry].
func (e iosEntry) Name() string { return path.Base(e.path) }

// IsDir implements [fs.DirEntry].
func (e iosEntry) IsDir() bool { return e.mode.IsDir() }

// Type implements [fs.DirEntry].
func (e iosEntry) Type() fs.FileMode { return e.mode.Type() }

// Info implements [fs.DirEntry].
func (e iosEntry) Info() (fs.FileInfo, error) {
	if e.mode.IsDir() {
		return dirInfo(e.path), nil
	}
	return e.f.Stat(e.path)
}

// An entryLister is an outer that knows folders, links, owners and times.
type entryLister interface {
	// entries calls fn with each entry, of which Path is not set.
	entries(fn func(*Entry) error) error
}

// Entries implements [Lister]. Files that a Mac adds to copies are among them.
func (f *iosFS) Entries(fn func(*Entry) error) error {
	l, ok := f.o.(entryLister)
	if !ok {
		return f.fileEntries(fn)
	}
	err := l.entries(func(e *Entry) error {
		e.Path = f.entryPath(e)
		return fn(e)
	})
	if errors.Is(err, ErrNoEntries) {
		return f.fileEntries(fn)
	}
	return err
}

// entryPath returns where an entry lies on the device. Folders have no file
// that could be shadowed.
func (f *iosFS) entryPath(e *Entry) string {
	if !e.Mode.IsDir() {
		return f.path(e.Stored)
	}
	for _, m := range f.mounts {
		if rest, ok := strings.CutPrefix(e.Stored+"/", m.stored); ok {
			return path.Clean(m.device + rest)
		}
		if e.Stored == "." && m.stored == "" {
			return path.Clean(m.device + ".")
		}
	}
	return path.Join(f.own, e.Stored)
}

// fileEntries lists the files of an outer that knows no more of them.
func (f *iosFS) fileEntries(fn func(*Entry) error) error {
	return walkSizes(f.o, func(name string, size int64) error {
		return fn(&Entry{Path: f.path(name), Stored: name, Size: size, UID: -1, GID: -1, Offset: -1})
	})
}

// seconds returns a time that is stored in seconds, or with a fraction.
func seconds(t time.Time) EntryTime {
	if t.IsZero() || t.Unix() == 0 {
		return EntryTime{}
	}
	step := time.Second
	if t.Nanosecond() != 0 {
		step = time.Nanosecond
	}
	return EntryTime{Time: t.UTC(), Step: step}
}
