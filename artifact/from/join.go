package from

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/record"
)

// SQLite parses a SQLite database whose records need more than one table. read
// gets the database once it is open, and yields records; see [Rows] and [Join].
func SQLite(read func(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool)) Parse {
	return func(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
		return func(yield func(record.Record, error) bool) {
			Database(in, yield, func(db *sqlite.DB) bool {
				read(in, db, yield)
				return true
			})
		}
	}
}

// Companion opens another SQLite database in the folder of the input, as
// [Database] does with the input itself, and calls read unless there is none. It
// returns whether the caller wants more.
func Companion(in *artifact.Input, name string, yield func(record.Record, error) bool, read func(*sqlite.DB) bool) bool {
	f, err := in.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return true
	}
	if err != nil {
		return yield(record.Record{}, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return yield(record.Record{}, fmt.Errorf("open %s: %w", name, err))
	}
	other := *in
	other.Path, other.File, other.Size = path.Join(path.Dir(in.Path), name), f, info.Size()
	named := func(r record.Record, err error) bool {
		if err != nil {
			err = fmt.Errorf("%s: %w", name, err)
		}
		return yield(r, err)
	}
	return Database(&other, named, read)
}

// Each is [Rows] for rows with content of their own to decode: of a row that is
// damaged within, it yields what is damaged and then the record with the rest.
// row may join several errors.
func Each[D record.Data](in *artifact.Input, db *sqlite.DB, table string, yield func(record.Record, error) bool, row func(sqlite.Row) (D, error)) bool {
	var versions Versions
	for r, err := range db.All(table) {
		if err != nil {
			if !yield(record.Record{}, err) {
				return false
			}
			continue
		}
		d, err := row(r)
		errs := []error{err}
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			errs = joined.Unwrap()
		}
		for _, err := range errs {
			if err != nil && !yield(record.Record{}, fmt.Errorf("read %s, row %d: %w", table, r.ID, err)) {
				return false
			}
		}
		if !versions.Repeat(r, d) && !yield(in.Record(Origin(in, table, r), d), nil) {
			return false
		}
	}
	return true
}

// Join is [Lookup] for a table that some versions lack: then it gives an empty
// map and no error. Other errors are yielded; more reports whether the caller
// wants more.
func Join[K comparable, V any](db *sqlite.DB, table string, yield func(record.Record, error) bool, entry func(sqlite.Row) (K, V)) (m map[K]V, more bool) {
	m, errs := Lookup(db, table, entry)
	return m, yieldErrors(errs, yield)
}

// Group is [Join] for a table that may hold several rows for one key: it gives
// them all, in the order of the table. Rows whose key is zero belong to no row.
func Group[K comparable, V any](db *sqlite.DB, table string, yield func(record.Record, error) bool, entry func(sqlite.Row) (K, V)) (m map[K][]V, more bool) {
	m = map[K][]V{}
	rows := 0
	_, errs := Lookup(db, table, func(r sqlite.Row) (int, struct{}) {
		if k, v := entry(r); k != *new(K) {
			m[k] = append(m[k], v)
		}
		rows++
		return rows, struct{}{} // bounds the rows as Lookup bounds its own
	})
	return m, yieldErrors(errs, yield)
}

func yieldErrors(errs []error, yield func(record.Record, error) bool) bool {
	for _, err := range errs {
		if !errors.Is(err, sqlite.ErrNoTable) && !yield(record.Record{}, err) {
			return false
		}
	}
	return true
}

// TableLike returns the name of the first table whose name has the given
// beginning and end with digits between them, since the numbers in the names of
// Core Data's join tables change between models; "" if there is none.
func TableLike(db *sqlite.DB, prefix, suffix string) string {
	for _, t := range db.Tables() {
		if Numbered(t.Name, prefix, suffix) {
			return t.Name
		}
	}
	return ""
}

// ColumnLike is [TableLike] for the columns of a table.
func ColumnLike(db *sqlite.DB, table, prefix, suffix string) string {
	t, ok := db.Table(table)
	if !ok {
		return ""
	}
	for _, c := range t.Columns {
		if Numbered(c.Name, prefix, suffix) {
			return c.Name
		}
	}
	return ""
}

// Numbered reports whether a name is prefix, one or more digits, and suffix, as
// "Z_1INTERACTIONS" is for "Z_" and "INTERACTIONS".
func Numbered(name, prefix, suffix string) bool {
	digits, ok := strings.CutPrefix(name, prefix)
	if !ok {
		return false
	}
	digits, ok = strings.CutSuffix(digits, suffix)
	return ok && digits != "" && strings.Trim(digits, "0123456789") == ""
}

// Cocoa converts a column of Cocoa times in seconds, or in a unit that
// [epoch.Cocoa] tells apart, whose rows hold integers or reals.
func Cocoa(v sqlite.Value) record.Time {
	if v.Kind == sqlite.Int {
		return epoch.Cocoa(v.Int())
	}
	return epoch.CocoaReal(v.Float())
}

// Handle sorts the address of a correspondent by what it is compared with: an
// e-mail address, or anything else, which is a phone number, a short code or
// the name of a sender. The schemes "tel:" and "mailto:" are cut off.
func Handle(address string) (record.Phone, record.Email) {
	s, mail := strings.CutPrefix(address, "mailto:")
	if mail || strings.Contains(s, "@") {
		return "", record.Email(s)
	}
	return record.Phone(strings.TrimPrefix(s, "tel:")), ""
}
