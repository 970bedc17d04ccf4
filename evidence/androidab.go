package evidence

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"hash/adler32"
	"io"

	"github.com/vigie-project/vigie/format/androidbackup"
	"github.com/vigie-project/vigie/format/deflate"
)

// abDir is where the files of an Android backup are shown that have no place on
// the device: manifests, key/value data, further shared storage.
const abDir = "backup"

// backupLayout is the layout of an Android backup, packed or not.
var backupLayout = layout{own: abDir, device: androidbackup.DevicePath, stored: androidbackup.Entries}

// openAB opens an Android backup, and takes the closer over on success.
func openAB(ctx context.Context, src io.ReaderAt, size int64, closer io.Closer, opt Options) (*Source, error) {
	h, err := androidbackup.ParseHeader(src, size)
	if err != nil {
		return nil, err
	}
	key, err := unlockAB(h, opt)
	if err != nil {
		return nil, err
	}
	p, err := h.Payload(src, size, key)
	if err != nil {
		return nil, err
	}
	o, err := openABTar(ctx, h, p, closer)
	if err != nil {
		return nil, fmt.Errorf("read Android backup: %w", err)
	}
	s := &Source{Kind: AndroidBackup, Device: Device{System: "Android"}, FS: &androidFS{o, backupLayout}, Closer: o}
	s.note("backup-version", "", "version %d, compressed %t, encrypted %t", h.Version, h.Compressed, h.Encryption != nil)
	if p.Cut {
		s.note("backup-cut", "", "the end of the ciphertext is missing or damaged")
	} else if !h.Compressed && !zeroEnd(p) {
		s.note("backup-cut", "", "the blocks that mark the end of the archive are missing")
	}
	if empty(o) {
		s.note("backup-empty", "", "the backup has no files")
	}
	s.Notes = append(s.Notes, o.notes()...)
	return s, nil
}

// unlockAB derives the key of a backup; nil if it is not encrypted.
func unlockAB(h *androidbackup.Header, opt Options) (*androidbackup.Key, error) {
	if h.Encryption == nil {
		return nil, nil
	}
	if opt.Password == nil {
		return nil, ErrPasswordRequired
	}
	password, err := opt.Password()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errPasswordAsked, err)
	}
	key, err := h.Unlock(password)
	if errors.Is(err, androidbackup.ErrWrongPassword) {
		return nil, ErrWrongPassword
	}
	return key, err
}

// errPasswordAsked says that asking for the password failed, which ends opening.
var errPasswordAsked = errors.New("ask for the password")

func openABTar(ctx context.Context, h *androidbackup.Header, p *androidbackup.Payload, closer io.Closer) (outer, error) {
	if !h.Compressed {
		return openTar(ctx, tarSource{src: p, size: p.Size(), closer: closer})
	}
	bad := &checksums{}
	s := newStream(zlibStart(p, p.Size(), bad), -1, tarMarks, newBlockCache())
	return openTar(ctx, tarSource{src: s, size: -1, closer: closer, bad: bad})
}

// zeroEnd reports whether the payload ends with the end of a tar archive.
func zeroEnd(p *androidbackup.Payload) bool {
	var end [2 * tarBlock]byte
	n, _ := p.ReadAt(end[:], max(0, p.Size()-int64(len(end))))
	return n == len(end) && end == [2 * tarBlock]byte{}
}

// empty reports whether an outer has no file.
func empty(o outer) bool {
	return !errors.Is(o.walk(func(string) error { return errStop }), errStop)
}

// A zlibCursor decodes a zlib stream (RFC 1950).
type zlibCursor struct {
	src io.ReaderAt
	end int64
	dec *deflate.Decoder
	sum hash.Hash32
	bad *checksums
}

// zlibHeader is the size of the header of a zlib stream.
const zlibHeader = 2

func zlibStart(src io.ReaderAt, size int64, bad *checksums) resumer {
	return func() (cursor, error) {
		var b [zlibHeader]byte
		if n, err := src.ReadAt(b[:], 0); n < len(b) {
			if err == nil || errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, streamError("zlib", err)
		}
		const methodMask, deflated, check, dictionary = 0x0f, 8, 31, 0x20
		if b[0]&methodMask != deflated || (uint(b[0])<<8|uint(b[1]))%check != 0 || b[1]&dictionary != 0 {
			return nil, errors.New("not zlib data")
		}
		return &zlibCursor{src: src, end: size, dec: deflate.New(src, zlibHeader, size), sum: adler32.New(), bad: bad}, nil
	}
}

// mark returns how to come back; the checksum is compared only by the first
// cursor, which sees all.
func (c *zlibCursor) mark() resumer {
	m := c.dec.Mark()
	return func() (cursor, error) {
		return &zlibCursor{src: c.src, end: c.end, dec: deflate.Resume(c.src, m, c.end)}, nil
	}
}

func (c *zlibCursor) Read(p []byte) (int, error) {
	n, err := c.dec.Read(p)
	if c.sum != nil {
		c.sum.Write(p[:n])
	}
	if errors.Is(err, io.EOF) && c.sum != nil {
		var b [4]byte
		if got, _ := c.src.ReadAt(b[:], c.dec.InputEnd()); got == len(b) && b != [4]byte(c.sum.Sum(nil)) {
			c.bad.add(streamError("zlib", errChecksum))
		}
	}
	return n, streamError("zlib", err)
}
