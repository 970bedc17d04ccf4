package evidence

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
)

// splitMark is what the first piece of a split zip archive begins with.
const splitMark = "PK\x07\x08"

var errArchive = errors.New("neither a folder nor a zip or tar archive (plain, gzip or zstd)")

// maxTarMembers bounds the members of a tar archive that are listed; each takes
// 24 bytes of memory, and its name in the list of names.
const maxTarMembers = 12_000_000

// tarMarks is how many marks are kept of a tar archive that is compressed as a
// whole, 32 KiB each.
const tarMarks = 1024

// openArchive opens an archive of a recognised format. On success it takes over
// the closer. A compressed tar archive is decompressed once, into a [spool]. One
// that is too large for that is decompressed to list it; after that gzip gives
// random access, while zstd is decompressed from its start again for each read
// that goes back.
func openArchive(ctx context.Context, src io.ReaderAt, size int64, closer io.Closer) (outer, error) {
	var head [512]byte
	n, err := src.ReadAt(head[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch b := string(head[:n]); {
	case len(b) >= 4 && (b[:4] == "PK\x03\x04" || b[:4] == "PK\x05\x06" || b[:4] == splitMark):
		return openZip(ctx, src, size, closer)
	case len(b) >= 2 && b[:2] == "\x1f\x8b":
		bad := &checksums{}
		if o, err := openSpooled(ctx, gzipStart(src, size, bad.add), tarSource{size: size, closer: closer, bad: bad}); !errors.Is(err, errSpool) {
			return o, err
		}
		s := newStream(gzipStart(src, size, bad.add), -1, tarMarks, newBlockCache())
		return openTar(ctx, tarSource{src: s, size: -1, closer: closer, bad: bad})
	case len(b) >= 4 && b[:4] == "\x28\xb5\x2f\xfd":
		if o, err := openSpooled(ctx, zstdStart(src, size), tarSource{size: size, closer: closer}); !errors.Is(err, errSpool) {
			return o, err
		}
		s := newStream(zstdStart(src, size), -1, tarMarks, newBlockCache())
		return openTar(ctx, tarSource{src: s, size: -1, closer: closer, slow: true})
	case isTar(head[:n]):
		return openTar(ctx, tarSource{src: src, size: size, closer: closer})
	}
	return nil, errArchive
}

// openSpooled opens a compressed tar archive of packed.size bytes through a
// spool. The error matches errSpool if it must be read otherwise.
func openSpooled(ctx context.Context, start resumer, packed tarSource) (outer, error) {
	if packed.size > spoolPacked {
		return nil, errSpool
	}
	c, err := start()
	if err != nil {
		return nil, err
	}
	defer closeCursor(c)
	s, damaged, err := fillSpool(c, packed.size, func() error { return context.Cause(ctx) })
	if err != nil {
		return nil, err
	}
	if damaged != nil && s.size == 0 {
		s.Close()
		return nil, fmt.Errorf("read archive: %w", damaged)
	}
	o, err := openTar(ctx, tarSource{src: s, size: s.size, closer: packed.closer, bad: packed.bad, spool: s, cut: damaged})
	if err != nil {
		s.Close()
		return nil, err
	}
	return o, nil
}

// isTar reports whether a block is the header of a tar member.
func isTar(b []byte) bool {
	const magic, checksum, checksumEnd = 257, 148, 156
	if len(b) < tarBlock {
		return false
	}
	if string(b[magic:magic+5]) == "ustar" {
		return true
	}
	var sum int64
	for i, c := range b {
		if i >= checksum && i < checksumEnd {
			c = ' '
		}
		sum += int64(c)
	}
	var said int64
	for _, c := range b[checksum:checksumEnd] {
		if c >= '0' && c <= '7' {
			said = said*8 + int64(c-'0')
		}
	}
	return said == sum && b[0] != 0
}

// checksums collects the checksums that differ, without repeating one.
type checksums struct {
	mu   sync.Mutex
	errs []error
	seen map[string]bool
}

func (c *checksums) add(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen == nil {
		c.seen = make(map[string]bool)
	}
	if text := err.Error(); !c.seen[text] && len(c.errs) < maxListErrors {
		c.seen[text] = true
		c.errs = append(c.errs, err)
	}
}

// notes returns a note for each.
func (c *checksums) notes(path string) []Note {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var notes []Note
	for _, err := range c.errs {
		notes = append(notes, Note{Code: "checksum-differs", Path: path, Detail: fmt.Sprint(err), Count: 1})
	}
	return notes
}
