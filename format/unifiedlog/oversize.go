package unifiedlog

import "encoding/binary"

// An oversizeKey names the arguments that a tracepoint keeps in a chunk apart.
type oversizeKey struct {
	boot       UUID
	unique     uint64
	generation uint32
	ref        uint32
}

// An oversizeRef is the place of an oversize chunk.
type oversizeRef struct {
	continuous uint64
	file       int32
	chunkset   int32
	at, size   uint32 // of its data in the decompressed chunkset
}

// An oversizeIndex knows the oversize chunks of all files.
type oversizeIndex struct{}

const oversizeHead = 32 // bytes before the items of an oversize chunk

func (d *decoder) findOversize() {}

func (d *decoder) oversize(e *Entry) (b, private []byte) { return nil, nil }

// parseOversize splits the data of an oversize chunk.
func parseOversize(b []byte) (public, private []byte) {
	if len(b) < oversizeHead {
		return nil, nil
	}
	n := int(binary.LittleEndian.Uint16(b[28:]))
	m := int(binary.LittleEndian.Uint16(b[30:]))
	b = b[oversizeHead:]
	n = min(n, len(b))
	return b[:n], b[n:min(n+m, len(b))]
}
