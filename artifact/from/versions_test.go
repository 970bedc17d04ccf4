package from_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/internal/fixture"
	"github.com/vigie-project/vigie/record"
)

// versionsRow has two columns of three, and one of live rows only.
type versionsRow struct {
	A      string `json:"a"`
	B      int64  `json:"b"`
	Joined string `json:"joined,omitempty"`
}

func (v versionsRow) String() string { return fmt.Sprintf("%s%d%s", v.A, v.B, v.Joined) }

func (v versionsRow) Own() record.Data {
	v.Joined = ""
	return v
}

func TestVersions(t *testing.T) {
	t.Parallel()
	const start = "PRAGMA page_size=512; CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INT, n INT); INSERT INTO t VALUES (1, 'x', 1, 0), (2, 'x', 1, 0);"
	for _, c := range []struct {
		name, log string
		want      []string
	}{
		{"nothing", "CREATE TABLE u (x)", []string{"1 live x1+", "2 live x1+"}},
		{"a counter", "UPDATE t SET n=1 WHERE id=1; UPDATE t SET n=2 WHERE id=1", []string{"1 live x1+", "2 live x1+"}},
		{"another value", "UPDATE t SET b=2, n=1 WHERE id=1; UPDATE t SET n=2 WHERE id=1; UPDATE t SET b=3 WHERE id=1",
			[]string{"1 live x3+", "2 live x1+", "1 logged x1", "1 logged x2"}},
		{"there and back", "UPDATE t SET b=2, n=1 WHERE id=1; UPDATE t SET b=1, n=2 WHERE id=1",
			[]string{"1 live x1+", "2 live x1+", "1 logged x2"}},
		{"deleted", "UPDATE t SET n=1 WHERE id=2; DELETE FROM t WHERE id=2", []string{"1 live x1+", "2 logged x1"}},
		{"rows alike", "UPDATE t SET b=2", []string{"1 live x2+", "2 live x2+", "1 logged x1", "2 logged x1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			main, log, err := fixture.Database(start, c.log)
			if err != nil {
				t.Fatal(err)
			}
			db, err := sqlite.Open(sqlite.Files{DB: bytes.NewReader(main), DBSize: int64(len(main)), WAL: bytes.NewReader(log), WALSize: int64(len(log))})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			var versions from.Versions
			for r, err := range db.All("t") {
				if err != nil {
					t.Fatal(err)
				}
				d := versionsRow{A: r.Text("a"), B: r.Int("b")}
				if r.State == sqlite.Live {
					d.Joined = "+"
				}
				// A second record of a row repeats none of the same version.
				if first, second := versions.Repeat(r, d), versions.Repeat(r, d); first != second {
					t.Errorf("row %d: %v, then %v", r.ID, first, second)
				} else if !first {
					got = append(got, fmt.Sprintf("%d %s %s", r.ID, r.State, d))
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}
