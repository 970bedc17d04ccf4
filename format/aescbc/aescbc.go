// Package aescbc reads files that are encrypted with AES in CBC mode, at any
// place. To decrypt block i of such a file, the ciphertext of blocks i-1 and i
// is enough (NIST SP 800-38A, 6.2); its end is marked by padding (RFC 5652,
// 6.3). The payloads of iPhone backups and of Android backups are such files.
package aescbc

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
)

// Sizes of the pieces in which ciphertext is read and decrypted.
const (
	runSize  = 64 << 10  // one read and one call of the cipher; fits the second level cache
	parallel = 1 << 20   // reads from this size on are spread over processors
	partSize = 256 << 10 // partSize part for one processor
)

// A Reader gives random access to the plaintext of a file. It is safe for
// concurrent use if its source is.
type Reader struct {
	src    io.ReaderAt
	block  cipher.Block
	iv     [aes.BlockSize]byte
	cipher int64 // bytes of ciphertext in use, a multiple of 16
	size   int64 // bytes of plaintext, padding removed

	padded    bool
	truncated bool
}

// NewReader prepares the plaintext of the first stored bytes of srr. The
// padding decides the size of the plaintext. Where it is invalid, listed
// decides if the ciphertext can have come from that many bytes; else all bytes
// are kept. A negative listed size is unknown. The error is that of reading the
// last block.
func NewReader(src io.ReaderAt, stored int64, block cipher.Block, iv [aes.BlockSize]byte, listed int64) (*Reader, error) {
	r := &Reader{src: src, block: block, iv: iv, cipher: stored &^ (aes.BlockSize - 1), truncated: stored%aes.BlockSize != 0}
	r.size = r.cipher
	if r.cipher == 0 {
		r.padded = stored == 0
		return r, nil
	}
	var last [aes.BlockSize]byte
	if _, err := r.readAt(last[:], r.cipher-aes.BlockSize); err != nil {
		return nil, fmt.Errorf("read last block: %w", err)
	}
	if n := padding(last[:]); n > 0 {
		r.size, r.padded = r.cipher-int64(n), true
	} else if listed >= 0 && listed <= r.cipher && r.cipher-listed < aes.BlockSize {
		r.size = listed
	}
	return r, nil
}

// Size returns the number of bytes of the plaintext, without padding.
func (r *Reader) Size() int64 { return r.size }

// Stored returns the number of bytes of ciphertext that are in use, which is a
// multiple of 16.
func (r *Reader) Stored() int64 { return r.cipher }

// Padded reports whether the last block has valid padding. A file without any
// byte needs none.
func (r *Reader) Padded() bool { return r.padded }

// Truncated reports whether the ciphertext is no whole number of blocks: up to
// 15 bytes at its end are not used.
func (r *Reader) Truncated() bool { return r.truncated }

// padding returns the length of the PKCS #7 padding at the end of a block, 0 if
// it is invalid.
func padding(block []byte) int {
	n := int(block[len(block)-1])
	if n < 1 || n > len(block) {
		return 0
	}
	for _, b := range block[len(block)-n:] {
		if int(b) != n {
			return 0
		}
	}
	return n
}

// ReadAt implements [io.ReaderAt]. Large reads use several processors. Where
// the source is shorter than NewReader was told, the error matches
// [io.ErrUnexpectedEOF].
func (r *Reader) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("read at a negative offset")
	}
	if off >= r.size {
		return 0, io.EOF
	}
	var end error
	if rest := r.size - off; int64(len(p)) > rest {
		p, end = p[:rest], io.EOF
	}
	var n int
	var err error
	if workers := runtime.GOMAXPROCS(0); len(p) >= parallel && workers > 1 {
		n, err = r.readParallel(p, off, workers)
	} else {
		n, err = r.readAt(p, off)
	}
	if err == nil {
		err = end
	}
	return n, err
}

// readParallel divides a read among workers.
func (r *Reader) readParallel(p []byte, off int64, workers int) (int, error) {
	part := max(partSize, (len(p)/workers+runSize)&^(runSize-1))
	type result struct {
		n   int
		err error
	}
	results := make([]result, (len(p)+part-1)/part)
	var wg sync.WaitGroup
	for i := range results {
		wg.Go(func() {
			from := i * part
			n, err := r.readAt(p[from:min(from+part, len(p))], off+int64(from))
			results[i] = result{n, err}
		})
	}
	wg.Wait()
	total := 0
	for _, res := range results {
		total += res.n
		if res.err != nil {
			return total, res.err
		}
	}
	return total, nil
}

// buffers hold a run of ciphertext and the block before it.
var buffers = sync.Pool{New: func() any { return new([runSize + aes.BlockSize]byte) }}

// readAt decrypts len(p) bytes at off, all of which lie within the ciphertext.
func (r *Reader) readAt(p []byte, off int64) (int, error) {
	buf := buffers.Get().(*[runSize + aes.BlockSize]byte)
	defer buffers.Put(buf)
	done := 0
	for done < len(p) {
		at := off + int64(done)
		start := at &^ (aes.BlockSize - 1)
		head := int(at - start)
		want := min(runSize, (head+len(p)-done+aes.BlockSize-1)&^(aes.BlockSize-1))
		if err := r.load(buf, start, want); err != nil {
			return done, err
		}
		run := buf[aes.BlockSize : aes.BlockSize+want]
		mode := cipher.NewCBCDecrypter(r.block, buf[:aes.BlockSize])
		if out := p[done:]; head == 0 && len(out) >= want {
			mode.CryptBlocks(out[:want], run)
			done += want
		} else {
			mode.CryptBlocks(run, run)
			done += copy(out, run[head:])
		}
	}
	return done, nil
}

// load reads n bytes of ciphertext at start, and the block before them, which
// is the IV for the first.
func (r *Reader) load(buf *[runSize + aes.BlockSize]byte, start int64, n int) error {
	from, p := start-aes.BlockSize, buf[:aes.BlockSize+n]
	if start == 0 {
		copy(buf[:], r.iv[:])
		from, p = 0, buf[aes.BlockSize:aes.BlockSize+n]
	}
	got, err := r.src.ReadAt(p, from)
	if got == len(p) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return err
}
