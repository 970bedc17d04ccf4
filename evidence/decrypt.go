package evidence

import (
	"crypto/aes"
	"fmt"
	"io"

	"github.com/vigie-project/vigie/format/aescbc"
)

// decrypt gives the plaintext of the first stored bytes of a file in a backup,
// which is encrypted with AES-256-CBC and a zero IV. The listed size decides
// where the padding does not, see [aescbc.NewReader].
func decrypt(src io.ReaderAt, stored int64, key []byte, listed int64) (*aescbc.Reader, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("use file key: %w", err)
	}
	return aescbc.NewReader(src, stored, block, [aes.BlockSize]byte{}, listed)
}
