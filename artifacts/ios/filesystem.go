package ios

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"time"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Filesystem reads the list of all files, folders and links of a file system.
var Filesystem = artifact.Parser{
	ID:    "ios.filesystem",
	Title: lang.Text{EN: "Files of the file system", FR: "Fichiers du système de fichiers"},
	Doc: `A dump of the file system lists every file, folder and link that the tool could
read, with size and times, and in most archives with owner and mode. Names alone tell
much: staging folders of implants, hidden files in folders of caches, programs outside
of the system and of the bundles of apps, programs that run as their owner. Times are
those of the file system as the tool stored them; in a folder on disk they are those of
the copy unless the tool kept them. A file that an implant removed is not listed, and
the log of file system events may name it.`,
	Inputs: []artifact.Pattern{{Kinds: evidence.IOSFilesystem, Glob: evidence.EntriesPath}},
	Record: filesystemEntry{},
	Clock:  artifact.OtherClock,
	Refs: []string{
		"https://docs.mvt.re/en/latest/ios/records/#filesystemjson",
		"https://citizenlab.ca/2021/09/forcedentry-nso-group-imessage-zero-click-exploit-captured-in-the-wild/",
	},
	Parse: filesystemParse,
}

// filesystemEntry is one file, folder or link.
type filesystemEntry struct {
	Modified record.Time `json:"modified"` // of the content
	Changed  record.Time `json:"changed"`  // of the inode, where the acquisition records it
	Created  record.Time `json:"created"`  // where the acquisition records it
	Accessed record.Time `json:"accessed"` // where the acquisition records it
	// Times of archives that store the reading of a clock without zone, as zip
	// does: of the phone or of the tool.
	LocalModified record.WallTime `json:"local_modified"`
	LocalAccessed record.WallTime `json:"local_accessed"`
	LocalCreated  record.WallTime `json:"local_created"`

	Path   record.Path `json:"path"`              // on the device
	Stored string      `json:"stored,omitempty"`  // name in the acquisition, if it differs
	Kind   string      `json:"kind"`              // file, folder, link, hard link, or another type
	Size   int64       `json:"size"`              // bytes, as the acquisition claims; 0 for folders and links
	Mode   string      `json:"mode,omitempty"`    // permissions in octal with setuid, setgid and sticky, where recorded
	SetID  bool        `json:"set_id,omitempty"`  // a file that runs with the rights of its owner or group
	Exec   bool        `json:"exec,omitempty"`    // a file that somebody may execute
	UID    *int64      `json:"uid,omitempty"`     // owner, where recorded: 0 root, 501 mobile
	GID    *int64      `json:"gid,omitempty"`     // group, where recorded
	User   string      `json:"user,omitempty"`    // name of the owner, where recorded
	Group  string      `json:"group,omitempty"`   // name of the group, where recorded
	Target record.Path `json:"target,omitempty"`  // where a link leads
	Step   int64       `json:"step,omitempty"`    // seconds by which times are rounded, if more than 1
	Copied bool        `json:"of_copy,omitempty"` // times, owner and mode are those of a copy in a folder of the examiner
}

// String implements [record.Data].
func (e filesystemEntry) String() string {
	s := fmt.Sprintf("%s %s (%d bytes)", e.Kind, e.Path, e.Size)
	if e.Copied {
		s += ", time as in the copy that was examined"
	}
	return record.Line(s)
}

func filesystemParse(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		const checkEvery = 1024
		n := int64(0)
		stop := errors.New("stop")
		err := in.Source.Entries(func(e *evidence.Entry) error {
			if n++; n%checkEvery == 1 && ctx.Err() != nil {
				return stop
			}
			at := record.Origin{Path: e.Path, Row: n, Offset: max(e.Offset, 0)}
			if e.Stored != e.Path {
				at.Stored = e.Stored
			}
			if !yield(in.Record(at, filesystemRow(e)), nil) {
				return stop
			}
			return nil
		})
		if err != nil && !errors.Is(err, stop) {
			yield(record.Record{}, fmt.Errorf("list files: %w", err))
		}
	}
}

func filesystemRow(e *evidence.Entry) filesystemEntry {
	f := filesystemEntry{
		Path: record.Path(e.Path), Kind: filesystemKind(e), Size: e.Size, User: e.User, Group: e.Group,
		Target: record.Path(e.Target), Copied: e.Copied,
	}
	if e.Stored != e.Path {
		f.Stored = e.Stored
	}
	if e.UID >= 0 {
		uid := e.UID
		f.UID = &uid
	}
	if e.GID >= 0 {
		gid := e.GID
		f.GID = &gid
	}
	if e.HasMode {
		f.Mode = filesystemMode(e.Mode)
		f.SetID = e.Mode.IsRegular() && e.Mode&(fs.ModeSetuid|fs.ModeSetgid) != 0
		f.Exec = e.Mode.IsRegular() && e.Mode&0o111 != 0
	}
	f.Modified, f.LocalModified = filesystemTime(e.Modified)
	f.Accessed, f.LocalAccessed = filesystemTime(e.Accessed)
	f.Created, f.LocalCreated = filesystemTime(e.Created)
	f.Changed, _ = filesystemTime(e.Changed)
	if e.Modified.Step > time.Second {
		f.Step = int64(e.Modified.Step / time.Second)
	}
	return f
}

// filesystemKind names the type of an entry.
func filesystemKind(e *evidence.Entry) string {
	switch t := e.Mode.Type(); {
	case e.Hard:
		return "hard link"
	case t == 0:
		return "file"
	case t&fs.ModeDir != 0:
		return "folder"
	case t&fs.ModeSymlink != 0:
		return "link"
	case t&fs.ModeSocket != 0:
		return "socket"
	case t&fs.ModeNamedPipe != 0:
		return "pipe"
	case t&fs.ModeDevice != 0:
		return "device"
	}
	return "other"
}

// filesystemMode writes permissions in octal, as stat does.
func filesystemMode(m fs.FileMode) string {
	n := uint32(m.Perm())
	if m&fs.ModeSetuid != 0 {
		n |= 0o4000
	}
	if m&fs.ModeSetgid != 0 {
		n |= 0o2000
	}
	if m&fs.ModeSticky != 0 {
		n |= 0o1000
	}
	return fmt.Sprintf("%04o", n)
}

// filesystemTime returns a time of an entry, as an instant or as the reading of
// a clock. Archives store seconds, or nanoseconds, since 1970 UTC.
func filesystemTime(t evidence.EntryTime) (record.Time, record.WallTime) {
	switch {
	case t.IsZero():
		return record.Time{}, record.WallTime{}
	case t.Local:
		return record.Time{}, record.WallTime{Time: t.Time}
	case t.Time.Nanosecond() == 0:
		return epoch.Unix(t.Time.Unix()), record.WallTime{}
	}
	return epoch.UnixNano(t.Time.UnixNano()), record.WallTime{}
}
