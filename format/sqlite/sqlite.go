// Package sqlite reads SQLite 3 databases as evidence, without executing SQL.
//
// It never writes and takes no lock, reads from an [io.ReaderAt], and goes on
// after damage: a bad page costs the rows on it and is reported. A column that
// another version lacks reads as absent. Every row knows where it lies.
//
// [DB.Rows] gives what a query would: the main file with the committed content
// of the write-ahead log applied and an interrupted transaction rolled back.
// [DB.All] adds the versions of rows that these files still hold besides, and
// what can be recovered of deleted rows. The three never mix; see [State].
//
// Not read are the indexes, in whose free space keys of deleted rows may be left,
// and the tables inside of virtual tables, other than by their shadow tables.
//
// The format is https://www.sqlite.org/fileformat2.html.
package sqlite

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
)

// ErrNoTable is wrapped by the error for a table that the schema lacks.
var ErrNoTable = errors.New("no such table")

// ErrNoRow is wrapped by the error for a rowid that a table lacks.
var ErrNoRow = errors.New("no such row")

// Files are the parts of one database. DB is required, though it may be empty
// when the log holds everything; the others may be nil. Sizes are in bytes.
type Files struct {
	DB, WAL, Journal             io.ReaderAt
	DBSize, WALSize, JournalSize int64
}

// A DB is a database opened for reading. One goroutine may use it at a time;
// iterations over it may be nested.
type DB struct {
	header
	pager    pager
	main     view // the main file alone
	live     view // the main file with log and journal applied
	log      wal
	journal  journal
	tables   []*Table
	byName   map[string]*Table
	indexes  []index
	problems []error
	schema   string
	found    *findings // what All needs, computed once
}

// index is an index of the schema. Its pages are told apart from free ones.
type index struct {
	name string
	root uint32
}

// Open reads the header and the schema of a database. It fails only if nothing
// can be read; lesser damage is in [DB.Problems].
func Open(f Files) (*DB, error) {
	db := &DB{byName: map[string]*Table{}}
	db.pager.files = [3]io.ReaderAt{f.DB, f.WAL, f.Journal}
	db.pager.sizes = [3]int64{f.DBSize, f.WALSize, f.JournalSize}
	for i, r := range db.pager.files {
		if r == nil || db.pager.sizes[i] < 0 {
			db.pager.sizes[i] = 0
		}
	}
	if db.pager.sizes[MainFile]+db.pager.sizes[WALFile] == 0 {
		db.problem(errors.New("read header: the file is empty"))
		db.header = header{pageSize: 4096, encoding: UTF8}
		db.setPages()
		return db, nil
	}
	headerErr := db.readHeader()
	db.readWAL()
	if headerErr != nil && db.pageSize == 0 {
		return nil, headerErr
	}
	db.setPages()
	db.readJournal()
	db.applyWAL()
	if err := db.liveHeader(headerErr); err != nil {
		return nil, err
	}
	db.readSchema()
	return db, nil
}

// problem notes damage that does not keep the database from being read.
func (db *DB) problem(err error) { db.problems = append(db.problems, err) }

// readHeader reads the header of the main file.
func (db *DB) readHeader() error {
	b := make([]byte, headerSize+1)
	size := min(int64(len(b)), db.pager.sizes[MainFile])
	if size == 0 {
		return errors.New("read header: the file is empty")
	}
	if _, err := readFull(db.pager.files[MainFile], b[:size], 0); err != nil {
		return fmt.Errorf("read header: %w", err)
	}
	h, problems, err := parseHeader(b[:size])
	if err != nil {
		return fmt.Errorf("read header: %w", err)
	}
	db.header, db.problems = h, append(db.problems, problems...)
	return nil
}

// setPages prepares reading pages once their size is known.
func (db *DB) setPages() {
	db.pager.pageSize, db.pager.usable = db.pageSize, db.pageSize-db.reserved
	size := db.pager.sizes[MainFile]
	inFile := uint32(min((size+int64(db.pageSize)-1)/int64(db.pageSize), maxPages))
	db.main = view{pager: &db.pager, pages: inFile}
	db.live = db.main
	switch {
	case db.pages > inFile:
		db.problem(fmt.Errorf("read header: the file has %d of %d pages", inFile, db.pages))
	case db.pages != 0 && db.pages < inFile:
		db.live.pages = db.pages // the rest is slack, which All looks at
	}
	// What follows the last page is no damage: tools that decrypt backups leave
	// the padding of the cipher there.
	if size%int64(db.pageSize) != 0 && (db.pages == 0 || size < int64(db.pages)*int64(db.pageSize)) {
		db.problem(fmt.Errorf("read header: the file ends within page %d", inFile))
	}
}

// liveHeader reads the header again, from the page 1 that counts.
func (db *DB) liveHeader(first error) error {
	if _, ok := db.live.over[1]; !ok {
		return first
	}
	b, _, err := db.live.page(1)
	if err == nil {
		var h header
		if h, _, err = parseHeader(b); err == nil && h.pageSize != db.pageSize {
			err = fmt.Errorf("%w: page size %d after %d", ErrFormat, h.pageSize, db.pageSize)
		} else if err == nil {
			db.header = h
			db.pager.usable = h.pageSize - h.reserved
			return nil
		}
	}
	if first == nil {
		db.problem(fmt.Errorf("read header in force: %w", err))
	}
	return first
}

// readSchema reads the schema table. A damaged row costs its own table.
func (db *DB) readSchema() {
	schema := schemaTable()
	db.byName["sqlite_schema"], db.byName["sqlite_master"] = schema, schema
	sum := sha256.New()
	n := 0
	for row, err := range db.rows(schema) {
		if err != nil {
			db.problem(err)
			continue
		}
		if n++; n > maxSchema {
			db.problem(fmt.Errorf("read schema: %w: more than %d rows", ErrFormat, maxSchema))
			break
		}
		for _, col := range []string{"type", "name", "tbl_name", "sql"} {
			fmt.Fprintf(sum, "%q\n", row.Text(col))
		}
		db.addSchema(row)
	}
	db.schema = hex.EncodeToString(sum.Sum(nil))
}

// addSchema adds one row of the schema.
func (db *DB) addSchema(row Row) {
	name, sql, root := row.Text("name"), row.Text("sql"), row.Int("rootpage")
	if root < 0 || root > maxPages {
		db.problem(fmt.Errorf("read schema: %q: %w: root page %d", name, ErrFormat, root))
		root = 0
	}
	switch row.Text("type") {
	case "index":
		if root != 0 {
			db.indexes = append(db.indexes, index{name, uint32(root)})
		}
	case "table":
		t, err := parseTable(sql)
		if err != nil {
			db.problem(fmt.Errorf("read schema: table %q: %w", name, err))
			t = unparsed(name, sql, 64)
		}
		t.Name, t.Root = name, uint32(root)
		if _, ok := db.byName[lowerASCII(name)]; ok {
			db.problem(fmt.Errorf("read schema: %w: two tables %q", ErrFormat, name))
		} else {
			db.byName[lowerASCII(name)] = t
		}
		db.tables = append(db.tables, t)
	case "view", "trigger":
	default:
		db.problem(fmt.Errorf("read schema: %w: %q has type %q", ErrFormat, name, row.Text("type")))
	}
}

// Tables returns the tables in the order of the schema, without the schema table
// itself and without views.
func (db *DB) Tables() []Table {
	out := make([]Table, len(db.tables))
	for i, t := range db.tables {
		out[i] = *t
	}
	return out
}

// Table returns the table of a name in any case, be it the schema table. For
// dropped tables see [DB.Dropped].
func (db *DB) Table(name string) (Table, bool) {
	t, ok := db.byName[lowerASCII(name)]
	if !ok {
		return Table{}, false
	}
	return *t, true
}

// Problems returns what was found damaged when the database was opened and, once
// [DB.All] has looked for rows that are not live, what that had to leave out.
func (db *DB) Problems() []error { return slices.Clone(db.problems) }

// Info returns what the header and the schema say of the whole database.
func (db *DB) Info() Info {
	return Info{
		PageSize: db.pageSize, Reserved: db.reserved, Encoding: db.encoding, Pages: int64(db.live.pages),
		FreePages: int64(db.freePages), UserVersion: db.user, ApplicationID: db.app, SchemaCookie: db.cookie,
		SQLiteVersion: db.version, WALMode: db.read == 2, AutoVacuum: db.autoRoot != 0, Schema: db.schema,
		WALFrames: db.log.valid, StaleFrames: len(db.log.frames) - db.log.valid, HotJournal: db.journal.hot,
	}
}

// Rows returns the live rows of a table in the order of rowids, or of the primary
// key in a table WITHOUT ROWID. A damaged page gives an error, and reading goes on
// after it; a row that is damaged in part follows its error. A missing table gives
// one error that wraps [ErrNoTable].
func (db *DB) Rows(table string) iter.Seq2[Row, error] {
	t, ok := db.byName[lowerASCII(table)]
	if !ok {
		return func(yield func(Row, error) bool) {
			yield(Row{}, fmt.Errorf("read table %q: %w", table, ErrNoTable))
		}
	}
	return db.rows(t)
}

func (db *DB) rows(t *Table) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		if t.Virtual || t.Dropped {
			return
		}
		w := walker{v: &db.live, t: t, enc: db.encoding, yield: yield}
		w.walk(t.Root, 0)
	}
}

// Row returns the live row of a rowid, or an error that wraps [ErrNoTable] or
// [ErrNoRow].
func (db *DB) Row(table string, rowid int64) (Row, error) {
	t, ok := db.byName[lowerASCII(table)]
	if !ok {
		return Row{}, fmt.Errorf("read table %q: %w", table, ErrNoTable)
	}
	if t.Virtual || t.WithoutRowid || t.Dropped {
		return Row{}, fmt.Errorf("read table %q: row %d: %w", table, rowid, ErrNoRow)
	}
	w := walker{v: &db.live, t: t, enc: db.encoding}
	row, err := w.seek(t.Root, rowid)
	if err != nil {
		return row, fmt.Errorf("read table %q: row %d: %w", table, rowid, err)
	}
	return row, nil
}
