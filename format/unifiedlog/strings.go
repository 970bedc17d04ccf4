package unifiedlog

import (
	"fmt"
	"sync"

	"github.com/vigie-project/vigie/format/unifiedlog/message"
)

// maxFormats is how many format strings are kept compiled. An archive has some
// tens of thousands; when there are more, all are forgotten.
const maxFormats = 1 << 17

// A Status says what is known of the format string of an entry.
type Status uint8

// What is known of a format string.
const (
	StatusResolved  Status = iota // found in its file of strings
	StatusDynamic                 // not constant: the text is an argument
	StatusNoFile                  // the file of strings is missing or cannot be read
	StatusBadOffset               // the file of strings has nothing at the reference
	StatusUnknown                 // the entry does not say where its format string is
	StatusNone                    // entries of this type have none
)

// String returns a short name of the value.
func (s Status) String() string {
	names := [...]string{"resolved", "dynamic", "no strings file", "bad offset", "unknown place", "none"}
	if int(s) < len(names) {
		return names[s]
	}
	return fmt.Sprintf("code %d", uint8(s))
}

// An imageInfo names an executable image.
type imageInfo struct {
	UUID UUID
	Path string
	Text uint64 // offset of its code in the shared cache
}

// A format is what a reference to a format string leads to.
type format struct {
	status Status
	text   string
	prog   *message.Program
	image  *imageInfo // never nil
	uuid   UUID       // of the file of strings
	ref    uint64
	mark   []byte // what stands for a format that is missing
}

// A formatKey names a format string.
type formatKey struct {
	uuid    UUID
	ref     uint64
	shared  bool // in a dsc file
	dynamic bool
}

var (
	noImage     = &imageInfo{}
	dynamicText = message.Compile([]byte("%s"))
	noFormat    = &format{status: StatusNone, image: noImage, prog: message.Compile(nil)}
)

// A stringStore finds format strings. It is safe for concurrent use.
type stringStore struct {
	files  *fileCache
	blocks blockCache
	names  map[UUID]string // of uuidtext files
	shared map[UUID]string // of dsc files

	mu      sync.Mutex
	texts   map[UUID]*textFile // nil for one that cannot be read
	caches  map[UUID]*sharedFile
	formats map[formatKey]*format
	errs    []error // first of each file that cannot be read
}

// format returns what a key leads to; it always returns something.
func (s *stringStore) format(k formatKey) *format {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.formats[k]; f != nil {
		return f
	}
	f := &format{status: StatusNoFile, image: noImage, uuid: k.uuid, ref: k.ref}
	if k.dynamic {
		f.status, f.prog, f.text = StatusDynamic, dynamicText, "%s"
	}
	var text []byte
	var ok, exists bool
	if k.shared {
		text, ok, exists = s.fromShared(k, f)
	} else {
		text, ok, exists = s.fromText(k, f)
	}
	switch {
	case k.dynamic:
	case ok:
		f.status, f.text, f.prog = StatusResolved, string(text), message.Compile(text)
	case exists:
		f.status = StatusBadOffset
	case k.uuid.IsZero():
		f.status = StatusUnknown
	}
	if f.prog == nil {
		f.mark = appendMark(nil, f)
	}
	if s.formats == nil || len(s.formats) >= maxFormats {
		s.formats = map[formatKey]*format{}
	}
	s.formats[k] = f
	return f
}

func (s *stringStore) fromText(k formatKey, f *format) (text []byte, ok, exists bool) {
	t := s.text(k.uuid)
	if t == nil {
		f.image = &imageInfo{UUID: k.uuid}
		return nil, false, false
	}
	f.image = &t.image
	if k.dynamic {
		return nil, false, true
	}
	text, ok = t.text(k.ref)
	return text, ok, true
}

func (s *stringStore) fromShared(k formatKey, f *format) (text []byte, ok, exists bool) {
	c := s.cache(k.uuid)
	if c == nil {
		return nil, false, false
	}
	var image *imageInfo
	if k.dynamic {
		image = c.imageOf(k.ref)
	} else {
		text, image, ok = c.text(k.ref)
	}
	if image != nil {
		f.image = image
	}
	return text, ok, true
}

// text returns a uuidtext file, or nil. The lock is held.
func (s *stringStore) text(u UUID) *textFile {
	name, ok := s.names[u]
	if !ok {
		return nil
	}
	t, opened := s.texts[u]
	if opened {
		return t
	}
	t, err := openText(u, s.reader(name))
	if err != nil {
		s.errs = append(s.errs, fmt.Errorf("%s: %w", name, err))
	}
	if s.texts == nil {
		s.texts = map[UUID]*textFile{}
	}
	s.texts[u] = t
	return t
}

// cache returns a dsc file, or nil. The lock is held.
func (s *stringStore) cache(u UUID) *sharedFile {
	name, ok := s.shared[u]
	if !ok {
		return nil
	}
	c, opened := s.caches[u]
	if opened {
		return c
	}
	c, err := openShared(u, s.reader(name))
	if err != nil {
		s.errs = append(s.errs, fmt.Errorf("%s: %w", name, err))
	}
	if s.caches == nil {
		s.caches = map[UUID]*sharedFile{}
	}
	s.caches[u] = c
	return c
}

func (s *stringStore) reader(name string) readAtFunc {
	return func(dst []byte, off int64, n int) ([]byte, error) { return s.blocks.readAt(dst, name, off, n) }
}

// imagePath returns the path of an executable image, or "".
func (s *stringStore) imagePath(u UUID) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.text(u); t != nil {
		return t.image.Path
	}
	return ""
}

// takeErrors returns the errors of files that could not be read, once each.
func (s *stringStore) takeErrors() []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	errs := s.errs
	s.errs = nil
	return errs
}
