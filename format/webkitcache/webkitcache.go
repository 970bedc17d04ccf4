// Package webkitcache reads the records that WebKit keeps on disk: cached
// responses (NetworkCache), what a page loaded (SubResources), what a site stored
// itself (CacheStorage), and the files that name the origin of stored data.
//
// A record is metadata, a header whose form depends on the kind of record, and
// the body, unless that lies in a file of its own. All of it is in the form of
// WTF's persistence coders: integers in little endian, a flag as one byte, a text
// as described at [Origins].
//
// Source: WebKit, Source/WTF/wtf/persistence/PersistentCoders.cpp and
// Source/WebKit/NetworkProcess/cache (NetworkCacheStorage.cpp, NetworkCacheKey.cpp,
// NetworkCacheEntry.cpp, NetworkCacheSubresourcesEntry.cpp), versions 14 to 17 of
// the storage. No published record was at hand to compare with; the tests write
// their own. Digests in the records are salted and are not checked.
package webkitcache

import "fmt"

// Limits of what is read.
const (
	// MaxHead is how many bytes of a file hold metadata and header at most.
	MaxHead = 4 << 20

	maxVersion      = 1 << 10
	maxHeaders      = 1 << 12 // of one request or response
	maxSubresources = 1 << 14 // of one page
)

// A Record is one file of the storage.
type Record struct {
	Version    uint32  // of the storage, as in the name of the folder "Version 16"
	Key        Key     // what it is looked up by
	Time       float64 // when it was written, seconds since 1970 UTC
	HeaderHash [20]byte
	HeaderSize uint64 // bytes
	BodyHash   [20]byte
	BodySize   uint64 // bytes
	Inline     bool   // the body follows the header; else it is in the file whose name has "-blob" added

	Header     []byte // of a cut file what there is
	BodyOffset int64  // bytes from the start of the file, for Inline
}

// A Key is what a record is looked up by.
type Key struct {
	Partition     string // registrable domain of the page that asked, "" if not kept apart
	Type          string // "Resource", "SubResources", or the identifier of a cache of a site
	Identifier    string // address, for the types with names
	Range         string // header Range of the request, usually ""
	Hash          [20]byte
	PartitionHash [20]byte
}

// Decode reads the metadata and the header of a record from the start of a file,
// of which it needs at most [MaxHead] bytes. On damage it returns what was read
// before, and an error.
func Decode(data []byte) (Record, error) {
	r := reader{data: data}
	rec := Record{Version: r.uint32("version")}
	if rec.Version == 0 || rec.Version > maxVersion {
		r.fail(fmt.Errorf("version %d is not known", rec.Version))
	}
	rec.Key = r.key()
	rec.Time = r.float64("time")
	copy(rec.HeaderHash[:], r.take(20, "digest of the header"))
	rec.HeaderSize = r.uint64("size of the header")
	copy(rec.BodyHash[:], r.take(20, "digest of the body"))
	rec.BodySize = r.uint64("size of the body")
	rec.Inline = r.bool("place of the body")
	r.take(20, "checksum")
	if r.err != nil {
		return rec, fmt.Errorf("read metadata: %w", r.err)
	}
	rest := r.data[r.pos:]
	if rec.HeaderSize > uint64(len(rest)) {
		rec.Header = rest
		return rec, fmt.Errorf("read header: %d of %d bytes are there", len(rest), rec.HeaderSize)
	}
	rec.Header = rest[:rec.HeaderSize]
	rec.BodyOffset = int64(r.pos) + int64(rec.HeaderSize)
	return rec, nil
}

func (r *reader) key() (k Key) {
	k.Partition = r.text("partition")
	k.Type = r.text("type")
	k.Identifier = r.text("identifier")
	k.Range = r.text("range")
	copy(k.Hash[:], r.take(20, "hash"))
	copy(k.PartitionHash[:], r.take(20, "hash of the partition"))
	return k
}
