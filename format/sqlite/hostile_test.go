package sqlite

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// sample returns a small database with several pages, a log and deleted rows.
func sample(t testing.TB) snapshot {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s.db")
	c := connect(t, path)
	exec(t, c, `PRAGMA page_size=512; PRAGMA journal_mode=wal;
		CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, body BLOB);
		CREATE TABLE w (k TEXT PRIMARY KEY, v) WITHOUT ROWID;
		CREATE INDEX i ON t(name);
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<60)
		INSERT INTO t SELECT i, 'name ' || i, replace(hex(zeroblob(i*20)), '00', 'ab') FROM n;
		INSERT INTO w SELECT 'key' || id, name FROM t;
		DELETE FROM t WHERE id % 5 = 0;
		PRAGMA wal_checkpoint;
		UPDATE t SET name = 'changed' WHERE id % 7 = 0;
		CREATE TABLE gone (a TEXT, b INT); INSERT INTO gone VALUES ('text of the row', 1234567); DROP TABLE gone;`)
	return take(t, path)
}

// drain reads everything there is, and returns the rows and errors seen.
func drain(db *DB) (rows, errs int) {
	names := []string{"sqlite_schema", "no such table"}
	for _, t := range append(db.Tables(), db.Dropped()...) {
		names = append(names, t.Name)
	}
	for _, name := range names {
		for row, err := range db.All(name) {
			if rows++; err != nil {
				errs++
				continue
			}
			for i, c := range row.Columns() {
				row.At(i).Text()
				row.Int(c)
				row.Float(c)
				row.Blob(c)
			}
			if row.State == Live {
				db.Row(name, row.ID)
			}
		}
	}
	for range db.Orphans() {
		rows++
	}
	db.Info()
	db.Problems()
	return rows, errs
}

func TestHostile(t *testing.T) {
	t.Parallel()
	page := func(b []byte, n int) []byte { return b[(n-1)*512 : n*512] }
	tests := map[string]func(db []byte) []byte{
		"root is its own child": func(b []byte) []byte {
			for n := 2; n*512 <= len(b); n++ {
				if p := page(b, n); p[0] == innerTable {
					binary.BigEndian.PutUint32(p[8:], uint32(n))
				}
			}
			return b
		},
		"cell count lies":   func(b []byte) []byte { page(b, 2)[3], page(b, 2)[4] = 0xff, 0xff; return b },
		"page count lies":   func(b []byte) []byte { binary.BigEndian.PutUint32(b[28:], 0xffffffff); return b },
		"freelist loops":    func(b []byte) []byte { binary.BigEndian.PutUint32(b[32:], 1); return b },
		"short file":        func(b []byte) []byte { return b[:len(b)/2+100] },
		"one page":          func(b []byte) []byte { return b[:512] },
		"payloads are huge": func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\x84"), []byte("\xff")) },
		"every page the same": func(b []byte) []byte {
			for n := 3; n*512 <= len(b); n++ {
				copy(page(b, n), page(b, 2))
			}
			return b
		},
		"reserved bytes lie": func(b []byte) []byte { b[20] = 255; return b },
		"encoding lies":      func(b []byte) []byte { b[59] = 9; return b },
		"auto-vacuum lies":   func(b []byte) []byte { b[55] = 1; return b },
	}
	s := sample(t)
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			for _, wal := range [][]byte{nil, s.wal} {
				db, err := Open(files(spoil(bytes.Clone(s.db)), wal, nil))
				if err != nil {
					t.Fatal(err)
				}
				rows, errs := drain(db)
				t.Logf("%d rows, %d errors, problems %v", rows, errs, db.Problems())
			}
			if d := time.Since(start); d > 10*time.Second {
				t.Errorf("took %v", d)
			}
		})
	}
}

func TestSchemaDamage(t *testing.T) {
	t.Parallel()
	s := sample(t)
	b := bytes.Clone(s.db)
	// The statement of one table becomes rubbish.
	b = bytes.Replace(b, []byte("CREATE TABLE t ("), []byte("CREATE\x00\x00\x00\x00\x00\x00t\x00\x00("), 1)
	db := open(t, b, nil, nil)
	if len(db.Problems()) == 0 {
		t.Error("no problem")
	}
	n := 0
	for row, err := range db.Rows("t") {
		if err == nil && strings.HasPrefix(row.Text("c1"), "name") {
			n++
		}
	}
	if n != 48 {
		t.Errorf("%d rows without a statement, want 48", n)
	}
	if got := len(versions(t, db, "w", Live)); got != 60 {
		t.Errorf("%d rows in the table beside, want 60", got)
	}
}

// shortReader returns fewer bytes than asked for, without an error.
type shortReader struct{ b []byte }

func (r shortReader) ReadAt(p []byte, off int64) (int, error) {
	if off >= int64(len(r.b)) {
		return 0, io.EOF
	}
	return copy(p[:min(len(p), 100)], r.b[off:]), nil
}

// badReader fails for a range.
type badReader struct {
	b        []byte
	from, to int64
}

var errBad = errors.New("bad sector")

func (r badReader) ReadAt(p []byte, off int64) (int, error) {
	if off < r.to && off+int64(len(p)) > r.from {
		return 0, errBad
	}
	return bytes.NewReader(r.b).ReadAt(p, off)
}

func TestShortReads(t *testing.T) {
	t.Parallel()
	s := sample(t)
	db, err := Open(Files{DB: shortReader{s.db}, DBSize: int64(len(s.db)), WAL: shortReader{s.wal}, WALSize: int64(len(s.wal))})
	if err != nil {
		t.Fatal(err)
	}
	want := open(t, s.db, s.wal, nil)
	for _, name := range []string{"t", "w", "gone"} {
		for _, state := range []State{Live, Logged, Deleted} {
			diff(t, name, versions(t, db, name, state), versions(t, want, name, state))
		}
	}
}

func TestBadSector(t *testing.T) {
	t.Parallel()
	s := sample(t)
	row, err := open(t, s.db, nil, nil).Row("t", 31)
	if err != nil {
		t.Fatal(err)
	}
	whole := len(versions(t, open(t, s.db, nil, nil), "t", Live))
	r := badReader{s.db, 512 * int64(row.Page-1), 512 * int64(row.Page)}
	db, err := Open(Files{DB: r, DBSize: int64(len(s.db))})
	if err != nil {
		t.Fatal(err)
	}
	rows, errs := 0, 0
	for _, err := range db.Rows("t") {
		switch {
		case errors.Is(err, errBad):
			errs++
		case err == nil:
			rows++
		default:
			t.Error(err)
		}
	}
	if errs != 1 || rows < whole-20 || rows > whole {
		t.Errorf("%d rows of %d, %d errors", rows, whole, errs)
	}
}

func TestNotADatabase(t *testing.T) {
	t.Parallel()
	for _, b := range []string{"x", "SQLite format 3\x00", strings.Repeat("text ", 100)} {
		if _, err := Open(files([]byte(b), nil, nil)); err == nil {
			t.Errorf("%.20q opens", b)
		}
	}
	db := open(t, nil, nil, nil)
	if len(db.Problems()) != 1 || len(db.Tables()) != 0 {
		t.Errorf("empty file: %v, %v", db.Problems(), db.Tables())
	}
	for _, err := range db.Rows("t") {
		if !errors.Is(err, ErrNoTable) {
			t.Error(err)
		}
	}
	if _, err := db.Row("t", 1); !errors.Is(err, ErrNoTable) {
		t.Error(err)
	}
	drain(db)
}

// TestLogOnly opens a database of which only the log is left.
func TestLogOnly(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "l.db")
	c := connect(t, path)
	exec(t, c, "PRAGMA journal_mode=wal; CREATE TABLE t (a); INSERT INTO t VALUES ('only in the log')")
	s := take(t, path)
	db := open(t, nil, s.wal, nil)
	if got := versions(t, db, "t", Live); len(got) != 1 || got[0] != "1:only in the log" {
		t.Errorf("%q", got)
	}
}

func FuzzOpen(f *testing.F) {
	path := filepath.Join(f.TempDir(), "f.db")
	c := connect(f, path)
	exec(f, c, `PRAGMA page_size=512; PRAGMA journal_mode=persist;
		CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, n REAL);
		INSERT INTO t VALUES (1, 'one', 1.5), (2, 'two', 2.5), (3, replace(hex(zeroblob(300)), '00', 'ab'), NULL), (4, 'four', 4);
		DELETE FROM t WHERE id = 2`)
	j := take(f, path)
	exec(f, c, `PRAGMA journal_mode=wal; INSERT INTO t VALUES (5, 'five', 5); UPDATE t SET n = 6 WHERE id = 5`)
	s := take(f, path)
	f.Add(s.db, s.wal, []byte{})
	f.Add(j.db, []byte{}, j.journal)
	f.Add([]byte{}, s.wal, []byte{})
	f.Fuzz(func(t *testing.T, db, wal, journal []byte) {
		d, err := Open(files(db, wal, journal))
		if err != nil {
			return
		}
		drain(d)
	})
}
