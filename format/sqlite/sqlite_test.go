package sqlite

import (
	"bytes"
	"testing"
)

// open opens a database that lies in memory.
func open(t testing.TB, db, wal, journal []byte) *DB {
	t.Helper()
	d, err := Open(files(db, wal, journal))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func files(db, wal, journal []byte) Files {
	f := Files{DB: bytes.NewReader(db), DBSize: int64(len(db))}
	if wal != nil {
		f.WAL, f.WALSize = bytes.NewReader(wal), int64(len(wal))
	}
	if journal != nil {
		f.Journal, f.JournalSize = bytes.NewReader(journal), int64(len(journal))
	}
	return f
}
