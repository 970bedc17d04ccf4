package sqlite

import (
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Limits for the schema.
const (
	maxSQL     = 1 << 20 // bytes of a CREATE statement
	maxColumns = 32767   // of a table, the most that SQLite can be built for
	maxSchema  = 1 << 16 // rows of the schema table
)

// A Table is a table of the schema.
type Table struct {
	Name         string
	SQL          string   // the CREATE statement as stored
	Columns      []Column // in the order of the statement
	Root         uint32   // first page; 0 for a virtual or a dropped table
	WithoutRowid bool     // stored in an index b-tree by its primary key
	Strict       bool     // values have the types of their columns
	Virtual      bool     // kept by an extension; it has no rows of its own here
	// Dropped is set for a table that exists no more and whose statement was
	// recovered from free space. Only deleted rows can belong to it.
	Dropped bool

	names  []string
	lower  map[string]int // lower-case name → index of the column
	stored int            // values of a full record
	former uint32         // root page of a dropped table
}

// A Column is a column of a table.
type Column struct {
	Name       string
	Type       string // as declared, "" without
	PrimaryKey int    // place in the primary key from 1, or 0
	NotNull    bool   // declared NOT NULL
	RowidAlias bool   // INTEGER PRIMARY KEY: another name of the rowid
	Generated  bool   // computed by an expression
	Virtual    bool   // generated and not stored, so it reads as NULL here
	Default    Value  // of a DEFAULT that is a literal

	affinity affinity
	pos      int // place in the record, -1 if it is not stored
}

// affinity is the type that a column prefers.
type affinity uint8

const (
	affBlob affinity = iota
	affText
	affNumeric
	affInteger
	affReal
)

// affinityOf derives the affinity from a declared type, by the rules of
// https://www.sqlite.org/datatype3.html#determination_of_column_affinity.
func affinityOf(typ string, strict bool) affinity {
	t := strings.ToUpper(typ)
	has := func(s string) bool { return strings.Contains(t, s) }
	switch {
	case strict && t == "ANY":
		return affBlob
	case has("INT"):
		return affInteger
	case has("CHAR"), has("CLOB"), has("TEXT"):
		return affText
	case has("BLOB"), t == "":
		return affBlob
	case has("REAL"), has("FLOA"), has("DOUB"):
		return affReal
	}
	return affNumeric
}

// rowidColumn is what column returns for the implicit names of the rowid.
const rowidColumn = 1 << 30

// column returns the index of a column, rowidColumn, or -1.
func (t *Table) column(name string) int {
	if t == nil {
		return -1
	}
	if len(t.names) <= 16 {
		for i, s := range t.names {
			if s == name {
				return i
			}
		}
	}
	if i, ok := t.lower[name]; ok {
		return i
	}
	if i, ok := t.lower[lowerASCII(name)]; ok {
		return i
	}
	return -1
}

// Column returns the column of a name in any case.
func (t *Table) Column(name string) (Column, bool) {
	i := t.column(name)
	if i < 0 || i >= len(t.Columns) {
		return Column{}, false
	}
	return t.Columns[i], true
}

// lowerASCII folds case as SQLite does.
func lowerASCII(s string) string {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for i, c := range b {
				if 'A' <= c && c <= 'Z' {
					b[i] = c + 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

// parseTable reads a CREATE TABLE or CREATE VIRTUAL TABLE statement. Its grammar
// is https://www.sqlite.org/lang_createtable.html.
func parseTable(sql string) (*Table, error) {
	if len(sql) > maxSQL {
		return nil, fmt.Errorf("%w: CREATE statement of %d bytes", ErrFormat, len(sql))
	}
	t := &Table{SQL: sql}
	l := newLexer(sql)
	if !t.parseStart(l) {
		return nil, fmt.Errorf("%w: not a CREATE TABLE statement", ErrFormat)
	}
	if t.Virtual {
		t.finish(nil)
		return t, nil
	}
	if !l.skip("(") {
		return nil, fmt.Errorf("%w: CREATE TABLE without columns", ErrFormat)
	}
	key := t.parseBody(l)
	for l.skip(")"); l.tok.kind != tokEnd; l.next() {
		switch {
		case l.tok.is("WITHOUT"):
			t.WithoutRowid = true
		case l.tok.is("STRICT"):
			t.Strict = true
		}
	}
	if len(t.Columns) == 0 || len(t.Columns) > maxColumns {
		return nil, fmt.Errorf("%w: CREATE TABLE with %d columns", ErrFormat, len(t.Columns))
	}
	t.finish(key)
	return t, nil
}

// parseStart reads a statement up to the name of the table, and reports whether
// it creates one.
func (t *Table) parseStart(l *lexer) bool {
	l.skip("CREATE")
	if !l.skip("TEMP") {
		l.skip("TEMPORARY")
	}
	t.Virtual = l.skip("VIRTUAL")
	if !l.skip("TABLE") {
		return false
	}
	if l.tok.is("IF") && l.peek.is("NOT") {
		l.next()
		l.next()
		l.skip("EXISTS")
	}
	t.Name = l.tok.text
	l.next()
	if l.skip(".") {
		t.Name = l.tok.text
		l.next()
	}
	return true
}

// parseBody reads the columns and constraints of a table up to the closing
// parenthesis. It returns the columns of a PRIMARY KEY constraint.
func (t *Table) parseBody(l *lexer) (key []string) {
	for l.tok.kind != tokEnd && !l.tok.is(")") && len(t.Columns) <= maxColumns {
		if constraint(l.tok) {
			break
		}
		if !l.tok.name() {
			l.next() // not a column: go on at the next comma
		} else {
			t.Columns = append(t.Columns, parseColumn(l))
		}
		for l.tok.kind != tokEnd && !l.tok.is(",") && !l.tok.is(")") {
			l.next()
		}
		l.skip(",")
	}
	for l.tok.kind != tokEnd && !l.tok.is(")") {
		switch {
		case l.tok.is("PRIMARY"):
			l.next()
			l.skip("KEY")
			key = indexedColumns(l.group())
		case l.tok.is("("):
			l.group()
		default:
			l.next()
		}
	}
	return key
}

func constraint(t token) bool {
	return t.is("CONSTRAINT") || t.is("PRIMARY") || t.is("UNIQUE") || t.is("CHECK") || t.is("FOREIGN")
}

// indexedColumns returns the names in the list of a PRIMARY KEY.
func indexedColumns(list []token) []string {
	var names []string
	first, depth := true, 0
	for _, t := range list {
		switch {
		case t.is("("):
			depth++
		case t.is(")"):
			depth--
		case t.is(",") && depth == 0:
			first = true
			continue
		case first && t.name():
			names = append(names, t.text)
		}
		first = false
	}
	return names
}

// parseColumn reads a column with its constraints, up to the comma.
func parseColumn(l *lexer) Column {
	c := Column{Name: l.tok.text}
	l.next()
	var typ []string
	for l.tok.name() && !(l.tok.kind == tokWord && columnConstraint(l)) {
		typ = append(typ, l.tok.text)
		l.next()
	}
	if len(typ) > 0 && l.tok.is("(") {
		var size strings.Builder
		for _, t := range l.group() {
			size.WriteString(t.text)
		}
		typ[len(typ)-1] += "(" + size.String() + ")"
	}
	c.Type = strings.Join(typ, " ")
	for l.tok.kind != tokEnd && !l.tok.is(",") && !l.tok.is(")") {
		switch {
		case l.skip("PRIMARY"):
			l.skip("KEY")
			c.PrimaryKey = 1
			c.RowidAlias = strings.EqualFold(c.Type, "INTEGER") && !l.tok.is("DESC")
		case l.skip("NOT"):
			c.NotNull = c.NotNull || l.tok.is("NULL")
		case l.skip("DEFAULT"):
			c.Default = literal(l)
		case l.tok.is("AS") && l.peek.is("("):
			l.next()
			l.group()
			c.Generated, c.Virtual = true, !l.skip("STORED")
		case l.tok.is("("):
			l.group()
		default:
			l.next()
		}
	}
	return c
}

// columnConstraint reports whether a constraint begins at the lexer's word.
func columnConstraint(l *lexer) bool {
	switch strings.ToUpper(l.tok.text) {
	case "CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT", "COLLATE", "REFERENCES", "ON", "DEFERRABLE":
		return true
	case "GENERATED":
		return l.peek.is("ALWAYS")
	case "AS":
		return l.peek.is("(")
	}
	return false
}

// literal reads the value after DEFAULT. An expression gives NULL, since ALTER
// TABLE does not allow one, so that no short record can have it.
func literal(l *lexer) Value {
	if l.tok.is("(") {
		in := l.group()
		if len(in) == 0 || len(in) > 2 {
			return Value{}
		}
		l = &lexer{tok: in[0]}
		if len(in) == 2 {
			l.peek = in[1]
		}
	}
	sign := ""
	for l.tok.is("+") || l.tok.is("-") {
		sign = l.tok.text
		l.next()
	}
	t := l.tok
	l.next()
	switch t.kind {
	case tokNumber:
		return number(sign, strings.ReplaceAll(t.text, "_", ""))
	case tokBlob:
		b, _ := hex.DecodeString(t.text)
		return Value{Kind: Blob, b: b}
	case tokString, tokName:
		return Value{Kind: Text, enc: UTF8, b: []byte(t.text)}
	case tokWord:
		switch strings.ToUpper(t.text) {
		case "NULL", "CURRENT_TIME", "CURRENT_DATE", "CURRENT_TIMESTAMP":
			return Value{}
		case "TRUE":
			return Value{Kind: Int, num: 1}
		case "FALSE":
			return Value{Kind: Int}
		}
		return Value{Kind: Text, enc: UTF8, b: []byte(t.text)}
	}
	return Value{}
}

// number returns a numeric literal as SQLite reads it. A real keeps its spelling,
// which is what a TEXT column takes.
func number(sign, s string) Value {
	if sign == "+" {
		sign = ""
	}
	if isHex(s) {
		u, _ := strconv.ParseUint(s[2:], 16, 64)
		if sign == "-" {
			u = -u
		}
		return Value{Kind: Int, num: u}
	}
	if i, err := strconv.ParseInt(sign+s, 10, 64); err == nil {
		return Value{Kind: Int, num: uint64(i)}
	}
	f, _ := strconv.ParseFloat(sign+s, 64)
	return Value{Kind: Float, num: math.Float64bits(f), b: []byte(sign + s)}
}
