package evidence

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
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

func TestDecryptKey(t *testing.T) {
	t.Parallel()
	if _, err := decrypt(bytes.NewReader(make([]byte, 16)), 16, testKey[:5], -1); err == nil {
		t.Error("a key of 5 bytes is accepted")
	}
}
