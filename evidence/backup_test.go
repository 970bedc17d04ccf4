package evidence

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

const home = "private/var/mobile/"

// usual are files that most tests have.
func usual() []testFile {
	return []testFile{
		{domain: "HomeDomain", rel: "", flags: flagDir},
		{domain: "HomeDomain", rel: "Library", flags: flagDir},
		{domain: "HomeDomain", rel: "Library/SMS/sms.db", data: append([]byte(sqliteMagic), randomBytes(5000, 1)...)},
		{domain: "HomeDomain", rel: "Library/SMS/sms.db-wal", data: randomBytes(300_000, 2)},
		{domain: "HomeDomain", rel: "Library/empty"},
		{domain: "HomeDomain", rel: "Library/link", flags: flagLink, target: "/var/mobile/Media"},
		{domain: "AppDomain-com.example.app", rel: "Documents/a.plist", data: []byte("bplist00 whatever")},
		{domain: "AppDomainGroup-group.example", rel: "b", data: randomBytes(160, 3)},
		{domain: "StrangeDomain", rel: "x/y", data: []byte("strange")},
	}
}

func wanted() map[string][]byte {
	want := make(map[string][]byte)
	for _, f := range usual() {
		if f.flags == 0 {
			at, _ := DevicePath(f.domain, f.rel)
			want[at] = f.data
		}
	}
	return want
}

func codes(notes []Note) map[string]int64 {
	m := make(map[string]int64)
	for _, n := range notes {
		m[n.Code] = max(m[n.Code], n.Count, 1)
	}
	return m
}

func readNotes(tb testing.TB, src *Source, name string) ([]byte, map[string]int64) {
	tb.Helper()
	f, err := src.Open(name)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		tb.Fatal(err)
	}
	return data, codes(f.(NotedFile).Notes())
}

func TestBackupForms(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]testBackup{
		"plain":         {files: usual()},
		"flat":          {files: usual(), flat: true},
		"encrypted":     {files: usual(), password: testPassword},
		"before 10.2":   {files: usual(), password: testPassword, old: true},
		"no info":       {files: usual(), omit: []string{"Info.plist"}},
		"no manifest":   {files: usual(), omit: []string{"Info.plist", "Manifest.plist"}},
		"flag lies":     {files: usual(), password: testPassword, list: map[string]any{"IsEncrypted": false}},
		"flag lies yes": {files: usual(), list: map[string]any{"IsEncrypted": true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := openOne(t, b.build(t), password(testPassword))
			got, listed := contents(t, src)
			sameFiles(t, got, wanted())
			if listed != len(wanted()) {
				t.Errorf("%d files listed, want %d", listed, len(wanted()))
			}
			found := codes(src.Notes)
			if found["files-listed"] != int64(listed) || found["payloads-absent"] != 0 || found["payload-orphan"] != 0 || found["unknown-domain"] != 1 {
				t.Errorf("notes %+v", src.Notes)
			}
			if _, differs := found["encryption-flag-differs"]; differs != strings.HasPrefix(name, "flag lies") {
				t.Errorf("notes %+v", src.Notes)
			}
			if _, old := found["payloads-encrypted"]; old != (name == "before 10.2") {
				t.Errorf("notes %+v", src.Notes)
			}
			if err := fstest.TestFS(src.FS, home+"Library/SMS/sms.db", "backup/Manifest.db", home+"Containers/Data/Application/com.example.app/Documents/a.plist"); err != nil {
				for line := range strings.Lines(err.Error()) {
					// The link leads out of the backup, which TestFS does not expect.
					if strings.HasPrefix(line, "\t") && !strings.Contains(line, "Library/link: Open") {
						t.Error(line)
					}
				}
			}
			db, _ := readNotes(t, src, "backup/Manifest.db")
			if !bytes.HasPrefix(db, []byte(sqliteMagic)) {
				t.Errorf("backup/Manifest.db begins with %q", db[:16])
			}
		})
	}
}

// TestDecryptedCopy has keys in its manifest and IsEncrypted, but no ciphertext.
func TestDecryptedCopy(t *testing.T) {
	t.Parallel()
	files := usual()
	for i := range files {
		files[i].stored = files[i].data
	}
	dir := testBackup{files: files, password: testPassword, old: true}.build(t)
	src := openOne(t, dir, Options{Password: func() ([]byte, error) { t.Error("asked for a password"); return nil, io.EOF }})
	got, _ := contents(t, src)
	sameFiles(t, got, wanted())
	if _, ok := codes(src.Notes)["encryption-flag-differs"]; !ok {
		t.Errorf("notes %+v", src.Notes)
	}
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir := testBackup{files: usual(), password: testPassword}.build(t)
	secret := "a secret nobody may see"
	broken := errors.New("terminal closed")
	for name, tt := range map[string]struct {
		opt  Options
		want error
	}{
		"none":        {Options{}, ErrPasswordRequired},
		"wrong":       {password(secret), ErrWrongPassword},
		"empty":       {password(""), ErrWrongPassword},
		"wrong key":   {Options{Key: []byte(secret + secret)[:32]}, ErrWrongPassword},
		"short key":   {Options{Key: []byte(secret)}, ErrWrongPassword},
		"prompt ends": {Options{Password: func() ([]byte, error) { return nil, broken }}, broken},
	} {
		_, err := Open(ctx, dir, tt.opt)
		if !errors.Is(err, tt.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	key, err := DeriveKey(ctx, dir, []byte(testPassword))
	if err != nil || len(key) != 32 {
		t.Fatalf("DeriveKey: %x, %v", key, err)
	}
	got, _ := contents(t, openOne(t, dir, Options{Key: key}))
	sameFiles(t, got, wanted())
	if _, err := DeriveKey(ctx, dir, []byte(secret)); !errors.Is(err, ErrWrongPassword) {
		t.Errorf("DeriveKey with the wrong password: %v", err)
	}
	for name, list := range map[string]map[string]any{
		"cut":       {"BackupKeyBag": []byte("UUID\x00\x00\x00\x10")},
		"none":      {"BackupKeyBag": []byte{}},
		"no salt":   {"BackupKeyBag": tlv("UUID", nil)},
		"cpu bomb":  {"BackupKeyBag": slices.Concat(tlv("UUID", nil), tlv("SALT", make([]byte, 20)), tlvNumber("ITER", 1<<31))},
		"no key":    {"ManifestKey": []byte{}},
		"other key": {"ManifestKey": make([]byte, 44)},
	} {
		dir := testBackup{files: usual(), password: testPassword, list: list}.build(t)
		if _, err := Open(ctx, dir, password(testPassword)); !errors.Is(err, ErrDamagedKeybag) {
			t.Errorf("keybag %s: %v, want ErrDamagedKeybag", name, err)
		}
	}
}

func TestIrregularRows(t *testing.T) {
	t.Parallel()
	files := append(usual(),
		testFile{domain: "HomeDomain", rel: "evil1", id: "../../../../etc/passwd"},
		testFile{domain: "HomeDomain", rel: "evil2", id: strings.Repeat("A", 40)},
		testFile{domain: "HomeDomain", rel: "../../../etc/passwd", data: []byte("climb")},
		testFile{domain: "HomeDomain", rel: "other", id: strings.Repeat("0", 40), data: []byte("other")},
		testFile{domain: "HomeDomain", rel: "gone", data: []byte("gone"), noPayload: true},
		testFile{domain: "MediaDomain", rel: "Library/SMS/sms.db", data: []byte("the same place")},
		testFile{domain: "HomeDomain", rel: "nokey", data: []byte("no key at all"), noKey: true},
		testFile{domain: "HomeDomain", rel: "class", data: []byte("class 9"), class: 9},
		testFile{domain: "HomeDomain", rel: "odd", data: []byte("odd"), flags: 9, noKey: true},
		testFile{domain: "HomeDomain", rel: "far", data: []byte("far key"), farKey: true},
		testFile{domain: "HomeDomain", rel: "bad", data: []byte("bad key"), badKey: true},
	)
	orphan := "ab/ab" + strings.Repeat("c", 38)
	dir := testBackup{files: files, password: testPassword, noClass: 9, extra: map[string][]byte{orphan: nil, "notes.txt": []byte("n")},
		status: map[string]any{"SnapshotState": "uploading", "IsFullBackup": false, "BackupState": "empty"}}.build(t)
	src := openOne(t, dir, password(testPassword))
	found := codes(src.Notes)
	for code, want := range map[string]int64{
		"fileid-invalid": 2, "fileid-differs": 1, "payloads-absent": 2, "payload-orphan": 1, "duplicate-path": 1, "unknown-flags": 1,
		"snapshot-not-finished": 1, "not-full-backup": 1, "backup-state": 1,
	} {
		if found[code] != want {
			t.Errorf("note %s: %d, want %d", code, found[code], want)
		}
	}
	if t.Failed() {
		t.Logf("%+v", src.Notes)
	}
	for name, want := range map[string]string{
		home + "%2E%2E/%2E%2E/%2E%2E/etc/passwd": "climb",
		home + "other":                           "other",
		home + "far":                             "far key", home + "nokey": "no key at all",
		unknownRoot + "/row-15/MediaDomain/Library/SMS/sms.db": "the same place",
		"backup/notes.txt": "n",
	} {
		if got, _ := readNotes(t, src, name); string(got) != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for name, part := range map[string]string{
		home + "evil1": "40 hexadecimal digits", home + "evil2": "40 hexadecimal digits", home + "class": "class 9", home + "Library/link": "link to", home + "bad": "cannot be read",
	} {
		if _, err := src.Open(name); err == nil || errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v, want an error with %q", name, err, part)
		}
	}
	if _, err := src.Open(home + "gone"); !errors.Is(err, ErrPayloadAbsent) || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("gone: %v", err)
	}
	for _, name := range []string{home + "nothing", "private/var/unknown/row-999/x", "backup/../x", "/x", unknownRoot + "/row-3/HomeDomain/Library/SMS/sms.db"} {
		if _, err := src.Open(name); err == nil || errors.Is(err, ErrPayloadAbsent) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSizes has databases whose listed size is wrong in both directions.
func TestSizes(t *testing.T) {
	t.Parallel()
	data := append([]byte(sqliteMagic), randomBytes(4080, 9)...)
	copy(data[16:], []byte{0x10, 0})
	copy(data[28:], []byte{0, 0, 0, 2})
	src := openOne(t, testBackup{password: testPassword, files: []testFile{
		{domain: "HomeDomain", rel: "short", data: data, size: 100},
		{domain: "HomeDomain", rel: "long", data: data, size: 10_000},
		{domain: "HomeDomain", rel: "none", data: data, size: -1},
		{domain: "HomeDomain", rel: "right", data: data},
		{domain: "HomeDomain", rel: "unpadded", data: data, stored: bytes.Repeat([]byte{1, 2, 3, 4, 5, 6, 7, 8}, 512)},
		{domain: "HomeDomain", rel: "cut", data: data, stored: bytes.Repeat([]byte{1, 2, 3}, 15)},
		{domain: "HomeDomain", rel: "plain", data: data, stored: data},
	}}.build(t), password(testPassword))
	for name, want := range map[string][]string{
		"short": {"database-size-differs", "size-differs"}, "long": {"database-size-differs", "size-differs"}, "none": nil, "right": nil,
		"unpadded": {"padding-invalid"}, "cut": {"ciphertext-cut", "padding-invalid", "size-differs"}, "plain": {"database-size-differs", "stored-plain"},
	} {
		got, notes := readNotes(t, src, home+name)
		if list := sortedKeys(notes); !slices.Equal(list, want) {
			t.Errorf("%s: notes %v, want %v", name, list, want)
		}
		if name != "unpadded" && name != "cut" && !bytes.Equal(got, data) {
			t.Errorf("%s: %d bytes differ from %d", name, len(got), len(data))
		}
	}
}

func TestStored(t *testing.T) {
	t.Parallel()
	dir := testBackup{files: usual(), password: testPassword}.build(t)
	src := openOne(t, dir, password(testPassword))
	f, err := src.Open(home + "Library/SMS/sms.db")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	name, r := f.(StoredFile).Stored()
	got, _ := io.ReadAll(r)
	want, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil || !bytes.Equal(got, want) || name != "3d/3d0d7e5fb2ce288813306e4d4636395e047a3d28" {
		t.Errorf("Stored gives %s, %d bytes, want %d: %v", name, len(got), len(want), err)
	}
	info, _ := f.Stat()
	m, ok := info.Sys().(*MBFile)
	if !ok || m.Inode != 77 || m.UserID != 501 || !m.LastModified.Equal(testDate.Add(1e9)) || m.ProtectionClass != 3 || len(m.EncryptionKey) != 44 {
		t.Errorf("MBFile %+v", m)
	}
}

func TestHashAll(t *testing.T) {
	t.Parallel()
	dir := testBackup{files: usual(), password: testPassword, extra: map[string][]byte{"zz": []byte("zz")}}.build(t)
	var want []string
	_ = filepath.WalkDir(dir, func(name string, d fs.DirEntry, _ error) error {
		if d.Type().IsRegular() {
			data, _ := os.ReadFile(name)
			sum := sha256.Sum256(data)
			rel, _ := filepath.Rel(dir, name)
			want = append(want, filepath.ToSlash(rel)+" "+hex.EncodeToString(sum[:]))
		}
		return nil
	})
	src := openOne(t, dir, password(testPassword))
	for _, workers := range []int{0, 1, 4} {
		var got []string
		err := src.HashAll(context.Background(), workers, func(h StoredHash) error {
			got = append(got, h.Name+" "+hex.EncodeToString(h.SHA256[:]))
			return h.Err
		})
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%d workers: %v\n%q\nwant\n%q", workers, err, got, want)
		}
	}
	stop := errors.New("stop here")
	if err := src.HashAll(context.Background(), 2, func(StoredHash) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("stopped: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := src.HashAll(ctx, 2, func(StoredHash) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
