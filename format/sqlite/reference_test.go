package sqlite

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"
)

// snapshot is the files of a database at one moment.
type snapshot struct{ db, wal, journal []byte }

// take copies the files of a database that may be open.
func take(t testing.TB, path string) snapshot {
	t.Helper()
	var s snapshot
	var err error
	if s.db, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	s.wal, _ = os.ReadFile(path + "-wal")
	s.journal, _ = os.ReadFile(path + "-journal")
	return s
}

// connect opens a database with the reference implementation.
func connect(t testing.TB, path string) *sqlite3.Conn {
	t.Helper()
	c, err := sqlite3.Open("file:" + filepath.ToSlash(path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func exec(t testing.TB, c *sqlite3.Conn, sql string) {
	t.Helper()
	if err := c.Exec(sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// refValue writes a value of a query in the form of ourValue.
func refValue(s *sqlite3.Stmt, i int) string {
	switch s.ColumnType(i) {
	case sqlite3.INTEGER:
		return fmt.Sprintf("i%d", s.ColumnInt64(i))
	case sqlite3.FLOAT:
		return fmt.Sprintf("f%x", math.Float64bits(s.ColumnFloat(i)))
	case sqlite3.TEXT:
		return "t" + s.ColumnText(i)
	case sqlite3.BLOB:
		return fmt.Sprintf("b%x", s.ColumnRawBlob(i))
	}
	return "n"
}

func ourValue(v Value) string {
	switch v.Kind {
	case Int:
		return fmt.Sprintf("i%d", v.Int())
	case Float:
		return fmt.Sprintf("f%x", math.Float64bits(v.Float()))
	case Text:
		return "t" + v.Text()
	case Blob:
		return fmt.Sprintf("b%x", v.Blob())
	}
	return "n"
}

// query returns the rows of a query, a line each.
func query(t testing.TB, c *sqlite3.Conn, sql string) []string {
	t.Helper()
	s, _, err := c.Prepare(sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	defer s.Close()
	var out []string
	for s.Step() {
		var vals []string
		for i := range s.ColumnCount() {
			vals = append(vals, refValue(s, i))
		}
		out = append(out, strings.Join(vals, "|"))
	}
	if err := s.Err(); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return out
}

// ours returns the live rows of a table in the form of query. Virtual generated
// columns are left out.
func ours(t testing.TB, db *DB, name string) []string {
	t.Helper()
	var out []string
	tab, ok := db.Table(name)
	if !ok {
		t.Fatalf("no table %q", name)
	}
	for row, err := range db.Rows(name) {
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		vals := []string{}
		if !tab.WithoutRowid {
			vals = append(vals, fmt.Sprintf("i%d", row.ID))
		}
		for i, c := range tab.Columns {
			if !c.Virtual {
				vals = append(vals, ourValue(row.At(i)))
			}
			if v := row.At(i); row.IntAt(i) != v.Int() || row.TextAt(i) != v.Text() || !bytes.Equal(row.BlobAt(i), v.Blob()) {
				t.Errorf("column %d: %d, %q, %x differ from %s", i, row.IntAt(i), row.TextAt(i), row.BlobAt(i), ourValue(v))
			}
			if got, want := ourValue(row.Value(c.Name)), ourValue(row.At(i)); got != want {
				t.Errorf("%s.%s: by name %s, by place %s", name, c.Name, got, want)
			}
		}
		if row.State != Live || row.Table() != name {
			t.Fatalf("row %d is %v of %q", row.ID, row.State, row.Table())
		}
		out = append(out, strings.Join(vals, "|"))
	}
	return out
}

func quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// same compares every table of a snapshot with what SQLite reads from it.
func same(t testing.TB, s snapshot) *DB {
	t.Helper()
	path := filepath.Join(t.TempDir(), "copy.db")
	for ext, b := range map[string][]byte{"": s.db, "-wal": s.wal, "-journal": s.journal} {
		if b != nil {
			if err := os.WriteFile(path+ext, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	c := connect(t, path)
	db := open(t, s.db, s.wal, s.journal)
	for _, err := range db.Problems() {
		t.Log("problem:", err)
	}
	names := query(t, c, "SELECT name FROM sqlite_master WHERE type='table' ORDER BY rowid")
	if got := len(db.Tables()); got != len(names) {
		t.Errorf("%d tables, want %d", got, len(names))
	}
	for _, name := range names {
		name = name[1:]
		tab, ok := db.Table(name)
		if !ok {
			t.Errorf("table %q is missing", name)
			continue
		}
		if tab.Virtual {
			continue
		}
		var cols, order []string
		if !tab.WithoutRowid {
			cols, order = append(cols, "rowid"), append(order, "rowid")
		}
		hidden := map[string]bool{}
		for _, line := range query(t, c, "SELECT name FROM pragma_table_xinfo("+sqlite3.Quote(name)+") WHERE hidden=2") {
			hidden[line[1:]] = true
		}
		for _, col := range tab.Columns {
			if col.Virtual != hidden[col.Name] {
				t.Errorf("%s.%s: virtual %v", name, col.Name, col.Virtual)
			}
			if !col.Virtual {
				cols = append(cols, quote(col.Name))
			}
		}
		if tab.WithoutRowid {
			for _, line := range query(t, c, "SELECT name FROM pragma_table_info("+sqlite3.Quote(name)+") WHERE pk>0 ORDER BY pk") {
				order = append(order, quote(line[1:]))
				if strings.Contains(tab.SQL, "u DESC") {
					order[len(order)-1] += " DESC"
				}
			}
		}
		sql := "SELECT " + strings.Join(cols, ",") + " FROM " + quote(name) + " NOT INDEXED ORDER BY " + strings.Join(order, ",")
		diff(t, name, ours(t, db, name), query(t, c, sql))
		seek(t, db, tab)
	}
	return db
}

// seek looks up rows by rowid.
func seek(t testing.TB, db *DB, tab Table) {
	t.Helper()
	n := 0
	for row := range db.Rows(tab.Name) {
		if n++; tab.WithoutRowid || n > 500 {
			return
		}
		got, err := db.Row(tab.Name, row.ID)
		if err != nil || !bytes.Equal(got.payload, row.payload) || got.Offset != row.Offset {
			t.Fatalf("row %d of %s: %v", row.ID, tab.Name, err)
		}
	}
	if _, err := db.Row(tab.Name, math.MinInt64+7); !errors.Is(err, ErrNoRow) {
		t.Fatalf("absent row: %v", err)
	}
}

func diff(t testing.TB, what string, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d rows, want %d", what, len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			at := 0
			for at < min(len(got[i]), len(want[i])) && got[i][at] == want[i][at] {
				at++
			}
			at = max(at-20, 0)
			t.Fatalf("%s: row %d differs at byte %d\ngot  %.150q\nwant %.150q", what, i, at, got[i][at:], want[i][at:])
		}
	}
}

func TestAgainstSQLite(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.db")
			c := connect(t, path)
			g := generator{rand.New(rand.NewPCG(seed, 1)), t, c, nil, map[string]int{}, false, nil, nil}
			exec(t, c, "PRAGMA page_size="+g.pick("512", "1024", "4096", "65536"))
			exec(t, c, "PRAGMA encoding="+g.pick("'UTF-8'", "'UTF-16le'", "'UTF-16be'"))
			exec(t, c, "PRAGMA auto_vacuum="+g.pick("0", "1", "2"))
			mode := g.pick("wal", "delete", "persist", "truncate")
			exec(t, c, "PRAGMA journal_mode="+mode)
			exec(t, c, "PRAGMA cache_size=3; PRAGMA synchronous="+g.pick("off", "normal")+"; PRAGMA cache_spill=1; PRAGMA wal_autocheckpoint="+g.pick("5", "1000"))
			g.create()
			for i := range 18 {
				exec(t, c, "BEGIN")
				for range 4 {
					g.change()
				}
				if i%9 == 8 {
					same(t, take(t, path)) // in the middle of a transaction
				}
				exec(t, c, g.pick("COMMIT", "COMMIT", "COMMIT", "ROLLBACK"))
				g.sync()
			}
			same(t, take(t, path))
		})
	}
}
