package androidbackup

import (
	"fmt"
	"io"

	"github.com/vigie-project/vigie/format/aescbc"
)

// A Payload gives random access to the payload of a backup, decrypted: a zlib
// stream if [Header.Compressed], else a tar archive. It is safe for concurrent
// use if its source is.
type Payload struct {
	io.ReaderAt
	size int64 // of the plaintext

	// Cut says that the ciphertext is no whole number of blocks, or that its
	// last block has no valid padding: the end of the backup is missing or
	// damaged, and all that is there is kept.
	Cut bool
}

// Payload returns the payload of a backup of size bytes. The key is that of
// [Header.Unlock]; nil for a backup that is not encrypted. The error matches
// [ErrHeader] if a key is missing, or is one of r.
func (h *Header) Payload(r io.ReaderAt, size int64, key *Key) (*Payload, error) {
	stored := io.NewSectionReader(r, h.Size, max(0, size-h.Size))
	if h.Encryption == nil {
		return &Payload{ReaderAt: stored, size: stored.Size()}, nil
	}
	if key == nil {
		return nil, fmt.Errorf("%w: the payload is encrypted and there is no key", ErrHeader)
	}
	c, err := aescbc.NewReader(stored, stored.Size(), key.block, key.iv, -1)
	if err != nil {
		return nil, err
	}
	return &Payload{ReaderAt: c, size: c.Size(), Cut: c.Truncated() || !c.Padded() || c.Stored() == 0}, nil
}

// Size returns the number of bytes of the payload, without padding.
func (p *Payload) Size() int64 { return p.size }
