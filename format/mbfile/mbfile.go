// Package mbfile reads the descriptions of files in Manifest.db, of which a
// backup has one for each of a million files, without building anything: an
// NSKeyedArchiver list of one MBFile in the layout that iOS writes. A list that
// differs from it in any way is left to a general reader of keyed archives.
//
// Source for the list: CFBinaryPList.c (swift-corelibs-foundation); for the keys:
// backups of iOS 10 to 17, as observed.
package mbfile

import (
	"encoding/binary"
)

// maxObjects is how many objects a description has at most; real ones have up
// to about fifty.
const maxObjects = 1 << 12

// A File is what a description says. Text and bytes share the memory of the
// blob.
type File struct {
	Mode     uint32 // POSIX type and permissions
	Size     int64  // bytes when the backup began
	HasSize  bool   // Size was recorded
	Birth    int64  // seconds since 1970 UTC; 0 if not recorded
	Modified int64  // content, seconds since 1970 UTC
	Changed  int64  // inode, seconds since 1970 UTC

	UserID, GroupID int64  // owner and group on the phone
	Inode           uint64 // its number in the file system of the phone
	Flags           int64  // st_flags
	ProtectionClass int64  // 0 for none, 1 to 4 for files
	Target          []byte // ASCII, of a symbolic link
	Digest          []byte // nil or usually 20 bytes
	Attributes      []byte // extended attributes, a property list
}

// Parse reads a description. It reports false if the blob has not exactly the
// expected layout, which need not mean that it is damaged.
func Parse(blob []byte) (File, bool) {
	var f File
	l := list{b: blob}
	if !l.open() {
		return f, false
	}
	top, n, ok := l.container(l.top, 0xd0)
	if !ok {
		return f, false
	}
	var objects list
	root := invalid
	for i := range n {
		key, value := l.ref(top, i), l.ref(top, i+n)
		switch name, ok := l.ascii(key); {
		case !ok:
			return f, false
		case string(name) == "$top":
			at, m, ok := l.container(value, 0xd0)
			if !ok || m != 1 || root != invalid {
				return f, false
			}
			if name, _ := l.ascii(l.ref(at, 0)); string(name) != "root" {
				return f, false
			}
			if root, ok = l.uid(l.ref(at, 1)); !ok {
				return f, false
			}
		case string(name) == "$objects":
			if objects.b != nil {
				return f, false
			}
			objects = l
			if objects.table, objects.count, ok = l.container(value, 0xa0); !ok {
				return f, false
			}
		}
	}
	if objects.b == nil || root >= objects.count {
		return f, false
	}
	return f, f.read(&l, &objects, l.ref(objects.table, root))
}

// read reads the root object.
func (f *File) read(l, objects *list, root uint64) bool {
	at, n, ok := l.container(root, 0xd0)
	if !ok {
		return false
	}
	for i := range n {
		name, ok := l.ascii(l.ref(at, i))
		if !ok || !f.field(l, objects, string(name), l.ref(at, i+n)) {
			return false
		}
	}
	return true
}

// field takes over one field. It returns false if that has an unusual form.
func (f *File) field(l, objects *list, name string, value uint64) (ok bool) {
	var n uint64
	switch name {
	case "Mode":
		n, ok = l.number(value)
		f.Mode = uint32(n)
	case "Size":
		f.Size, ok = l.signed(value)
		f.HasSize = ok
	case "Birth":
		f.Birth, ok = l.signed(value)
	case "LastModified":
		f.Modified, ok = l.signed(value)
	case "LastStatusChange":
		f.Changed, ok = l.signed(value)
	case "UserID":
		f.UserID, ok = l.signed(value)
	case "GroupID":
		f.GroupID, ok = l.signed(value)
	case "InodeNumber":
		f.Inode, ok = l.number(value)
	case "Flags":
		f.Flags, ok = l.signed(value)
	case "ProtectionClass":
		f.ProtectionClass, ok = l.signed(value)
	case "Target":
		f.Target, ok = l.ascii(objects.object(l, value))
		ok = ok && string(f.Target) != "$null"
	case "Digest":
		f.Digest, ok = l.bytes(objects.object(l, value), 0x40)
	case "ExtendedAttributes":
		f.Attributes, ok = l.bytes(objects.object(l, value), 0x40)
	default:
		ok = true // RelativePath is a column too, EncryptionKey is not needed here
	}
	return ok
}

// A list is a binary property list, or the array of objects of an archive in it,
// whose elements begin at table.
type list struct {
	b              []byte
	table, count   uint64
	offSize, refSz uint64
	top            uint64
}

// invalid is the number of an object that does not exist.
const invalid = ^uint64(0)

// open reads the trailer.
func (l *list) open() bool {
	if len(l.b) < 8+32 || string(l.b[:8]) != "bplist00" {
		return false
	}
	t := l.b[len(l.b)-32:]
	l.offSize, l.refSz = uint64(t[6]), uint64(t[7])
	l.count, l.top, l.table = binary.BigEndian.Uint64(t[8:]), binary.BigEndian.Uint64(t[16:]), binary.BigEndian.Uint64(t[24:])
	end := uint64(len(l.b) - 32)
	return l.offSize >= 1 && l.offSize <= 4 && l.refSz >= 1 && l.refSz <= 2 && l.count <= maxObjects &&
		l.top < l.count && l.table >= 8 && l.table <= end && l.count*l.offSize <= end-l.table
}

// at returns a big-endian number of 1 to 8 bytes; 0 outside the objects.
func (l *list) at(offset, size uint64) (n uint64) {
	if offset >= uint64(len(l.b)) || size > uint64(len(l.b))-offset {
		return 0
	}
	for _, c := range l.b[offset : offset+size] {
		n = n<<8 | uint64(c)
	}
	return n
}

// ref returns the i-th reference of a container whose references begin at an
// offset.
func (l *list) ref(at, i uint64) uint64 { return l.at(at+i*l.refSz, l.refSz) }

// marker returns the marker of an object and the offset behind it.
func (l *list) marker(obj uint64) (byte, uint64) {
	if obj >= l.count {
		return 0, 0
	}
	at := l.at(l.table+obj*l.offSize, l.offSize)
	if at < 8 || at >= l.table {
		return 0, 0
	}
	return l.b[at], at + 1
}

// sized returns where the content of an object of a kind begins, and its size.
func (l *list) sized(obj uint64, kind byte) (at, n uint64, ok bool) {
	m, at := l.marker(obj)
	if at == 0 || m&0xf0 != kind {
		return 0, 0, false
	}
	if n = uint64(m & 0x0f); n == 15 {
		if at >= l.table || l.b[at]&0xf0 != 0x10 || l.b[at]&0x0f > 2 {
			return 0, 0, false
		}
		size := uint64(1) << (l.b[at] & 0x0f)
		n, at = l.at(at+1, size), at+1+size
	}
	return at, n, at <= l.table && n <= l.table-at
}

// container returns where the references of an array or dictionary begin, and
// the number of its elements.
func (l *list) container(obj uint64, kind byte) (at, n uint64, ok bool) {
	at, n, ok = l.sized(obj, kind)
	width := l.refSz
	if kind == 0xd0 {
		width *= 2
	}
	return at, n, ok && n <= maxObjects && n*width <= l.table-at
}

// bytes returns the content of an object of one byte an element.
func (l *list) bytes(obj uint64, kind byte) ([]byte, bool) {
	at, n, ok := l.sized(obj, kind)
	if !ok {
		return nil, false
	}
	return l.b[at : at+n], true
}

// ascii returns an ASCII string.
func (l *list) ascii(obj uint64) ([]byte, bool) {
	s, ok := l.bytes(obj, 0x50)
	for _, c := range s {
		if c >= 0x80 || c == 0 {
			return nil, false
		}
	}
	return s, ok
}

// number returns an integer that is not negative.
func (l *list) number(obj uint64) (uint64, bool) {
	n, ok := l.signed(obj)
	return uint64(n), ok && n >= 0
}

// signed returns an integer of up to eight bytes.
func (l *list) signed(obj uint64) (int64, bool) {
	m, at := l.marker(obj)
	if at == 0 || m&0xf0 != 0x10 || m&0x0f > 3 {
		return 0, false
	}
	size := uint64(1) << (m & 0x0f)
	if size > l.table-at {
		return 0, false
	}
	return int64(l.at(at, size)), true
}

// uid returns the number in a reference of a keyed archive.
func (l *list) uid(obj uint64) (uint64, bool) {
	m, at := l.marker(obj)
	size := uint64(m&0x0f) + 1
	if at == 0 || m&0xf0 != 0x80 || size > 8 || size > l.table-at {
		return 0, false
	}
	return l.at(at, size), true
}

// object returns the number in the list of the object that a UID refers to.
func (objects *list) object(l *list, value uint64) uint64 {
	n, ok := l.uid(value)
	if !ok || n >= objects.count {
		return invalid
	}
	return l.ref(objects.table, n)
}
