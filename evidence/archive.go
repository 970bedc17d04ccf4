package evidence

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
)

var errArchive = errors.New("neither a folder nor a zip or tar archive (plain, gzip or zstd)")

// tarMarks is how many marks are kept of a tar archive that is compressed as a
// whole, 32 KiB each.
const tarMarks = 1024

// openArchive opens an archive of a recognised format. On success it takes over
// the closer. A compressed tar archive is decompressed once to list it; after
// that gzip gives random access, while zstd is decompressed from its start again
// for each read that goes back.
func openArchive(ctx context.Context, src io.ReaderAt, size int64, closer io.Closer) (outer, error) {
	var head [512]byte
	n, err := src.ReadAt(head[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch b := string(head[:n]); {
	case len(b) >= 4 && (b[:4] == "PK\x03\x04" || b[:4] == "PK\x05\x06"):
		return openZip(ctx, src, size, closer)
	case len(b) >= 2 && b[:2] == "\x1f\x8b":
		bad := &checksums{}
		s := newStream(gzipStart(src, size, bad.add), -1, tarMarks, newBlockCache())
		return openTar(ctx, tarSource{src: s, size: -1, closer: closer, bad: bad})
	case len(b) >= 4 && b[:4] == "\x28\xb5\x2f\xfd":
		s := newStream(zstdStart(src, size), -1, tarMarks, newBlockCache())
		return openTar(ctx, tarSource{src: s, size: -1, closer: closer, slow: true})
	case isTar(head[:n]):
		return openTar(ctx, tarSource{src: src, size: size, closer: closer})
	}
	return nil, errArchive
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
