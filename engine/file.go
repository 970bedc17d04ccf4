package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"sync"

	"github.com/vigie-project/vigie/evidence"
)

// ctxFile fails to read once its context is done, which ends parsers that read
// without yielding.
type ctxFile struct {
	evidence.File
	ctx context.Context
}

func (f ctxFile) Read(p []byte) (int, error) {
	if f.ctx.Err() != nil {
		return 0, context.Cause(f.ctx)
	}
	return f.File.Read(p)
}

func (f ctxFile) ReadAt(p []byte, off int64) (int, error) {
	if f.ctx.Err() != nil {
		return 0, context.Cause(f.ctx)
	}
	return f.File.ReadAt(p, off)
}

// Unwrap returns the file itself, which may know more than to be read.
func (f ctxFile) Unwrap() evidence.File { return f.File }

// digest reads a file as it lies in the acquisition and returns its digest. A
// file that cannot be opened or read has an error in place of a digest.
func digest(ctx context.Context, src *evidence.Source, path string) (Digest, error) {
	d := Digest{Source: src.ID, Path: path}
	f, err := src.Open(path)
	if err != nil {
		return d, err
	}
	defer f.Close()
	var r io.Reader = io.NewSectionReader(f, 0, 1<<62)
	if s, ok := f.(evidence.StoredFile); ok {
		var name string
		if name, r = s.Stored(); name != path {
			d.Stored = name
		}
	}
	h := sha256.New()
	buf := buffers.Get().(*[256 << 10]byte)
	defer buffers.Put(buf)
	if d.Size, err = io.CopyBuffer(h, ctxReader{r, ctx}, buf[:]); err != nil {
		return d, fmt.Errorf("hash %s: %w", path, err)
	}
	d.SHA256 = hex.EncodeToString(h.Sum(nil))
	return d, nil
}

// buffers are those of digests.
var buffers = sync.Pool{New: func() any { return new([256 << 10]byte) }}

type ctxReader struct {
	r   io.Reader
	ctx context.Context
}

func (r ctxReader) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.r.Read(p)
}
