package evidence

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"howett.net/plist"

	"github.com/vigie-project/vigie/format/mbdb"
)

func TestParseMBFile(t *testing.T) {
	t.Parallel()
	date := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	archive := func(root map[string]any, more ...any) []byte {
		blob, err := plist.Marshal(map[string]any{
			"$top": map[string]any{"root": plist.UID(1)}, "$objects": append([]any{"$null", root}, more...),
		}, plist.BinaryFormat)
		if err != nil {
			t.Fatal(err)
		}
		return blob
	}
	m, err := ParseMBFile(archive(map[string]any{
		"Mode": 0o120755, "Size": -5, "Birth": date, "LastModified": date.Unix(), "LastStatusChange": plist.UID(2), "Target": plist.UID(3),
		"RelativePath": plist.UID(4), "Digest": []byte("digest"), "EncryptionKey": plist.UID(900), "InodeNumber": uint64(1 << 40),
	}, map[string]any{"NS.time": float64(date.Unix() - 978307200)}, "/var/x", []byte("bytes")))
	if err != nil {
		t.Fatal(err)
	}
	if !m.Birth.Equal(date) || !m.LastModified.Equal(date) || !m.LastStatusChange.Equal(date) {
		t.Errorf("times %v, %v, %v", m.Birth, m.LastModified, m.LastStatusChange)
	}
	if m.Target != "/var/x" || m.RelativePath != "bytes" || string(m.Digest) != "digest" || m.EncryptionKey != nil || m.Inode != 1<<40 || m.Size != -5 {
		t.Errorf("%+v", m)
	}
	if m.FileMode() != fs.ModeSymlink|0o755 || m.IsDir() {
		t.Errorf("mode %v", m.FileMode())
	}
	if size := mbSize(archive(map[string]any{"Size": -5})); size != 0 {
		t.Errorf("negative size listed as %d", size)
	}
	for name, blob := range map[string][]byte{
		"empty": nil, "text": []byte("text"), "too large": make([]byte, maxMBFile+1), "root is a string": archive(nil)[:20],
	} {
		if _, err := ParseMBFile(blob); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzParseMBFile(f *testing.F) {
	f.Add(mbBlob(f, testFile{domain: "HomeDomain", rel: "a", data: []byte("x"), target: "y"}, make([]byte, 44)))
	f.Fuzz(func(t *testing.T, blob []byte) {
		m, err := ParseMBFile(blob)
		if err == nil {
			_ = m.FileMode()
			if size := mbSize(blob); size != max(0, m.Size) {
				// A key stored twice has its first value in one and its last in the other.
				t.Skip("repeated key")
			}
		}
	})
}

// mbdbRecord appends a record of Manifest.mbdb.
func mbdbRecord(b []byte, domain, path, key string, mode uint16, size uint64) []byte {
	be := binary.BigEndian
	for _, s := range []string{domain, path, "", "", key} {
		if s == "" {
			b = append(b, 0xff, 0xff)
			continue
		}
		b = append(be.AppendUint16(b, uint16(len(s))), s...)
	}
	b = be.AppendUint64(be.AppendUint16(b, mode), 77)
	for range 2 {
		b = be.AppendUint32(b, 501)
	}
	for range 3 {
		b = be.AppendUint32(b, uint32(testDate.Unix()))
	}
	return append(be.AppendUint64(b, size), 3, 0)
}

// TestOldBackup opens backups with Manifest.mbdb, plain and encrypted.
func TestOldBackup(t *testing.T) {
	t.Parallel()
	for _, pass := range []string{"", testPassword} {
		b := testBackup{password: pass, old: true, files: []testFile{{domain: "HomeDomain", rel: "dropped"}}}
		dir := b.build(t)
		if err := os.Remove(filepath.Join(dir, manifestDB)); err != nil {
			t.Fatal(err)
		}
		manifest := mbdbRecord([]byte(mbdb.Magic), "HomeDomain", "", "", 0o040755, 0)
		want := map[string][]byte{home + "Library/SMS/sms.db": randomBytes(5000, 8), home + "Library/x": []byte("x")}
		for _, rel := range []string{"Library/SMS/sms.db", "Library/x"} {
			data, key := want[home+rel], ""
			size := uint64(len(data))
			if pass != "" {
				key = string(makeKeys(t, b).persistent(t, 3, testKey))
				data = encrypt(t, testKey, pad(data))
			}
			manifest = mbdbRecord(manifest, "HomeDomain", rel, key, 0o100644, size)
			if err := os.WriteFile(filepath.Join(dir, fileID("HomeDomain", rel)), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		manifest = mbdbRecord(manifest, "HomeDomain", "link", "", 0o120777, 0)
		manifest = append(manifest, "\x00\x09cut"...)
		if err := os.WriteFile(filepath.Join(dir, manifestMBDB), manifest, 0o600); err != nil {
			t.Fatal(err)
		}
		if pass != "" {
			if _, err := Open(context.Background(), dir, Options{}); !errors.Is(err, ErrPasswordRequired) {
				t.Errorf("no password: %v", err)
			}
		}
		src := openOne(t, dir, password(pass))
		for name, data := range want {
			got, _ := readNotes(t, src, name)
			if !bytes.Equal(got, data) {
				t.Errorf("%s: %d bytes, want %d", name, len(got), len(data))
			}
		}
		if found := codes(src.Notes); found["files-listed"] != 2 || found["manifest-damaged"] != 1 || found["payload-orphan"] != 1 {
			t.Errorf("notes %+v", src.Notes)
		}
		if err := src.WalkFiles(func(string, int64) error { return nil }); !errors.Is(err, mbdb.ErrFormat) {
			t.Errorf("walk over a cut manifest: %v", err)
		}
		if _, err := src.Open("backup/Manifest.mbdb"); err != nil {
			t.Error(err)
		}
	}
}

func TestReadAhead(t *testing.T) {
	t.Parallel()
	plain := randomBytes(3*aheadSize+777, 5)
	r := newReadAhead(bytes.NewReader(plain), int64(len(plain)))
	for _, step := range []int{64 << 10, 4096, 100_000, aheadSize + 1} {
		for at := 0; at < len(plain); at += step {
			p := make([]byte, step)
			n, err := r.ReadAt(p, int64(at))
			want := plain[at:min(len(plain), at+step)]
			if !bytes.Equal(p[:n], want) || n < step && err != io.EOF {
				t.Fatalf("%d of %d bytes at %d: %v", n, step, at, err)
			}
		}
	}
	if _, err := r.ReadAt(make([]byte, 1), int64(len(plain))); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
}
