package sqlite

import (
	"math"
	"strconv"
	"strings"
)

// finish derives what the statement does not say outright: the place of each
// column in a record, the alias of the rowid, and the names for look-up. The key
// lists the columns of a PRIMARY KEY that is a constraint of the table.
func (t *Table) finish(key []string) {
	t.names = make([]string, len(t.Columns))
	t.lower = make(map[string]int, len(t.Columns)+3)
	for i := range t.Columns {
		c := &t.Columns[i]
		t.names[i] = c.Name
		if _, ok := t.lower[lowerASCII(c.Name)]; !ok {
			t.lower[lowerASCII(c.Name)] = i
		}
	}
	for i, name := range key {
		if j, ok := t.lower[lowerASCII(name)]; ok && t.Columns[j].PrimaryKey == 0 {
			t.Columns[j].PrimaryKey = i + 1
			t.Columns[j].RowidAlias = len(key) == 1 && strings.EqualFold(t.Columns[j].Type, "INTEGER")
		}
	}
	for i := range t.Columns {
		c := &t.Columns[i]
		c.affinity = affinityOf(c.Type, t.Strict)
		c.Default = c.affinity.apply(c.Default)
		c.RowidAlias = c.RowidAlias && !t.WithoutRowid
		c.pos = -1
	}
	if t.WithoutRowid {
		for k := 1; k <= len(t.Columns) && t.place(k); k++ {
		}
	} else if !t.Virtual {
		for _, name := range []string{"rowid", "oid", "_rowid_"} {
			if _, ok := t.lower[name]; !ok {
				t.lower[name] = rowidColumn
			}
		}
	}
	for i := range t.Columns {
		if c := &t.Columns[i]; c.pos < 0 && !c.Virtual {
			c.pos = t.stored
			t.stored++
		}
	}
}

// place gives the column at place k of the primary key the next place in the
// record, and reports whether there is one. Gaps come from columns named twice.
func (t *Table) place(k int) bool {
	last := 0
	for i := range t.Columns {
		c := &t.Columns[i]
		if c.PrimaryKey == k {
			c.pos = t.stored
			t.stored++
		}
		last = max(last, c.PrimaryKey)
	}
	return k < last
}

// apply converts a value as storing it in a column of the affinity would.
func (a affinity) apply(v Value) Value {
	switch a {
	case affText:
		if v.Kind == Float && v.b != nil {
			return Value{Kind: Text, enc: UTF8, b: v.b}
		}
		if v.Kind == Int || v.Kind == Float {
			return Value{Kind: Text, enc: UTF8, b: []byte(v.Text())}
		}
	case affNumeric, affInteger, affReal:
		if v.Kind == Text {
			if s := strings.Trim(string(v.b), " \t\n\v\f\r"); s != "" && numericPrefix(s) == s {
				v = number("", s)
			}
		}
		if v.Kind == Int && a == affReal {
			return Value{Kind: Float, num: math.Float64bits(float64(int64(v.num)))}
		}
		if f := math.Float64frombits(v.num); v.Kind == Float && a != affReal && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			return Value{Kind: Int, num: uint64(int64(f))}
		}
	}
	return v
}

// schemaTable is the table that holds the schema, whose root is page 1.
func schemaTable() *Table {
	t, err := parseTable("CREATE TABLE sqlite_schema(type TEXT, name TEXT, tbl_name TEXT, rootpage INTEGER, sql TEXT)")
	if err != nil {
		panic(err) // the statement is ours
	}
	t.Root = 1
	return t
}

// unparsed returns a table for which there is no readable statement. Its columns
// are c0, c1 and so on.
func unparsed(name, sql string, columns int) *Table {
	t := &Table{Name: name, SQL: sql}
	for i := range columns {
		t.Columns = append(t.Columns, Column{Name: "c" + strconv.Itoa(i)})
	}
	t.finish(nil)
	return t
}
