package evidence

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
	cbcRun      = 64 << 10  // one read and one call of the cipher; fits the second level cache
	cbcParallel = 1 << 20   // reads from this size on are spread over processors
	cbcPart     = 256 << 10 // smallest part for one processor
)

// A cbcReader gives random access to the plaintext of a file that is encrypted
// with AES-256-CBC and a zero IV: to decrypt block i, the ciphertext of blocks
// i-1 and i is enough. It is safe for concurrent use if its source is.
type cbcReader struct {
	src    io.ReaderAt
	block  cipher.Block
	cipher int64 // bytes of ciphertext in use, a multiple of 16
	size   int64 // bytes of plaintext, padding removed

	padded    bool // the padding was there and valid
	truncated bool // the ciphertext was no multiple of 16: up to 15 bytes are not used
}

// newCBC prepares the plaintext of the first stored bytes of src. The padding
// decides the size of the plaintext. Where it is invalid, listed decides if the
// ciphertext can have come from that many bytes; else all bytes are kept. A
// negative listed size is unknown.
func newCBC(src io.ReaderAt, stored int64, key []byte, listed int64) (*cbcReader, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("use file key: %w", err)
	}
	c := &cbcReader{src: src, block: block, cipher: stored &^ (aes.BlockSize - 1), truncated: stored%aes.BlockSize != 0}
	c.size = c.cipher
	if c.cipher == 0 {
		c.padded = stored == 0
		return c, nil
	}
	var last [aes.BlockSize]byte
	if _, err := c.readAt(last[:], c.cipher-aes.BlockSize); err != nil {
		return nil, fmt.Errorf("read last block: %w", err)
	}
	if n := padding(last[:]); n > 0 {
		c.size, c.padded = c.cipher-int64(n), true
	} else if listed >= 0 && listed <= c.cipher && c.cipher-listed < aes.BlockSize {
		c.size = listed
	}
	return c, nil
}

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

// ReadAt implements [io.ReaderAt]. Large reads use several processors.
func (c *cbcReader) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("read at a negative offset")
	}
	if off >= c.size {
		return 0, io.EOF
	}
	var end error
	if rest := c.size - off; int64(len(p)) > rest {
		p, end = p[:rest], io.EOF
	}
	var n int
	var err error
	if workers := runtime.GOMAXPROCS(0); len(p) >= cbcParallel && workers > 1 {
		n, err = c.readParallel(p, off, workers)
	} else {
		n, err = c.readAt(p, off)
	}
	if err == nil {
		err = end
	}
	return n, err
}

// readParallel divides a read among workers.
func (c *cbcReader) readParallel(p []byte, off int64, workers int) (int, error) {
	part := max(cbcPart, (len(p)/workers+cbcRun)&^(cbcRun-1))
	type result struct {
		n   int
		err error
	}
	results := make([]result, (len(p)+part-1)/part)
	var wg sync.WaitGroup
	for i := range results {
		wg.Go(func() {
			from := i * part
			n, err := c.readAt(p[from:min(from+part, len(p))], off+int64(from))
			results[i] = result{n, err}
		})
	}
	wg.Wait()
	total := 0
	for _, r := range results {
		total += r.n
		if r.err != nil {
			return total, r.err
		}
	}
	return total, nil
}

// cbcBuffers hold a run of ciphertext and the block before it.
var cbcBuffers = sync.Pool{New: func() any { return new([cbcRun + aes.BlockSize]byte) }}

// readAt decrypts len(p) bytes at off, all of which lie within the ciphertext.
func (c *cbcReader) readAt(p []byte, off int64) (int, error) {
	buf := cbcBuffers.Get().(*[cbcRun + aes.BlockSize]byte)
	defer cbcBuffers.Put(buf)
	done := 0
	for done < len(p) {
		at := off + int64(done)
		start := at &^ (aes.BlockSize - 1)
		head := int(at - start)
		want := min(cbcRun, (head+len(p)-done+aes.BlockSize-1)&^(aes.BlockSize-1))
		if err := c.load(buf, start, want); err != nil {
			return done, err
		}
		run := buf[aes.BlockSize : aes.BlockSize+want]
		mode := cipher.NewCBCDecrypter(c.block, buf[:aes.BlockSize])
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
// is zero for the first.
func (c *cbcReader) load(buf *[cbcRun + aes.BlockSize]byte, start int64, n int) error {
	from, p := start-aes.BlockSize, buf[:aes.BlockSize+n]
	if start == 0 {
		clear(buf[:aes.BlockSize])
		from, p = 0, buf[aes.BlockSize:aes.BlockSize+n]
	}
	got, err := c.src.ReadAt(p, from)
	if got == len(p) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return err
}
