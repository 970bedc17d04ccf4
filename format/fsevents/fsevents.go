// Package fsevents reads the files in which fseventsd keeps what changed on a
// volume: gzip members with pages of events. An event names a path and what
// happened to it, and has a number that grows but no time.
//
// The format is not documented by Apple. It is described by G-C Partners
// (https://github.com/dlcowen/FSEventsParser) and by
// https://github.com/libyal/dtformats/blob/main/documentation/MacOS%20File%20System%20Events%20Disk%20Log%20Stream%20format.asciidoc.
package fsevents

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
)

// Limits.
const (
	maxTotal = 2 << 30  // bytes of one file once decompressed; real ones have some MiB
	maxPath  = 64 << 10 // bytes of a path; the system has at most 1024
)

// Sizes in bytes.
const headerSize = 12

// ErrFormat is matched by errors that say that bytes are no page of events.
var ErrFormat = errors.New("not a page of file system events")

// An Event is one change, or several changes of one path since the event before.
type Event struct {
	Path    string // relative to the root of the volume, as stored
	ID      uint64 // number of the event, from the begin of the log of the volume
	Flags   Flags
	Node    uint64 // number of the file or folder; from version 2
	Version int    // of the page: 1, 2 (from iOS 11) or 3
	Offset  int64  // in the decompressed file
}

// Flags say what happened, and to what.
type Flags uint32

// The flags, with the values that they have in files of little-endian systems.
const (
	Created         Flags = 1 << 0
	Removed         Flags = 1 << 1
	InodeChanged    Flags = 1 << 2
	Renamed         Flags = 1 << 3
	Modified        Flags = 1 << 4
	Exchanged       Flags = 1 << 5
	FinderInfo      Flags = 1 << 6
	FolderCreated   Flags = 1 << 7
	Permissions     Flags = 1 << 8
	AttributeSet    Flags = 1 << 9
	AttributeGone   Flags = 1 << 10
	Revision        Flags = 1 << 12
	Cloned          Flags = 1 << 14
	PathCut         Flags = 1 << 17
	LastLinkRemoved Flags = 1 << 19
	HardLink        Flags = 1 << 20
	SymbolicLink    Flags = 1 << 22
	File            Flags = 1 << 23
	Folder          Flags = 1 << 24
	Mount           Flags = 1 << 25
	Unmount         Flags = 1 << 26
	Transaction     Flags = 1 << 29
)

// flagNames are the names of the bits, "" where the meaning is not known.
var flagNames = [32]string{
	0: "created", 1: "removed", 2: "inode changed", 3: "renamed", 4: "modified", 5: "exchanged", 6: "finder info",
	7: "folder created", 8: "permissions", 9: "attribute set", 10: "attribute removed", 12: "revision", 14: "cloned",
	17: "path cut", 19: "last link removed", 20: "hard link", 22: "symbolic link", 23: "file", 24: "folder", 25: "mount",
	26: "unmount", 29: "end of transaction",
}

// Names returns the names of the flags that are set, in the order of the bits;
// bits that are not known appear as "bit 11".
func (f Flags) Names() (names []string) {
	for i, name := range flagNames {
		if f&(1<<i) == 0 {
			continue
		}
		if name == "" {
			name = fmt.Sprintf("bit %d", i)
		}
		names = append(names, name)
	}
	return names
}

// Events yields the events of a file in its order. It yields an error and ends
// where the file is damaged, since nothing behind that can be found.
func Events(r io.Reader) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		br := bufio.NewReaderSize(r, 64<<10)
		head, err := br.Peek(2)
		if errors.Is(err, io.EOF) && len(head) == 0 {
			return
		}
		d := decoder{src: br}
		if len(head) == 2 && head[0] == 0x1f && head[1] == 0x8b {
			z, err := gzip.NewReader(br)
			if err != nil {
				yield(Event{}, fmt.Errorf("decompress: %w", err))
				return
			}
			d.src = bufio.NewReaderSize(z, 64<<10)
		}
		for {
			more, err := d.page(yield)
			if err != nil {
				yield(Event{}, err)
				return
			}
			if !more {
				return
			}
		}
	}
}

// A decoder reads pages.
type decoder struct {
	src  *bufio.Reader
	at   int64  // bytes read so far
	path []byte // of the event, reused
}

// page yields the events of the next page. It reports whether there may be
// another one, and what is damaged.
func (d *decoder) page(yield func(Event, error) bool) (more bool, err error) {
	var head [headerSize]byte
	start := d.at
	if n, err := io.ReadFull(d.src, head[:]); err != nil {
		if n == 0 && errors.Is(err, io.EOF) {
			return false, nil
		}
		return false, fmt.Errorf("read page at offset %d: %w", start, err)
	}
	d.at += headerSize
	if string(head[1:4]) != "SLD" || head[0] < '1' || head[0] > '3' {
		return false, fmt.Errorf("read page at offset %d: %w: it begins with %q", start, ErrFormat, head[:4])
	}
	version := int(head[0] - '0')
	end := start + int64(binary.LittleEndian.Uint32(head[8:]))
	if end < d.at || end > maxTotal {
		return false, fmt.Errorf("read page at offset %d: %w: it ends at %d", start, ErrFormat, end)
	}
	for d.at < end {
		e, err := d.event(version, end)
		if err != nil {
			return false, err
		}
		if !yield(e, nil) {
			return false, nil
		}
	}
	return true, nil
}

// event reads an event of a page that ends at an offset.
func (d *decoder) event(version int, end int64) (Event, error) {
	e := Event{Version: version, Offset: d.at}
	d.path = d.path[:0]
	for {
		c, err := d.src.ReadByte()
		if err != nil {
			return e, d.cut(e, err)
		}
		if d.at++; c == 0 {
			break
		}
		if d.path = append(d.path, c); len(d.path) > maxPath || d.at >= end {
			return e, d.cut(e, ErrFormat)
		}
	}
	e.Path = string(d.path)
	size := 12
	if version > 1 {
		size += 8
	}
	if version > 2 {
		size += 4
	}
	var tail [24]byte
	if d.at+int64(size) > end {
		return e, d.cut(e, ErrFormat)
	}
	n, err := io.ReadFull(d.src, tail[:size])
	d.at += int64(n)
	if err != nil {
		return e, d.cut(e, err)
	}
	e.ID, e.Flags = binary.LittleEndian.Uint64(tail[:]), Flags(binary.LittleEndian.Uint32(tail[8:]))
	if version > 1 {
		e.Node = binary.LittleEndian.Uint64(tail[12:])
	}
	return e, nil
}

// cut describes an event that breaks off.
func (d *decoder) cut(e Event, err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("read event at offset %d: %w", e.Offset, err)
}
