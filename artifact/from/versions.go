package from

import (
	"crypto/sha256"

	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/record"
)

// maxVersions bounds the contents of one table that are kept to compare versions
// with. What comes after them is not folded.
const maxVersions = 1 << 18

// Versions folds the versions of the rows of one table. Apps write a row again
// for a counter that no parser reads, and the write-ahead log then holds many
// versions that say the same. The zero value is ready for one iteration of
// [sqlite.DB.All].
type Versions struct {
	seen map[versionKey]int64 // offset of the first row with that content
}

// versionKey is a digest of what a parser read in a row.
type versionKey [16]byte

// Own is implemented by data that tells of live rows also what other tables say.
// Own returns what the row alone says, by which its versions are compared.
type Own interface{ Own() record.Data }

// Repeat reports whether a logged row says the same, in data, as the live row with
// its rowid or as a version of it that came before: the record of that is enough.
// Of a version that gives several records none repeats another.
func (v *Versions) Repeat(r sqlite.Row, data record.Data) bool {
	if r.State == sqlite.Deleted || r.State == sqlite.Live && !r.Changed || r.ID == 0 || r.IDLost || r.Partial {
		return false
	}
	if o, ok := data.(Own); ok {
		data = o.Own()
	}
	key, ok := keyOf(r.ID, data)
	if !ok {
		return false
	}
	first, known := v.seen[key]
	if known || len(v.seen) >= maxVersions {
		return known && r.State == sqlite.Logged && first != r.Offset
	}
	if v.seen == nil {
		v.seen = map[versionKey]int64{}
	}
	v.seen[key] = r.Offset
	return false
}

// keyOf returns the digest of the data of a row; ok is false if the data has no
// form that can be compared.
func keyOf(id int64, data record.Data) (key versionKey, ok bool) {
	b := make([]byte, 8, 512)
	for i := range b {
		b[i] = byte(id >> (8 * i))
	}
	b, err := record.AppendData(b, data)
	if err != nil {
		return key, false
	}
	sum := sha256.Sum256(b)
	copy(key[:], sum[:])
	return key, true
}
