package evidence

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"sync"
)

// maxFolderDepth bounds how deep folders are listed.
const maxFolderDepth = 64

// A folder is an outer on disk. All access goes through [os.Root]: a symbolic
// link cannot lead outside, and links are not followed when they are listed.
type folder struct {
	root *os.Root

	mu      sync.Mutex
	refused refusals
}

// openFolder opens a folder as an outer.
func openFolder(name string) (*folder, error) {
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, fmt.Errorf("open folder: %w", err)
	}
	return &folder{root: root}, nil
}

func (d *folder) open(name string) (*stored, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	// A FIFO would block when opened, a link would lead elsewhere.
	info, err := d.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errNotRegular}
	}
	f, err := d.root.Open(name)
	if err != nil {
		return nil, err
	}
	if info, err = f.Stat(); err != nil {
		f.Close()
		return nil, err
	}
	return &stored{ReaderAt: f, size: info.Size(), close: f.Close}, nil
}

func (d *folder) walk(fn func(name string) error) error {
	return d.walkBelow(".", fn)
}

// walkSizes implements [sizer].
func (d *folder) walkSizes(fn func(name string, size int64) error) error {
	return d.list(".", func(name string, e fs.DirEntry) error { return fn(name, entrySize(e)) })
}

// entrySize returns the size of a file, 0 if it cannot be told. It is asked for
// by path, which is no way to open a file, but tells its size.
func entrySize(e fs.DirEntry) int64 {
	info, err := e.Info()
	if err != nil {
		return 0
	}
	return info.Size()
}

// walkBelow lists the files below dir, with names from the root of d.
func (d *folder) walkBelow(dir string, fn func(name string) error) error {
	return d.list(dir, func(name string, _ fs.DirEntry) error { return fn(name) })
}

// list is walkBelow with the entries. The refusals of a walk replace those of
// the walk before.
func (d *folder) list(dir string, fn func(name string, e fs.DirEntry) error) error {
	w := folderWalk{root: d.root, fn: fn}
	err := w.list(dir, 0)
	d.mu.Lock()
	d.refused = w.refused
	d.mu.Unlock()
	if err != nil {
		return err
	}
	return errors.Join(w.errs...)
}

func (d *folder) notes() []Note {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.refused.all()
}

func (d *folder) sequential() bool { return false }

func (d *folder) Close() error { return d.root.Close() }

// A folderWalk is one walk through a folder.
type folderWalk struct {
	root    *os.Root
	fn      func(name string, e fs.DirEntry) error
	refused refusals
	errs    []error
}

// list lists one folder in the order of its names; its result is an error of fn.
func (w *folderWalk) list(dir string, depth int) error {
	if depth > maxFolderDepth {
		w.fail(fmt.Errorf("list %s: deeper than %d folders", dir, maxFolderDepth))
		return nil
	}
	entries, err := readDir(w.root, dir)
	if err != nil {
		w.fail(err)
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		switch {
		case e.IsDir():
			if err := w.list(name, depth+1); err != nil {
				return err
			}
		case e.Type().IsRegular():
			if err := w.fn(name, e); err != nil {
				return err
			}
		case e.Type() == fs.ModeSymlink:
			w.refused.add("link-ignored", name, "a symbolic link")
		default:
			w.refused.add("not-regular", name, e.Type().String())
		}
	}
	return nil
}

func (w *folderWalk) fail(err error) {
	if len(w.errs) < maxListErrors {
		w.errs = append(w.errs, err)
	}
}

// readDir lists a folder sorted by name. Entries read before an error are kept.
func readDir(root *os.Root, dir string) ([]fs.DirEntry, error) {
	f, err := root.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	entries, err := f.ReadDir(-1)
	slices.SortFunc(entries, func(a, b fs.DirEntry) int {
		switch {
		case a.Name() < b.Name():
			return -1
		case a.Name() > b.Name():
			return 1
		}
		return 0
	})
	return entries, err
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
