package androidbackup

import (
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
	"sync"
)

// runSize is how much ciphertext is read and decrypted at once.
const runSize = 64 << 10

// A Payload gives random access to the payload of a backup, decrypted: a zlib
// stream if [Header.Compressed], else a tar archive. It is safe for concurrent
// use if its source is.
type Payload struct {
	src    io.ReaderAt
	start  int64 // of the payload in src
	cipher int64 // bytes of ciphertext in use, a multiple of the block size
	size   int64 // of the plaintext
	key    *Key  // nil if the payload is not encrypted

	// Cut says that the ciphertext is no whole number of blocks, or that its
	// last block has no valid padding: the end of the backup is missing or
	// damaged, and all that is there is kept.
	Cut bool
}

// Payload returns the payload of a backup of size bytes. The key is that of
// [Header.Unlock]; nil for a backup that is not encrypted. The error matches
// [ErrHeader] if a key is missing, or is one of r.
func (h *Header) Payload(r io.ReaderAt, size int64, key *Key) (*Payload, error) {
	p := &Payload{src: r, start: h.Size, size: max(0, size-h.Size)}
	if h.Encryption == nil {
		return p, nil
	}
	if key == nil {
		return nil, fmt.Errorf("%w: the payload is encrypted and there is no key", ErrHeader)
	}
	p.key = key
	p.cipher = p.size - p.size%blockSize
	p.Cut = p.cipher != p.size || p.cipher == 0
	p.size = p.cipher
	if p.cipher == 0 {
		return p, nil
	}
	var last [blockSize]byte
	if _, err := p.ReadAt(last[:], p.cipher-blockSize); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read last block: %w", err)
	}
	if n := padding(last[:]); n > 0 {
		p.size = p.cipher - int64(n)
	} else {
		p.Cut = true
	}
	return p, nil
}

// Size returns the number of bytes of the payload, without padding.
func (p *Payload) Size() int64 { return p.size }

// padding returns the length of the PKCS #7 padding at the end of a block, 0 if
// it is not valid.
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

// ReadAt implements [io.ReaderAt].
func (p *Payload) ReadAt(b []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("read at a negative offset")
	}
	if off >= p.size {
		return 0, io.EOF
	}
	var end error
	if rest := p.size - off; int64(len(b)) > rest {
		b, end = b[:rest], io.EOF
	}
	var n int
	var err error
	if p.key == nil {
		n, err = p.src.ReadAt(b, p.start+off)
		if n == len(b) {
			err = nil
		}
	} else {
		n, err = p.decrypt(b, off)
	}
	if err == nil {
		err = end
	}
	return n, err
}

// runs hold a run of ciphertext and the block before it.
var runs = sync.Pool{New: func() any { return new([blockSize + runSize]byte) }}

// decrypt reads len(b) bytes at off, all within the ciphertext.
func (p *Payload) decrypt(b []byte, off int64) (int, error) {
	buf := runs.Get().(*[blockSize + runSize]byte)
	defer runs.Put(buf)
	done := 0
	for done < len(b) {
		at := off + int64(done)
		head := int(at % blockSize)
		start := at - int64(head)
		want := min(runSize, (head+len(b)-done+blockSize-1)/blockSize*blockSize)
		from, part := start-blockSize, buf[:blockSize+want]
		if start == 0 {
			copy(buf[:], p.key.iv[:])
			from, part = 0, buf[blockSize:blockSize+want]
		}
		if n, err := p.src.ReadAt(part, p.start+from); n < len(part) {
			if err == nil || errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return done, err
		}
		run := buf[blockSize : blockSize+want]
		cipher.NewCBCDecrypter(p.key.block, buf[:blockSize]).CryptBlocks(run, run)
		done += copy(b[done:], run[head:])
	}
	return done, nil
}
