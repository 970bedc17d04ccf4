package androidbackup

import (
	"archive/tar"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
)

// Limits of one backup.
const (
	maxEntries = 5_000_000
	maxTail    = 64 << 10 // bytes of plaintext read after the end of the archive
)

// An Entry is one regular file of a backup.
type Entry struct {
	Name string // in the archive, such as "apps/com.example/f/x"; as it stands there
	Size int64  // in bytes, as the archive says
	// Modified is the time of the last change on the device, in seconds since
	// 1970-01-01 UTC, 0 if the archive does not say.
	Modified int64
	io.Reader
}

// Walk calls fn with each regular file of the payload, in its order, as a
// stream that ends with the call; other entries are left out. The first error
// of fn ends the walk and is returned. Of a backup that is cut or damaged all
// that comes before is yielded, then the error is returned: it matches
// [io.ErrUnexpectedEOF] where the backup ends early, also where only the blocks
// that mark the end of the archive are missing.
func (h *Header) Walk(ctx context.Context, p *Payload, fn func(*Entry) error) error {
	var src io.Reader = io.NewSectionReader(p, 0, math.MaxInt64)
	if h.Compressed {
		z, err := zlib.NewReader(src)
		if err != nil {
			return fmt.Errorf("decompress backup: %w", early(err))
		}
		defer z.Close()
		src = z
	}
	end := &endReader{r: src}
	t := tar.NewReader(end)
	for n := 0; ; n++ {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if n >= maxEntries {
			return fmt.Errorf("read backup: more than %d entries", maxEntries)
		}
		e, err := t.Next()
		if errors.Is(err, io.EOF) && !end.seen {
			return tail(src)
		}
		if err != nil {
			return fmt.Errorf("read backup after %d entries: %w", n, early(err))
		}
		if e.Typeflag != tar.TypeReg {
			continue
		}
		entry := &Entry{Name: e.Name, Size: e.Size, Reader: t}
		if !e.ModTime.IsZero() {
			entry.Modified = e.ModTime.Unix()
		}
		if err := fn(entry); err != nil {
			return err
		}
	}
}

// An endReader notes that the end of its source was met.
type endReader struct {
	r    io.Reader
	seen bool
}

// Read implements [io.Reader].
func (e *endReader) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	if n == 0 && errors.Is(err, io.EOF) {
		e.seen = true
	}
	return n, err
}

// tail reads on after the blocks that mark the end of the archive, so that the
// checksum of a compressed payload is compared. One that is missing is accepted.
func tail(src io.Reader) error {
	if _, err := io.CopyN(io.Discard, src, maxTail); errors.Is(err, zlib.ErrChecksum) {
		return fmt.Errorf("decompress backup: %w", err)
	}
	return nil
}

// early makes the end of the data an unexpected one.
func early(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
