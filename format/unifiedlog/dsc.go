package unifiedlog

import (
	"encoding/binary"
	"fmt"
	"sort"
)

// maxSharedRanges is the highest number of ranges or images of a file of
// shared cache strings; real ones have some thousands.
const maxSharedRanges = 1 << 17

// A sharedFile holds the strings of a shared cache or a kernel collection (dsc).
type sharedFile struct {
	read   readAtFunc
	ranges []sharedRange
	images []sharedImage
	sorted bool // ranges and images are in order and do not overlap
}

// A sharedRange is a run of strings of one image.
type sharedRange struct {
	start, size uint64
	at          int64
	image       int
}

// A sharedImage is an executable image of the cache.
type sharedImage struct {
	text, size uint64 // extent of its code
	path       int64  // where its path is in the file
	uuid       UUID
	info       *imageInfo // once it was asked for
}

// openShared reads the tables of a dsc file, version 1 or 2.
func openShared(uuid UUID, read readAtFunc) (*sharedFile, error) {
	const fixed = 16
	head, err := read(nil, 0, fixed)
	if err != nil {
		return nil, err
	}
	if len(head) < fixed || string(head[:4]) != "hcsd" {
		return nil, fmt.Errorf("read dsc %s: no header", uuid)
	}
	u32 := binary.LittleEndian.Uint32
	major := binary.LittleEndian.Uint16(head[4:])
	nRanges, nImages := u32(head[8:]), u32(head[12:])
	rangeSize, imageSize := 16, 28
	switch major {
	case 1:
	case 2:
		rangeSize, imageSize = 24, 32
	default:
		return nil, fmt.Errorf("read dsc %s: version %d", uuid, major)
	}
	if nRanges > maxSharedRanges || nImages > maxSharedRanges {
		return nil, fmt.Errorf("read dsc %s: %d ranges, %d images", uuid, nRanges, nImages)
	}
	split := int(nRanges) * rangeSize
	tables, err := read(nil, fixed, split+int(nImages)*imageSize)
	if err != nil {
		return nil, err
	}
	if len(tables) < split+int(nImages)*imageSize {
		return nil, fmt.Errorf("read dsc %s: %d ranges, %d images, truncated", uuid, nRanges, nImages)
	}
	f := &sharedFile{read: read, ranges: make([]sharedRange, nRanges), images: make([]sharedImage, nImages)}
	for i := range f.ranges {
		f.ranges[i] = parseRange(tables[i*rangeSize:], major)
	}
	for i := range f.images {
		f.images[i] = parseImage(tables[split+i*imageSize:], major)
	}
	f.sorted = f.inOrder()
	return f, nil
}

func parseRange(b []byte, major uint16) sharedRange {
	u32, u64 := binary.LittleEndian.Uint32, binary.LittleEndian.Uint64
	if major == 1 {
		return sharedRange{start: uint64(u32(b[4:])), at: int64(u32(b[8:])), size: uint64(u32(b[12:])), image: int(u32(b))}
	}
	r := sharedRange{start: u64(b), at: int64(u32(b[8:])), size: uint64(u32(b[12:])), image: -1}
	if i := u64(b[16:]); i < maxSharedRanges {
		r.image = int(i)
	}
	return r
}

func parseImage(b []byte, major uint16) sharedImage {
	u32 := binary.LittleEndian.Uint32
	if major == 1 {
		return sharedImage{text: uint64(u32(b)), size: uint64(u32(b[4:])), uuid: UUID(b[8:24]), path: int64(u32(b[24:]))}
	}
	return sharedImage{text: binary.LittleEndian.Uint64(b), size: uint64(u32(b[8:])), uuid: UUID(b[12:28]), path: int64(u32(b[28:]))}
}

// inOrder reports whether tables can be searched by halves.
func (f *sharedFile) inOrder() bool {
	for i := 1; i < len(f.ranges); i++ {
		a, b := &f.ranges[i-1], &f.ranges[i]
		if b.start < a.start || b.start-a.start < a.size {
			return false
		}
	}
	for i := 1; i < len(f.images); i++ {
		a, b := &f.images[i-1], &f.images[i]
		if b.text < a.text || b.text-a.text < a.size {
			return false
		}
	}
	return true
}

// text returns the string that a reference names, and the image that has it.
func (f *sharedFile) text(ref uint64) ([]byte, *imageInfo, bool) {
	holds := func(i int) bool { r := &f.ranges[i]; return ref >= r.start && ref-r.start < r.size }
	i := f.find(len(f.ranges), func(i int) bool { return f.ranges[i].start > ref }, holds)
	if i < 0 {
		return nil, nil, false
	}
	r := &f.ranges[i]
	off := ref - r.start
	s, err := readString(f.read, r.at+int64(off), int64(min(r.size-off, maxString)))
	return s, f.imageInfo(r.image), err == nil
}

// imageOf returns the image whose code holds an address, or nil.
func (f *sharedFile) imageOf(addr uint64) *imageInfo {
	holds := func(i int) bool { m := &f.images[i]; return addr >= m.text && addr-m.text < max(m.size, 1) }
	return f.imageInfo(f.find(len(f.images), func(i int) bool { return f.images[i].text > addr }, holds))
}

// find returns the index of what holds, or -1. above tells what is too high for
// a search by halves.
func (f *sharedFile) find(n int, above, holds func(int) bool) int {
	if f.sorted {
		if i := sort.Search(n, above) - 1; i >= 0 && holds(i) {
			return i
		}
		return -1
	}
	for i := range n {
		if holds(i) {
			return i
		}
	}
	return -1
}

// imageInfo returns what is known of an image, or nil.
func (f *sharedFile) imageInfo(i int) *imageInfo {
	if i < 0 || i >= len(f.images) {
		return nil
	}
	m := &f.images[i]
	if m.info == nil {
		path, _ := readString(f.read, m.path, maxPath)
		m.info = &imageInfo{UUID: m.uuid, Path: string(path), Text: m.text}
	}
	return m.info
}
