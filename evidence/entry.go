package evidence

import (
	"errors"
	"io/fs"
	"time"
)

// EntriesPath is the path of an empty file in every source of kind
// [IOSFilesystem]. A parser of the listing takes it as its input, and calls
// [Source.Entries] of the input's source:
//
//	err := in.Source.Entries(func(e *evidence.Entry) error { … })
//
// The record of an entry has e.Path and e.Offset as its origin.
const EntriesPath = filesystemDir + "/entries"

// filesystemDir is where files of a file system dump are shown that have no
// place on the device, by their stored names.
const filesystemDir = "filesystem"

// An Entry is one file, folder or link that an acquisition lists, with what the
// archive or folder says about it.
type Entry struct {
	Path   string // on the device, as [Source.Open] takes it; "." for the root
	Stored string // name in the acquisition; the same as Path where that is so

	// Mode has the type (fs.ModeDir, fs.ModeSymlink, …; none for a regular
	// file), and if HasMode is set the permission bits with setuid, setgid and
	// sticky.
	Mode    fs.FileMode
	HasMode bool

	Size int64 // bytes, as claimed; 0 for folders and links

	// UID and GID are the owner and group, -1 where they are not recorded. User
	// and Group are their names where the archive has them.
	UID, GID    int64
	User, Group string

	Modified EntryTime // of the content
	Accessed EntryTime // only where the archive records it
	Changed  EntryTime // of the inode, only where the archive records it
	Created  EntryTime // only where the archive records it

	// Copied says that owner, mode and times are those of a copy in a folder on
	// the examiner's disk. They are those of the device only if the copy was
	// made to keep them.
	Copied bool

	Target string // where a link leads, as stored; "" for others
	Hard   bool   // the link is a hard link: Target is a stored name

	Offset int64 // of the header in the archive, decompressed; -1 in a folder
}

// An EntryTime is a time of an [Entry].
type EntryTime struct {
	// Time is zero if the time is not recorded. It is in UTC; if Local is set
	// it is instead the reading of a clock without zone (that of the phone or of
	// the tool, which the archive does not say), held as if it were UTC.
	Time  time.Time
	Local bool

	// Step is the resolution with which the archive stores it, such as one
	// second in most tar archives and two in the DOS times of zip archives.
	Step time.Duration
}

// IsZero reports whether the time is not recorded.
func (t EntryTime) IsZero() bool { return t.Time.IsZero() }

// ErrNoEntries says that a source does not list folders, links and owners.
var ErrNoEntries = errors.New("this kind of acquisition lists its files only")

// A Lister is a file system that knows folders, links, owners and times.
type Lister interface {
	// Entries calls fn with each entry in the order of the acquisition, which
	// is the same each time. The entry is valid during the call only. It
	// returns the first error of fn, or what could not be listed.
	Entries(fn func(*Entry) error) error
}

// Entries calls fn with every file, folder and link of the acquisition, in its
// order and in bounded memory. The entry is valid during the call only. It
// returns the first error of fn, what could not be listed, joined, or an error
// that matches [ErrNoEntries].
func (s *Source) Entries(fn func(*Entry) error) error {
	l, ok := s.FS.(Lister)
	if !ok {
		return ErrNoEntries
	}
	return l.Entries(fn)
}

// Capture returns the instant at which the acquisition was made on the phone,
// in a zone that has the phone's offset from UTC at that instant and no name,
// or false if [Device.Captured] is not known. The offset says nothing about
// other dates.
func (d Device) Capture() (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, d.Captured)
	return t, err == nil
}
