package evidence

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// Signatures and fixed sizes of zip structures, APPNOTE.TXT by PKWARE, 4.3.
const (
	sigLocal     = "PK\x03\x04"
	sigMember    = "PK\x01\x02"
	sigEnd       = "PK\x05\x06"
	sigEnd64     = "PK\x06\x06"
	sigLocator   = "PK\x06\x07"
	sizeLocal    = 30
	sizeMember   = 46
	sizeEnd      = 22
	sizeEnd64    = 56
	sizeLocator  = 20
	maxComment   = 1<<16 - 1
	extraZip64   = 1
	max32        = math.MaxUint32
	maxZipMember = 20_000_000 // members of an archive
)

var errZip = errors.New("not a valid zip archive")

// A zipDir is where the central directory lies.
type zipDir struct {
	off, size int64
	count     uint64
	base      int64 // bytes before the archive, which its offsets do not count

	src io.ReaderAt    // that holds it: the archive, or what was made instead
	cut map[int64]bool // offsets of records whose members are not there whole
}

// A zipMember is a record of the central directory.
type zipMember struct {
	off           int64 // of the record
	length        int64 // of the record
	name          string
	unix          bool // made by a system with Unix modes
	flags, method uint16
	sum           uint32
	packed, plain uint64
	local         uint64 // offset of the local header, without base
	piece         uint32 // of a split archive, in which that is
	external      uint32
	clock         uint32 // time and date of the last change, as of MS-DOS
	extra         []byte
	cut           bool // the archive ends within the content
}

// findZipDir finds the central directory from the end of the archive.
func findZipDir(src io.ReaderAt, size int64) (zipDir, error) {
	tail := make([]byte, min(size, sizeEnd+maxComment))
	if _, err := src.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return zipDir{}, fmt.Errorf("read zip: %w", err)
	}
	for i := len(tail) - sizeEnd; i >= 0; i-- {
		if string(tail[i:i+4]) != sigEnd || int(binary.LittleEndian.Uint16(tail[i+20:])) > len(tail)-i-sizeEnd {
			continue
		}
		at := size - int64(len(tail)) + int64(i)
		return readZipEnd(src, tail[i:i+sizeEnd], at)
	}
	return zipDir{}, fmt.Errorf("%w: no end of central directory: the archive is cut", errZip)
}

// readZipEnd reads the end record at an offset, and its 64-bit form.
func readZipEnd(src io.ReaderAt, b []byte, at int64) (zipDir, error) {
	le := binary.LittleEndian
	count, size, off := uint64(le.Uint16(b[10:])), uint64(le.Uint32(b[12:])), uint64(le.Uint32(b[16:]))
	end, piece := at, uint32(le.Uint16(b[6:]))
	if count == math.MaxUint16 || size == max32 || off == max32 {
		var loc [sizeLocator]byte
		if at >= sizeLocator {
			if _, err := src.ReadAt(loc[:], at-sizeLocator); err == nil && string(loc[:4]) == sigLocator {
				var b [sizeEnd64]byte
				start, err := pieceStart(src, le.Uint32(loc[4:]))
				if err != nil {
					return zipDir{}, err
				}
				where := start + le.Uint64(loc[8:])
				if where < start || where > uint64(at) {
					return zipDir{}, fmt.Errorf("%w: 64-bit end record at %d", errZip, where)
				}
				if _, err := src.ReadAt(b[:], int64(where)); err != nil || string(b[:4]) != sigEnd64 {
					return zipDir{}, fmt.Errorf("%w: no 64-bit end record at %d", errZip, where)
				}
				piece = le.Uint32(b[20:])
				count, size, off = le.Uint64(b[32:]), le.Uint64(b[40:]), le.Uint64(b[48:])
				end = int64(where)
			}
		}
	}
	start, err := pieceStart(src, piece)
	if err != nil || off > math.MaxInt64 {
		return zipDir{}, fmt.Errorf("%w: directory in piece %d at %d", errZip, piece+1, off)
	}
	off += start
	if size > uint64(end) || off > uint64(end)-size || count > maxZipMember || count > size/sizeMember {
		return zipDir{}, fmt.Errorf("%w: %d members in %d bytes at %d", errZip, count, size, off)
	}
	d := zipDir{off: int64(off), size: int64(size), count: count, src: src}
	// Something may have been put before the archive.
	if moved := end - int64(size) - int64(off); moved > 0 {
		var sig [4]byte
		if _, err := src.ReadAt(sig[:], d.off); count > 0 && (err != nil || string(sig[:]) != sigMember) {
			d.base = moved
			d.off += moved
		}
	}
	return d, nil
}

// readZipMember reads the record that r stands at.
func readZipMember(r *bufio.Reader, off int64) (*zipMember, error) {
	var b [sizeMember]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return nil, fmt.Errorf("%w: %w", errZip, err)
	}
	if string(b[:4]) != sigMember {
		return nil, fmt.Errorf("%w: no member at offset %d", errZip, off)
	}
	le := binary.LittleEndian
	m := &zipMember{
		off: off, unix: b[5] == 3 || b[5] == 19, flags: le.Uint16(b[8:]), method: le.Uint16(b[10:]), clock: le.Uint32(b[12:]), sum: le.Uint32(b[16:]),
		piece: uint32(le.Uint16(b[34:])), packed: uint64(le.Uint32(b[20:])), plain: uint64(le.Uint32(b[24:])), local: uint64(le.Uint32(b[42:])), external: le.Uint32(b[38:]),
	}
	name, extra, comment := int(le.Uint16(b[28:])), int(le.Uint16(b[30:])), int(le.Uint16(b[32:]))
	rest := make([]byte, name+extra)
	if _, err := io.ReadFull(r, rest); err != nil {
		return nil, fmt.Errorf("%w: %w", errZip, err)
	}
	if _, err := r.Discard(comment); err != nil {
		return nil, fmt.Errorf("%w: %w", errZip, err)
	}
	m.name = string(rest[:name])
	m.length = int64(sizeMember + name + extra + comment)
	m.extra = rest[name:]
	m.zip64(m.extra)
	return m, nil
}

// zip64 takes the 64-bit values of the extra field for those that are full.
func (m *zipMember) zip64(extra []byte) {
	for tag, field := range extraFields(extra) {
		if tag != extraZip64 {
			continue
		}
		for _, v := range []*uint64{&m.plain, &m.packed, &m.local} {
			if *v == max32 && len(field) >= 8 {
				*v = binary.LittleEndian.Uint64(field)
				field = field[8:]
			}
		}
		if m.piece == math.MaxUint16 && len(field) >= 4 {
			m.piece = binary.LittleEndian.Uint32(field)
		}
		return
	}
}

// local returns where the content of a member begins, and the name that its
// local header gives.
func (d zipDir) local(src io.ReaderAt, m *zipMember) (int64, string, error) {
	if m.local > math.MaxInt64/2 {
		return 0, "", fmt.Errorf("%w: local header at %d", errZip, m.local)
	}
	start, err := pieceStart(src, m.piece)
	if err != nil {
		return 0, "", err
	}
	at := int64(m.local+start) + d.base
	var b [sizeLocal]byte
	if _, err := src.ReadAt(b[:], at); err != nil || string(b[:4]) != sigLocal {
		return 0, "", fmt.Errorf("%w: no local header at offset %d", errZip, at)
	}
	name := make([]byte, binary.LittleEndian.Uint16(b[26:]))
	if _, err := src.ReadAt(name, at+sizeLocal); err != nil {
		return 0, "", fmt.Errorf("%w: local header at offset %d: %w", errZip, at, err)
	}
	return at + sizeLocal + int64(len(name)) + int64(binary.LittleEndian.Uint16(b[28:])), string(name), nil
}
