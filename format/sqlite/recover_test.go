package sqlite

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// versions returns the rows of a table that are in a state, as "id:values".
func versions(t testing.TB, db *DB, table string, state State) []string {
	t.Helper()
	var out []string
	for row, err := range db.All(table) {
		if err != nil {
			t.Errorf("%s: %v", table, err)
		} else if row.State == state {
			out = append(out, line(row))
		}
	}
	return out
}

func line(row Row) string {
	vals := make([]string, len(row.Columns()))
	for i := range vals {
		vals[i] = row.At(i).Text()
	}
	id := fmt.Sprint(row.ID)
	if row.IDLost {
		id = "?"
	}
	return id + ":" + strings.Join(vals, ",")
}

func TestStates(t *testing.T) {
	t.Parallel()
	const fill = "CREATE TABLE t (name TEXT, n INT, note TEXT); INSERT INTO t VALUES ('alpha', 1, 'first row'), ('beta', 2, 'second row'), ('gamma', 3, 'third row'), ('delta', 4, 'fourth row');"
	tests := []struct {
		name, before, during  string
		live, logged, deleted []string
	}{
		{
			name:   "log",
			before: "PRAGMA journal_mode=wal;" + fill + "UPDATE t SET n=20 WHERE n=2; DELETE FROM t WHERE n=3",
			live:   []string{"1:alpha,1,first row", "2:beta,20,second row", "4:delta,4,fourth row"},
			logged: []string{"2:beta,2,second row", "3:gamma,3,third row"},
		},
		{
			name:   "log of an earlier generation",
			before: "PRAGMA journal_mode=wal;" + fill + "UPDATE t SET n=20 WHERE n=2; UPDATE t SET n=30 WHERE n=3; PRAGMA wal_checkpoint; CREATE TABLE u (x)",
			live:   []string{"1:alpha,1,first row", "2:beta,20,second row", "3:gamma,30,third row", "4:delta,4,fourth row"},
			logged: []string{"2:beta,2,second row", "3:gamma,3,third row"},
		},
		{
			name:   "uncommitted frames",
			before: "PRAGMA journal_mode=wal; PRAGMA page_size=512; PRAGMA cache_size=1; PRAGMA cache_spill=1;" + fill,
			during: "BEGIN; INSERT INTO t VALUES ('epsilon', 5, 'never committed'); CREATE TABLE big (x); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<200) INSERT INTO big SELECT randomblob(400) FROM n",
			live:   []string{"1:alpha,1,first row", "2:beta,2,second row", "3:gamma,3,third row", "4:delta,4,fourth row"},
			logged: []string{"5:epsilon,5,never committed"},
		},
		{
			name:    "persistent journal",
			before:  "PRAGMA journal_mode=persist;" + fill + "UPDATE t SET n=20 WHERE n=2; DELETE FROM t WHERE n=3; UPDATE t SET n=21 WHERE n=20",
			live:    []string{"1:alpha,1,first row", "2:beta,21,second row", "4:delta,4,fourth row"},
			logged:  []string{"2:beta,20,second row"},
			deleted: []string{"?:gamma,3,third row"},
		},
		{
			name:   "hot journal",
			before: "PRAGMA cache_size=1; PRAGMA page_size=512; PRAGMA cache_spill=1;" + fill,
			during: "BEGIN; UPDATE t SET n=20 WHERE n=2; CREATE TABLE big (x); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<200) INSERT INTO big SELECT randomblob(400) FROM n",
			live:   []string{"1:alpha,1,first row", "2:beta,2,second row", "3:gamma,3,third row", "4:delta,4,fourth row"},
			logged: []string{"2:beta,20,second row"},
		},
		{
			name:    "free blocks",
			before:  fill + "DELETE FROM t WHERE n IN (2, 3)",
			live:    []string{"1:alpha,1,first row", "4:delta,4,fourth row"},
			deleted: []string{"?:beta,2,second row", "?:gamma,3,third row"},
		},
		{
			name:    "unallocated space",
			before:  fill + "DELETE FROM t WHERE n = 4",
			live:    []string{"1:alpha,1,first row", "2:beta,2,second row", "3:gamma,3,third row"},
			deleted: []string{"4:delta,4,fourth row"},
		},
		{
			name:    "dropped table",
			before:  fill + "CREATE TABLE keep (x); DROP TABLE t",
			deleted: []string{"1:alpha,1,first row", "2:beta,2,second row", "3:gamma,3,third row", "4:delta,4,fourth row"},
		},
		{
			name:    "all rows deleted",
			before:  fill + "DELETE FROM t",
			deleted: []string{"1:alpha,1,first row", "2:beta,2,second row", "3:gamma,3,third row", "4:delta,4,fourth row"},
		},
		{
			name:   "secure deletion",
			before: "PRAGMA secure_delete=on;" + fill + "DELETE FROM t WHERE n = 2",
			live:   []string{"1:alpha,1,first row", "3:gamma,3,third row", "4:delta,4,fourth row"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "x.db")
			c := connect(t, path)
			exec(t, c, "PRAGMA synchronous=off")
			exec(t, c, tt.before)
			if tt.during != "" {
				exec(t, c, tt.during)
			}
			s := take(t, path)
			db := same(t, s)
			if wiped, free := db.Wiped(); (wiped > 0) != (tt.name == "secure deletion") || wiped > free {
				t.Errorf("%d of %d free places wiped", wiped, free)
			}
			for state, want := range map[State][]string{Live: tt.live, Logged: tt.logged, Deleted: tt.deleted} {
				got := versions(t, db, "T", state)
				slices.Sort(got)
				if !slices.Equal(got, want) {
					t.Errorf("%v rows:\ngot  %q\nwant %q", state, got, want)
				}
			}
		})
	}
}

// TestOrphans drops a table whose statement and first page are used again.
func TestOrphans(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "o.db")
	c := connect(t, path)
	exec(t, c, `PRAGMA page_size=512; CREATE TABLE gone (a INTEGER, b TEXT, c REAL, d BLOB);
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<50)
		INSERT INTO gone SELECT i, 'orphan ' || i, i/4.0, x'00ff' FROM n;
		DROP TABLE gone; CREATE TABLE instead_of_that_table (one TEXT, two TEXT) /* a long statement over the old one */`)
	s := take(t, path)
	db := open(t, s.db, nil, nil)
	if got := db.Dropped(); len(got) != 0 {
		t.Errorf("dropped tables: %v", got)
	}
	rows := 0
	for row, err := range db.Orphans() {
		if err != nil || !strings.HasPrefix(row.Text("c1"), "orphan ") || row.Int("c0") != row.ID || row.State != Deleted || !row.Assumed {
			t.Errorf("%s: %v", line(row), err)
		}
		rows++
	}
	if rows < 30 {
		t.Errorf("%d rows, want most of 50", rows)
	}
}

// TestNothingInvented changes random databases and checks that every version of
// a row that is recovered whole did exist once.
func TestNothingInvented(t *testing.T) {
	t.Parallel()
	found, lost, partial, wrong := 0, 0, 0, 0
	for seed := range uint64(6) {
		path := filepath.Join(t.TempDir(), "x.db")
		c := connect(t, path)
		g := generator{rand.New(rand.NewPCG(seed, 2)), t, c, nil, map[string]int{}, true, nil, nil}
		exec(t, c, "PRAGMA page_size="+g.pick("512", "1024", "4096"))
		exec(t, c, "PRAGMA encoding="+g.pick("'UTF-8'", "'UTF-8'", "'UTF-8'", "'UTF-16le'"))
		exec(t, c, "PRAGMA journal_mode="+g.pick("wal", "persist", "delete"))
		exec(t, c, "PRAGMA synchronous=off; PRAGMA wal_autocheckpoint=20")
		g.create()
		g.create()
		known := map[string]bool{}
		for range 30 {
			g.change()
			s := take(t, path)
			db := open(t, s.db, s.wal, s.journal)
			for _, tab := range db.Tables() {
				for row := range db.Rows(tab.Name) {
					known[line(row)] = true
					row.IDLost = true
					known[line(row)] = true
				}
			}
		}
		s := take(t, path)
		db := same(t, s)
		for _, tab := range db.Tables() {
			if strings.HasPrefix(tab.Name, "sqlite_") {
				continue // changes with each statement, which known has not
			}
			n := 0
			for row, err := range db.All(tab.Name) {
				switch {
				case err != nil:
					t.Error(err)
				case row.State == Live:
					n++
				case row.Partial || row.Assumed:
					partial++
				default:
					found++
					l := line(row)
					if row.IDLost {
						lost++
					}
					if !known[l] {
						wrong++
						t.Logf("seed %d: %v row of %s never was (%v, assumed %v, lost %v): %.120q\n%s", seed, row.State, tab.Name, row.Origin, row.Assumed, row.IDLost, l, tab.SQL)
					}
				}
			}
			if want := len(ours(t, db, tab.Name)); n != want {
				t.Errorf("seed %d: %d live rows of %s among all, want %d", seed, n, tab.Name, want)
			}
		}
	}
	// Some were overwritten in the middle by what shows no trace of it.
	if wrong*20 > found {
		t.Errorf("%d of %d recovered versions never were", wrong, found)
	}
	t.Logf("%d versions recovered, of which %d without rowid; %d in part", found, lost, partial)
}
