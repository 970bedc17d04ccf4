package aescbc

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
)

// testIV is not zero, so that its place in the first block is seen.
var testIV = [aes.BlockSize]byte{1, 2, 3, 15: 9}

func testBlock(tb testing.TB) cipher.Block {
	tb.Helper()
	block, err := aes.NewCipher(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		tb.Fatal(err)
	}
	return block
}

// newReader reads data with the key and IV of the tests.
func newReader(tb testing.TB, data []byte, stored, listed int64) (*Reader, error) {
	tb.Helper()
	return NewReader(bytes.NewReader(data), stored, testBlock(tb), testIV, listed)
}

// pad appends PKCS #7 padding.
func pad(p []byte) []byte {
	n := aes.BlockSize - len(p)%aes.BlockSize
	return append(bytes.Clone(p), bytes.Repeat([]byte{byte(n)}, n)...)
}

// encrypt encrypts whole blocks.
func encrypt(tb testing.TB, plain []byte) []byte {
	tb.Helper()
	out := make([]byte, len(plain))
	cipher.NewCBCEncrypter(testBlock(tb), testIV[:]).CryptBlocks(out, plain)
	return out
}

func randomBytes(n int, seed uint64) []byte {
	p := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)}).Read(p)
	return p
}

func TestReadAt(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{0, 1, 15, 16, 17, runSize - 1, runSize, runSize + 1, 3*runSize + 5, parallel + 3*runSize + 7} {
		plain := randomBytes(size, uint64(size))
		data := encrypt(t, pad(plain))
		c, err := newReader(t, data, int64(len(data)), -1)
		if err != nil || c.Size() != int64(size) || !c.Padded() || c.Truncated() {
			t.Fatalf("%d bytes: %+v, %v", size, c, err)
		}
		whole := make([]byte, size+10)
		if n, err := c.ReadAt(whole, 0); n != size || err != io.EOF || !bytes.Equal(whole[:n], plain) {
			t.Fatalf("%d bytes: read %d, %v", size, n, err)
		}
		for range 50 {
			from := rnd.IntN(size + 1)
			p := make([]byte, rnd.IntN(size-from+1))
			n, err := c.ReadAt(p, int64(from))
			if n != len(p) || err != nil && from < size || !bytes.Equal(p, plain[from:from+n]) {
				t.Fatalf("%d bytes: read %d of %d at %d: %v", size, n, len(p), from, err)
			}
		}
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	unpadded := make([]byte, 64) // ends with zero: no padding
	tests := []struct {
		name              string
		plain             []byte // whole blocks
		cut               int    // bytes removed from the ciphertext
		listed, want      int64
		padded, truncated bool
	}{
		{"padding decides", pad(make([]byte, 50)), 0, 10, 50, true, false},
		{"padding decides against a larger size", pad(make([]byte, 50)), 0, 5000, 50, true, false},
		{"a whole block of padding", pad(make([]byte, 48)), 0, 48, 48, true, false},
		{"nothing but padding", pad(nil), 0, 0, 0, true, false},
		{"no padding, size fits", unpadded, 0, 60, 60, false, false},
		{"no padding, size is all", unpadded, 0, 64, 64, false, false},
		{"no padding, size too small", unpadded, 0, 48, 64, false, false},
		{"no padding, size too large", unpadded, 0, 65, 64, false, false},
		{"no padding, no size", unpadded, 0, -1, 64, false, false},
		{"cut within a block", unpadded, 5, 64, 48, false, true},
		{"cut in the first block", unpadded[:16], 5, 64, 0, false, true},
		{"empty", nil, 0, 9, 0, true, false},
	}
	for _, tt := range tests {
		data := encrypt(t, tt.plain)
		data = data[:len(data)-tt.cut]
		c, err := newReader(t, data, int64(len(data)), tt.listed)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if c.Size() != tt.want || c.Padded() != tt.padded || c.Truncated() != tt.truncated {
			t.Errorf("%s: size %d, padded %v, truncated %v; want %d, %v, %v", tt.name, c.Size(), c.Padded(), c.Truncated(), tt.want, tt.padded, tt.truncated)
		}
	}
}

func TestShortSource(t *testing.T) {
	t.Parallel()
	data := encrypt(t, pad(make([]byte, 1000)))
	c, err := newReader(t, data, int64(len(data)), -1)
	if err != nil {
		t.Fatal(err)
	}
	c.src = bytes.NewReader(data[:500])
	if _, err := c.ReadAt(make([]byte, 1000), 0); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("source cut: %v, want unexpected EOF", err)
	}
	if _, err := newReader(t, data[:500], 1008, -1); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("source shorter than said: %v, want unexpected EOF", err)
	}
}

// FuzzReader compares reads at any place with the standard library, which
// decrypts all at once.
func FuzzReader(f *testing.F) {
	f.Add([]byte("sixteen bytes of "), 3, 5)
	f.Add(make([]byte, 64), 15, 18)
	f.Add([]byte{}, 0, 1)
	f.Fuzz(func(t *testing.T, data []byte, off, n int) {
		r, err := newReader(t, data, int64(len(data)), -1)
		if err != nil {
			t.Fatal(err)
		}
		plain := make([]byte, len(data)&^(aes.BlockSize-1))
		cipher.NewCBCDecrypter(testBlock(t), testIV[:]).CryptBlocks(plain, data[:len(plain)])
		if int64(len(plain)) != r.Stored() || r.Size() > r.Stored() || r.Stored()-r.Size() > aes.BlockSize {
			t.Fatalf("size %d of %d stored, from %d bytes", r.Size(), r.Stored(), len(data))
		}
		if off < 0 || int64(off) > r.Size() || n < 0 || n > 1<<20 {
			return
		}
		got := make([]byte, n)
		done, err := r.ReadAt(got, int64(off))
		want := plain[off:min(off+n, int(r.Size()))]
		if !bytes.Equal(got[:done], want) || err != nil && err != io.EOF {
			t.Errorf("%d bytes at %d: %x, %v; want %x", n, off, got[:done], err, want)
		}
	})
}

// BenchmarkReader compares reads of several sizes with the decrypter of the
// standard library on the same bytes in memory; "parallel" may use two cores.
func BenchmarkReader(b *testing.B) {
	data := encrypt(b, pad(randomBytes(16<<20, 3)))
	b.Run("crypto/cipher", func(b *testing.B) {
		block := testBlock(b)
		out := make([]byte, runSize)
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			mode := cipher.NewCBCDecrypter(block, testIV[:])
			for at := 0; at < len(data); at += runSize {
				end := min(at+runSize, len(data))
				mode.CryptBlocks(out[:end-at], data[at:end])
			}
		}
	})
	for _, size := range []int{4 << 10, 64 << 10, 512 << 10, 4 << 20} {
		b.Run(fmt.Sprintf("ReadAt-%dK", size>>10), func(b *testing.B) {
			c, err := newReader(b, data, int64(len(data)), -1)
			if err != nil {
				b.Fatal(err)
			}
			out := make([]byte, size)
			b.SetBytes(c.size)
			for b.Loop() {
				for at := int64(0); at < c.size; at += int64(size) {
					if _, err := c.ReadAt(out, at); err != nil && err != io.EOF {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
