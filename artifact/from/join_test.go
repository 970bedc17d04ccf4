package from_test

import (
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/keyedarchive"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/internal/fixture"
	"github.com/vigie-project/vigie/record"
)

// joinLine is a record of one text.
type joinLine struct {
	Text record.Text `json:"text"`
}

func (l joinLine) String() string { return string(l.Text) }

// joinDatabase makes an input of a database from SQL, with one beside it.
func joinDatabase(t *testing.T, sql, beside string) *artifact.Input {
	t.Helper()
	tree := fstest.MapFS{}
	for name, sql := range map[string]string{"dir/main.db": sql, "dir/other.db": beside} {
		if sql == "" {
			continue
		}
		db, _, err := fixture.Database(sql, "")
		if err != nil {
			t.Fatal(err)
		}
		tree[name] = &fstest.MapFile{Data: db}
	}
	src := &evidence.Source{ID: "test", Kind: evidence.IOSBackup, FS: tree}
	f, err := src.Open("dir/main.db")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return &artifact.Input{Source: src, Path: "dir/main.db", Size: int64(len(tree["dir/main.db"].Data)), File: f, Parser: &artifact.Parser{ID: "ios.test"}}
}

func TestJoin(t *testing.T) {
	t.Parallel()
	in := joinDatabase(t, `CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER, name TEXT);
		CREATE TABLE Z_12THINGS (Z_12OWNERS INTEGER, Z_7THINGS INTEGER);
		INSERT INTO child VALUES (1, 5, 'a'), (2, 5, 'b'), (3, NULL, 'nobody'), (4, 6, 'c');`,
		`CREATE TABLE pair (k TEXT, v TEXT); INSERT INTO pair VALUES ('x', 'y');`)
	var lines []string
	yield := func(rec record.Record, err error) bool {
		if err != nil {
			lines = append(lines, "error: "+err.Error())
		} else {
			lines = append(lines, rec.Data.String())
		}
		return true
	}
	from.Database(in, yield, func(db *sqlite.DB) bool {
		one, more := from.Join(db, "child", yield, func(r sqlite.Row) (int64, string) { return r.Int("parent"), r.Text("name") })
		if want := map[int64]string{0: "nobody", 5: "a", 6: "c"}; !maps.Equal(one, want) || !more {
			t.Errorf("Join gives %v, %v", one, more)
		}
		all, more := from.Group(db, "child", yield, func(r sqlite.Row) (int64, string) { return r.Int("parent"), r.Text("name") })
		if len(all) != 2 || !slices.Equal(all[5], []string{"a", "b"}) || !more {
			t.Errorf("Group gives %v, %v", all, more)
		}
		if none, more := from.Group(db, "absent", yield, func(r sqlite.Row) (int64, string) { return 1, "" }); len(none) != 0 || !more {
			t.Errorf("Group gives %v, %v for a table that is absent", none, more)
		}
		join := from.TableLike(db, "Z_", "THINGS")
		if a, b, c := from.ColumnLike(db, join, "Z_", "OWNERS"), from.ColumnLike(db, join, "Z_", "THINGS"), from.ColumnLike(db, "absent", "Z_", ""); join != "Z_12THINGS" || a != "Z_12OWNERS" || b != "Z_7THINGS" || c != "" {
			t.Errorf("found %q with %q, %q and %q", join, a, b, c)
		}
		from.Companion(in, "other.db", yield, func(other *sqlite.DB) bool {
			return from.Rows(in, other, "pair", yield, func(r sqlite.Row) (joinLine, bool) { return joinLine{record.Text(r.Text("v"))}, true })
		})
		if !from.Companion(in, "none.db", yield, func(*sqlite.DB) bool { t.Error("there is none"); return true }) {
			t.Error("an absent companion ends reading")
		}
		return from.Each(in, db, "child", yield, func(r sqlite.Row) (joinLine, error) {
			if r.ID == 2 {
				return joinLine{"half"}, errors.Join(errors.New("first"), errors.New("second"))
			}
			return joinLine{record.Text(r.Text("name"))}, nil
		})
	})
	want := "y|a|error: read child, row 2: first|error: read child, row 2: second|half|nobody|c"
	if got := strings.Join(lines, "|"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestCompanionDamaged(t *testing.T) {
	t.Parallel()
	in := joinDatabase(t, "CREATE TABLE t (x);", "")
	in.Source.FS.(fstest.MapFS)["dir/other.db"] = &fstest.MapFile{Data: []byte("no database"), Mode: fs.ModePerm}
	var got error
	more := from.Companion(in, "other.db", func(_ record.Record, err error) bool { got = err; return false }, func(*sqlite.DB) bool { return true })
	if more || got == nil || !strings.HasPrefix(got.Error(), "other.db: ") {
		t.Errorf("got %v, %v", more, got)
	}
}

func TestHandle(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in     string
		number record.Phone
		email  record.Email
	}{
		{"+33199000001", "+33199000001", ""},
		{"tel:+33199000001", "+33199000001", ""},
		{"a@example.org", "", "a@example.org"},
		{"mailto:a@example.org", "", "a@example.org"},
		{"mailto:odd", "", "odd"},
		{"EXAMPLEBANK", "EXAMPLEBANK", ""},
		{"", "", ""},
	} {
		if n, e := from.Handle(c.in); n != c.number || e != c.email {
			t.Errorf("Handle(%q) = %q, %q, want %q, %q", c.in, n, e, c.number, c.email)
		}
	}
}

func TestMembers(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"a": "x", "b": {"c": [1, "two"]}, "d": true}`,
		`{"$class": "Thing", "a": "x", "b": {"c": [1, "two"]}, "d": true}`,
	} {
		data, err := fixture.Keyed([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		a, err := keyedarchive.Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		if got := from.Member(a.Root(), "a").Text(); got != "x" {
			t.Errorf("%s: Member gives %q", text, got)
		}
		var names []string
		for name := range from.Members(a.Root()) {
			names = append(names, name)
		}
		if slices.Sort(names); !slices.Equal(names, []string{"a", "b", "d"}) {
			t.Errorf("%s: Members gives %v", text, names)
		}
		rest, err := new(from.Budget).ObjectRest(a.Root(), "a")
		slices.SortFunc(rest, func(x, y record.KV) int { return strings.Compare(x.Key, y.Key) })
		if want := []record.KV{{Key: "b/c/0", Value: "1"}, {Key: "b/c/1", Value: "two"}, {Key: "d", Value: "true"}}; err != nil || !slices.Equal(rest, want) {
			t.Errorf("%s: ObjectRest gives %v, %v", text, rest, err)
		}
	}
}
