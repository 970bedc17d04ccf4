package from

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/evidence"
)

// maxGunzip bounds the bytes that [Gunzip] keeps in memory.
const maxGunzip = 512 << 20

// Gunzip returns an input with the content of one that is compressed with gzip,
// held in memory, and the input itself if it is not. Of a file that breaks off it
// returns what there is and an error. Offsets of its records are those in the
// content.
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
	var content bytes.Buffer
	n, err := io.Copy(&content, io.LimitReader(z, maxGunzip+1))
	if n > maxGunzip {
		err = fmt.Errorf("more than %d bytes", maxGunzip)
		content.Truncate(maxGunzip)
	}
	if err != nil {
		err = fmt.Errorf("decompress: %w", err)
	}
	other := *in
	other.File, other.Size = memory{in.File, bytes.NewReader(content.Bytes())}, int64(content.Len())
	return &other, err
}

// memory is a file whose content is in memory.
type memory struct {
	evidence.File
	content *bytes.Reader
}

// Read implements [io.Reader].
func (m memory) Read(b []byte) (int, error) { return m.content.Read(b) }

// ReadAt implements [io.ReaderAt].
func (m memory) ReadAt(b []byte, at int64) (int, error) { return m.content.ReadAt(b, at) }

// Unwrap returns the compressed file.
func (m memory) Unwrap() evidence.File { return m.File }
