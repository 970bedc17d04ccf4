package evidence

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// ownDir is where the files of the backup itself are presented.
const ownDir = "backup"

// A backupFS presents a backup in device paths. It finds files through the index
// of the manifest; listing folders reads the whole manifest each time.
type backupFS struct{ b *backup }

var (
	_ fs.StatFS     = (*backupFS)(nil)
	_ fs.ReadDirFS  = (*backupFS)(nil)
	_ fs.ReadLinkFS = (*backupFS)(nil)
	_ Walker        = (*backupFS)(nil)
)

// outerOf returns where the source of this file system is stored.
func (f *backupFS) outerOf() outer { return f.b.outer }

// Open opens the file or folder at a device path. A listed file without payload
// gives [ErrPayloadAbsent]; a link is not followed.
func (f *backupFS) Open(name string) (fs.File, error) {
	fail := func(err error) (fs.File, error) { return nil, &fs.PathError{Op: "open", Path: name, Err: err} }
	if !fs.ValidPath(name) {
		return fail(fs.ErrInvalid)
	}
	if own, ok := strings.CutPrefix(name, ownDir+"/"); ok && slices.Contains(f.b.inv.extras, own) {
		file, err := f.b.openOwn(own)
		if err != nil {
			return fail(err)
		}
		return file, nil
	}
	e, err := f.find(name)
	if err != nil {
		return fail(err)
	}
	if e == nil {
		dir, err := f.dir(name)
		if err != nil {
			return fail(err)
		}
		return dir, nil
	}
	file, err := f.b.openEntry(e, name)
	if err != nil {
		return fail(err)
	}
	return file, nil
}

// find returns the row of a file at a device path, nil if there is none.
func (f *backupFS) find(name string) (*entry, error) {
	x := f.b.index
	var damaged error
	for _, slot := range x.rows(name) {
		e, err := f.b.cat.at(slot.row)
		if err != nil {
			damaged = err
			continue
		}
		if at, _ := DevicePath(e.domain, e.rel); at == name {
			return e, nil
		}
	}
	if rest, ok := strings.CutPrefix(name, unknownRoot+"/row-"); ok && len(x.moved) > 0 {
		var row int64
		if _, err := fmt.Sscanf(rest, "%d/", &row); err != nil {
			return nil, damaged
		}
		if _, moved := x.moved[row]; moved {
			e, err := f.b.cat.at(row)
			if err != nil {
				return nil, err
			}
			if x.path(e) == name {
				return e, nil
			}
		}
	}
	return nil, damaged
}

// Stat describes the file at a device path. Of a file that cannot be opened it
// tells what the manifest does.
func (f *backupFS) Stat(name string) (fs.FileInfo, error) {
	file, err := f.Open(name)
	if err == nil {
		defer file.Close()
		return file.Stat()
	}
	if fs.ValidPath(name) {
		if e, _ := f.find(name); e != nil {
			m, merr := e.meta()
			if merr != nil {
				m = new(MBFile)
			}
			return entryInfo(e, m, path.Base(name), e.size()), nil
		}
	}
	return nil, err
}

// Lstat describes the file at a device path, as Stat does: links are never
// followed.
func (f *backupFS) Lstat(name string) (fs.FileInfo, error) { return f.Stat(name) }

// ReadLink returns the target of a symbolic link, a path on the device.
func (f *backupFS) ReadLink(name string) (string, error) {
	fail := func(err error) (string, error) {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: err}
	}
	if !fs.ValidPath(name) {
		return fail(fs.ErrInvalid)
	}
	e, err := f.find(name)
	switch {
	case err != nil:
		return fail(err)
	case e == nil:
		return fail(fs.ErrNotExist)
	case e.flags != flagLink:
		return fail(fs.ErrInvalid)
	}
	m, err := e.meta()
	if err != nil {
		return fail(err)
	}
	return m.Target, nil
}

// WalkFiles implements [Walker]: the files of the backup itself, then those of
// the manifest in its order.
func (f *backupFS) WalkFiles(fn func(path string, size int64) error) error {
	for _, name := range f.b.inv.extras {
		size := f.b.viewLen
		if name != manifestDB || f.b.view == nil {
			s, err := f.b.outer.open(name)
			if err != nil {
				continue // listed when the backup was opened; opening it says why
			}
			size = s.size
			s.Close()
		}
		if err := fn(ownDir+"/"+name, size); err != nil {
			return err
		}
	}
	bad, err := f.b.cat.rows(context.Background(), func(e *entry) error {
		if !e.file() {
			return nil
		}
		return fn(f.b.index.path(e), e.size())
	})
	if err != nil {
		return err
	}
	return errors.Join(bad.errs...)
}

// openOwn opens a file of the backup itself, Manifest.db decrypted.
func (b *backup) openOwn(name string) (*backupFile, error) {
	s, err := b.outer.open(name)
	if err != nil {
		return nil, err
	}
	var content io.ReaderAt = s
	size := s.size
	if name == manifestDB && b.view != nil {
		content, size = b.view, b.viewLen
	}
	return &backupFile{
		SectionReader: io.NewSectionReader(content, 0, size),
		info:          fileInfo{name: path.Base(name), size: size, mode: 0o444},
		stored:        s, name: name,
	}, nil
}

// openEntry opens the payload of a row.
func (b *backup) openEntry(e *entry, name string) (*backupFile, error) {
	m, err := e.meta()
	if err != nil && e.file() {
		// Without its description the file has no key; a plain one can be read.
		m = new(MBFile)
	} else if err != nil {
		return nil, err
	}
	if e.flags == flagLink {
		return nil, fmt.Errorf("a symbolic link to %q: %w", m.Target, errNotRegular)
	}
	p, perr := b.openPayload(e.id)
	if perr != nil {
		return nil, perr
	}
	if err != nil {
		if !b.plain && !p.magic() {
			p.Close()
			return nil, err
		}
		p.stored.notes = append(p.stored.notes, Note{Code: "description-damaged", Path: name, Detail: err.Error(), Count: 1})
	}
	content, size, notes, err := b.content(p, m, name)
	if err != nil {
		p.Close()
		return nil, err
	}
	if id := fileID(e.domain, e.rel); id != e.id {
		notes = append(notes, Note{Code: "fileid-differs", Path: name, Detail: fmt.Sprintf("fileID is %s, the name gives %s", e.id, id), Count: 1})
	}
	return &backupFile{
		SectionReader: io.NewSectionReader(content, 0, size),
		info:          entryInfo(e, m, path.Base(name), size),
		stored:        p.stored, name: p.name, notes: notes,
	}, nil
}

// A backupFile is an open file of a backup.
type backupFile struct {
	*io.SectionReader
	info   fileInfo
	stored *stored
	name   string
	notes  []Note
}

var (
	_ StoredFile = (*backupFile)(nil)
	_ NotedFile  = (*backupFile)(nil)
)

// Stat implements [fs.File].
func (f *backupFile) Stat() (fs.FileInfo, error) { return f.info, nil }

// Close implements [fs.File].
func (f *backupFile) Close() error { return f.stored.Close() }

// Stored implements [StoredFile].
func (f *backupFile) Stored() (string, io.Reader) { return f.name, f.stored.reader() }

// Notes implements [NotedFile]. It compares the size of a database whose size
// is in doubt with what its header says.
func (f *backupFile) Notes() []Note {
	notes := slices.Concat(f.notes, f.stored.allNotes())
	if len(notes) == 0 {
		return nil
	}
	said := databaseSize(f)
	if said == 0 || said == f.Size() {
		return notes
	}
	return append(notes, Note{
		Code: "database-size-differs", Path: notes[0].Path, Count: 1,
		Detail: fmt.Sprintf("the header of the database says %d bytes, the content has %d", said, f.Size()),
	})
}

// databaseSize returns the size that the header of an SQLite database gives, 0
// if it gives none.
func databaseSize(r io.ReaderAt) int64 {
	const header, pageSizeAt, pagesAt = 32, 16, 28
	var head [header]byte
	if n, _ := r.ReadAt(head[:], 0); n < header || string(head[:len(sqliteMagic)]) != sqliteMagic {
		return 0
	}
	pageSize := int64(binary.BigEndian.Uint16(head[pageSizeAt:]))
	if pageSize == 1 {
		pageSize = 65536
	}
	return pageSize * int64(binary.BigEndian.Uint32(head[pagesAt:]))
}

// A fileInfo describes a file or folder; Sys is a *[MBFile] for listed files.
type fileInfo struct {
	name string
	size int64
	mode fs.FileMode
	mod  time.Time
	meta *MBFile
}

// entryInfo describes the file of a row.
func entryInfo(e *entry, m *MBFile, name string, size int64) fileInfo {
	mode := m.FileMode()
	switch {
	case e.flags == flagLink:
		mode = mode.Perm() | fs.ModeSymlink
	case e.flags == flagDir:
		mode = mode.Perm() | fs.ModeDir
	default:
		mode = mode.Perm()
	}
	return fileInfo{name: name, size: size, mode: mode, mod: m.LastModified, meta: m}
}

// Name implements [fs.FileInfo].
func (i fileInfo) Name() string { return i.name }

// Size implements [fs.FileInfo].
func (i fileInfo) Size() int64 { return i.size }

// Mode implements [fs.FileInfo].
func (i fileInfo) Mode() fs.FileMode { return i.mode }

// ModTime implements [fs.FileInfo]; UTC, zero if not recorded.
func (i fileInfo) ModTime() time.Time { return i.mod }

// IsDir implements [fs.FileInfo].
func (i fileInfo) IsDir() bool { return i.mode.IsDir() }

// Sys returns the *[MBFile] of a listed file, nil for others.
func (i fileInfo) Sys() any {
	if i.meta == nil {
		return nil
	}
	return i.meta
}
