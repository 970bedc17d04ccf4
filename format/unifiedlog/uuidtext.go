package unifiedlog

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Limits of files of strings.
const (
	maxTextEntries = 1 << 16 // of a uuidtext file; real ones have 1 to 4
	maxPath        = 4096    // bytes of an image path
	maxString      = 64 << 10
	stringStep     = 256 // bytes read at a time while the end of a string is looked for
)

const uuidtextMagic = 0x66778899

// A readAtFunc appends up to n bytes at off of one file to dst.
type readAtFunc func(dst []byte, off int64, n int) ([]byte, error)

// A textFile is a uuidtext file: the strings of one executable image.
type textFile struct {
	read    readAtFunc
	entries []textEntry
	image   imageInfo
}

// A textEntry is one range of strings.
type textEntry struct {
	start, size uint32
	at          int64 // where its strings are in the file
}

// openText reads the tables of a uuidtext file.
func openText(uuid UUID, read readAtFunc) (*textFile, error) {
	const fixed, entrySize = 16, 8
	head, err := read(nil, 0, fixed)
	if err != nil {
		return nil, err
	}
	if len(head) < fixed || binary.LittleEndian.Uint32(head) != uuidtextMagic {
		return nil, fmt.Errorf("read uuidtext %s: no header", uuid)
	}
	if major := binary.LittleEndian.Uint32(head[4:]); major != 2 {
		return nil, fmt.Errorf("read uuidtext %s: version %d", uuid, major)
	}
	n := binary.LittleEndian.Uint32(head[12:])
	if n > maxTextEntries {
		return nil, fmt.Errorf("read uuidtext %s: %d entries", uuid, n)
	}
	table, err := read(nil, fixed, int(n)*entrySize)
	if err != nil {
		return nil, err
	}
	if len(table) < int(n)*entrySize {
		return nil, fmt.Errorf("read uuidtext %s: %d entries, truncated", uuid, n)
	}
	f := &textFile{read: read, entries: make([]textEntry, n)}
	at := int64(fixed + len(table))
	for i := range f.entries {
		e := table[i*entrySize:]
		f.entries[i] = textEntry{binary.LittleEndian.Uint32(e), binary.LittleEndian.Uint32(e[4:]), at}
		at += int64(f.entries[i].size)
	}
	path, err := readString(read, at, maxPath)
	f.image = imageInfo{UUID: uuid, Path: string(path)}
	return f, err
}

// text returns the string that a reference names.
func (f *textFile) text(ref uint64) ([]byte, bool) {
	for i := range f.entries {
		e := &f.entries[i]
		if ref >= uint64(e.start) && ref-uint64(e.start) < uint64(e.size) {
			off := int64(ref - uint64(e.start))
			s, err := readString(f.read, e.at+off, int64(e.size)-off)
			return s, err == nil
		}
	}
	return nil, false
}

// readString reads up to the first NUL, most bytes or the end of the file.
func readString(read readAtFunc, off, most int64) ([]byte, error) {
	var s []byte
	most = min(most, maxString)
	for int64(len(s)) < most {
		had := len(s)
		var err error
		if s, err = read(s, off+int64(had), int(min(stringStep, most-int64(had)))); err != nil {
			return s, err
		}
		if i := bytes.IndexByte(s[had:], 0); i >= 0 {
			return s[:had+i], nil
		}
		if len(s) == had {
			break
		}
	}
	return s, nil
}
