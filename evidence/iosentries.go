package evidence

import (
	"archive/tar"
	"encoding/binary"
	"errors"
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"
	"time"
)

// entries implements [entryLister] by reading the headers again. An archive
// that is too large to be spooled is decompressed once more.
func (t *tarOuter) entries(fn func(*Entry) error) error {
	pos := &tarPos{src: t.src, size: t.size}
	if pos.size < 0 {
		pos.size = math.MaxInt64
	}
	r := tar.NewReader(pos)
	for n := 0; n < maxTarMembers; n++ {
		pos.header = -1
		h, err := r.Next()
		if err != nil { // the end, or what the listing has noted
			return t.damaged
		}
		name, ok := cleanName(h.Name)
		if !ok || !fs.ValidPath(name) || h.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		if err := fn(tarEntry(h, name, pos.header)); err != nil {
			return err
		}
	}
	return t.damaged
}

// tarEntry describes a member of a tar archive.
func tarEntry(h *tar.Header, name string, offset int64) *Entry {
	e := &Entry{
		Stored: name, Mode: h.FileInfo().Mode(), HasMode: true, Size: h.Size, UID: int64(h.Uid), GID: int64(h.Gid),
		User: h.Uname, Group: h.Gname, Modified: seconds(h.ModTime), Accessed: seconds(h.AccessTime), Changed: seconds(h.ChangeTime), Offset: offset,
	}
	if h.Typeflag == tar.TypeSymlink || h.Typeflag == tar.TypeLink {
		e.Target, e.Size, e.Hard = h.Linkname, 0, h.Typeflag == tar.TypeLink
	}
	if e.Mode.IsDir() {
		e.Size = 0
	}
	if text := h.PAXRecords["LIBARCHIVE.creationtime"]; text != "" {
		e.Created = seconds(paxTime(text))
	}
	return e
}

// paxTime reads a PAX time, seconds since 1970 UTC with a fraction.
func paxTime(text string) time.Time {
	whole, fraction, _ := strings.Cut(text, ".")
	sec, err := strconv.ParseInt(whole, 10, 64)
	const nano = 9
	fraction = (fraction + "000000000")[:nano]
	ns, nerr := strconv.ParseInt(fraction, 10, 64)
	if err != nil || nerr != nil || sec < 0 || sec > math.MaxUint32 {
		return time.Time{}
	}
	return time.Unix(sec, ns)
}

// entries implements [entryLister] from the central directory. Targets of links
// are read from the members.
func (z *zipOuter) entries(fn func(*Entry) error) error {
	var fnErr error
	err := z.members(func(m *zipMember) error {
		name, use := m.usable()
		if use == memberBadName || z.names.isDropped(m.off) {
			return nil
		}
		e := z.entry(m, name, use)
		fnErr = fn(e)
		return fnErr
	})
	if fnErr != nil {
		return fnErr
	}
	return err
}

// Extra fields of zip members that hold owners, extrafld.txt of Info-ZIP.
const (
	extraOwner16 = 0x5855 // times and, in local headers only, owners
	extraOwner   = 0x7875 // user and group
)

// entry describes a member of a zip archive.
func (z *zipOuter) entry(m *zipMember, name string, use int) *Entry {
	const kind, setuid, setgid, sticky = 0o170000, 0o4000, 0o2000, 0o1000
	e := &Entry{Stored: name, Size: int64(min(m.plain, math.MaxInt64)), UID: -1, GID: -1, Offset: m.off}
	if m.unix && m.external>>16 != 0 {
		bits := m.external >> 16
		e.Mode, e.HasMode = fs.FileMode(bits&0o777), true
		for bit, mode := range map[uint32]fs.FileMode{setuid: fs.ModeSetuid, setgid: fs.ModeSetgid, sticky: fs.ModeSticky} {
			if bits&bit != 0 {
				e.Mode |= mode
			}
		}
		switch bits & kind {
		case 0o020000:
			e.Mode |= fs.ModeDevice | fs.ModeCharDevice
		case 0o060000:
			e.Mode |= fs.ModeDevice
		case 0o010000:
			e.Mode |= fs.ModeNamedPipe
		case 0o140000:
			e.Mode |= fs.ModeSocket
		}
	}
	e.Modified = m.modified()
	zipExtra(e, m.extra)
	switch use {
	case memberFolder:
		e.Mode, e.Size = e.Mode.Perm()|fs.ModeDir, 0
	case memberLink:
		e.Mode |= fs.ModeSymlink
		e.Target, e.Size = z.target(m, name), 0
	}
	return e
}

// target reads where a symbolic link leads.
func (z *zipOuter) target(m *zipMember, name string) string {
	const maxTarget = 4096
	if m.plain > maxTarget {
		return ""
	}
	s, err := z.content(m, name)
	if err != nil {
		return ""
	}
	data := make([]byte, s.size)
	n, _ := s.ReadAt(data, 0)
	return strings.ToValidUTF8(string(data[:n]), "\uFFFD")
}

// zipExtra reads owner and further times from the extra field of the central
// directory, which has neither in most archives.
func zipExtra(e *Entry, extra []byte) {
	le := binary.LittleEndian
	for tag, field := range extraFields(extra) {
		switch {
		case tag == extraOwner16 && len(field) >= 8:
			e.Accessed, e.Modified = seconds(time.Unix(int64(le.Uint32(field)), 0)), seconds(time.Unix(int64(le.Uint32(field[4:])), 0))
		case tag == extraOwner && len(field) >= 2:
			zipOwner(e, field[1:])
		}
	}
}

// zipOwner reads the user and group, each with its length before it.
func zipOwner(e *Entry, field []byte) {
	for _, id := range []*int64{&e.UID, &e.GID} {
		if len(field) == 0 || int(field[0]) >= len(field) || field[0] > 7 {
			return
		}
		n := int(field[0])
		*id = 0
		for i := n; i > 0; i-- {
			*id = *id<<8 | int64(field[i])
		}
		field = field[1+n:]
	}
}

// entries implements [entryLister]. Times and owners are those of the copy.
func (d *folder) entries(fn func(*Entry) error) error { return d.entriesBelow(".", fn) }

func (d *folder) entriesBelow(dir string, fn func(*Entry) error) error {
	w := &entryWalk{d: d, fn: fn}
	if err := w.list(dir, 0); err != nil {
		return err
	}
	return errors.Join(w.errs...)
}

// An entryWalk is one walk through a folder, its folders and links included.
type entryWalk struct {
	d    *folder
	fn   func(*Entry) error
	errs []error
}

// list lists one folder and what is below; its result is an error of fn.
func (w *entryWalk) list(dir string, depth int) error {
	if depth > maxFolderDepth {
		return nil // walk reports it
	}
	list, err := readDir(w.d.root, dir)
	if err != nil && len(w.errs) < maxListErrors {
		w.errs = append(w.errs, err)
	}
	for _, de := range list {
		name := path.Join(dir, de.Name())
		e := &Entry{Stored: name, Mode: de.Type(), UID: -1, GID: -1, Offset: -1, Copied: true}
		if info, err := de.Info(); err == nil {
			e.Mode, e.HasMode, e.Modified = info.Mode(), true, seconds(info.ModTime())
			ownerOf(e, info)
			if e.Mode.IsRegular() {
				e.Size = info.Size()
			}
		}
		if e.Mode&fs.ModeSymlink != 0 {
			e.Target, _ = w.d.root.Readlink(name)
		}
		if err := w.fn(e); err != nil {
			return err
		}
		if de.IsDir() {
			if err := w.list(name, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// entries implements [entryLister].
func (s *sub) entries(fn func(*Entry) error) error {
	below := func(e *Entry) error {
		rest, ok := strings.CutPrefix(e.Stored+"/", s.prefix)
		if !ok {
			return nil
		}
		if e.Stored = strings.TrimSuffix(rest, "/"); e.Stored == "" {
			e.Stored = "."
		}
		return fn(e)
	}
	if d, ok := s.outer.(*folder); ok {
		return d.entriesBelow(strings.TrimSuffix(s.prefix, "/"), below)
	}
	l, ok := s.outer.(entryLister)
	if !ok {
		return ErrNoEntries
	}
	return l.entries(below)
}
