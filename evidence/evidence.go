// Package evidence opens phone acquisitions and presents each one as a
// read-only file tree in the device's own paths, so that a parser finds
// "private/var/mobile/Library/SMS/sms.db" under that name in a file system dump
// and in a backup alike.
//
// Evidence is never changed and nothing decrypted is written anywhere: what is
// decrypted or decompressed stays in memory, in bounded pieces.
package evidence

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
)

// Kind is a set of kinds of acquisition.
type Kind uint16

// The kinds of acquisition.
const (
	IOSBackup           Kind = 1 << iota // Finder or iTunes backup, decrypted when opened
	IOSFilesystem                        // full file system: folder, tar or zip
	IOSSysdiagnose                       // sysdiagnose archive
	AndroidBugreport                     // bugreport zip
	AndroidBackup                        // adb backup (.ab)
	AndroidQF                            // acquisition by AndroidQF: folder, zip or encrypted zip
	AndroidIntrusionLog                  // intrusion logs of Advanced Protection: zip or NDJSON
	IOSFiles                             // loose files of an iPhone, without their folders: databases, lists, crash reports
)

var kindNames = []string{"iOS backup", "iOS file system", "sysdiagnose", "Android bugreport", "Android backup",
	"AndroidQF acquisition", "Android intrusion log", "iOS files"}

// String lists the kinds in the set, such as "iOS backup, iOS file system".
func (k Kind) String() string {
	var names []string
	for i, name := range kindNames {
		if k&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// ParseKind returns the kind with the given name, as String writes it.
func ParseKind(name string) (Kind, error) {
	for i, n := range kindNames {
		if n == name {
			return 1 << i, nil
		}
	}
	return 0, fmt.Errorf("parse kind: %q is not a kind of acquisition", name)
}

// A Source is one opened acquisition.
type Source struct {
	ID     string // unique within a case, such as "01-phone"
	Name   string // base name of what was opened, for people
	Kind   Kind   // exactly one
	Parent string // ID of the source in which this one was found; "" for none
	Device Device // what the acquisition says about the phone
	Notes  []Note // what opening it showed, in a fixed order
	FS     fs.FS  // in device paths; every regular file it opens is a [File]

	// Closer releases what the source holds open; nil if there is nothing.
	Closer io.Closer

	aside bool // it lies beside the first source, not in it
}

// A Device says which phone an acquisition was taken from, as the acquisition
// itself says it. Fields are empty when it does not.
type Device struct {
	Name     string `json:"name,omitempty"`     // given by its owner
	Model    string `json:"model,omitempty"`    // product type, such as "iPhone9,3"
	System   string `json:"system,omitempty"`   // "iOS" or "Android"
	Version  string `json:"version,omitempty"`  // such as "14.3"
	Build    string `json:"build,omitempty"`    // such as "18C66"
	Serial   string `json:"serial,omitempty"`   // serial number
	UDID     string `json:"udid,omitempty"`     // unique device identifier
	IMEI     string `json:"imei,omitempty"`     // first IMEI
	Phone    string `json:"phone,omitempty"`    // phone number of the line
	Zone     string `json:"zone,omitempty"`     // IANA time zone, if the acquisition names it
	Acquired string `json:"acquired,omitempty"` // RFC 3339 UTC time of the acquisition, from the acquisition
	Captured string `json:"captured,omitempty"` // RFC 3339 start of the capture with the phone's offset from UTC; see [Device.Capture]
}

// A Note is something about an acquisition or one of its files that an
// examiner must know when weighing the results. Most are no failures; see
// [Note.Incomplete].
type Note struct {
	Code   string `json:"code"`             // stable word, such as "size-differs"
	Path   string `json:"path,omitempty"`   // device path or stored name; "" for the whole acquisition
	Detail string `json:"detail,omitempty"` // figures and quoted values, in English
	Count  int64  `json:"count,omitempty"`  // how many files share the note, when it stands for several
}

// A File is an open file of a source.
type File interface {
	fs.File
	io.ReaderAt
}

// A StoredFile is a [File] that knows how it lies in the acquisition.
type StoredFile interface {
	File

	// Stored returns the name of the file inside the acquisition, such as
	// "3d/3d0d7e5fb2ce288813306e4d4636395e047a3d28", and a reader of its bytes
	// as they are stored, encrypted if they are.
	Stored() (name string, content io.Reader)
}

// A PartFile is a [File] that is a part of a longer text, such as a section of
// a bug report.
type PartFile interface {
	File

	// Part returns the path of the whole text, how many lines of it lie before
	// the part, and how many bytes.
	Part() (path string, lines, bytes int64)
}

// A NotedFile is a [File] with something to say about itself, such as a size
// that differs from the manifest.
type NotedFile interface {
	File
	Notes() []Note
}

// A Walker is a file system that lists all its files without building a tree
// of folders, in an order of its own that is the same each time.
type Walker interface {
	// WalkFiles calls fn with each regular file that the acquisition lists,
	// whether or not its content is there. It returns the first error of fn,
	// and the errors of listing joined to it. The size may be a claim of the
	// acquisition.
	WalkFiles(fn func(path string, size int64) error) error
}

// Open opens the file at a device path.
func (s *Source) Open(path string) (File, error) {
	f, err := s.FS.Open(path)
	if err != nil {
		return nil, err
	}
	rf, ok := f.(File)
	if !ok {
		f.Close()
		return nil, fmt.Errorf("open %s: %T has no ReadAt", path, f)
	}
	return rf, nil
}

// maxListErrors bounds the errors of listing kept by [Source.WalkFiles].
const maxListErrors = 20

// WalkFiles calls fn with the device path and size of each regular file. It
// stops at the first error of fn and returns it; otherwise it returns the
// folders that could not be listed, joined.
func (s *Source) WalkFiles(fn func(path string, size int64) error) error {
	if w, ok := s.FS.(Walker); ok {
		return w.WalkFiles(fn)
	}
	var errs []error
	err := fs.WalkDir(s.FS, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			if len(errs) < maxListErrors {
				errs = append(errs, err)
			}
			return nil
		}
		if !d.Type().IsRegular() {
			return nil
		}
		var size int64
		if info, err := d.Info(); err == nil {
			size = info.Size()
		}
		return fn(p, size)
	})
	if err != nil {
		return err
	}
	return errors.Join(errs...)
}

// Close releases what the source holds open.
func (s *Source) Close() error {
	if s.Closer == nil {
		return nil
	}
	return s.Closer.Close()
}
