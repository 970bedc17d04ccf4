package evidence

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

var testKey = bytes.Repeat([]byte{7}, 32)

// pad appends PKCS #7 padding.
func pad(p []byte) []byte {
	n := aes.BlockSize - len(p)%aes.BlockSize
	return append(bytes.Clone(p), bytes.Repeat([]byte{byte(n)}, n)...)
}

// encrypt encrypts whole blocks as a backup does.
func encrypt(tb testing.TB, key, plain []byte) []byte {
	tb.Helper()
	block, err := aes.NewCipher(key)
	if err != nil {
		tb.Fatal(err)
	}
	out := make([]byte, len(plain))
	cipher.NewCBCEncrypter(block, make([]byte, aes.BlockSize)).CryptBlocks(out, plain)
	return out
}

func randomBytes(n int, seed uint64) []byte {
	p := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)}).Read(p)
	return p
}

func TestCBCReadAt(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{0, 1, 15, 16, 17, cbcRun - 1, cbcRun, cbcRun + 1, 3*cbcRun + 5, cbcParallel + 3*cbcRun + 7} {
		plain := randomBytes(size, uint64(size))
		data := encrypt(t, testKey, pad(plain))
		c, err := newCBC(bytes.NewReader(data), int64(len(data)), testKey, -1)
		if err != nil || c.size != int64(size) || !c.padded || c.truncated {
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

func TestCBCSize(t *testing.T) {
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
		data := encrypt(t, testKey, tt.plain)
		data = data[:len(data)-tt.cut]
		c, err := newCBC(bytes.NewReader(data), int64(len(data)), testKey, tt.listed)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if c.size != tt.want || c.padded != tt.padded || c.truncated != tt.truncated {
			t.Errorf("%s: size %d, padded %v, truncated %v; want %d, %v, %v", tt.name, c.size, c.padded, c.truncated, tt.want, tt.padded, tt.truncated)
		}
	}
}

func TestCBCShortSource(t *testing.T) {
	t.Parallel()
	data := encrypt(t, testKey, pad(make([]byte, 1000)))
	c, err := newCBC(bytes.NewReader(data), int64(len(data)), testKey, -1)
	if err != nil {
		t.Fatal(err)
	}
	c.src = bytes.NewReader(data[:500])
	if _, err := c.ReadAt(make([]byte, 1000), 0); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("source cut: %v, want unexpected EOF", err)
	}
	if _, err := newCBC(bytes.NewReader(data[:500]), 1008, testKey, -1); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("source shorter than said: %v, want unexpected EOF", err)
	}
	if _, err := newCBC(bytes.NewReader(data), 16, testKey[:5], -1); err == nil {
		t.Error("a key of 5 bytes is accepted")
	}
}

// BenchmarkCBC compares reads of several sizes with the decrypter of the
// standard library on the same bytes in memory; "parallel" may use two cores.
func BenchmarkCBC(b *testing.B) {
	data := encrypt(b, testKey, pad(randomBytes(16<<20, 3)))
	b.Run("crypto/cipher", func(b *testing.B) {
		block, _ := aes.NewCipher(testKey)
		out := make([]byte, cbcRun)
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			mode := cipher.NewCBCDecrypter(block, make([]byte, aes.BlockSize))
			for at := 0; at < len(data); at += cbcRun {
				end := min(at+cbcRun, len(data))
				mode.CryptBlocks(out[:end-at], data[at:end])
			}
		}
	})
	for _, size := range []int{4 << 10, 64 << 10, 512 << 10, 4 << 20} {
		b.Run(fmt.Sprintf("ReadAt-%dK", size>>10), func(b *testing.B) {
			c, err := newCBC(bytes.NewReader(data), int64(len(data)), testKey, -1)
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
