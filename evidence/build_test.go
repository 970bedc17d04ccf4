package evidence

import (
	"crypto/aes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"
	"howett.net/plist"

	"github.com/vigie-project/vigie/format/keybag"
)

// A testFile is one row of a backup under construction, and its payload.
type testFile struct {
	domain, rel string
	data        []byte
	flags       int64 // 0 means flagFile
	size        int64 // listed; 0 means len(data), negative none
	class       uint32
	id          string // instead of the true one
	target      string
	noKey       bool // in an encrypted backup
	badKey      bool // the description refers to a key that is not there
	farKey      bool // the key is an object of its own
	noPayload   bool
	stored      []byte // instead of data or its ciphertext
}

// A testBackup describes a backup to be built.
type testBackup struct {
	files    []testFile
	password string         // "" builds a plain backup
	old      bool           // as before iOS 10.2: plain catalogue, one derivation
	omit     []string       // files of the backup itself that are left out
	list     map[string]any // more keys of Manifest.plist
	status   map[string]any
	extra    map[string][]byte // more stored files
	noClass  uint32            // class without a key in the keybag
	info     map[string]any
	flat     bool // payloads without folders of two digits
}

var testDate = time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)

const testPassword = "correct horse"

// testKeys derives the keys of a test backup: class i has the key of i bytes.
type testKeys struct {
	bag      []byte
	manifest []byte // ManifestKey
	classes  map[uint32][]byte
}

func wrapKey(tb testing.TB, kek, key []byte) []byte {
	tb.Helper()
	block, err := aes.NewCipher(kek)
	if err != nil {
		tb.Fatal(err)
	}
	r := slices.Clone(key)
	buf := append([]byte("\xa6\xa6\xa6\xa6\xa6\xa6\xa6\xa6"), make([]byte, 8)...)
	for j := range 6 {
		for i := range len(key) / 8 {
			copy(buf[8:], r[8*i:8*i+8])
			block.Encrypt(buf, buf)
			copy(r[8*i:], buf[8:])
			binary.BigEndian.PutUint64(buf, binary.BigEndian.Uint64(buf)^uint64(len(key)/8*j+i+1))
		}
	}
	return append(slices.Clone(buf[:8]), r...)
}

func tlv(tag string, value []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte(tag), uint32(len(value))), value...)
}

func tlvNumber(tag string, v uint32) []byte {
	return tlv(tag, binary.BigEndian.AppendUint32(nil, v))
}

func makeKeys(tb testing.TB, b testBackup) testKeys {
	tb.Helper()
	head := slices.Concat(tlvNumber("VERS", 4), tlvNumber("TYPE", 1), tlv("UUID", make([]byte, 16)), tlv("HMCK", make([]byte, 40)),
		tlvNumber("WRAP", 0), tlv("SALT", randomBytes(20, 1)), tlvNumber("ITER", 10))
	if !b.old {
		head = append(head, slices.Concat(tlvNumber("DPWT", 0), tlvNumber("DPIC", 10), tlv("DPSL", randomBytes(20, 2)))...)
	}
	class := func(n uint32, wrapped []byte) []byte {
		return slices.Concat(tlv("UUID", make([]byte, 16)), tlvNumber("CLAS", n), tlvNumber("WRAP", 2), tlvNumber("KTYP", 0), tlv("WPKY", wrapped))
	}
	bag, err := keybag.Parse(append(slices.Clone(head), class(1, make([]byte, 40))...))
	if err != nil {
		tb.Fatal(err)
	}
	key, err := bag.Derive([]byte(b.password))
	if err != nil {
		tb.Fatal(err)
	}
	k := testKeys{bag: head, classes: make(map[uint32][]byte)}
	for n := uint32(1); n <= 11; n++ {
		k.classes[n] = randomBytes(32, 100+uint64(n))
		if n != b.noClass {
			k.bag = append(k.bag, class(n, wrapKey(tb, key, k.classes[n]))...)
		}
	}
	k.manifest = k.persistent(tb, 3, randomBytes(32, 50))
	return k
}

func (k testKeys) persistent(tb testing.TB, class uint32, key []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(nil, class), wrapKey(tb, k.classes[class], key)...)
}

// mbBlob archives an MBFile as iOS does.
func mbBlob(tb testing.TB, f testFile, key []byte) []byte {
	tb.Helper()
	mode := uint64(0o100644)
	switch f.flags {
	case flagDir:
		mode = 0o040755
	case flagLink:
		mode = 0o120755
	}
	root := map[string]any{
		"$class": plist.UID(2), "RelativePath": plist.UID(3), "Mode": mode, "InodeNumber": 77, "UserID": 501, "GroupID": 501,
		"Birth": testDate.Unix(), "LastModified": testDate.Unix() + 1, "LastStatusChange": testDate.Unix() + 2, "Flags": 0, "ProtectionClass": f.class,
	}
	objects := []any{"$null", root, map[string]any{"$classname": "MBFile", "$classes": []string{"MBFile", "NSObject"}}, f.rel}
	switch {
	case f.size > 0:
		root["Size"] = f.size
	case f.size == 0:
		root["Size"] = len(f.data)
	}
	switch {
	case f.badKey:
		root["EncryptionKey"] = plist.UID(1000)
	case key != nil && f.farKey:
		root["EncryptionKey"] = plist.UID(len(objects))
		objects = append(objects, map[string]any{"$class": plist.UID(2), "NS.data": plist.UID(len(objects) + 1)}, key)
	case key != nil:
		root["EncryptionKey"] = plist.UID(len(objects))
		objects = append(objects, map[string]any{"$class": plist.UID(2), "NS.data": key})
	}
	if f.target != "" {
		root["Target"] = plist.UID(len(objects))
		objects = append(objects, f.target)
	}
	blob, err := plist.Marshal(map[string]any{
		"$version": 100000, "$archiver": "NSKeyedArchiver", "$top": map[string]any{"root": plist.UID(1)}, "$objects": objects,
	}, plist.BinaryFormat)
	if err != nil {
		tb.Fatal(err)
	}
	return blob
}

// build writes the backup into a new folder and returns its name.
func (b testBackup) build(tb testing.TB) string {
	tb.Helper()
	dir := tb.TempDir()
	put := func(name string, data []byte) {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(name, data, 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	putList := func(name string, list map[string]any) {
		data, err := plist.Marshal(list, plist.BinaryFormat)
		if err != nil {
			tb.Fatal(err)
		}
		if !slices.Contains(b.omit, name) {
			put(name, data)
		}
	}
	var keys testKeys
	manifest := map[string]any{"IsEncrypted": b.password != "", "Version": "10.0", "Lockdown": map[string]any{"ProductVersion": "17.5", "SerialNumber": "S1"}}
	if b.password != "" {
		keys = makeKeys(tb, b)
		manifest["BackupKeyBag"] = keys.bag
		if !b.old {
			manifest["ManifestKey"] = keys.manifest
		}
	}
	for k, v := range b.list {
		manifest[k] = v
	}
	info := map[string]any{"Device Name": "phone", "Product Type": "iPhone9,3", "Last Backup Date": testDate}
	for k, v := range b.info {
		info[k] = v
	}
	putList("Info.plist", info)
	putList("Manifest.plist", manifest)
	if b.status != nil {
		putList("Status.plist", b.status)
	}
	data := b.database(tb, keys, put)
	if b.password != "" && !b.old {
		data = encrypt(tb, randomBytes(32, 50), data)
	}
	put("Manifest.db", data)
	for name, data := range b.extra {
		put(name, data)
	}
	return dir
}

// database makes Manifest.db and puts the payloads.
func (b testBackup) database(tb testing.TB, keys testKeys, put func(string, []byte)) []byte {
	tb.Helper()
	name := filepath.Join(tb.TempDir(), "m.db")
	db, err := sqlite3.Open(name)
	if err != nil {
		tb.Fatal(err)
	}
	defer db.Close()
	if err := db.Exec(`PRAGMA synchronous=off; CREATE TABLE Files (fileID TEXT PRIMARY KEY, domain TEXT, relativePath TEXT, flags INTEGER, file BLOB);
		CREATE TABLE Properties (key TEXT PRIMARY KEY, value BLOB); BEGIN`); err != nil {
		tb.Fatal(err)
	}
	insert, _, err := db.Prepare(`INSERT INTO Files VALUES (?,?,?,?,?)`)
	if err != nil {
		tb.Fatal(err)
	}
	for i, f := range b.files {
		if f.flags == 0 {
			f.flags = flagFile
		}
		id := f.id
		if id == "" {
			id = fileID(f.domain, f.rel)
		}
		stored, key := f.data, []byte(nil)
		if b.password != "" && !f.noKey && f.flags == flagFile {
			if f.class == 0 {
				f.class = 3
			}
			plain := randomBytes(32, 1000+uint64(i))
			key = keys.persistent(tb, f.class, plain)
			if len(f.data) > 0 {
				stored = encrypt(tb, plain, pad(f.data))
			}
		}
		if f.stored != nil {
			stored = f.stored
		}
		for j, err := range []error{insert.BindText(1, id), insert.BindText(2, f.domain), insert.BindText(3, f.rel),
			insert.BindInt64(4, f.flags), insert.BindBlob(5, mbBlob(tb, f, key))} {
			if err != nil {
				tb.Fatal(j, err)
			}
		}
		if err := insert.Exec(); err != nil {
			tb.Fatal(err)
		}
		if f.flags == flagFile && !f.noPayload && validID(id) {
			if b.flat {
				put(id, stored)
			} else {
				put(id[:2]+"/"+id, stored)
			}
		}
	}
	insert.Close()
	if err := db.Exec("COMMIT"); err != nil {
		tb.Fatal(err)
	}
	if err := db.Close(); err != nil {
		tb.Fatal(err)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}
