package sqlite

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"iter"
)

// maxRecovered bounds the rows of a table that are logged or deleted.
const maxRecovered = 1 << 21

// All returns the live rows of a table as Rows does, then the Logged ones, then
// the Deleted ones. A version of a row that is live, or was yielded, is not
// repeated. The name may be that of a dropped table; see [DB.Dropped].
//
// A logged row has the rowid of the live row of which it is another version, or
// none if it was deleted since. A deleted row may be an older version too. Where
// several are alike and their rowids are lost, one is yielded. A row that is cut,
// whose table is a guess or whose rowid is lost says so.
func (db *DB) All(table string) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		f := db.find()
		t := db.byName[lowerASCII(table)]
		if t == nil {
			t = f.dropped[lowerASCII(table)]
		}
		if t == nil {
			yield(Row{}, fmt.Errorf("read table %q: %w", table, ErrNoTable))
			return
		}
		for i := range f.tables {
			if f.tables[i] == t {
				r := recovery{db: db, t: t, i: i, yield: yield}
				r.run()
				return
			}
		}
	}
}

// recovery is one iteration over all versions of the rows of a table.
type recovery struct {
	db    *DB
	t     *Table
	i     int // of the table in the findings
	yield func(Row, error) bool
	seed  maphash.Seed
	// wanted has the hashes of all candidates. A live row whose hash is among
	// them goes into done by its digest, so that no candidate repeats it.
	wanted map[uint64]struct{}
	done   map[digest]struct{}
	lost   bool // some candidate has no rowid
	// logged has for each rowid the hash of its logged versions, or manyVersions if
	// they differ.
	logged map[int64]uint64
	// cut has the candidates of a table without rowids of which only a part is
	// left, by their beginning.
	cut map[digest][][]byte
}

// manyVersions stands for logged versions of one row that differ.
const manyVersions = 0

// digest tells versions of rows apart, whatever an author of the evidence wanted.
type digest [16]byte

func (r *recovery) run() {
	r.seed, r.wanted, r.done, r.cut = maphash.MakeSeed(), map[uint64]struct{}{}, map[digest]struct{}{}, map[digest][][]byte{}
	r.logged = map[int64]uint64{}
	r.candidates(Deleted, func(row Row) bool {
		h := r.hash(row.ID, row.IDLost, row.payload)
		r.wanted[h] = struct{}{}
		if row.State == Logged && !r.t.WithoutRowid {
			if other, ok := r.logged[row.ID]; ok && other != h {
				h = manyVersions
			}
			r.logged[row.ID] = h
		}
		r.lost = r.lost || row.IDLost
		if row.Partial && r.t.WithoutRowid {
			start := beginning(row.payload)
			r.cut[start] = append(r.cut[start], bytes.Clone(row.payload))
		}
		return len(r.wanted) < maxRecovered
	})
	for row, err := range r.db.rows(r.t) {
		if err == nil && len(r.wanted) > 0 {
			row.Changed = r.note(row)
		}
		if !r.yield(row, err) {
			return
		}
	}
	for _, state := range []State{Logged, Deleted} {
		n := 0
		more := r.candidates(state, func(row Row) bool {
			if n++; n > maxRecovered {
				return r.yield(Row{}, fmt.Errorf("read table %q: more than %d %s rows", r.t.Name, maxRecovered, state)) && false
			}
			return row.State != state || !r.fresh(row) || r.yield(row, nil)
		})
		if !more && n <= maxRecovered {
			return
		}
	}
}

// candidates calls f for each row that may not be live, until it returns false.
// For Logged only the images that have such rows are looked through.
func (r *recovery) candidates(state State, f func(Row) bool) bool {
	found := r.db.found
	found.overflow = r.db.budget()
	assumed := false
	emit := func(row Row, _ int) bool {
		row.t, row.Assumed = r.t, assumed
		return f(row)
	}
	for _, img := range found.other[r.i] {
		if state == Logged && img.state != Logged {
			continue
		}
		assumed = found.assumed[img.at]
		if !r.db.carve(&img, r.i, false, nil, emit) {
			return false
		}
	}
	if state == Logged {
		return true
	}
	assumed = false
	for _, img := range found.own[r.i] {
		if !r.db.carve(&img, r.i, true, nil, emit) {
			return false
		}
	}
	return true
}

// note remembers a live row that a candidate may repeat. It reports whether some
// logged version of it is another one.
func (r *recovery) note(row Row) (changed bool) {
	h := r.hash(row.ID, false, row.payload)
	logged, ok := r.logged[row.ID]
	changed = ok && logged != h
	if _, ok := r.wanted[h]; ok {
		r.done[sum(row.ID, false, row.payload)] = struct{}{}
	}
	if len(r.cut) > 0 {
		for _, payload := range r.cut[beginning(row.payload)] {
			if bytes.HasPrefix(row.payload, payload) {
				r.done[sum(0, false, payload)] = struct{}{}
			}
		}
	}
	if r.lost {
		if _, ok := r.wanted[r.hash(0, true, row.payload)]; ok {
			r.done[sum(0, true, row.payload)] = struct{}{}
		}
	}
	return changed
}

// fresh reports whether a candidate is neither live nor yielded before.
func (r *recovery) fresh(row Row) bool {
	key := sum(row.ID, row.IDLost, row.payload)
	if _, ok := r.done[key]; ok {
		return false
	}
	r.done[key] = struct{}{}
	if !row.IDLost {
		r.done[sum(0, true, row.payload)] = struct{}{}
	}
	if row.Partial && !r.t.WithoutRowid && !r.t.Dropped {
		live, err := r.db.Row(r.t.Name, row.ID)
		return err != nil || !bytes.HasPrefix(live.payload, row.payload)
	}
	return true
}

// beginning returns the first bytes of a payload.
func beginning(payload []byte) (d digest) {
	copy(d[:], payload)
	return d
}

// hash is a fast hash of a version of a row.
func (r *recovery) hash(id int64, lost bool, payload []byte) uint64 {
	h := maphash.Bytes(r.seed, payload)
	if lost {
		return ^h
	}
	return h ^ uint64(id)*0x9e3779b97f4a7c15
}

// sum is a digest of a version of a row.
func sum(id int64, lost bool, payload []byte) (d digest) {
	h := sha256.New()
	var head [9]byte
	if lost {
		head[0] = 1
	} else {
		binary.BigEndian.PutUint64(head[1:], uint64(id))
	}
	h.Write(head[:])
	h.Write(payload)
	copy(d[:], h.Sum(nil))
	return d
}
