package sqlite

import (
	"bufio"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/vigie-project/vigie/internal/testdata"
)

// corpusElement is what the SQLite Forensic Corpus says of one table.
type corpusElement struct {
	Type, Name, Deleted    string
	RowsAlive, RowsDeleted int
}

// figure is what we read of a table where it differs from the corpus, and why.
type figure struct {
	live, recovered int
	why             string
}

func TestCorpus(t *testing.T) {
	t.Parallel()
	f, err := os.Open(testdata.Path(t, "expected/sqlite.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	total, recovered := 0, 0
	for lines.Scan() {
		var e struct {
			File, Test  string
			Expectation json.RawMessage
		}
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		var x struct{ Elements []corpusElement }
		if json.Unmarshal(e.Expectation, &x) != nil || x.Elements == nil {
			continue
		}
		b, err := os.ReadFile(testdata.Path(t, e.File))
		if err != nil {
			t.Fatal(err)
		}
		truth := corpusRows(t, e.Test)
		for _, el := range x.Elements {
			if el.Type == "table" {
				total += el.RowsDeleted
				recovered += corpusTable(t, strings.TrimSuffix(path.Base(e.File), ".db"), b, el, truth)
			}
		}
	}
	t.Logf("deleted rows: %d in the corpus; rows recovered: %d", total, recovered)
}

// corpusTable compares one table and returns the number of rows that are not live.
func corpusTable(t *testing.T, file string, b []byte, el corpusElement, truth map[string]bool) int {
	db, err := Open(files(b, nil, nil))
	if err != nil {
		t.Errorf("%s: %v", file, err)
		return 0
	}
	if el.Name == "" && len(db.Tables()) == 1 {
		el.Name = db.Tables()[0].Name // a name that XML cannot hold
	}
	got := figure{}
	for row, err := range db.All(el.Name) {
		switch {
		case err != nil:
			if !errors.Is(err, ErrFormat) && !errors.Is(err, ErrNoTable) && !errors.Is(err, errEnd) {
				t.Errorf("%s: %v", file, err)
			}
			continue
		case row.State == Live:
			got.live++
		default:
			got.recovered++
		}
		if truth == nil || row.Partial || row.State == Live {
			continue
		}
		var vals []string
		for _, c := range row.Columns() {
			vals = append(vals, row.Text(c))
		}
		if line := strings.Join(vals, "|"); !truth[line] {
			t.Errorf("%s: %v row %d at %d (%v) is not in the corpus: %.100q", file, row.State, row.ID, row.Offset, row.Origin, line)
		}
	}
	want, differs := corpusFigures[file+" "+el.Name]
	if !differs {
		want = figure{live: el.RowsAlive, recovered: el.RowsDeleted}
	}
	if got.live != want.live || got.recovered != want.recovered {
		t.Errorf("%s %q: %d live and %d recovered, want %d and %d; the corpus has %d and %d, dropped %s",
			file, el.Name, got.live, got.recovered, want.live, want.recovered, el.RowsAlive, el.RowsDeleted, el.Deleted)
	}
	return got.recovered
}

// corpusRows returns the rows of all tables of a database of the corpus, nil
// if its description cannot be read.
func corpusRows(t *testing.T, rel string) map[string]bool {
	b, err := os.ReadFile(testdata.Path(t, rel))
	if err != nil {
		t.Fatal(err)
	}
	var x struct {
		Element []struct {
			Entries struct {
				Row []struct {
					Column []struct {
						Content string `xml:"content"`
					} `xml:"column"`
				} `xml:"row"`
			} `xml:"entries"`
		} `xml:"element"`
	}
	d := xml.NewDecoder(bytes.NewReader(b))
	if d.Decode(&x) != nil {
		return nil
	}
	rows := map[string]bool{}
	for _, e := range x.Element {
		for _, r := range e.Entries.Row {
			var vals []string
			for _, c := range r.Column {
				if strings.Contains(c.Content, ".") {
					c.Content = strings.TrimRight(c.Content, "0")
				}
				vals = append(vals, c.Content)
			}
			rows[strings.Join(vals, "|")] = true
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return rows
}
