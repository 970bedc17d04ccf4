package sqlite

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// benchRows is the size of the database of the benchmarks.
const benchRows = 200_000

// benchDB makes a database like a backup manifest once.
var benchDB = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "vigie-sqlite")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "bench.db")
	c := connect(discard{}, path)
	exec(discard{}, c, "CREATE TABLE Files (fileID TEXT PRIMARY KEY, domain TEXT, relativePath TEXT, flags INTEGER, file BLOB)")
	exec(discard{}, c, fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<%d)
		INSERT INTO Files SELECT hex(randomblob(20)), 'AppDomain-com.example.app', 'Library/Caches/some/path/' || i || '.dat', 1, randomblob(700) FROM n`, benchRows))
	exec(discard{}, c, fmt.Sprintf(`CREATE TABLE small (id INTEGER PRIMARY KEY, a INTEGER, b REAL, c TEXT);
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<%d) INSERT INTO small SELECT i, i*7, i/3.0, 'text' FROM n`, benchRows))
	exec(discard{}, c, "DELETE FROM Files WHERE rowid % 50 = 0")
	return os.ReadFile(path)
})

// discard is a testing.TB for setting up.
type discard struct{ testing.TB }

func (discard) Helper()                   {}
func (discard) Cleanup(func())            {}
func (discard) Fatalf(f string, v ...any) { panic(fmt.Sprintf(f, v...)) }
func (discard) Fatal(v ...any)            { panic(fmt.Sprint(v...)) }

func benchmark(b *testing.B, each func(db *DB) int) {
	data, err := benchDB()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	rows := 0
	for b.Loop() {
		db, err := Open(Files{DB: bytes.NewReader(data), DBSize: int64(len(data))})
		if err != nil {
			b.Fatal(err)
		}
		rows += each(db)
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkRows(b *testing.B) {
	benchmark(b, func(db *DB) (n int) {
		for row, err := range db.Rows("Files") {
			if err == nil && row.Int("flags") == 1 {
				n++
			}
		}
		return n
	})
}

func BenchmarkRowsSmall(b *testing.B) {
	benchmark(b, func(db *DB) (n int) {
		for row, err := range db.Rows("small") {
			if err == nil && row.Int("a") != 0 && row.Float("b") != 0 {
				n++
			}
		}
		return n
	})
}

func BenchmarkSeek(b *testing.B) {
	benchmark(b, func(db *DB) (n int) {
		for id := int64(1); id < benchRows; id += 17 {
			if _, err := db.Row("small", id); err == nil {
				n++
			}
		}
		return n
	})
}

func BenchmarkRowsText(b *testing.B) {
	benchmark(b, func(db *DB) (n int) {
		for row, err := range db.Rows("Files") {
			if err == nil && len(row.Text("fileID"))+len(row.Text("domain"))+len(row.Text("relativePath")) > 0 && row.Int("flags") == 1 && len(row.Blob("file")) > 0 {
				n++
			}
		}
		return n
	})
}

func BenchmarkAll(b *testing.B) {
	benchmark(b, func(db *DB) (n int) {
		for _, err := range db.All("Files") {
			if err == nil {
				n++
			}
		}
		return n
	})
}
