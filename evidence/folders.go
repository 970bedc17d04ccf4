package evidence

import (
	"hash/maphash"
	"strings"
)

// maxFolders bounds the folders that are remembered, each with 8 to 16 bytes.
const maxFolders = 8 << 20

// A folderSet has the hashes of the folders that hold files or are listed, so
// that most paths at which there is nothing need no search. It has every folder
// above one that it has. The zero value is empty.
type folderSet struct {
	slots []uint64 // a table with open addressing; 0 is free
	n     int
	full  bool // there were more than maxFolders
}

// folderHash hashes the path of a folder; it is never 0.
func folderHash(seed maphash.Seed, path string) uint64 { return maphash.String(seed, path) | 1 }

// add adds a folder and those above it.
func (s *folderSet) add(seed maphash.Seed, path string) {
	for path != "" && s.put(folderHash(seed, path)) {
		path = path[:max(0, strings.LastIndexByte(path, '/'))]
	}
}

// put reports whether the hash was absent and is there now.
func (s *folderSet) put(hash uint64) bool {
	if s.n >= len(s.slots)/2 {
		if s.n >= maxFolders {
			s.full = true
			return false
		}
		s.grow()
	}
	i := s.slot(hash)
	if s.slots[i] != 0 {
		return false
	}
	s.slots[i] = hash
	s.n++
	return true
}

// slot returns where a hash is, or where it would be.
func (s *folderSet) slot(hash uint64) int {
	mask := len(s.slots) - 1
	i := int(hash>>1) & mask
	for s.slots[i] != 0 && s.slots[i] != hash {
		i = (i + 1) & mask
	}
	return i
}

func (s *folderSet) grow() {
	old := s.slots
	s.slots = make([]uint64, max(1<<10, 2*len(old)))
	for _, hash := range old {
		if hash != 0 {
			s.slots[s.slot(hash)] = hash
		}
	}
}

// maybe reports whether a path may be a folder. If not, it is none.
func (s *folderSet) maybe(seed maphash.Seed, path string) bool {
	return s.full || len(s.slots) > 0 && s.slots[s.slot(folderHash(seed, path))] != 0
}
