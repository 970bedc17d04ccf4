package casefile

// A HashList is the list of the digests of every stored file of a source, in
// hashes/<id>.all.jsonl.
type HashList struct{ f *file }

// HashList begins the list of a source.
func (c *Case) HashList(source string) (*HashList, error) {
	f, err := c.create("hashes", source+".all.jsonl")
	return &HashList{f}, err
}

// Add adds a file by its name inside the acquisition. Size is in bytes,
// SHA-256 hexadecimal.
func (l *HashList) Add(name string, size int64, sha256 string) error {
	return l.f.encode(Content{Name: name, Size: size, SHA256: sha256})
}

// Close completes the list.
func (l *HashList) Close() error { return l.f.close() }

// Abort gives the list up.
func (l *HashList) Abort() { l.f.abort() }
