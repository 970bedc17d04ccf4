package evidence

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// maxDirEntries bounds what is listed of one folder.
const maxDirEntries = 1 << 20

// dir returns the folder at a device path if anything is known below it.
func (f *backupFS) dir(name string) (fs.File, error) {
	switch {
	case name == ".", name == ownDir, name == "private", name == "private/var":
		return &backupDir{f: f, name: name}, nil
	}
	var found bool
	var err error
	if f.b.index.mayHold(name) {
		found, err = f.holds(name)
	}
	if !found && strings.HasPrefix(name, ownDir+"/") {
		found = slices.ContainsFunc(f.b.inv.extras, func(own string) bool { return strings.HasPrefix(ownDir+"/"+own, name+"/") })
	}
	if found {
		return &backupDir{f: f, name: name}, nil
	}
	if err != nil {
		return nil, err
	}
	return nil, fs.ErrNotExist
}

// holds reports whether the manifest lists a folder, or something below it.
func (f *backupFS) holds(name string) (found bool, err error) {
	_, err = f.b.cat.rows(context.Background(), func(e *entry) error {
		at := f.b.index.path(e)
		if _, below := cutRoot(at, name); below && (at != name || e.flags == flagDir) {
			found = true
			return errStop
		}
		return nil
	})
	return found, err
}

// ReadDir lists a folder in the order of names.
func (f *backupFS) ReadDir(name string) ([]fs.DirEntry, error) {
	fail := func(err error) ([]fs.DirEntry, error) {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: err}
	}
	if !fs.ValidPath(name) {
		return fail(fs.ErrInvalid)
	}
	l := dirLister{name: name, children: make(map[string]fs.FileMode), exists: name == "." || name == ownDir}
	for _, own := range f.b.inv.extras {
		if err := l.add(ownDir+"/"+own, 0); err != nil {
			return fail(err)
		}
	}
	bad, err := f.b.cat.rows(context.Background(), func(e *entry) error {
		mode := fs.FileMode(0)
		switch e.flags {
		case flagDir:
			mode = fs.ModeDir
		case flagLink:
			mode = fs.ModeSymlink
		}
		return l.add(f.b.index.path(e), mode)
	})
	if err != nil {
		return fail(err)
	}
	if !l.exists {
		return fail(fs.ErrNotExist)
	}
	entries := make([]fs.DirEntry, 0, len(l.children))
	for _, child := range sortedKeys(l.children) {
		entries = append(entries, backupDirEntry{f, path.Join(name, child), l.children[child]})
	}
	return entries, errors.Join(bad.errs...)
}

// A dirLister collects the children of one folder from the paths of all files.
type dirLister struct {
	name     string
	children map[string]fs.FileMode // type by name
	exists   bool                   // something is the folder or lies below it
}

// add takes the file or folder at a path into account.
func (l *dirLister) add(at string, mode fs.FileMode) error {
	rest, below := at, true
	if l.name != "." {
		rest, below = cutRoot(at, l.name)
	}
	if !below {
		return nil
	}
	if rest == "" {
		l.exists = l.exists || mode.IsDir()
		return nil
	}
	l.exists = true
	child, _, deeper := strings.Cut(rest, "/")
	if deeper {
		mode = fs.ModeDir
	}
	if old, ok := l.children[child]; ok && !old.IsDir() {
		return nil // a file keeps its name
	}
	if len(l.children) == maxDirEntries {
		return fmt.Errorf("more than %d files in a folder", maxDirEntries)
	}
	l.children[child] = mode
	return nil
}

// A backupDirEntry is one entry of a folder.
type backupDirEntry struct {
	f    *backupFS
	path string
	mode fs.FileMode // type bits only
}

// Name implements [fs.DirEntry].
func (e backupDirEntry) Name() string { return path.Base(e.path) }

// IsDir implements [fs.DirEntry].
func (e backupDirEntry) IsDir() bool { return e.mode.IsDir() }

// Type implements [fs.DirEntry].
func (e backupDirEntry) Type() fs.FileMode { return e.mode.Type() }

// Info implements [fs.DirEntry]. It opens the file to learn its true size.
func (e backupDirEntry) Info() (fs.FileInfo, error) {
	if e.mode.IsDir() {
		return dirInfo(e.path), nil
	}
	return e.f.Stat(e.path)
}

func dirInfo(name string) fileInfo {
	return fileInfo{name: path.Base(name), mode: fs.ModeDir | 0o555}
}

// A backupDir is an open folder.
type backupDir struct {
	f       *backupFS
	name    string
	entries []fs.DirEntry
	err     error
	read    bool
}

// Stat implements [fs.File].
func (d *backupDir) Stat() (fs.FileInfo, error) { return dirInfo(d.name), nil }

// Read implements [fs.File]; it always fails.
func (d *backupDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.name, Err: errors.New("is a folder")}
}

// Close implements [fs.File].
func (d *backupDir) Close() error { return nil }

// ReadDir implements [fs.ReadDirFile].
func (d *backupDir) ReadDir(n int) ([]fs.DirEntry, error) {
	if !d.read {
		d.entries, d.err = d.f.ReadDir(d.name)
		d.read = true
	}
	if n <= 0 || n > len(d.entries) {
		if n > 0 && len(d.entries) == 0 {
			if d.err != nil {
				return nil, d.err
			}
			return nil, io.EOF
		}
		all, err := d.entries, d.err
		d.entries = nil
		if n > 0 {
			err = nil
		}
		return all, err
	}
	part := d.entries[:n]
	d.entries = d.entries[n:]
	return part, nil
}
