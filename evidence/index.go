package evidence

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
)

// Limits on what is remembered of irregular manifests.
const (
	maxDuplicates = 100_000 // rows whose device path another row has
	maxListed     = 20      // notes of one kind that name their file
	maxRows       = 20_000_000
)

// A pathIndex finds the row of a device path without holding the paths: 16
// bytes a row, the path is compared with the row itself.
type pathIndex struct {
	seed  maphash.Seed
	slots []pathSlot
	moved map[int64]struct{} // rows whose device path an earlier row has

	folders    folderSet // of the paths as they are before rows are moved
	lastFolder string    // that was added; files follow those of the same folder
}

type pathSlot struct {
	hash uint64 // of the device path
	row  int64
}

func (x *pathIndex) add(path string, row int64) {
	x.slots = append(x.slots, pathSlot{maphash.String(x.seed, path), row})
}

// folder remembers the folder of a path, or the path itself if it is one.
func (x *pathIndex) folder(path string, is bool) {
	if !is {
		path = path[:max(0, strings.LastIndexByte(path, '/'))]
	}
	if path != x.lastFolder {
		x.folders.add(x.seed, path)
		x.lastFolder = path
	}
}

// mayHold reports whether something may lie below a path, or the path be a
// listed folder.
func (x *pathIndex) mayHold(path string) bool {
	return x.folders.maybe(x.seed, path) || len(x.moved) > 0 && strings.HasPrefix(path, unknownRoot)
}

// rows returns the rows whose path may be the given one.
func (x *pathIndex) rows(path string) []pathSlot {
	hash := maphash.String(x.seed, path)
	from, ok := slices.BinarySearchFunc(x.slots, hash, func(s pathSlot, h uint64) int { return cmp.Compare(s.hash, h) })
	if !ok {
		return nil
	}
	to := from + 1
	for to < len(x.slots) && x.slots[to].hash == hash {
		to++
	}
	return x.slots[from:to]
}

// finish sorts the index and moves the rows whose path an earlier row has.
func (x *pathIndex) finish(cat catalogue) error {
	slices.SortFunc(x.slots, func(a, b pathSlot) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.row, b.row))
	})
	for from := 0; from < len(x.slots); {
		to := from + 1
		for to < len(x.slots) && x.slots[to].hash == x.slots[from].hash {
			to++
		}
		if to > from+1 {
			if err := x.move(cat, x.slots[from:to]); err != nil {
				return err
			}
		}
		from = to
	}
	return nil
}

// move compares the paths of rows with the same hash.
func (x *pathIndex) move(cat catalogue, same []pathSlot) error {
	seen := make(map[string]bool, len(same))
	for _, s := range same {
		e, err := cat.at(s.row)
		if err != nil {
			continue // opening the row says so
		}
		path, _ := DevicePath(e.domain, e.rel)
		if !seen[path] {
			seen[path] = true
			continue
		}
		if len(x.moved) == maxDuplicates {
			return fmt.Errorf("index manifest: more than %d rows repeat a path", maxDuplicates)
		}
		x.moved[s.row] = struct{}{}
	}
	return nil
}

// path returns the device path under which the file of a row is presented.
func (x *pathIndex) path(e *entry) string {
	if _, ok := x.moved[e.row]; ok {
		return UnknownPath(fmt.Sprintf("row-%d", e.row), e.domain+"/"+e.rel)
	}
	path, _ := DevicePath(e.domain, e.rel)
	return path
}

// An inventory compares the payloads that a manifest lists with those that are
// there, by the first eight bytes of their IDs.
type inventory struct {
	listed, stored []uint64
	extras         []string // stored files that are no payloads, in order
	moreExtras     int64    // beyond maxExtras
}

// maxExtras bounds the files beside the payloads that are presented.
const maxExtras = 1000

// idPrefix returns the first eight bytes of a valid ID.
func idPrefix(id string) uint64 {
	var b [8]byte
	_, _ = hex.Decode(b[:], []byte(id[:16]))
	return binary.BigEndian.Uint64(b[:])
}

// payloadID returns the ID of the payload with the given stored name: the name
// itself or, in backups since iOS 10, below a folder of its first two digits.
func payloadID(name string) (string, bool) {
	if len(name) == 43 && name[2] == '/' && name[:2] == name[3:5] {
		name = name[3:]
	}
	return name, validID(name)
}

// storedName adds a stored file to the inventory.
func (v *inventory) storedName(name string) {
	if id, ok := payloadID(name); ok {
		v.stored = append(v.stored, idPrefix(id))
		return
	}
	if len(v.extras) == maxExtras {
		v.moreExtras++
		return
	}
	v.extras = append(v.extras, name)
}

// compare sorts the inventory, and returns how many listed payloads are absent
// and the stored ones that are not listed.
func (v *inventory) compare() (absent int64, orphans []uint64) {
	slices.Sort(v.listed)
	slices.Sort(v.stored)
	stored := slices.Compact(v.stored)
	i := 0
	for _, id := range slices.Compact(v.listed) {
		for i < len(stored) && stored[i] < id {
			orphans = append(orphans, stored[i])
			i++
		}
		if i < len(stored) && stored[i] == id {
			i++
		} else {
			absent++
		}
	}
	return absent, append(orphans, stored[i:]...)
}

// A rowCheck counts what is irregular in the rows of a manifest.
type rowCheck struct {
	files, dirs, links                         int64
	badID, otherID, badFlags, unknown          int64
	notes                                      []Note
	listedBadID, listedOtherID, listedBadFlags int
	domains                                    map[string]int64 // unknown ones
}

// maxNotePath bounds the path in a note, in bytes.
const maxNotePath = 1000

// maxDomains bounds the unknown domains that are named.
const maxDomains = 100

func (k *rowCheck) note(listed *int, code string, e *entry, path, detail string) {
	if *listed < maxListed {
		*listed++
		if len(path) > maxNotePath {
			path = strings.ToValidUTF8(path[:maxNotePath], "") + "…"
		}
		k.notes = append(k.notes, Note{Code: code, Path: path, Detail: detail, Count: 1})
	}
}

// row checks one row.
func (k *rowCheck) row(e *entry, path string, known bool) {
	switch e.flags {
	case flagFile:
		k.files++
	case flagDir:
		k.dirs++
	case flagLink:
		k.links++
	default:
		k.badFlags++
		k.note(&k.listedBadFlags, "unknown-flags", e, path, fmt.Sprintf("flags is %d", e.flags))
	}
	if !validID(e.id) {
		k.badID++
		k.note(&k.listedBadID, "fileid-invalid", e, path, fmt.Sprintf("fileID is %.100q", e.id))
	} else if e.rec == nil && fileID(e.domain, e.rel) != e.id {
		k.otherID++
		k.note(&k.listedOtherID, "fileid-differs", e, path, fmt.Sprintf("fileID is %s, the name gives %s", e.id, fileID(e.domain, e.rel)))
	}
	if !known {
		k.unknown++
		if _, ok := k.domains[e.domain]; ok || len(k.domains) < maxDomains {
			k.domains[e.domain]++
		}
	}
}

// scan reads the whole manifest once: it builds the index, checks the rows and
// adds the listed payloads to the inventory.
func scan(ctx context.Context, cat catalogue, inv *inventory) (*pathIndex, *rowCheck, damage, error) {
	x := &pathIndex{seed: maphash.MakeSeed(), moved: make(map[int64]struct{})}
	k := &rowCheck{domains: make(map[string]int64)}
	bad, err := cat.rows(ctx, func(e *entry) error {
		if len(x.slots) == maxRows {
			return fmt.Errorf("more than %d files", maxRows)
		}
		path, known := DevicePath(e.domain, e.rel)
		k.row(e, path, known)
		x.folder(path, e.flags == flagDir)
		if e.flags != flagDir {
			x.add(path, e.row)
		}
		if e.file() && validID(e.id) {
			inv.listed = append(inv.listed, idPrefix(e.id))
		}
		return nil
	})
	if err != nil {
		return nil, nil, bad, fmt.Errorf("read manifest: %w", err)
	}
	return x, k, bad, x.finish(cat)
}
