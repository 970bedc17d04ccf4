package artifacttest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"strconv"
	"testing"
	"testing/fstest"
	"time"

	"github.com/vigie-project/vigie/evidence"
)

// A listing is the tree of a case that says what its acquisition lists: the file
// [evidence.EntriesPath] has a JSON object for each entry, and instead of an
// entry, {"error": "…"} for what cannot be listed.
type listing struct {
	fstest.MapFS
	entries []evidence.Entry
	failed  error
}

// Entries implements [evidence.Lister].
func (l listing) Entries(fn func(*evidence.Entry) error) error {
	for _, e := range l.entries {
		if err := fn(&e); err != nil {
			return err
		}
	}
	return l.failed
}

// listed returns the tree with its listing, if it has one.
func listed(tb testing.TB, tree fstest.MapFS) fs.FS {
	f, ok := tree[evidence.EntriesPath]
	if !ok {
		return tree
	}
	l := listing{MapFS: tree}
	dec := json.NewDecoder(bytes.NewReader(f.Data))
	for dec.More() {
		line := struct {
			Path, Stored, Kind, Mode, User, Group, Target, Error string
			Size, Offset                                         int64
			UID, GID                                             *int64
			Modified, Accessed, Changed, Created                 time.Time
			Local, Hard, Copied                                  bool
			Step                                                 int // seconds
		}{}
		if err := dec.Decode(&line); err != nil {
			tb.Fatal(err)
		}
		if line.Error != "" {
			l.failed = errors.Join(l.failed, errors.New(line.Error))
			continue
		}
		e := evidence.Entry{Path: line.Path, Stored: line.Stored, Size: line.Size, User: line.User, Group: line.Group,
			Target: line.Target, Hard: line.Hard, Copied: line.Copied, Offset: line.Offset, UID: -1, GID: -1}
		if e.Stored == "" {
			e.Stored = e.Path
		}
		if line.UID != nil {
			e.UID, e.GID = *line.UID, *line.GID
		}
		if mode, err := strconv.ParseUint(line.Mode, 8, 12); err == nil {
			e.HasMode, e.Mode = true, fs.FileMode(mode&0o777)
			for bit, flag := range map[uint64]fs.FileMode{0o4000: fs.ModeSetuid, 0o2000: fs.ModeSetgid, 0o1000: fs.ModeSticky} {
				if mode&bit != 0 {
					e.Mode |= flag
				}
			}
		}
		e.Mode |= map[string]fs.FileMode{"folder": fs.ModeDir, "link": fs.ModeSymlink, "socket": fs.ModeSocket}[line.Kind]
		for _, t := range []struct {
			to *evidence.EntryTime
			t  time.Time
		}{{&e.Modified, line.Modified}, {&e.Accessed, line.Accessed}, {&e.Changed, line.Changed}, {&e.Created, line.Created}} {
			if !t.t.IsZero() {
				*t.to = evidence.EntryTime{Time: t.t, Local: line.Local, Step: time.Duration(line.Step) * time.Second}
			}
		}
		l.entries = append(l.entries, e)
	}
	return l
}

// filesOf returns the files of the source of a case.
func filesOf(src *evidence.Source) fstest.MapFS {
	if l, ok := src.FS.(listing); ok {
		return l.MapFS
	}
	return src.FS.(fstest.MapFS)
}
