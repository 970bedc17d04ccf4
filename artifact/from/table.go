// Package from turns decoders of file formats into parsers, for the many
// artifacts that are one table, one log or one property list.
package from

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path"
	"slices"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/record"
)

// Parse is the type of [artifact.Parser.Parse].
type Parse = func(context.Context, *artifact.Input) iter.Seq2[record.Record, error]

// Table parses a SQLite database: one record for each row of a table, also for
// the rows that were replaced or deleted and are still there. A database
// without the table gives an error.
func Table[D record.Data](table string, row func(sqlite.Row) D) Parse {
	return func(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
		return func(yield func(record.Record, error) bool) {
			Database(in, yield, func(db *sqlite.DB) bool {
				return Rows(in, db, table, yield, func(r sqlite.Row) (D, bool) { return row(r), true })
			})
		}
	}
}

// Database opens the input as a SQLite database, with its write-ahead log and
// its journal, yields what is damaged, and calls read. It returns what read
// returns: whether the caller wants more.
func Database(in *artifact.Input, yield func(record.Record, error) bool, read func(*sqlite.DB) bool) bool {
	files := sqlite.Files{DB: in.File, DBSize: in.Size}
	for _, c := range []struct {
		suffix string
		set    func(evidence.File, int64)
	}{
		{"-wal", func(f evidence.File, n int64) { files.WAL, files.WALSize = f, n }},
		{"-journal", func(f evidence.File, n int64) { files.Journal, files.JournalSize = f, n }},
	} {
		f, err := in.Open(path.Base(in.Path) + c.suffix)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			if !yield(record.Record{}, err) {
				return false
			}
			continue
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil {
			c.set(f, info.Size())
		} else if !yield(record.Record{}, fmt.Errorf("open %s%s: %w", path.Base(in.Path), c.suffix, err)) {
			return false
		}
	}
	db, err := sqlite.Open(files)
	if err != nil {
		return yield(record.Record{}, err)
	}
	for _, p := range db.Problems() {
		if !yield(record.Record{}, p) {
			return false
		}
	}
	return read(db)
}

// Rows yields a record for each row of a table, live, replaced and deleted, but
// none for a replaced version that says the same as another of the row; see
// [Versions]. row reports whether the row gives a record. Rows returns whether the
// caller wants more.
func Rows[D record.Data](in *artifact.Input, db *sqlite.DB, table string, yield func(record.Record, error) bool, row func(sqlite.Row) (D, bool)) bool {
	var versions Versions
	for r, err := range db.All(table) {
		if err != nil {
			if !yield(record.Record{}, err) {
				return false
			}
			continue
		}
		if d, ok := row(r); ok && !versions.Repeat(r, d) && !yield(in.Record(Origin(in, table, r), d), nil) {
			return false
		}
	}
	return true
}

// RowRest returns the columns of a row but the known ones, and but the number,
// entity and version that Core Data gives each row. NULL is left out, and so
// are blobs, which the parser has to decode by itself.
func RowRest(r sqlite.Row, known ...string) (kvs []record.KV) {
	for i, col := range r.Columns() {
		if col == "Z_PK" || col == "Z_ENT" || col == "Z_OPT" || slices.Contains(known, col) {
			continue
		}
		if v := r.At(i); v.Kind != sqlite.Null && v.Kind != sqlite.Blob {
			kvs = append(kvs, record.KV{Key: col, Value: v.Text()})
		}
	}
	return kvs
}

var states = [...]record.State{sqlite.Live: record.Live, sqlite.Logged: record.Logged, sqlite.Deleted: record.Deleted}

// Origin returns where a row lies, for [artifact.Input.Record].
func Origin(in *artifact.Input, table string, r sqlite.Row) record.Origin {
	o := record.Origin{Table: table, Row: r.ID, Offset: r.Offset, State: states[r.State]}
	switch r.File {
	case sqlite.WALFile:
		o.Path = in.Path + "-wal"
	case sqlite.JournalFile:
		o.Path = in.Path + "-journal"
	}
	return o
}

// maxLookup bounds the rows that [Lookup] keeps.
const maxLookup = 2 << 20

// Lookup reads a small table into memory to join it with another one: live rows
// first, so that the first value for a key stays. A table that is missing or
// damaged gives the part that could be read, and the errors: a join in this
// house never loses the row that it is joined to.
func Lookup[K comparable, V any](db *sqlite.DB, table string, entry func(sqlite.Row) (K, V)) (map[K]V, []error) {
	m := map[K]V{}
	var errs []error
	for r, err := range db.Rows(table) {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if len(m) == maxLookup {
			return m, append(errs, fmt.Errorf("read table %s: more than %d rows", table, maxLookup))
		}
		k, v := entry(r)
		if _, ok := m[k]; !ok {
			m[k] = v
		}
	}
	return m, errs
}
