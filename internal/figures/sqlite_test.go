package figures

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/internal/testdata"
)

// What plaso's test reads from a database with and without its log.
const (
	plasoWithout = "Committed Text 1,1, Committed Text 2,2, Deleted Text 1,3, Committed Text 3,4, Committed Text 4,5, Deleted Text 2,6, " +
		"Committed Text 5,7, Committed Text 6,8, Committed Text 7,9, Unhashable Row 1,10,Binary Text!\x01\x02\x03 "
	plasoWith = "Committed Text 1,1, Committed Text 2,2, Modified Committed Text 3,4, Committed Text 4,5, Committed Text 5,7, Committed Text 6,8, " +
		"Committed Text 7,9, Unhashable Row 1,10,Binary Text!\x01\x02\x03 Unhashable Row 2,11,More Binary Text!\x01\x02\x03 New Text 1,12, New Text 2,13, "
)

// accountSQLite accounts for the figures about databases.
func accountSQLite(t *testing.T, e *expectation) verdict {
	var x struct {
		Elements []any
		Schema   map[string]map[string]string
		Rows     int      `json:"rows_expected_in_export"`
		FirstRow []string `json:"first_row"`
	}
	_ = json.Unmarshal(e.Expectation, &x)
	switch {
	case strings.Contains(e.Test, "WithoutWAL"):
		return compare(t, e.Test, plasoRows(database(t, "sqlite/log2timeline+plaso/wal_database.db", false)), "", plasoWithout, "")
	case strings.Contains(e.Test, "WithWAL"):
		return compare(t, e.Test, plasoRows(database(t, "sqlite/log2timeline+plaso/wal_database.db", true)), "", plasoWith, "")
	case x.Elements != nil:
		return by(t, "format/sqlite.TestCorpus") // live and recovered rows of each table
	case x.Schema != nil:
		db := database(t, e.File, false)
		for name, columns := range x.Schema {
			tab, _ := db.Table(name)
			got := rows(db, name)
			want := strings.Join(x.FirstRow, "|")
			what := fmt.Sprintf("%s %d columns, %d rows, %s", e.File, len(tab.Columns), len(got), slices.Concat(got, []string{""})[0])
			return compare(t, e.File, what, "", fmt.Sprintf("%s %d columns, %d rows, %s", e.File, len(columns), x.Rows, want), "")
		}
	}
	return unsettled
}

// database opens a copy in memory of a database of the corpus.
func database(t *testing.T, rel string, log bool) *sqlite.DB {
	t.Helper()
	name := testdata.Path(t, rel)
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	f := sqlite.Files{DB: bytes.NewReader(data), DBSize: int64(len(data))}
	if log {
		if data, err = os.ReadFile(name + "-wal"); err != nil {
			t.Fatal(err)
		}
		f.WAL, f.WALSize = bytes.NewReader(data), int64(len(data))
	}
	db, err := sqlite.Open(f)
	if err != nil {
		t.Fatalf("%s: %v", rel, err)
	}
	return db
}

// rows returns what a query would give, columns joined by bars.
func rows(db *sqlite.DB, table string) (list []string) {
	for r, err := range db.Rows(table) {
		if err != nil {
			continue
		}
		var cols []string
		for i := range r.Columns() {
			cols = append(cols, r.At(i).Text())
		}
		list = append(list, strings.Join(cols, "|"))
	}
	return list
}

func plasoRows(db *sqlite.DB) string {
	var b strings.Builder
	for r, err := range db.Rows("MyTable") {
		if err != nil {
			return err.Error()
		}
		b.WriteString(r.Text("Field1") + "," + strconv.FormatInt(r.Int("Field2"), 10) + "," + string(r.Blob("Field3")) + " ")
	}
	return b.String()
}
