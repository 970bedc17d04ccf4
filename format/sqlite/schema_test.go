package sqlite

import (
	"fmt"
	"strings"
	"testing"
)

// columnsOf writes the columns of a table in short: name, type and marks.
func columnsOf(t *Table) string {
	var out []string
	for _, c := range t.Columns {
		s := fmt.Sprintf("%s:%s@%d", c.Name, c.Type, c.pos)
		for mark, on := range map[string]bool{"*": c.RowidAlias} {
			if on {
				s += mark
			}
		}
		if c.PrimaryKey > 0 {
			s += fmt.Sprintf(" pk%d", c.PrimaryKey)
		}
		if c.NotNull {
			s += " nn"
		}
		if c.Generated {
			s += " gen"
		}
		if !c.Default.IsNull() {
			s += fmt.Sprintf(" =%v %q", c.Default.Kind, c.Default.Text())
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

func TestParseTable(t *testing.T) {
	t.Parallel()
	tests := []struct{ sql, want string }{
		{"CREATE TABLE t(a,b)", "a:@0; b:@1"},
		{"create table if not exists main.t(a INTEGER PRIMARY KEY, b TEXT NOT NULL)", "a:INTEGER@0* pk1; b:TEXT@1 nn"},
		{"CREATE TABLE t(a INTEGER PRIMARY KEY DESC, b)", "a:INTEGER@0 pk1; b:@1"},
		{"CREATE TABLE t(a INT PRIMARY KEY, b)", "a:INT@0 pk1; b:@1"},
		{"CREATE TABLE t(a INTEGER, b, PRIMARY KEY(a DESC))", "a:INTEGER@0* pk1; b:@1"},
		{"CREATE TABLE t(a INTEGER, b, PRIMARY KEY(a, b))", "a:INTEGER@0 pk1; b:@1 pk2"},
		{`CREATE TABLE "a "" b"("c d" varchar (10, 2), [e]]] , 'f' , ` + "`g``h`)", "c d:varchar(10,2)@0; e:@1; f:@2; g`h:@3"},
		{"CREATE TABLE t(a /* , b ( */ TEXT, -- c,\n d DEFAULT (1 + (2)) CHECK (d IN (1,2)) REFERENCES u(x) ON DELETE SET NULL, e)", "a:TEXT@0; d:@1; e:@2"},
		{"CREATE TABLE t(a DEFAULT -5, b TEXT DEFAULT 7, c REAL DEFAULT 1, d DEFAULT 'it''s', e DEFAULT x'6162', f DEFAULT TRUE, g INT DEFAULT '12', h DEFAULT (3), i DEFAULT NULL, j DEFAULT CURRENT_TIME)",
			`a:@0 =integer "-5"; b:TEXT@1 =text "7"; c:REAL@2 =real "1.0"; d:@3 =text "it's"; e:@4 =blob "ab"; f:@5 =integer "1"; g:INT@6 =integer "12"; h:@7 =integer "3"; i:@8; j:@9`},
		{"CREATE TABLE t(a, b AS (a+1), c INT GENERATED ALWAYS AS (a*2) STORED, d)", "a:@0; b:@-1 gen; c:INT@1 gen; d:@2"},
		{"CREATE TABLE t(a, b TEXT, c, PRIMARY KEY(c, a)) WITHOUT ROWID, STRICT", "a:@1 pk2; b:TEXT@2; c:@0 pk1"},
		{"CREATE TABLE t(a, b INTEGER PRIMARY KEY) WITHOUT ROWID", "a:@1; b:INTEGER@0 pk1"},
		{"CREATE TABLE t(constraint_id INT, primary_flag INT, CONSTRAINT x UNIQUE (primary_flag) FOREIGN KEY (a) REFERENCES b(c))", "constraint_id:INT@0; primary_flag:INT@1"},
		{"CREATE TABLE t(a DOUBLE PRECISION, b UNSIGNED BIG INT COLLATE NOCASE UNIQUE)", "a:DOUBLE PRECISION@0; b:UNSIGNED BIG INT@1"},
	}
	for _, tt := range tests {
		tab, err := parseTable(tt.sql)
		if err != nil {
			t.Errorf("%s: %v", tt.sql, err)
			continue
		}
		if got := columnsOf(tab); got != tt.want {
			t.Errorf("%s\ngot  %s\nwant %s", tt.sql, got, tt.want)
		}
	}
	for _, sql := range []string{"", "CREATE VIEW v AS SELECT 1", "CREATE TABLE t", "CREATE TABLE t()", "CREATE TABLE t(,,)", strings.Repeat("x", maxSQL+1)} {
		if tab, err := parseTable(sql); err == nil {
			t.Errorf("%.40q gives %s", sql, columnsOf(tab))
		}
	}
	if v, err := parseTable("CREATE VIRTUAL TABLE v USING fts5(a, b)"); err != nil || !v.Virtual || v.Name != "v" {
		t.Errorf("virtual table: %+v, %v", v, err)
	}
}

func FuzzParseTable(f *testing.F) {
	f.Add("CREATE TABLE t(a INTEGER PRIMARY KEY, 'b' TEXT DEFAULT (1), CHECK (a > 0)) WITHOUT ROWID")
	f.Add("CREATE TABLE [x](a,b AS (1) STORED, PRIMARY KEY(a)) STRICT -- x")
	f.Fuzz(func(t *testing.T, sql string) {
		tab, err := parseTable(sql)
		if err != nil {
			return
		}
		places := map[int]bool{}
		for _, c := range tab.Columns {
			if c.pos >= tab.stored || c.pos >= 0 && places[c.pos] {
				t.Errorf("%q: %s", sql, columnsOf(tab))
			}
			places[c.pos] = true
		}
	})
}
