package unifiedlog

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Limits of a decompressed chunkset. Real ones have 64 KiB at most.
const (
	maxChunkset  = 16 << 20 // bytes decompressed
	maxExpansion = 256      // times the compressed size, above minExpanded
	minExpanded  = 1 << 20
	maxStored    = 32 << 20 // bytes of a compressed chunkset
)

// Magic numbers of the blocks of a chunkset.
const (
	magicLZ4    = 0x31347662 // "bv41"
	magicStored = 0x2d347662 // "bv4-"
	magicEnd    = 0x24347662 // "bv4$"
	magicZBM    = 0x004d425a // "ZBM", low 24 bits
)

var errCompressed = errors.New("invalid compressed data")

// decompress appends the content of the data of a chunkset chunk to dst. With
// an error it returns what could be decompressed before it. size is the
// uncompressed size that the catalog states, or 0.
func decompress(dst, src []byte, size uint32) ([]byte, error) {
	limit := min(maxChunkset, max(minExpanded, len(src)*maxExpansion))
	if len(src) >= 4 && binary.LittleEndian.Uint32(src)&0xffffff == magicZBM {
		return decodeLZBitmap(dst, src, limit)
	}
	start := len(dst)
	for at := 0; ; {
		if len(src)-at < 4 {
			return dst, fmt.Errorf("decompress chunkset at %d: no end", at)
		}
		switch magic := binary.LittleEndian.Uint32(src[at:]); {
		case magic == magicEnd:
			return dst, nil
		case magic == magicLZ4 && len(src)-at >= 12:
			n := uint64(binary.LittleEndian.Uint32(src[at+4:]))
			stored := uint64(binary.LittleEndian.Uint32(src[at+8:]))
			at += 12
			if n > uint64(limit-(len(dst)-start)) || stored > uint64(len(src)-at) {
				return dst, fmt.Errorf("decompress chunkset at %d: block of %d bytes from %d", at, n, stored)
			}
			out, err := decodeLZ4(dst, src[at:at+int(stored)], start, int(n))
			if err != nil {
				return out, fmt.Errorf("decompress chunkset at %d: %w", at, err)
			}
			dst, at = out, at+int(stored)
		case magic == magicStored && len(src)-at >= 8:
			n := uint64(binary.LittleEndian.Uint32(src[at+4:]))
			at += 8
			if n > uint64(limit-(len(dst)-start)) || n > uint64(len(src)-at) {
				return dst, fmt.Errorf("decompress chunkset at %d: %d stored bytes", at, n)
			}
			dst, at = append(dst, src[at:at+int(n)]...), at+int(n)
		default:
			return dst, fmt.Errorf("decompress chunkset at %d: unknown block %q", at, src[at:at+4])
		}
	}
}
