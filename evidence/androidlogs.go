package evidence

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Limits of archives within folders of intrusion logs.
const (
	maxLogZips  = 1000
	maxZipDepth = 3
	maxLogPeek  = 50 // files looked at to recognise logs
)

// logDir is where intrusion logs are shown.
const logDir = "intrusionlog"

// zipMark stands between the name of an archive and that of its member.
const zipMark = "::"

// openLogs presents intrusion logs; o is an outer that already shows the
// archives in it.
func openLogs(o outer, sh *shared) *Source {
	s := &Source{Kind: AndroidIntrusionLog, Device: Device{System: "Android"}, FS: &androidFS{o, layout{own: logDir}}}
	if z, ok := o.(*zips); ok {
		s.Closer = sh.handle(closeFunc(z.closeZips))
	} else {
		s.Closer = sh.handle()
	}
	s.Notes = append(s.Notes, walked(o)...)
	return s
}

// ContentRepeated returns the note that a file was not read since another one holds
// its whole content.
func ContentRepeated(path, other string) Note {
	return Note{Code: "content-repeated", Path: path, Detail: "it is within " + other, Count: 1}
}

// A closeFunc is a function as an io.Closer.
type closeFunc func() error

// Close implements [io.Closer].
func (f closeFunc) Close() error { return f() }

// A zips is an outer that shows the members of its zip archives beside them, as
// "archive.zip::member".
type zips struct {
	outer
	names []string         // of the archives, in the order of the outer
	inner map[string]*zips // by name
	files []*stored
	bad   refusals
}

// newZips opens the archives of an outer, also those in archives. One that
// cannot be opened is noted.
func newZips(ctx context.Context, o outer) *zips { return newZipsAt(ctx, o, 0) }

func newZipsAt(ctx context.Context, o outer, depth int) *zips {
	z := &zips{outer: o, inner: make(map[string]*zips)}
	if depth == maxZipDepth {
		return z
	}
	_ = o.walk(func(name string) error { // an error comes again when the source is walked
		if strings.EqualFold(path.Ext(name), ".zip") {
			z.add(ctx, name, depth)
		}
		return ctx.Err()
	})
	return z
}

// add opens one archive.
func (z *zips) add(ctx context.Context, name string, depth int) {
	if len(z.names) == maxLogZips {
		z.bad.add("nested-damaged", name, fmt.Sprintf("more than %d archives", maxLogZips))
		return
	}
	s, err := z.outer.open(name)
	if err != nil {
		z.bad.add("nested-damaged", name, err.Error())
		return
	}
	in, err := openZip(ctx, s, s.size, s)
	if err != nil {
		s.Close()
		z.bad.add("nested-damaged", name, err.Error())
		return
	}
	z.files = append(z.files, s)
	z.names = append(z.names, name)
	z.inner[name] = newZipsAt(ctx, in, depth+1)
}

func (z *zips) open(name string) (*stored, error) {
	for at := strings.Index(name, zipMark); at >= 0; {
		if in, ok := z.inner[name[:at]]; ok {
			return in.open(name[at+len(zipMark):])
		}
		next := strings.Index(name[at+1:], zipMark)
		if next < 0 {
			break
		}
		at += 1 + next
	}
	return z.outer.open(name)
}

func (z *zips) walk(fn func(name string) error) error {
	var fnErr error
	errs := []error{z.outer.walk(func(name string) error {
		fnErr = fn(name)
		return fnErr
	})}
	for _, name := range z.names {
		if fnErr != nil {
			return fnErr
		}
		errs = append(errs, z.inner[name].walk(func(member string) error {
			fnErr = fn(name + zipMark + member)
			return fnErr
		}))
	}
	if fnErr != nil {
		return fnErr
	}
	return errors.Join(errs...)
}

func (z *zips) notes() []Note {
	notes := append(z.outer.notes(), z.bad.all()...)
	for _, name := range z.names {
		for _, n := range z.inner[name].notes() {
			n.Path = name + zipMark + n.Path
			notes = append(notes, n)
		}
	}
	return notes
}

// closeZips closes the archives, not the outer.
func (z *zips) closeZips() error {
	var errs []error
	for _, name := range z.names {
		errs = append(errs, z.inner[name].closeZips())
	}
	for _, s := range z.files {
		errs = append(errs, s.Close())
	}
	z.files = nil
	return errors.Join(errs...)
}

// logArchive is how the phone names the archives that it writes.
var logArchive = regexp.MustCompile(`_[0-9]{8}[^/]*\.(?i:zip)$`)

// hasLogs reports whether an outer has intrusion logs in its root or the folders
// just below, also in archives named as the phone names them.
func hasLogs(o outer) bool {
	texts, archives := logNames(o)
	for _, name := range texts {
		if isLogText(fileHead(o, name)) {
			return true
		}
	}
	for _, name := range archives {
		if s, err := o.open(name); err == nil {
			in, err := openZip(context.Background(), s, s.size, s)
			found := err == nil && hasLogTexts(in)
			s.Close()
			if found {
				return true
			}
		}
	}
	return false
}

func hasLogTexts(o outer) bool {
	texts, _ := logNames(o)
	return slices.ContainsFunc(texts, func(name string) bool { return isLogText(fileHead(o, name)) })
}

// logNames returns the names of files that may be intrusion logs.
func logNames(o outer) (texts, archives []string) {
	_ = twoLevels(o, func(dir, name string, isDir bool) {
		switch {
		case isDir:
		case strings.EqualFold(path.Ext(name), ".txt") && len(texts) < maxLogPeek:
			texts = append(texts, path.Join(dir, name))
		case logArchive.MatchString(name) && len(archives) < maxLogPeek:
			archives = append(archives, path.Join(dir, name))
		}
	})
	return texts, archives
}
