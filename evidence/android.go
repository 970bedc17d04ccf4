package evidence

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/vigie-project/vigie/format/androidbackup"
)

// sniffSize is how much of a file is looked at to tell what it is.
const sniffSize = 64 << 10

// A shared closes what several sources hold open, once the last of them is
// closed.
type shared struct {
	mu sync.Mutex
	n  int
	c  io.Closer
}

// handle returns the closer of one more source, with what only it holds open.
func (s *shared) handle(own ...io.Closer) io.Closer {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	return &sharedHandle{s: s, own: own}
}

type sharedHandle struct {
	once sync.Once
	s    *shared
	own  []io.Closer
	err  error
}

// Close implements [io.Closer].
func (h *sharedHandle) Close() error {
	h.once.Do(func() {
		var errs []error
		for _, c := range h.own {
			errs = append(errs, c.Close())
		}
		h.s.mu.Lock()
		defer h.s.mu.Unlock()
		if h.s.n--; h.s.n == 0 {
			errs = append(errs, h.s.c.Close())
		}
		h.err = errors.Join(errs...)
	})
	return h.err
}

// note adds a note to a source.
func (s *Source) note(code, path, format string, args ...any) {
	s.Notes = append(s.Notes, Note{Code: code, Path: path, Detail: fmt.Sprintf(format, args...), Count: 1})
}

// openAndroidFile opens a file that is no archive: an Android backup, an age
// file, the text of a bugreport, or an intrusion log.
func openAndroidFile(ctx context.Context, name string, opt Options) ([]*Source, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open acquisition: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("open acquisition: %w", err)
	}
	list, err := openBlob(ctx, blob{src: f, size: info.Size(), name: filepath.Base(name), closer: f}, opt)
	if err != nil {
		f.Close()
		return nil, err
	}
	return list, nil
}

// A blob is a file of any kind, on disk or in an archive.
type blob struct {
	src    io.ReaderAt
	size   int64
	name   string // base name
	closer io.Closer
}

// What a blob is, by its first bytes.
const (
	blobUnknown = iota
	blobBackup
	blobAge
	blobReport
	blobLog
	blobEmpty
)

// kind tells what a blob is; what is unknown may be an archive.
func (b blob) kind() (int, error) {
	if b.size == 0 {
		return blobEmpty, nil
	}
	head := make([]byte, min(b.size, sniffSize))
	n, err := b.src.ReadAt(head, 0)
	if n == 0 && err != nil && !errors.Is(err, io.EOF) {
		return blobUnknown, fmt.Errorf("read %s: %w", b.name, err)
	}
	switch head = head[:n]; {
	case strings.HasPrefix(string(head), androidbackup.Magic):
		return blobBackup, nil
	case isAge(head):
		return blobAge, nil
	case isAppleArchive(head):
		return blobUnknown, fmt.Errorf("read %s: %w", b.name, ErrAppleArchive)
	case isDumpText(head):
		return blobReport, nil
	case isLogText(head):
		return blobLog, nil
	}
	return blobUnknown, nil
}

// openBlob opens the sources in a blob, the outermost first, and takes over its
// closer on success.
func openBlob(ctx context.Context, b blob, opt Options) ([]*Source, error) {
	kind, err := b.kind()
	if err != nil {
		return nil, err
	}
	one := func(s *Source, err error) ([]*Source, error) {
		if err != nil {
			return nil, err
		}
		return []*Source{s}, nil
	}
	switch kind {
	case blobEmpty:
		if strings.HasSuffix(strings.ToLower(b.name), ".ab") {
			return nil, androidbackup.ErrEmpty
		}
		return nil, errArchive
	case blobBackup:
		return one(openAB(ctx, b.src, b.size, b.closer, opt))
	case blobReport, blobLog:
		// One text is a folder of one file.
		o := &single{name: b.name, src: b.src, size: b.size, closer: b.closer}
		sh := &shared{c: o}
		if kind == blobLog {
			return one(openLogs(o, sh), nil)
		}
		return one(openReport(o, sh, b.name), nil)
	case blobAge:
		src, size, err := openAge(b.src, b.size, opt)
		if err != nil {
			return nil, err
		}
		b.src, b.size = src, size
	}
	o, err := openArchive(ctx, b.src, b.size, b.closer)
	if err != nil {
		return nil, err
	}
	return openAny(ctx, o, b.name, opt)
}

// openAndroid opens the Android acquisition in an outer, and what lies in it as
// acquisitions of their own. It takes the outer over on success.
func openAndroid(ctx context.Context, o outer, opt Options) ([]*Source, error) {
	kind, dir, err := findAndroid(o)
	if err != nil {
		return nil, err
	}
	sh := &shared{c: o}
	in := within(o, dir)
	switch kind {
	case AndroidQF:
		return openQF(ctx, in, sh, opt)
	case AndroidIntrusionLog:
		return []*Source{openLogs(newZips(ctx, in), sh)}, nil
	case AndroidBackup:
		s := &Source{Kind: AndroidBackup, Device: Device{System: "Android"}, FS: &androidFS{in, backupLayout}, Closer: sh.handle()}
		s.Notes = append(s.Notes, walked(in)...)
		return []*Source{s}, nil
	}
	main, told := mainText(in)
	s := openReport(in, sh, main)
	s.Notes = append(s.Notes, told...)
	nested, err := openNested(ctx, s, in, sh, opt, isReportZip)
	if err != nil {
		return nil, err
	}
	return append([]*Source{s}, nested...), nil
}

// walked returns the notes of an outer, of which a folder has them only after a
// walk.
func walked(o outer) []Note {
	if err := o.walk(func(string) error { return nil }); err != nil {
		return append(o.notes(), Note{Code: "listing-incomplete", Detail: err.Error()})
	}
	return o.notes()
}

// maxNested bounds the acquisitions opened within one.
const maxNested = 50

// openNested opens the files of a source that are acquisitions themselves. What
// cannot be opened is a note of the source; the only errors are that ctx ended
// and that a secret was asked for in vain.
func openNested(ctx context.Context, parent *Source, o outer, sh *shared, opt Options, want func(name string) bool) ([]*Source, error) {
	var names []string
	_ = o.walk(func(name string) error { // what cannot be listed is a note already
		if want(name) {
			names = append(names, name)
		}
		return ctx.Err()
	})
	slices.Sort(names)
	return openNestedFiles(ctx, parent, o, names, sh, opt)
}

// openNestedFiles opens files of a source that are acquisitions themselves.
func openNestedFiles(ctx context.Context, parent *Source, o outer, names []string, sh *shared, opt Options) ([]*Source, error) {
	var list []*Source
	for i, name := range names {
		if i == maxNested {
			parent.note("nested-damaged", "", "%d further acquisitions in this one are not opened", len(names)-maxNested)
			break
		}
		found, err := openWithin(ctx, o, name, sh, opt)
		switch {
		case err == nil:
		case ctx.Err() != nil || errors.Is(err, errPasswordAsked) && !errors.Is(err, ErrPasswordRequired):
			for _, s := range list {
				s.Close()
			}
			return nil, err
		case locked(err):
			parent.note("nested-locked", name, "%v", err)
		default:
			parent.note("nested-damaged", name, "%v", err)
		}
		list = append(list, found...)
	}
	return list, nil
}

// once asks for the password at most once, whatever is encrypted with it.
func (opt Options) once() Options {
	if opt.Password != nil {
		opt.Password = sync.OnceValues(opt.Password)
	}
	if opt.Passphrase != nil {
		opt.Passphrase = sync.OnceValues(opt.Passphrase)
	}
	return opt
}

// locked reports whether an error says that a secret is missing or wrong.
func locked(err error) bool {
	for _, secret := range []error{ErrPasswordRequired, ErrWrongPassword, ErrIdentityRequired, ErrWrongIdentity, ErrPassphraseRequired, ErrWrongPassphrase} {
		if errors.Is(err, secret) {
			return true
		}
	}
	return false
}

// openWithin opens a stored file as an acquisition.
func openWithin(ctx context.Context, o outer, name string, sh *shared, opt Options) ([]*Source, error) {
	s, err := o.open(name)
	if err != nil {
		return nil, err
	}
	closer := sh.handle(s)
	list, err := openBlob(ctx, blob{src: s, size: s.size, name: path.Base(name), closer: closer}, opt)
	if err != nil {
		return nil, errors.Join(err, closer.Close())
	}
	list[0].Name = name
	return list, nil
}

// fileText returns the content of a stored file of at most limit bytes.
func fileText(o outer, name string, limit int64) ([]byte, error) {
	s, err := o.open(name)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	if s.size > limit {
		return nil, fmt.Errorf("read %s: %d bytes, limit %d", name, s.size, limit)
	}
	data := make([]byte, s.size)
	if n, err := s.ReadAt(data, 0); n < len(data) {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return data, nil
}

// fileHead returns the beginning of a stored file, nil if it cannot be read.
func fileHead(o outer, name string) []byte {
	s, err := o.open(name)
	if err != nil {
		return nil
	}
	defer s.Close()
	head := make([]byte, min(s.size, sniffSize))
	n, _ := s.ReadAt(head, 0)
	return head[:n]
}

// nameSources gives the sources of one acquisition their names and IDs.
func nameSources(list []*Source, name string) {
	for i, s := range list {
		if i == 0 {
			s.Name, s.ID = name, name
			continue
		}
		if !s.aside {
			s.Parent = list[0].ID
		}
		s.ID = list[0].ID + "/" + s.Name
	}
}

// errNoAndroid says that no Android acquisition was found.
var errNoAndroid = fmt.Errorf("%w: no AndroidQF acquisition, bugreport, Android backup or intrusion log", ErrNoAcquisition)
