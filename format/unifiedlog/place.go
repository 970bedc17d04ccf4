package unifiedlog

// FileOffset returns where the data of the entry's chunkset begin in its file, in
// bytes. Offset counts in what they decompress to.
func (e *Entry) FileOffset() int64 { return max(0, e.File.chunkset(e.Chunkset).at) }
