package evidence

import (
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/format/dumpstate"
)

// maxSections bounds the sections of one text; bug reports have some hundreds.
const maxSections = 20_000

// A section is a part of a text that is shown as a file of its own.
type section struct {
	path   string // at which it is shown
	whole  string // path of the text
	lines  int64  // of the text before it
	offset int64  // of its first byte in the text
	size   int64  // bytes
	notes  []Note
}

// A sectionFS shows the sections of texts as files beside them, so that what
// reads one of them reads nothing else. The texts are cut once.
type sectionFS struct {
	fs.FS
	sections []section
	byPath   map[string]int
}

var (
	_ Walker = (*sectionFS)(nil)
	_ wholer = (*sectionFS)(nil)
)

// A wholer knows which files are parts of others.
type wholer interface {
	// Whole returns the path of the text that a file is a part of, or the path
	// itself.
	Whole(path string) string
}

// Whole returns the path of the file whose stored bytes hold the file at a
// path: that of the whole text for a section, else the path itself.
func (s *Source) Whole(path string) string {
	if w, ok := s.FS.(wholer); ok {
		return w.Whole(path)
	}
	return path
}

// PartAbsent returns the note that the text at a path lacks a part since its
// version of Android does not print it.
func PartAbsent(path, detail string) Note {
	return Note{Code: "part-absent", Path: path, Detail: detail, Count: 1}
}

// withSections cuts the texts of a source that have the given paths, as far as
// they are there. What it could not cut is a note of the source.
func (s *Source) withSections(texts ...string) {
	f := &sectionFS{FS: s.FS, byPath: map[string]int{}}
	for _, text := range texts {
		if err := f.cut(s, text); err != nil {
			s.Notes = append(s.Notes, Note{Code: "sections-incomplete", Path: text, Detail: err.Error(), Count: 1})
		}
	}
	if len(f.sections) > 0 {
		s.FS = f
	}
}

// cut finds the sections of a text.
func (f *sectionFS) cut(s *Source, text string) error {
	in, err := s.FS.Open(text)
	if err != nil {
		return nil // a source without the text says so elsewhere
	}
	defer in.Close()
	for part, err := range dumpstate.Sections(in) {
		if err != nil {
			return fmt.Errorf("cut sections: %w", err)
		}
		if len(f.sections) == maxSections {
			return fmt.Errorf("cut sections: more than %d", maxSections)
		}
		f.add(text, part)
	}
	return nil
}

// add adds a section by where its lines are.
func (f *sectionFS) add(text string, part *dumpstate.Section) {
	sec := section{whole: text}
	for l := range part.Lines() {
		if sec.size == 0 && sec.offset == 0 {
			sec.lines, sec.offset = int64(l.Number)-1, l.Offset
		}
		sec.size = l.End - sec.offset
	}
	name := sectionName(part)
	if name == "" {
		return
	}
	if part.TimedOut {
		sec.notes = append(sec.notes, Note{Code: "section-timed-out", Path: text, Detail: part.Name, Count: 1})
	}
	for _, failure := range part.Failures {
		sec.notes = append(sec.notes, Note{Code: "section-failed", Path: text, Detail: failure, Count: 1})
	}
	sec.path = path.Join(path.Dir(text), name)
	for n := 2; ; n++ {
		if _, taken := f.byPath[sec.path+".txt"]; !taken {
			break
		}
		sec.path = path.Join(path.Dir(text), name) + "." + strconv.Itoa(n)
	}
	sec.path += ".txt"
	f.byPath[sec.path] = len(f.sections)
	f.sections = append(f.sections, sec)
}

var notInSection = regexp.MustCompile(`[^a-z0-9]+`)

// maxSectionName bounds the name of a section in bytes.
const maxSectionName = 80

// sectionName returns the path of a section beside its text: dumpsys/<service>
// for the dump of a service, section/<name> for another; "" for what is neither.
func sectionName(part *dumpstate.Section) string {
	name := part.Name
	switch part.Kind {
	case dumpstate.Service:
		name = strings.Map(func(r rune) rune {
			if r == '/' || r < ' ' || r > '~' {
				return '_'
			}
			return r
		}, name)
		if name == "" || strings.Trim(name, ".") == "" {
			return ""
		}
		return "dumpsys/" + name[:min(len(name), maxSectionName)]
	case dumpstate.Command:
		slug := strings.Trim(notInSection.ReplaceAllString(strings.ToLower(name), "-"), "-")
		if slug == "" {
			return ""
		}
		return "section/" + slug[:min(len(slug), maxSectionName)]
	case dumpstate.Header:
		return "section/header"
	}
	return ""
}

// Whole implements [wholer].
func (f *sectionFS) Whole(at string) string {
	if i, ok := f.byPath[at]; ok {
		return f.sections[i].whole
	}
	return at
}

// WalkFiles implements [Walker]: the files, then the sections.
func (f *sectionFS) WalkFiles(fn func(path string, size int64) error) error {
	var fnErr error
	err := (&Source{FS: f.FS}).WalkFiles(func(path string, size int64) error {
		fnErr = fn(path, size)
		return fnErr
	})
	if fnErr != nil {
		return fnErr
	}
	for i := range f.sections {
		if err := fn(f.sections[i].path, f.sections[i].size); err != nil {
			return err
		}
	}
	return err
}

// outerOf returns where the source of this file system is stored.
func (f *sectionFS) outerOf() outer {
	return f.FS.(interface{ outerOf() outer }).outerOf()
}

// Open opens a file or a section.
func (f *sectionFS) Open(at string) (fs.File, error) {
	i, ok := f.byPath[at]
	if !ok {
		return f.FS.Open(at)
	}
	sec := &f.sections[i]
	whole, err := (&Source{FS: f.FS}).Open(sec.whole)
	if err != nil {
		return nil, err
	}
	return &sectionFile{SectionReader: io.NewSectionReader(whole, sec.offset, sec.size), whole: whole, sec: sec}, nil
}

// A sectionFile is an open section.
type sectionFile struct {
	*io.SectionReader
	whole File
	sec   *section
}

var (
	_ PartFile   = (*sectionFile)(nil)
	_ StoredFile = (*sectionFile)(nil)
	_ NotedFile  = (*sectionFile)(nil)
)

// Part implements [PartFile].
func (f *sectionFile) Part() (whole string, lines, bytes int64) {
	return f.sec.whole, f.sec.lines, f.sec.offset
}

// Stored implements [StoredFile]: it is the whole text that is stored.
func (f *sectionFile) Stored() (string, io.Reader) {
	if s, ok := f.whole.(StoredFile); ok {
		return s.Stored()
	}
	return f.sec.whole, io.NewSectionReader(f.whole, 0, 1<<62)
}

// Notes implements [NotedFile]: those on the section and those on the whole text.
func (f *sectionFile) Notes() []Note {
	if n, ok := f.whole.(NotedFile); ok {
		return slices.Concat(f.sec.notes, n.Notes())
	}
	return f.sec.notes
}

// Stat implements [fs.File].
func (f *sectionFile) Stat() (fs.FileInfo, error) {
	return fileInfo{name: path.Base(f.sec.path), size: f.sec.size, mode: 0o444}, nil
}

// Close implements [fs.File].
func (f *sectionFile) Close() error { return f.whole.Close() }
