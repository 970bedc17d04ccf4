package from

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/evidence"
)

// Bounds of what [Gunzip] keeps in memory. Databases and texts of phones are at most
// some ten times as large as they are when compressed; a file of one repeated byte is a
// thousand times as large.
const (
	maxGunzip    = 256 << 20 // bytes
	gunzipFree   = 16 << 20  // bytes that may be had from any file
	maxGunzipped = 200       // times the compressed size, beyond that
)

// Gunzip returns an input with the content of one that is compressed with gzip,
// held in memory, and the input itself if it is not. Of a file that breaks off, or is
// larger than real ones are, it returns what there is and an error. Offsets of its
// records are those in the content.
func Gunzip(in *artifact.Input) (*artifact.Input, error) {
	head := make([]byte, 2)
	if n, err := in.File.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return in, fmt.Errorf("read header: %w", err)
	} else if n < 2 || head[0] != 0x1f || head[1] != 0x8b {
		return in, nil
	}
	z, err := gzip.NewReader(io.NewSectionReader(in.File, 0, in.Size))
	if err != nil {
		return in, fmt.Errorf("decompress: %w", err)
	}
	limit := min(maxGunzip, max(gunzipFree, maxGunzipped*min(in.Size, maxGunzip)))
	content, err := readBlocks(z, limit)
	if err != nil {
		err = fmt.Errorf("decompress: %w", err)
	}
	other := *in
	other.File, other.Size = memory{in.File, io.NewSectionReader(content, 0, content.size)}, content.size
	return &other, err
}

// blockSize is the size of the pieces in which content is held: growing one piece would
// take a multiple of the memory.
const blockSize = 1 << 20

// blocks is content in pieces, all but the last of them full.
type blocks struct {
	list [][]byte
	size int64
}

// readBlocks reads r to its end, and at most limit bytes. It returns what it read also
// with an error.
func readBlocks(r io.Reader, limit int64) (*blocks, error) {
	b := new(blocks)
	for {
		piece := make([]byte, min(blockSize, limit+1-b.size))
		n, err := io.ReadFull(r, piece)
		if n > 0 {
			b.list = append(b.list, piece[:n])
			b.size += int64(n)
		}
		if b.size > limit {
			b.size = limit
			return b, fmt.Errorf("more than %d bytes", limit)
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF) && n < len(piece) && ended(r):
			return b, nil
		case err != nil:
			return b, err
		}
	}
}

// ended reports whether a reader is at its end, rather than broken off.
func ended(r io.Reader) bool {
	_, err := r.Read(make([]byte, 1))
	return errors.Is(err, io.EOF)
}

// ReadAt implements [io.ReaderAt].
func (b *blocks) ReadAt(p []byte, at int64) (int, error) {
	done := 0
	for done < len(p) && at < b.size {
		piece := b.list[at/blockSize]
		n := copy(p[done:], piece[at%blockSize:])
		done, at = done+n, at+int64(n)
	}
	if done < len(p) {
		return done, io.EOF
	}
	return done, nil
}

// memory is a file whose content is in memory.
type memory struct {
	evidence.File
	content *io.SectionReader
}

// Read implements [io.Reader].
func (m memory) Read(b []byte) (int, error) { return m.content.Read(b) }

// ReadAt implements [io.ReaderAt].
func (m memory) ReadAt(b []byte, at int64) (int, error) { return m.content.ReadAt(b, at) }

// Unwrap returns the compressed file.
func (m memory) Unwrap() evidence.File { return m.File }
