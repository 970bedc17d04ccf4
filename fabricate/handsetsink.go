package fabricate

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// A sink takes the files of an acquisition one after another, and keeps none of them.
type sink interface {
	add(f handsetFile) error
	written() int64 // bytes so far, compressed where it compresses
	close() error
}

// newSink makes an acquisition of a form.
func newSink(form, name string) (sink, error) {
	if form == FormFolder {
		return &folderSink{dir: name}, os.Mkdir(name, 0o700)
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	c := &counted{w: f}
	switch form {
	case FormTar:
		return &tarSink{tar: tar.NewWriter(c), counted: c, closers: []io.Closer{f}}, nil
	case FormTarGzip:
		z, err := gzip.NewWriterLevel(c, gzip.BestSpeed)
		return &tarSink{tar: tar.NewWriter(z), counted: c, closers: []io.Closer{z, f}, dirs: map[string]bool{}}, err
	case FormZip:
		return &zipSink{zip: zip.NewWriter(c), counted: c, file: f}, nil
	}
	f.Close()
	return nil, fmt.Errorf("form %q is none of %q", form, []string{FormFolder, FormTar, FormTarGzip, FormZip})
}

// counted counts what is written.
type counted struct {
	w io.Writer
	n int64
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

func (c *counted) written() int64 { return c.n }

// A tarSink writes a tar, which may be compressed.
type tarSink struct {
	tar *tar.Writer
	*counted
	closers []io.Closer
	dirs    map[string]bool // written; nil if folders have no entries
}

func (s *tarSink) add(f handsetFile) error {
	if err := s.folders(f); err != nil {
		return err
	}
	mode := f.mode
	if mode == 0 {
		mode = 0o644
	}
	uid, user := 0, "root"
	if strings.HasPrefix(f.name, "private/var/mobile/") {
		uid, user = 501, "mobile"
	}
	head := &tar.Header{Typeflag: tar.TypeReg, Name: f.name, Size: int64(len(f.data)), Mode: mode, ModTime: f.modified, Uid: uid, Gid: uid, Uname: user, Gname: user}
	if err := s.tar.WriteHeader(head); err != nil {
		return err
	}
	_, err := s.tar.Write(f.data)
	return err
}

// folders writes the folders of a file that have no entries yet.
func (s *tarSink) folders(f handsetFile) error {
	if s.dirs == nil {
		return nil
	}
	for i, c := range f.name {
		if c != '/' || s.dirs[f.name[:i]] {
			continue
		}
		s.dirs[f.name[:i]] = true
		if err := s.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: f.name[:i+1], Mode: 0o755, ModTime: f.modified}); err != nil {
			return err
		}
	}
	return nil
}

func (s *tarSink) close() error {
	err := s.tar.Close()
	for _, c := range s.closers {
		err = errors.Join(err, c.Close())
	}
	return err
}

// A zipSink writes a zip.
type zipSink struct {
	zip *zip.Writer
	*counted
	file *os.File
}

func (s *zipSink) add(f handsetFile) error { return zipFile(s.zip, f.name, f.modified, f.data) }

func (s *zipSink) close() error { return errors.Join(s.zip.Close(), s.file.Close()) }

// A folderSink writes files.
type folderSink struct {
	dir string
	n   int64
}

func (s *folderSink) add(f handsetFile) error {
	name := filepath.Join(s.dir, filepath.FromSlash(path.Clean(f.name)))
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	s.n += int64(len(f.data))
	if err := os.WriteFile(name, f.data, 0o600); err != nil {
		return err
	}
	return os.Chtimes(name, time.Time{}, f.modified)
}

func (s *folderSink) written() int64 { return s.n }

func (s *folderSink) close() error { return nil }
