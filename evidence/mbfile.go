package evidence

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vigie-project/vigie/format/mbdb"
	"github.com/vigie-project/vigie/format/plist"
)

// maxMBFile bounds the size of the description of one file. Extended attributes
// make real ones of a few KiB.
const maxMBFile = 4 << 20

// An MBFile is how a backup describes a file: the object MBFile in the column
// file of Manifest.db, or a record of Manifest.mbdb.
type MBFile struct {
	RelativePath string // should equal the column relativePath
	Mode         uint32 // POSIX type and permissions, 0100644 for a usual file
	Size         int64  // bytes when the backup listed the file: live databases differ

	// HasSize reports that Size was recorded at all.
	HasSize bool

	Birth            time.Time // creation, UTC to the second; zero if not recorded
	LastModified     time.Time // content, UTC to the second; zero if not recorded
	LastStatusChange time.Time // inode, UTC to the second; zero if not recorded
	LastAccess       time.Time // Manifest.mbdb only, UTC to the second

	UserID, GroupID int64
	Inode           uint64
	Flags           int64  // st_flags
	ProtectionClass int64  // 0 for none, 1 to 4 for files
	EncryptionKey   []byte // class and wrapped key, 44 bytes; nil if there is none
	Target          string // of a symbolic link, a path on the device
	Digest          []byte // 20 bytes or nil; which bytes it covers is not established
	Attributes      []byte // extended attributes, a property list of names and bytes; nil if none

	badKey bool // there is an EncryptionKey that cannot be read
}

// IsDir reports whether the file is a folder.
func (m *MBFile) IsDir() bool { return m.Mode&0o170000 == 0o040000 }

// FileMode converts Mode. Unknown types are irregular.
func (m *MBFile) FileMode() fs.FileMode {
	perm := fs.FileMode(m.Mode & 0o777)
	switch m.Mode & 0o170000 {
	case 0o100000, 0:
		return perm
	case 0o040000:
		return perm | fs.ModeDir
	case 0o120000:
		return perm | fs.ModeSymlink
	}
	return perm | fs.ModeIrregular
}

var errMBFile = errors.New("not an archived MBFile")

// ParseMBFile reads the column file of a row of Manifest.db: a property list
// written by NSKeyedArchiver whose root is an MBFile. The error says that the
// blob has no such root; a single field that cannot be read stays zero.
func ParseMBFile(blob []byte) (*MBFile, error) {
	root, objects, err := mbRoot(blob)
	if err != nil {
		return nil, err
	}
	deref := func(v plist.Value) plist.Value {
		if v.Kind() == plist.UID {
			v = objects.Index(mbIndex(v))
		}
		return v
	}
	m := new(MBFile)
	for key, val := range root.Items() {
		switch key {
		case "RelativePath":
			m.RelativePath = mbText(deref(val))
		case "Target":
			m.Target = mbText(deref(val))
		case "Mode":
			m.Mode = uint32(val.Int())
		case "Size":
			m.Size, m.HasSize = val.Int(), val.Kind() == plist.Int
		case "Birth":
			m.Birth = mbTime(deref(val))
		case "LastModified":
			m.LastModified = mbTime(deref(val))
		case "LastStatusChange":
			m.LastStatusChange = mbTime(deref(val))
		case "UserID":
			m.UserID = val.Int()
		case "GroupID":
			m.GroupID = val.Int()
		case "InodeNumber":
			m.Inode = val.Uint()
		case "Flags":
			m.Flags = val.Int()
		case "ProtectionClass":
			m.ProtectionClass = val.Int()
		case "EncryptionKey":
			m.EncryptionKey = mbData(deref, val)
			m.badKey = m.EncryptionKey == nil && val.Uint() != 0
		case "Digest":
			m.Digest = mbData(deref, val)
		case "ExtendedAttributes":
			m.Attributes = mbData(deref, val)
		}
	}
	return m, nil
}

// mbRoot returns the root object of the archive and the table of its objects.
func mbRoot(blob []byte) (root, objects plist.Value, err error) {
	if len(blob) > maxMBFile {
		return root, objects, fmt.Errorf("read MBFile: %d bytes, limit %d", len(blob), maxMBFile)
	}
	doc, err := plist.Parse(blob)
	if err != nil {
		return root, objects, fmt.Errorf("read MBFile: %w", err)
	}
	objects = doc.Get("$objects")
	top := doc.Get("$top").Get("root")
	if top.Kind() == plist.UID {
		root = objects.Index(mbIndex(top))
	}
	if root.Kind() != plist.Dict {
		return root, objects, fmt.Errorf("read MBFile: %w", errMBFile)
	}
	return root, objects, nil
}

// mbIndex returns the index a UID stands for, -1 if it is out of range.
func mbIndex(v plist.Value) int {
	if n := v.Uint(); n <= plist.MaxSize {
		return int(n)
	}
	return -1
}

// mbSize reads only the size from a blob, which is all that listing needs.
func mbSize(blob []byte) int64 {
	root, _, err := mbRoot(blob)
	if err != nil {
		return 0
	}
	return max(0, root.Get("Size").Int())
}

// mbText returns a string, which some writers archive as bytes.
func mbText(v plist.Value) string {
	if v.Kind() == plist.Data {
		return string(v.Data())
	}
	if s := v.String(); s != "$null" {
		return s
	}
	return ""
}

// mbData returns bytes, bare or in an archived NSData, which holds them itself
// or refers to them.
func mbData(deref func(plist.Value) plist.Value, v plist.Value) []byte {
	v = deref(v)
	if v.Kind() == plist.Dict {
		v = deref(v.Get("NS.data"))
	}
	return v.Data()
}

// mbTime returns a time that is seconds since 1970 or a date.
func mbTime(v plist.Value) time.Time {
	if v.Kind() == plist.Dict { // an archived NSDate
		v = v.Get("NS.time")
		if v.Kind() == plist.Real || v.Kind() == plist.Int {
			const unixToCocoa = 978307200
			return unixTime(int64(v.Float()) + unixToCocoa)
		}
		return time.Time{}
	}
	if v.Kind() == plist.Date {
		return v.Time()
	}
	return unixTime(v.Int())
}

// unixTime converts seconds since 1970, 0 being no time.
func unixTime(sec int64) time.Time {
	const year9999 = 253402300799
	if sec == 0 || sec < 0 || sec > year9999 {
		return time.Time{}
	}
	return time.Unix(sec, 0).UTC()
}

// mbFromRecord converts a record of Manifest.mbdb.
func mbFromRecord(r *mbdb.Record) *MBFile {
	m := &MBFile{
		RelativePath: r.Path, Mode: uint32(r.Mode), Size: int64(min(r.Size, 1<<62)), HasSize: true,
		LastModified: unixTime(int64(r.Modified)), LastStatusChange: unixTime(int64(r.Changed)), LastAccess: unixTime(int64(r.Accessed)),
		UserID: int64(r.UID), GroupID: int64(r.GID), Inode: r.Inode, ProtectionClass: int64(r.Class),
		EncryptionKey: r.Key, Target: r.Target, Digest: r.Hash,
	}
	return m
}

// validText reports whether s is UTF-8 without NUL.
func validText(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }
