package engine

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/iotest"
)

// TestHashAll hashes content of sizes around those of the buffers, from readers
// that give little at a time, the end with the last bytes, or an error.
func TestHashAll(t *testing.T) {
	t.Parallel()
	const buffer = 256 << 10
	broken := fmt.Errorf("decompress: %w", io.ErrUnexpectedEOF)
	for _, size := range []int{0, 1, buffer - 1, buffer, buffer + 1, 2 * buffer, 5*buffer + 7} {
		data := bytes.Repeat([]byte("0123456789a"), size/11+1)[:size]
		want := sha256.Sum256(data)
		for name, r := range map[string]io.Reader{
			"whole": bytes.NewReader(data), "halves": iotest.HalfReader(bytes.NewReader(data)), "end with data": iotest.DataErrReader(bytes.NewReader(data)),
		} {
			h := sha256.New()
			if n, err := hashAll(h, r); err != nil || n != int64(size) || !bytes.Equal(h.Sum(nil), want[:]) {
				t.Errorf("%s of %d bytes: %d bytes, %v", name, size, n, err)
			}
		}
		for _, failure := range []error{broken, io.ErrUnexpectedEOF, fmt.Errorf("read: %w", io.EOF)} {
			r := io.MultiReader(bytes.NewReader(data), iotest.ErrReader(failure))
			if n, err := hashAll(sha256.New(), r); !errors.Is(err, failure) || n != int64(size) {
				t.Errorf("%v after %d bytes: %d bytes, %v", failure, size, n, err)
			}
		}
	}
}
