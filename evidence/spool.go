package evidence

import (
	"bufio"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
)

// Limits of what is decompressed once to be read at random.
const (
	spoolPacked   = 1 << 30   // bytes of an archive; larger ones are decompressed on demand
	spoolPlain    = 8 << 30   // bytes of content
	spoolTotal    = 24 << 30  // bytes of content of all archives that are open
	spoolMemory   = 8 << 20   // bytes kept in memory; the rest goes to a file
	spoolBlock    = 1 << 20   // bytes that are decompressed and encrypted together
	spoolRatio    = 200       // bytes of content for one of the archive; DEFLATE reaches 1032
	spoolRatioMin = 256 << 20 // bytes of content from which on the ratio counts
)

// A spool holds decompressed content for random access: its beginning in memory,
// the rest in a temporary file. The file is encrypted with AES-256 in counter
// mode under a key that is made for it and exists in memory only, so that what
// a killed process leaves behind cannot be read. Where the system allows it the
// file has no name from the start.
type spool struct {
	head []byte
	file *os.File // nil if all is in memory
	name string   // to be removed when closed; "" if that is done
	size int64
	aes  cipher.Block

	counted int64 // bytes of it in spooled
}

// spooled are the bytes of all spools that are open.
var spooled atomic.Int64

// errSpool says that content cannot be spooled, and must be read otherwise.
var errSpool = errors.New("content is not spooled")

// fillSpool reads content to its end. damaged is the error with which it ended
// early; what came before is there. The error matches errSpool if there is more
// content than is spooled, or no place for it. stop is asked between blocks and
// ends reading with its error.
func fillSpool(content io.Reader, packed int64, stop func() error) (s *spool, damaged, err error) {
	if spooled.Load() >= spoolTotal {
		return nil, nil, fmt.Errorf("%w: other archives take %d bytes", errSpool, spooled.Load())
	}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, nil, fmt.Errorf("make key: %w", err)
	}
	block, err := aes.NewCipher(key)
	clear(key)
	if err != nil {
		return nil, nil, fmt.Errorf("make key: %w", err)
	}
	s = &spool{aes: block}
	w := &spoolWriter{s: s}
	blocks := readBlocks(content, stop)
	defer blocks.stop()
	for b := range blocks.out {
		if err := w.write(b.data); err != nil {
			s.Close()
			return nil, nil, err
		}
		switch {
		case errors.Is(b.err, errSpoolStop):
			s.Close()
			return nil, nil, b.err
		case b.err != nil && !errors.Is(b.err, io.EOF):
			damaged = b.err
		case b.err == nil && (s.size > spoolPlain || spooled.Load() > spoolTotal):
			s.Close()
			return nil, nil, fmt.Errorf("%w: %d bytes are too many", errSpool, s.size)
		case b.err == nil && s.size > spoolRatioMin && s.size/spoolRatio > packed:
			damaged = fmt.Errorf("decompress archive: %d bytes grow to more than %d times their size", packed, spoolRatio)
		}
		if b.err != nil || damaged != nil {
			break
		}
		blocks.free <- b.data[:cap(b.data)]
	}
	if err := w.flush(); err != nil {
		s.Close()
		return nil, nil, err
	}
	return s, damaged, nil
}

// errSpoolStop says that the caller wants no more.
var errSpoolStop = errors.New("reading was stopped")

// A spoolReader decompresses ahead of the writer.
type spoolReader struct {
	out  chan spoolPiece
	free chan []byte
	quit chan struct{}
	once sync.Once
	done sync.WaitGroup
}

type spoolPiece struct {
	data []byte
	err  error
}

func readBlocks(content io.Reader, stop func() error) *spoolReader {
	const pieces = 3
	r := &spoolReader{out: make(chan spoolPiece), free: make(chan []byte, pieces), quit: make(chan struct{})}
	for range pieces {
		r.free <- make([]byte, spoolBlock)
	}
	r.done.Go(func() {
		defer close(r.out)
		for {
			var b []byte
			select {
			case b = <-r.free:
			case <-r.quit:
				return
			}
			n, err := fill(content, b)
			if serr := stop(); serr != nil {
				err = fmt.Errorf("%w: %w", errSpoolStop, serr)
			}
			select {
			case r.out <- spoolPiece{b[:n], err}:
			case <-r.quit:
				return
			}
			if err != nil {
				return
			}
		}
	})
	return r
}

// stop ends reading, and waits for it.
func (r *spoolReader) stop() {
	r.once.Do(func() { close(r.quit) })
	r.done.Wait()
}

// fill reads until p is full. Unlike [io.ReadFull] it returns the error of the
// reader as it is.
func fill(r io.Reader, p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		m, err = r.Read(p[n:])
		n += m
	}
	if n == len(p) {
		err = nil
	}
	return n, err
}

// A spoolWriter writes content to a spool from its start.
type spoolWriter struct {
	s   *spool
	ctr cipher.Stream
	buf *bufio.Writer
}

// write appends content, which it may change.
func (w *spoolWriter) write(p []byte) error {
	s := w.s
	spooled.Add(int64(len(p)))
	s.counted += int64(len(p))
	if s.file == nil {
		n := min(len(p), spoolMemory-len(s.head))
		s.head = append(s.head, p[:n]...)
		s.size += int64(n)
		if p = p[n:]; len(p) == 0 {
			return nil
		}
		if err := s.create(); err != nil {
			return err
		}
		w.ctr = s.stream(0)
		w.buf = bufio.NewWriterSize(s.file, spoolBlock)
	}
	w.ctr.XORKeyStream(p, p)
	if _, err := w.buf.Write(p); err != nil {
		return fmt.Errorf("%w: write temporary file: %w", errSpool, err)
	}
	s.size += int64(len(p))
	return nil
}

func (w *spoolWriter) flush() error {
	if w.buf == nil {
		return nil
	}
	if err := w.buf.Flush(); err != nil {
		return fmt.Errorf("%w: write temporary file: %w", errSpool, err)
	}
	return nil
}

// create makes the temporary file, which only its owner can open.
func (s *spool) create() error {
	f, err := os.CreateTemp("", "vigie-*.spool")
	if err != nil {
		return fmt.Errorf("%w: make temporary file: %w", errSpool, err)
	}
	s.file, s.name = f, f.Name()
	if os.Remove(s.name) == nil {
		s.name = ""
	}
	return nil
}

// stream returns the key stream from a block of AES on. Each place of the file
// is written once, so no part of the stream is used twice.
func (s *spool) stream(block int64) cipher.Stream {
	var iv [aes.BlockSize]byte
	binary.BigEndian.PutUint64(iv[8:], uint64(block))
	return cipher.NewCTR(s.aes, iv[:])
}

// ReadAt implements [io.ReaderAt].
func (s *spool) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("read at a negative offset")
	}
	if off >= s.size {
		return 0, io.EOF
	}
	n := 0
	if head := int64(len(s.head)); off < head {
		n = copy(p, s.head[off:])
		off += int64(n)
	}
	if n == len(p) {
		return n, nil
	}
	if s.file == nil {
		return n, io.EOF
	}
	off -= int64(len(s.head))
	m, err := s.file.ReadAt(p[n:], off)
	block, skip := off/aes.BlockSize, off%aes.BlockSize
	ctr := s.stream(block)
	if skip > 0 {
		var skipped [aes.BlockSize]byte
		ctr.XORKeyStream(skipped[:skip], skipped[:skip])
	}
	ctr.XORKeyStream(p[n:n+m], p[n:n+m])
	return n + m, err
}

// Close gives up the content.
func (s *spool) Close() error {
	spooled.Add(-s.counted)
	s.head, s.counted = nil, 0
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	if s.name != "" {
		err = errors.Join(err, os.Remove(s.name))
	}
	return err
}
