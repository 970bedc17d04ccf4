package evidence

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/vigie-project/vigie/format/deflate"
)

var errGzip = errors.New("not gzip data")

// maxGzipHeader bounds the header of a gzip member, with its names and comments.
const maxGzipHeader = 1 << 20

// A gzipCursor decodes gzip data (RFC 1952), one member after the other.
type gzipCursor struct {
	src    io.ReaderAt
	size   int64 // of src
	next   int64 // offset of the next member, while dec is nil
	dec    *deflate.Decoder
	member uint32 // bytes of the member, modulo 2^32
	sum    uint32 // CRC-32 of the member so far
	bad    func(error)
}

// gzipStart returns the start of gzip data. bad is called with a checksum that
// differs; decoding goes on after it.
func gzipStart(src io.ReaderAt, size int64, bad func(error)) resumer {
	return func() (cursor, error) { return &gzipCursor{src: src, size: size, bad: bad}, nil }
}

func (c *gzipCursor) mark() resumer {
	if c.dec == nil {
		saved := *c
		return func() (cursor, error) { again := saved; return &again, nil }
	}
	m := c.dec.Mark()
	saved := *c
	saved.dec = nil
	return func() (cursor, error) {
		again := saved
		again.dec = deflate.Resume(c.src, m, c.size)
		return &again, nil
	}
}

func (c *gzipCursor) Read(p []byte) (int, error) {
	for {
		if c.dec == nil {
			if err := c.header(); err != nil {
				return 0, err
			}
		}
		n, err := c.dec.Read(p)
		c.member += uint32(n)
		c.sum = crc32.Update(c.sum, crc32.IEEETable, p[:n])
		if !errors.Is(err, io.EOF) {
			return n, streamError("gzip", err)
		}
		if err := c.trailer(); err != nil {
			return n, err
		}
		if n > 0 {
			return n, nil
		}
	}
}

// trailer checks the end of a member.
func (c *gzipCursor) trailer() error {
	end := c.dec.InputEnd()
	c.dec = nil
	var b [8]byte
	if n, err := c.src.ReadAt(b[:], end); n < len(b) {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("decompress gzip: %w", err)
	}
	c.next = end + int64(len(b))
	if binary.LittleEndian.Uint32(b[:]) != c.sum || binary.LittleEndian.Uint32(b[4:]) != c.member {
		c.bad(fmt.Errorf("decompress gzip: %w at offset %d", errChecksum, end))
	}
	c.sum, c.member = 0, 0
	return nil
}

// header reads the header of the next member. The end of the data, or anything
// else after the first member, is the end of the content.
func (c *gzipCursor) header() error {
	end := io.EOF
	if c.next == 0 {
		end = errGzip
	}
	var b [10]byte
	if n, err := c.src.ReadAt(b[:], c.next); n < len(b) {
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		return end
	}
	if b[0] != 0x1f || b[1] != 0x8b || b[2] != 8 {
		return end
	}
	const hasCRC, hasExtra, hasName, hasComment = 2, 4, 8, 16
	at := c.next + int64(len(b))
	r := &gzipHeader{src: io.NewSectionReader(c.src, at, maxGzipHeader)}
	if b[3]&hasExtra != 0 {
		size := int(r.byte()) | int(r.byte())<<8
		for range size {
			r.byte()
		}
	}
	for _, flag := range []byte{hasName, hasComment} {
		for b[3]&flag != 0 && r.byte() != 0 {
		}
	}
	if b[3]&hasCRC != 0 {
		r.byte()
		r.byte()
	}
	if r.err != nil {
		return fmt.Errorf("decompress gzip: read header: %w", r.err)
	}
	c.dec = deflate.New(c.src, at+r.n, c.size)
	return nil
}

// A gzipHeader reads the bytes of a header.
type gzipHeader struct {
	src *io.SectionReader
	buf [512]byte
	at  int
	end int
	n   int64
	err error
}

// byte returns the next byte, and 0 after an error.
func (r *gzipHeader) byte() byte {
	if r.at == r.end && r.err == nil {
		r.at = 0
		if r.end, r.err = r.src.Read(r.buf[:]); r.end > 0 {
			r.err = nil
		} else if r.err == io.EOF {
			r.err = io.ErrUnexpectedEOF
		}
	}
	if r.err != nil {
		return 0
	}
	r.at++
	r.n++
	return r.buf[r.at-1]
}

// A zstdCursor decodes Zstandard data, which cannot be resumed.
type zstdCursor struct {
	dec *zstd.Decoder
}

// maxZstdWindow bounds the memory that the data may ask for.
const maxZstdWindow = 128 << 20

// zstdStart returns the start of Zstandard data.
func zstdStart(src io.ReaderAt, size int64) resumer {
	return func() (cursor, error) {
		dec, err := zstd.NewReader(io.NewSectionReader(src, 0, size),
			zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxZstdWindow))
		if err != nil {
			return nil, fmt.Errorf("decompress zstd: %w", err)
		}
		return &zstdCursor{dec: dec}, nil
	}
}

func (c *zstdCursor) mark() resumer { return nil }
func (c *zstdCursor) close()        { c.dec.Close() }

func (c *zstdCursor) Read(p []byte) (int, error) {
	n, err := c.dec.Read(p)
	return n, streamError("zstd", err)
}
