package evidence

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/ncruces/go-sqlite3"
)

// TestDamagedManifest overwrites a page in the middle: its rows are lost and
// reported, the others stay.
func TestDamagedManifest(t *testing.T) {
	t.Parallel()
	var files []testFile
	for i := range 300 {
		files = append(files, testFile{domain: "HomeDomain", rel: fmt.Sprintf("file %d", i), data: []byte(fmt.Sprint(i))})
	}
	dir := testBackup{files: files}.build(t)
	name := filepath.Join(dir, manifestDB)
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096
	for at := 10 * page; at < 11*page; at++ {
		data[at] = 0xee
	}
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	src := openOne(t, dir, Options{})
	found := codes(src.Notes)
	if found["manifest-damaged"] == 0 || found["files-listed"] < 250 || found["files-listed"] == 300 || found["payload-orphan"] == 0 {
		t.Errorf("notes %+v", src.Notes)
	}
	n := int64(0)
	err = src.WalkFiles(func(name string, _ int64) error {
		f, err := src.Open(name)
		if err != nil {
			return err
		}
		n++
		return f.Close()
	})
	if err == nil || n != found["files-listed"]+3 { // and the backup's own
		t.Errorf("%d files of %d walked, %v", n, found["files-listed"], err)
	}
	for _, size := range []int{0, 10, page, 5 * page} {
		if err := os.Truncate(name, int64(size)); err != nil {
			t.Fatal(err)
		}
		if src, err := Open(context.Background(), dir, Options{}); err == nil {
			src[0].Close()
		}
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWithoutRowid has a manifest whose table has no rowids.
func TestWithoutRowid(t *testing.T) {
	t.Parallel()
	dir := testBackup{files: usual()}.build(t)
	db, err := sqlite3.Open(filepath.Join(dir, manifestDB))
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Exec(`ALTER TABLE Files RENAME TO Old;
		CREATE TABLE Files (fileID TEXT PRIMARY KEY, domain TEXT, relativePath TEXT, flags INTEGER, file BLOB) WITHOUT ROWID;
		INSERT INTO Files SELECT * FROM Old; DROP TABLE Old`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	got, _ := contents(t, openOne(t, dir, Options{}))
	sameFiles(t, got, wanted())
}

// TestConcurrent opens, reads, lists and walks from several goroutines.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	dir := testBackup{files: usual(), password: testPassword}.build(t)
	for _, name := range []string{dir, put(t, "a.tgz", gzipBytes(t, tarBytes(t, members(t, dir, ""))))} {
		src := openOne(t, name, password(testPassword))
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for at, want := range wanted() {
					f, err := src.Open(at)
					if err != nil {
						t.Error(err)
						continue
					}
					if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, want) {
						t.Errorf("%s: %d bytes, %v", at, len(got), err)
					}
					f.Close()
				}
				if err := src.WalkFiles(func(string, int64) error { return nil }); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
}

func TestNotEncrypted(t *testing.T) {
	t.Parallel()
	dir := testBackup{files: usual()}.build(t)
	if _, err := DeriveKey(context.Background(), dir, []byte("x")); !errors.Is(err, ErrNotEncrypted) {
		t.Errorf("DeriveKey of a plain backup: %v", err)
	}
}
