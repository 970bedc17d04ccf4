// Package mbdb reads Manifest.mbdb, the catalogue of iOS backups up to iOS 9.
//
// The file is "mbdb" 05 00 and records without any index. All numbers are
// big-endian; a string is a length of two bytes and its bytes, FF FF being no
// string. The layout was published by the authors of the iPhone Backup
// Extractor and of iphone-dataprotection (2011), and is stable since iOS 4.
package mbdb

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
)

// Magic is how the file begins.
const Magic = "mbdb\x05\x00"

// HeaderSize is the offset of the first record.
const HeaderSize = int64(len(Magic))

// maxRecord bounds the bytes of one record. A record can hold 515 strings of
// 64 KiB; real ones stay below 4 KiB.
const maxRecord = 1 << 20

// fixedSize is the size of the numbers of a record, from mode to the count of
// its properties.
const fixedSize = 2 + 2*4 + 2*4 + 3*4 + 8 + 2

// A Record is one file, folder or link of the backup.
type Record struct {
	Domain string // as in later manifests, such as "HomeDomain"
	Path   string // relative to the domain, "" for its root
	Target string // of a symbolic link, a path on the device
	Hash   []byte // of the content, 20 bytes or nothing
	Key    []byte // wrapped key with its class, see keybag.Keys.FileKey; nothing if not encrypted

	Mode       uint16     // POSIX type and permissions
	Inode      uint64     // its number in the file system of the phone
	UID, GID   uint32     // owner and group on the phone
	Modified   uint32     // seconds since 1970 UTC
	Accessed   uint32     // seconds since 1970 UTC
	Changed    uint32     // status change, seconds since 1970 UTC
	Size       uint64     // bytes, 0 for folders and links
	Class      uint8      // protection class, 0 for none
	Properties []Property // extended attributes, in file order

	Offset int64 // of the record in the file
	End    int64 // offset of the next record
}

// A Property is an extended attribute of a file.
type Property struct {
	Name  string
	Value []byte
}

// ErrFormat is matched by errors that say that the file is no Manifest.mbdb or
// that a record cannot be read. A record tells its length only by being read:
// nothing after a damaged one can be found.
var ErrFormat = errors.New("not a record of Manifest.mbdb")

// Records yields the records of a file in its order. It yields an error and
// ends at the first record that cannot be read, or at the header; a file cut
// between records just ends.
func Records(r io.Reader) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		br := bufio.NewReaderSize(r, 64<<10)
		magic := make([]byte, HeaderSize)
		if _, err := io.ReadFull(br, magic); err != nil || string(magic) != Magic {
			if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				err = fmt.Errorf("%w: it begins with %q", ErrFormat, magic)
			}
			yield(Record{}, fmt.Errorf("read header: %w", err))
			return
		}
		for at := HeaderSize; ; {
			if _, err := br.Peek(1); err == io.EOF {
				return
			}
			rec, err := read(br, at)
			if !yield(rec, err) || err != nil {
				return
			}
			at = rec.End
		}
	}
}

// At reads the record at an offset that [Records] gave.
func At(r io.ReaderAt, offset int64) (Record, error) {
	if offset < HeaderSize {
		return Record{}, fmt.Errorf("read record at %d: %w", offset, ErrFormat)
	}
	return read(bufio.NewReader(io.NewSectionReader(r, offset, maxRecord)), offset)
}

// read reads one record from r, which stands at the offset.
func read(r io.Reader, offset int64) (Record, error) {
	c := cursor{r: r}
	rec := Record{Offset: offset}
	rec.Domain = string(c.bytes())
	rec.Path = string(c.bytes())
	rec.Target = string(c.bytes())
	rec.Hash = c.bytes()
	rec.Key = c.bytes()
	var fixed [fixedSize]byte
	c.full(fixed[:])
	be := binary.BigEndian
	rec.Mode = be.Uint16(fixed[0:])
	rec.Inode = be.Uint64(fixed[2:])
	rec.UID, rec.GID = be.Uint32(fixed[10:]), be.Uint32(fixed[14:])
	rec.Modified, rec.Accessed, rec.Changed = be.Uint32(fixed[18:]), be.Uint32(fixed[22:]), be.Uint32(fixed[26:])
	rec.Size = be.Uint64(fixed[30:])
	rec.Class = fixed[38]
	for range fixed[39] {
		if c.err != nil {
			break
		}
		p := Property{Name: string(c.bytes())}
		p.Value = c.bytes()
		rec.Properties = append(rec.Properties, p)
	}
	rec.End = offset + c.n
	if c.err != nil {
		return Record{}, fmt.Errorf("read record at %d: %w", offset, c.err)
	}
	if rec.Domain == "" {
		return Record{}, fmt.Errorf("read record at %d: %w: no domain", offset, ErrFormat)
	}
	return rec, nil
}

// A cursor reads the parts of one record; its first error stays.
type cursor struct {
	r   io.Reader
	n   int64 // bytes read
	err error
}

func (c *cursor) full(p []byte) {
	if c.err != nil {
		return
	}
	if c.n+int64(len(p)) > maxRecord {
		c.err = fmt.Errorf("%w: longer than %d bytes", ErrFormat, maxRecord)
		return
	}
	n, err := io.ReadFull(c.r, p)
	c.n += int64(n)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = fmt.Errorf("%w: cut after %d bytes", ErrFormat, c.n)
	}
	c.err = err
}

// bytes reads a string; the absent string is nil.
func (c *cursor) bytes() []byte {
	var head [2]byte
	c.full(head[:])
	size := binary.BigEndian.Uint16(head[:])
	if c.err != nil || size == 0xffff {
		return nil
	}
	p := make([]byte, size)
	c.full(p)
	if c.err != nil {
		return nil
	}
	return p
}
