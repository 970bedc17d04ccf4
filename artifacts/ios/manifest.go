package ios

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/mbdb"
	"github.com/vigie-project/vigie/format/mbfile"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Manifest reads the catalogue of all files of a backup.
var Manifest = artifact.Parser{
	ID:    "ios.manifest",
	Title: lang.Text{EN: "Files of the backup (Manifest.db)", FR: "Fichiers de la sauvegarde (Manifest.db)"},
	Doc: `Manifest.db (Manifest.mbdb up to iOS 9) lists every file, folder and link that
the phone backed up, with its times, owner, mode and inode: also files whose
content this copy of the backup lacks. Names alone tell much: files dropped by
exploits, storage folders named after a web site, traces of deleted apps. A file
that iOS does not back up is never listed, so absence shows little. The column
fileID must be the SHA-1 of domain, hyphen and path; if it is not, the row was
edited.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup, Glob: "backup/Manifest.db"},
		{Kinds: evidence.IOSBackup, Glob: "backup/Manifest.mbdb"},
	},
	Record: manifestFile{},
	Refs:   []string{"https://docs.mvt.re/en/latest/ios/records/#manifestjson", "https://theapplewiki.com/wiki/ITunes_Backup"},
	Parse:  manifestParse,
}

// manifestFile is one file, folder or link. Times are those of the file system
// of the phone, by its clock, to the second.
type manifestFile struct {
	Created  record.Time `json:"created"`  // MBFile.Birth, seconds since 1970 UTC; not in Manifest.mbdb
	Modified record.Time `json:"modified"` // MBFile.LastModified, seconds since 1970 UTC: content
	Changed  record.Time `json:"changed"`  // MBFile.LastStatusChange, seconds since 1970 UTC: inode
	Accessed record.Time `json:"accessed"` // Manifest.mbdb only, seconds since 1970 UTC

	Path         record.Path `json:"path"`              // from domain and relativePath: on the device, app containers by identifier instead of UUID
	Domain       string      `json:"domain"`            // column domain
	RelativePath record.Path `json:"relative_path"`     // column relativePath, "" for the folder of the domain itself
	FileID       string      `json:"file_id,omitempty"` // column fileID: name of the content in the backup
	Kind         string      `json:"kind"`              // column flags: file, directory or link; in Manifest.mbdb from the mode
	Mode         string      `json:"mode,omitempty"`    // MBFile.Mode, octal as st_mode

	Owner      *int64          `json:"owner,omitempty"`            // MBFile.UserID
	Group      *int64          `json:"group,omitempty"`            // MBFile.GroupID
	Size       *int64          `json:"size,omitempty"`             // MBFile.Size, bytes when the backup began: differs for live databases
	Inode      int64           `json:"inode,omitempty"`            // MBFile.InodeNumber: grows with the order of creation
	StatFlags  int64           `json:"stat_flags,omitempty"`       // MBFile.Flags, st_flags
	Protection int64           `json:"protection_class,omitempty"` // MBFile.ProtectionClass: 1 complete to 4 none
	Target     record.Path     `json:"target,omitempty"`           // MBFile.Target: where a link leads
	Digest     string          `json:"digest,omitempty"`           // MBFile.Digest, hexadecimal; which bytes it covers is not established
	Hosts      []record.Domain `json:"hosts,omitempty"`            // elements of relativePath that have the form of a host name
	Attributes []string        `json:"attributes,omitempty"`       // names of the extended attributes
	From       []record.URL    `json:"from,omitempty"`             // extended attribute kMDItemWhereFroms: where the file was downloaded from
	Mismatch   bool            `json:"id_mismatch,omitempty"`      // fileID is not the SHA-1 of domain and path
}

// String implements [record.Data].
func (f manifestFile) String() string {
	if f.Target != "" {
		return record.Line(fmt.Sprintf("%s %s to %s", f.Kind, f.Path, f.Target))
	}
	return record.Line(fmt.Sprintf("%s %s", f.Kind, f.Path))
}

func manifestParse(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	if strings.HasSuffix(in.Path, ".mbdb") {
		return manifestLegacy(in)
	}
	return func(yield func(record.Record, error) bool) {
		m := manifestReader{modes: map[uint32]string{}}
		from.Database(in, yield, func(db *sqlite.DB) bool {
			return from.Rows(in, db, "Files", func(rec record.Record, err error) bool {
				if m.err != nil {
					bad := fmt.Errorf("read row %d of Files: %w", rec.Origin.Row, m.err)
					if m.err = nil; !yield(rec, err) {
						return false
					}
					return yield(record.Record{}, bad)
				}
				return yield(rec, err)
			}, m.row)
		})
	}
}

// A manifestReader keeps what many rows share.
type manifestReader struct {
	modes map[uint32]string // octal text of modes
	name  []byte            // domain, hyphen and path
	err   error             // of the last row, which is yielded nevertheless
}

func (m *manifestReader) row(r sqlite.Row) (manifestFile, bool) {
	f := manifestFile{
		FileID: r.Text("fileID"), Domain: r.Text("domain"), RelativePath: record.Path(r.Text("relativePath")),
		Kind: record.Name(r.Int("flags"), "", "file", "directory", "", "link"),
	}
	device, _ := evidence.DevicePath(f.Domain, string(f.RelativePath))
	f.Path = record.Path(device)
	m.name = append(append(append(m.name[:0], f.Domain...), '-'), f.RelativePath...)
	sum := sha1.Sum(m.name)
	var id [2 * sha1.Size]byte
	hex.Encode(id[:], sum[:])
	f.Mismatch = string(id[:]) != f.FileID && !r.Partial
	f.Hosts = manifestHosts(string(f.RelativePath))
	blob := r.Blob("file")
	if len(blob) == 0 {
		return f, true
	}
	mb, ok := mbfile.Parse(blob)
	if !ok { // not in the usual layout
		general, err := evidence.ParseMBFile(blob)
		if err != nil {
			m.err = err
			return f, true
		}
		mb = manifestGeneral(general)
	}
	m.describe(&f, &mb)
	return f, true
}

// manifestGeneral converts what the general reader gives.
func manifestGeneral(g *evidence.MBFile) mbfile.File {
	return mbfile.File{
		Mode: g.Mode, Size: g.Size, HasSize: g.HasSize, Birth: manifestUnix(g.Birth), Modified: manifestUnix(g.LastModified),
		Changed: manifestUnix(g.LastStatusChange), UserID: g.UserID, GroupID: g.GroupID, Inode: g.Inode, Flags: g.Flags,
		ProtectionClass: g.ProtectionClass, Target: []byte(g.Target), Digest: g.Digest, Attributes: g.Attributes,
	}
}

// describe takes over what the archived MBFile says.
func (m *manifestReader) describe(f *manifestFile, mb *mbfile.File) {
	f.Created, f.Modified, f.Changed = epoch.Unix(mb.Birth), epoch.Unix(mb.Modified), epoch.Unix(mb.Changed)
	f.Mode = m.mode(mb.Mode)
	numbers := &[3]int64{mb.UserID, mb.GroupID, mb.Size} // one allocation
	f.Owner, f.Group = &numbers[0], &numbers[1]
	if mb.HasSize {
		f.Size = &numbers[2]
	}
	f.Inode, f.StatFlags, f.Protection = int64(mb.Inode), mb.Flags, mb.ProtectionClass
	f.Target = record.Path(mb.Target)
	if len(mb.Digest) > 0 {
		f.Digest = hex.EncodeToString(mb.Digest)
	}
	if len(mb.Attributes) > 0 {
		f.Attributes, f.From, m.err = manifestAttributes(mb.Attributes)
	}
}

func (m *manifestReader) mode(mode uint32) string {
	s, ok := m.modes[mode]
	if !ok {
		s = "0" + strconv.FormatUint(uint64(mode), 8)
		if len(m.modes) < 1<<12 {
			m.modes[mode] = s
		}
	}
	return s
}

func manifestUnix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// manifestMaxAttributes bounds the extended attributes of one file.
const manifestMaxAttributes = 1 << 10

// manifestAttributes returns the names of extended attributes, and the URLs of
// the one that says where a file was downloaded from.
func manifestAttributes(data []byte) (names []string, urls []record.URL, err error) {
	root, err := plist.Parse(data)
	if err != nil {
		return nil, nil, fmt.Errorf("read extended attributes: %w", err)
	}
	for name, v := range root.Items() {
		if len(names) == manifestMaxAttributes {
			return names, urls, errors.New("read extended attributes: too many")
		}
		names = append(names, strings.Clone(name))
		if !strings.Contains(name, "kMDItemWhereFroms") {
			continue
		}
		list, err := v.Embedded()
		if err != nil {
			return names, urls, fmt.Errorf("read extended attribute %q: %w", name, err)
		}
		for u := range list.Elems() {
			if len(urls) < manifestMaxAttributes && u.String() != "" {
				urls = append(urls, record.URL(strings.Clone(u.String())))
			}
		}
	}
	return names, urls, nil
}

// manifestHosts returns the parts of a path, between slashes and underscores,
// that have the form of a host name: WebKit names folders like
// "https_www.example.com_0".
func manifestHosts(rel string) (hosts []record.Domain) {
	for start, i := 0, 0; i <= len(rel); i++ {
		if i < len(rel) && rel[i] != '/' && rel[i] != '_' {
			continue
		}
		part := rel[start:i]
		scheme := start > 0 && rel[start-1] == '_' && (strings.HasSuffix(rel[:start-1], "http") || strings.HasSuffix(rel[:start-1], "https"))
		if manifestHost(part, scheme) {
			hosts = append(hosts, record.Domain(strings.ToLower(part)))
		}
		start = i + 1
	}
	return hosts
}

// manifestHost reports whether a part of a path may be a host name. Without a
// scheme before it, names that begin like an identifier and names that end like
// a file are none.
func manifestHost(s string, scheme bool) bool {
	last := strings.LastIndexByte(s, '.')
	if last <= 0 || len(s)-last < 3 || len(s) > 253 || s[0] == '.' {
		return false
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i] | 0x20; {
		case s[i] == '.' || s[i] == '-' || '0' <= s[i] && s[i] <= '9' && i < last:
		case c < 'a' || c > 'z':
			return scheme && manifestAddress(s)
		}
	}
	if scheme {
		return true
	}
	first, _, _ := strings.Cut(s, ".")
	return !manifestPrefixes[first] && !manifestSuffixes[strings.ToLower(s[last+1:])]
}

// manifestAddress reports whether s may be an IPv4 address.
func manifestAddress(s string) bool {
	return strings.Count(s, ".") == 3 && strings.Trim(s, "0123456789.") == ""
}

// manifestPrefixes begin identifiers in reverse order, which are no hosts.
var manifestPrefixes = map[string]bool{"com": true, "net": true, "org": true, "group": true, "systemgroup": true, "io": true, "de": true, "fr": true, "ch": true, "ph": true}

// manifestSuffixes end names of files, and are no or rare top-level domains.
var manifestSuffixes = map[string]bool{"plist": true, "sqlite": true, "db": true, "png": true, "jpg": true, "jpeg": true, "heic": true, "json": true,
	"log": true, "dat": true, "data": true, "bin": true, "xml": true, "txt": true, "html": true, "css": true, "js": true, "gif": true, "aae": true,
	"caf": true, "wav": true, "pdf": true, "bundle": true, "archive": true, "keyedarchive": true, "lock": true, "tmp": true, "cache": true,
	"binarycookies": true, "localstorage": true, "stub": true, "store": true, "ktx": true, "momd": true, "mom": true, "strings": true, "lproj": true,
	"app": true, "appex": true, "sqlitedb": true, "storedata": true, "db-wal": true, "db-shm": true, "sqlite-wal": true, "sqlite-shm": true}

// manifestLegacy reads Manifest.mbdb.
func manifestLegacy(in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		m := manifestReader{modes: map[uint32]string{}}
		for r, err := range mbdb.Records(io.NewSectionReader(in.File, 0, in.Size)) {
			if err != nil {
				if !yield(record.Record{}, err) {
					return
				}
				continue
			}
			if !yield(in.Record(record.Origin{Table: "Manifest.mbdb", Offset: r.Offset}, m.legacy(r)), nil) {
				return
			}
		}
	}
}

// legacy converts a record of Manifest.mbdb, which has no fileID: the name of
// the content is computed.
func (m *manifestReader) legacy(r mbdb.Record) manifestFile {
	owner, group, size := int64(r.UID), int64(r.GID), int64(min(r.Size, 1<<62))
	device, _ := evidence.DevicePath(r.Domain, r.Path)
	sum := sha1.Sum([]byte(r.Domain + "-" + r.Path))
	f := manifestFile{
		Modified: epoch.Unix(int64(r.Modified)), Changed: epoch.Unix(int64(r.Changed)), Accessed: epoch.Unix(int64(r.Accessed)),
		Path: record.Path(device), Domain: r.Domain, RelativePath: record.Path(r.Path), FileID: hex.EncodeToString(sum[:]),
		Kind: "file", Mode: m.mode(uint32(r.Mode)), Owner: &owner, Group: &group, Size: &size, Inode: int64(r.Inode),
		Protection: int64(r.Class), Target: record.Path(r.Target), Hosts: manifestHosts(r.Path), Digest: hex.EncodeToString(r.Hash),
	}
	switch r.Mode & 0o170000 {
	case 0o040000:
		f.Kind = "directory"
	case 0o120000:
		f.Kind = "link"
	}
	for _, p := range r.Properties {
		f.Attributes = append(f.Attributes, p.Name)
	}
	return f
}
