package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
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
	if d.Size, err = hashAll(h, ctxReader{r, ctx}); err != nil {
		return d, fmt.Errorf("hash %s: %w", path, err)
	}
	d.SHA256 = hex.EncodeToString(h.Sum(nil))
	return d, nil
}

// hashAll writes everything to a hash and returns how much it was. Content of more
// than one buffer is read, and so decompressed, while what came before is hashed.
func hashAll(h hash.Hash, r io.Reader) (size int64, err error) {
	first := buffers.Get().(*[256 << 10]byte)
	defer buffers.Put(first)
	n, end, err := fill(r, first[:])
	if end || err != nil {
		h.Write(first[:n])
		return int64(n), err
	}
	second := buffers.Get().(*[256 << 10]byte)
	defer buffers.Put(second)
	full, free, done := make(chan []byte, 1), make(chan *[256 << 10]byte, 2), make(chan struct{})
	go func() {
		defer close(done)
		for b := range full {
			h.Write(b)
			free <- (*[256 << 10]byte)(b[:256<<10])
		}
	}()
	full <- first[:]
	for buf := second; ; buf = <-free {
		size += int64(n)
		if n, end, err = fill(r, buf[:]); n > 0 {
			full <- buf[:n]
		}
		if end || err != nil {
			break
		}
	}
	close(full)
	<-done
	return size + int64(n), err
}

// fill reads until a buffer is full, and reports whether the content ended. An
// error of the reader stays what it is, also when it is an unexpected end.
func fill(r io.Reader, buf []byte) (n int, end bool, err error) {
	for n < len(buf) && err == nil {
		var m int
		m, err = r.Read(buf[n:])
		n += m
	}
	if err == io.EOF { // itself, as readers give it: a wrapped one is a failure
		return n, true, nil
	}
	return n, false, err
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
