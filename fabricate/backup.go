package fabricate

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/ncruces/go-sqlite3"
	"howett.net/plist"
)

// A backupFile is one file of a backup.
type backupFile struct {
	domain, path string
	data         []byte
	modified     time.Time
	dir          bool   // a folder
	target       string // of a symbolic link
	attributes   []byte // extended attributes, a property list
	unlisted     bool   // stored, but not in the manifest
	listedOnly   bool   // in the manifest, but not stored
}

// A backupWriter writes an iPhone backup as Finder does: a catalogue in
// Manifest.db, and each file under the SHA-1 of its domain and path.
type backupWriter struct {
	dir    string
	keys   *keys // nil for a plain backup
	rnd    *rand.Rand
	db     *sqlite3.Conn
	insert *sqlite3.Stmt
	plain  string // where Manifest.db is made
	rows   int
	inode  int64
	enc    mbEncoder
}

func newBackupWriter(dir string, k *keys, rnd *rand.Rand) (*backupWriter, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	if len(list) > 0 {
		return nil, fmt.Errorf("write backup: %s is not empty", dir)
	}
	w := &backupWriter{dir: dir, keys: k, rnd: rnd, plain: filepath.Join(dir, "Manifest.db.part"), inode: 100_000}
	if w.db, err = sqlite3.Open("file:" + filepath.ToSlash(w.plain)); err != nil {
		return nil, err
	}
	err = w.db.Exec(`PRAGMA journal_mode=off; PRAGMA synchronous=off; PRAGMA cache_size=-65536;
		CREATE TABLE Files (fileID TEXT PRIMARY KEY, domain TEXT, relativePath TEXT, flags INTEGER, file BLOB);
		CREATE TABLE Properties (key TEXT PRIMARY KEY, value BLOB);
		BEGIN`)
	if err != nil {
		return nil, err
	}
	w.insert, _, err = w.db.Prepare(`INSERT INTO Files VALUES (?,?,?,?,?)`)
	return w, err
}

// fileID returns the name under which a backup stores a file.
func fileID(domain, path string) string {
	sum := sha1.Sum([]byte(domain + "-" + path))
	return hex.EncodeToString(sum[:])
}

// The flags of rows of the manifest.
const (
	flagFile = 1
	flagDir  = 2
	flagLink = 4
)

// add adds a file to the backup.
func (w *backupWriter) add(f backupFile) error {
	id := fileID(f.domain, f.path)
	flags := int64(flagFile)
	switch {
	case f.dir:
		flags = flagDir
	case f.target != "":
		flags = flagLink
	}
	stored, wrapped := f.data, []byte(nil)
	if w.keys != nil && flags == flagFile {
		var key []byte
		key, wrapped = w.keys.file()
		if !f.listedOnly && len(f.data) > 0 {
			stored = encrypt(key, pad(f.data))
		}
	}
	if !f.unlisted {
		if err := w.row(id, f, flags, w.mbFile(f, flags, wrapped)); err != nil {
			return fmt.Errorf("list %s: %w", f.path, err)
		}
	}
	if flags != flagFile || f.listedOnly {
		return nil
	}
	name := filepath.Join(w.dir, id[:2], id)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	return os.WriteFile(name, stored, 0o600)
}

func (w *backupWriter) row(id string, f backupFile, flags int64, blob []byte) error {
	w.rows++
	return errors.Join(w.insert.BindText(1, id), w.insert.BindText(2, f.domain), w.insert.BindText(3, f.path),
		w.insert.BindInt64(4, flags), w.insert.BindBlob(5, blob), w.insert.Exec())
}

// mbFile archives what the manifest knows of a file.
func (w *backupWriter) mbFile(f backupFile, flags int64, wrapped []byte) []byte {
	mode := int64(0o100644)
	switch flags {
	case flagDir:
		mode = 0o040755
	case flagLink:
		mode = 0o120755
	}
	w.inode++
	at, class := f.modified.Unix(), int64(0)
	if wrapped != nil {
		class = fileClass
	}
	birth := at - int64(w.rnd.IntN(400*86400))
	w.enc.values = append(w.enc.values[:0],
		mbValue{key: "Mode", n: mode}, mbValue{key: "InodeNumber", n: w.inode}, mbValue{key: "UserID", n: 501}, mbValue{key: "GroupID", n: 501},
		mbValue{key: "Flags"}, mbValue{key: "Birth", n: birth}, mbValue{key: "LastModified", n: at}, mbValue{key: "LastStatusChange", n: at},
		mbValue{key: "Size", n: int64(len(f.data))}, mbValue{key: "ProtectionClass", n: class})
	return w.enc.encode(&f, wrapped, f.attributes)
}

// close writes the catalogue and the lists of the backup.
func (w *backupWriter) close(info, manifest, status map[string]any) error {
	w.insert.Close()
	err := w.db.Exec(`COMMIT; CREATE INDEX FilesDomainIdx ON Files(domain); CREATE INDEX FilesRelativePathIdx ON Files(relativePath); CREATE INDEX FilesFlagsIdx ON Files(flags)`)
	if err := errors.Join(err, w.db.Close()); err != nil {
		return err
	}
	manifest["IsEncrypted"] = w.keys != nil
	if w.keys != nil {
		manifest["BackupKeyBag"], manifest["ManifestKey"] = w.keys.bag, w.keys.wrappedManifest
	}
	for name, list := range map[string]map[string]any{"Info.plist": info, "Manifest.plist": manifest, "Status.plist": status} {
		data, err := plist.MarshalIndent(list, plist.XMLFormat, "\t")
		if err == nil {
			err = os.WriteFile(filepath.Join(w.dir, name), data, 0o600)
		}
		if err != nil {
			return err
		}
	}
	return w.seal()
}

// seal turns the plain catalogue into Manifest.db, encrypted if the backup is.
func (w *backupWriter) seal() (err error) {
	final := filepath.Join(w.dir, "Manifest.db")
	if w.keys == nil {
		return os.Rename(w.plain, final)
	}
	in, err := os.Open(w.plain)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(final)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close(), os.Remove(w.plain)) }()
	block, err := aes.NewCipher(w.keys.manifest)
	if err != nil {
		return err
	}
	mode := cipher.NewCBCEncrypter(block, make([]byte, aes.BlockSize))
	buf := make([]byte, 1<<20)
	for {
		n, err := io.ReadFull(in, buf)
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return err
		}
		piece := buf[:n]
		if last {
			piece = pad(bytes.Clone(piece))
		}
		mode.CryptBlocks(piece, piece)
		if _, err := out.Write(piece); err != nil || last {
			return err
		}
	}
}

// pad appends the padding of PKCS#7.
func pad(b []byte) []byte {
	n := aes.BlockSize - len(b)%aes.BlockSize
	return append(bytes.Clone(b), bytes.Repeat([]byte{byte(n)}, n)...)
}

// encrypt encrypts whole blocks as backups do: AES-CBC, first vector zero.
func encrypt(key, padded []byte) []byte {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // the keys of this package have 32 bytes
	}
	cipher.NewCBCEncrypter(block, make([]byte, aes.BlockSize)).CryptBlocks(padded, padded)
	return padded
}
