package sqlite

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"
)

// generator makes random schemas and changes.
type generator struct {
	*rand.Rand
	t      testing.TB
	c      *sqlite3.Conn
	tables []string
	cols   map[string]int
	// fixed is set to keep the schema and to store what columns are declared for.
	fixed bool
	types map[string][]string
	keyed map[string]bool // tables WITHOUT ROWID
}

func (g *generator) pick(s ...string) string { return s[g.IntN(len(s))] }

// value returns a random literal.
func (g *generator) value() string {
	switch g.IntN(9) {
	case 0:
		return "NULL"
	case 1:
		return fmt.Sprint(g.IntN(300) - 100)
	case 2:
		return fmt.Sprint(g.Int64() - g.Int64())
	case 3:
		return fmt.Sprint(g.NormFloat64() * 1e6)
	case 4:
		return "x'" + fmt.Sprintf("%x", strings.Repeat("ab", g.IntN(60))) + "'"
	case 5:
		return fmt.Sprintf("replace(hex(zeroblob(%d)),'00','äb𝄞')", g.IntN(3000))
	case 6:
		return fmt.Sprint(float64(g.IntN(1000)))
	}
	return "'" + strings.Repeat(g.pick("text", "it''s", "Groß", "é", "日本", "𝄞"), g.IntN(12)) + "'"
}

// typed returns a random literal for a column.
func (g *generator) typed(table string, i int) string {
	if !g.fixed {
		return g.value()
	}
	if g.IntN(12) == 0 {
		return "NULL"
	}
	switch g.types[table][i] {
	case "INTEGER", "INT", "NUMERIC", "DECIMAL(10, 5)":
		return fmt.Sprint(g.IntN(1 << (4 * (1 + g.IntN(7)))))
	case "REAL", "DOUBLE PRECISION":
		return fmt.Sprint(g.NormFloat64() * 1e6)
	case "BLOB", "":
		return "x'" + fmt.Sprintf("%016x", g.Uint64()) + strings.Repeat("ab", g.IntN(60)) + "'"
	}
	return "'" + fmt.Sprintf("%x", g.IntN(1<<20)) + strings.Repeat(g.pick("text", "it''s", "Groß", "é", "日本", "𝄞"), g.IntN(40)) + "'"
}

// create makes a table.
func (g *generator) create() {
	name := g.pick("t", "Messages", "odd \"name", "[x]", "select", "ünï") + fmt.Sprint(len(g.tables))
	n := 1 + g.IntN(8)
	var defs, types []string
	without := g.IntN(4) == 0
	kind := g.IntN(4)
	for i := range n {
		typ := g.pick("", "INTEGER", "INT", "TEXT", "REAL", "BLOB", "NUMERIC", "VARCHAR(20)", "DECIMAL(10, 5)", "DOUBLE PRECISION", "ANY")
		types = append(types, typ)
		col := fmt.Sprintf("c%d", i)
		if i == 0 && !without && kind == 0 {
			typ = g.pick("INTEGER PRIMARY KEY", "INTEGER PRIMARY KEY AUTOINCREMENT", "integer primary key not null")
		}
		col = g.pick(col, quote(col), "["+col+"]", "`"+col+"`", "'"+col+"'", "/* c, ( */ "+col)
		defs = append(defs, col+" "+typ+g.pick("", " DEFAULT 5", " DEFAULT 'a,b'", " COLLATE NOCASE", " CHECK (1 > 0)", " -- x, y\n"))
	}
	if g.IntN(4) == 0 {
		defs = append(defs, "g1 AS (1+2)", "g2 INT GENERATED ALWAYS AS (coalesce(c0, 1)) STORED")
	}
	end := ")"
	if without {
		end = ") WITHOUT ROWID"
		defs = append(defs, "u TEXT NOT NULL", g.pick("PRIMARY KEY (u)", "CONSTRAINT k PRIMARY KEY (u DESC, u)"))
	}
	exec(g.t, g.c, "CREATE TABLE "+quote(name)+" ("+strings.Join(defs, ", ")+end)
	g.tables = append(g.tables, name)
	g.cols[name] = n
	if g.types == nil {
		g.types, g.keyed = map[string][]string{}, map[string]bool{}
	}
	g.keyed[name] = without
	g.types[name] = types
}

// change does something to a random table.
func (g *generator) change() {
	name := g.tables[g.IntN(len(g.tables))]
	first := 0
	if strings.Contains(query(g.t, g.c, "SELECT lower(sql) FROM sqlite_master WHERE name="+sqlite3.Quote(name))[0], "integer primary key") {
		first = 1
	}
	var cols, vals, sets []string
	for i := first; i < g.cols[name]; i++ {
		cols = append(cols, fmt.Sprintf("c%d", i))
		vals = append(vals, g.typed(name, i))
		sets = append(sets, fmt.Sprintf("c%d=%s", i, g.typed(name, i)))
	}
	where := fmt.Sprintf(" WHERE (unicode(substr(quote(c0), 2)) * 7 + length(quote(c0)) * 3 + %d) %% 20 < %d", g.IntN(20), g.IntN(6))
	switch k := g.IntN(20); {
	case k < 12:
		for range g.IntN(40) {
			if len(cols) == 0 {
				exec(g.t, g.c, "INSERT INTO "+quote(name)+" DEFAULT VALUES")
				continue
			}
			key, u := "", ""
			if g.keyed[name] {
				key, u = ",u", fmt.Sprintf(",'%016X'", g.Uint64())
			}
			exec(g.t, g.c, "INSERT INTO "+quote(name)+"("+strings.Join(cols, ",")+key+") VALUES ("+strings.Join(vals, ",")+u+")")
		}
	case k < 14:
		exec(g.t, g.c, "DELETE FROM "+quote(name)+where)
	case k < 16 && len(sets) > 0:
		exec(g.t, g.c, "UPDATE "+quote(name)+" SET "+strings.Join(sets, ",")+where)
	case k == 17 && !g.fixed && !strings.Contains(name, "odd"):
		exec(g.t, g.c, fmt.Sprintf("ALTER TABLE %s ADD COLUMN a%d %s DEFAULT %s", quote(name), g.IntN(1<<30), g.pick("TEXT", "REAL", "INTEGER", ""), g.pick("NULL", "7", "-2.5", "'x''y'", "x'0102'", "+3", "true", "1e3", "0x1F")))
	case k == 18 && !g.fixed && len(g.tables) < 8:
		g.create()
	}
}

// sync forgets the tables that a rollback took away.
func (g *generator) sync() {
	g.tables = g.tables[:0]
	for _, line := range query(g.t, g.c, "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%'") {
		g.tables = append(g.tables, line[1:])
	}
	if len(g.tables) == 0 {
		g.create()
	}
}
