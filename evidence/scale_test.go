package evidence

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// TestScale opens and walks a backup with a manifest of many rows, which the
// first run builds in the folder VIGIE_SCALE_DIR (VIGIE_SCALE_ROWS rows, of
// about 1.1 KiB). The second run measures, with nothing else in the process; it
// also takes an archive of the folder.
func TestScale(t *testing.T) {
	dir := os.Getenv("VIGIE_SCALE_DIR")
	if dir == "" {
		t.Skip("set VIGIE_SCALE_DIR to build and then measure a large backup")
	}
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		// An archive of the folder.
	} else if _, err := os.Stat(filepath.Join(dir, manifestDB)); err != nil {
		buildScale(t, dir)
		return
	}
	start := time.Now()
	src := openOne(t, dir, password(testPassword))
	opened := time.Since(start)
	files, bytes := 0, int64(0)
	if err := src.WalkFiles(func(_ string, size int64) error {
		files++
		bytes += size
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	walked := time.Since(start) - opened
	from := time.Now()
	const lookups = 10_000
	for i := range lookups {
		name := fmt.Sprintf("private/var/mobile/Library/folder %d/file %d.db", i%1000, i)
		if _, err := src.FS.(*backupFS).find(name); err != nil {
			t.Fatal(err)
		}
	}
	looked := time.Since(from) / lookups
	status, _ := os.ReadFile("/proc/self/status")
	peak := ""
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "VmHWM") {
			peak = strings.Join(strings.Fields(line), " ")
		}
	}
	t.Logf("%d files of %d bytes on %d processors: opened in %v, walked in %v, %v a lookup, %s", files, bytes, runtime.GOMAXPROCS(0), opened, walked, looked, peak)
}

func buildScale(t *testing.T, dir string) {
	rows, err := strconv.Atoi(os.Getenv("VIGIE_SCALE_ROWS"))
	if err != nil {
		t.Fatal("VIGIE_SCALE_ROWS is no number")
	}
	b := testBackup{password: testPassword}
	small := b.build(t)
	keys := makeKeys(t, b)
	name := filepath.Join(t.TempDir(), "m.db")
	db, err := sqlite3.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Exec(`PRAGMA journal_mode=off; PRAGMA synchronous=off;
		CREATE TABLE Files (fileID TEXT PRIMARY KEY, domain TEXT, relativePath TEXT, flags INTEGER, file BLOB);
		CREATE INDEX d ON Files(domain); CREATE INDEX p ON Files(relativePath); CREATE INDEX f ON Files(flags); BEGIN`); err != nil {
		t.Fatal(err)
	}
	insert, _, err := db.Prepare(`INSERT INTO Files VALUES (?,?,?,?,?)`)
	if err != nil {
		t.Fatal(err)
	}
	key := keys.persistent(t, 3, randomBytes(32, 7))
	for i := range rows {
		f := testFile{domain: "HomeDomain", rel: fmt.Sprintf("Library/folder %d/file %d.db", i%1000, i), flags: flagFile, size: int64(i + 1)}
		if i%5 == 0 {
			f.flags = flagDir
		}
		f.target = strings.Repeat("x", 250) // stands for extended attributes
		blob := mbBlob(t, f, key)
		_ = insert.BindText(1, fileID(f.domain, f.rel))
		_ = insert.BindText(2, f.domain)
		_ = insert.BindText(3, f.rel)
		_ = insert.BindInt64(4, f.flags)
		_ = insert.BindBlob(5, blob)
		if err := insert.Exec(); err != nil {
			t.Fatal(err)
		}
	}
	insert.Close()
	if err := db.Exec("COMMIT"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	data = encrypt(t, randomBytes(32, 50), data)
	for _, name := range []string{"Info.plist", "Manifest.plist"} {
		list, _ := os.ReadFile(filepath.Join(small, name))
		if err := os.WriteFile(filepath.Join(dir, name), list, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, manifestDB), data, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Logf("built %d rows, %d bytes", rows, len(data))
}
