package evidence

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/vigie-project/vigie/format/mbdb"
	"github.com/vigie-project/vigie/format/sqlite"
)

// Values of the column flags of Manifest.db.
const (
	flagFile = 1
	flagDir  = 2
	flagLink = 4
)

// An entry is one row of the manifest of a backup.
type entry struct {
	row    int64 // rowid in Manifest.db, offset in Manifest.mbdb
	domain string
	rel    string
	id     string // fileID as recorded; computed for Manifest.mbdb
	flags  int64  // see flagFile
	blob   []byte // archived MBFile; nil for Manifest.mbdb
	rec    *mbdb.Record
}

// meta reads the description of the file.
func (e *entry) meta() (*MBFile, error) {
	if e.rec != nil {
		return mbFromRecord(e.rec), nil
	}
	return ParseMBFile(e.blob)
}

// size returns the listed size, 0 if it cannot be read.
func (e *entry) size() int64 {
	if e.rec != nil {
		return int64(min(e.rec.Size, 1<<62))
	}
	return mbSize(e.blob)
}

// file reports whether the row is a file with a payload; a row with unknown
// flags may be one.
func (e *entry) file() bool { return e.flags != flagDir && e.flags != flagLink }

// fileID computes the name of the payload of a file.
func fileID(domain, rel string) string {
	var buf [256]byte
	text := append(append(append(buf[:0], domain...), '-'), rel...)
	sum := sha1.Sum(text)
	return hex.EncodeToString(sum[:])
}

// validID reports whether a fileID is 40 lower-case hexadecimal digits, and so
// can be used as a name.
func validID(id string) bool {
	if len(id) != 2*sha1.Size {
		return false
	}
	for i := range len(id) {
		if c := id[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// A catalogue lists the rows of a manifest. It is safe for concurrent use.
type catalogue interface {
	// rows calls fn with each row in the order of the manifest until fn returns
	// an error, and returns it. The entry is valid during the call only. What
	// cannot be read is counted in the damage.
	rows(ctx context.Context, fn func(*entry) error) (damage, error)

	// at reads one row again.
	at(row int64) (*entry, error)
}

// A damage is what could not be read of a manifest.
type damage struct {
	count int64
	errs  []error // the first ones
}

func (d *damage) add(err error) {
	d.count++
	if len(d.errs) < maxListErrors {
		d.errs = append(d.errs, err)
	}
}

// errStop ends a walk through the rows early.
var errStop = errors.New("stop")

// A dbCatalogue is Manifest.db.
type dbCatalogue struct {
	files   sqlite.Files
	ordinal bool // the table has no rowids: rows are known by their number

	mu     sync.Mutex // guards lookup, which one goroutine may use at a time
	lookup *sqlite.DB
}

const filesTable = "Files"

func openDBCatalogue(files sqlite.Files) (*dbCatalogue, error) {
	db, err := sqlite.Open(files)
	if err != nil {
		return nil, fmt.Errorf("open Manifest.db: %w", err)
	}
	t, ok := db.Table(filesTable)
	if !ok {
		return nil, fmt.Errorf("open Manifest.db: table %s: %w", filesTable, sqlite.ErrNoTable)
	}
	return &dbCatalogue{files: files, lookup: db, ordinal: t.WithoutRowid}, nil
}

func (c *dbCatalogue) rows(ctx context.Context, fn func(*entry) error) (damage, error) {
	var bad damage
	db, err := sqlite.Open(c.files)
	if err != nil {
		return bad, fmt.Errorf("open Manifest.db: %w", err)
	}
	const checkEvery = 4096
	n := int64(0)
	e := new(entry)
	for row, err := range db.Rows(filesTable) {
		if n++; n%checkEvery == 0 && ctx.Err() != nil {
			return bad, context.Cause(ctx)
		}
		if err != nil {
			n--
			bad.add(fmt.Errorf("list Manifest.db: %w", err))
			continue
		}
		fillEntry(e, row)
		if c.ordinal {
			e.row = n
		}
		if err := fn(e); err != nil {
			return bad, err
		}
	}
	return bad, nil
}

func (c *dbCatalogue) at(n int64) (*entry, error) {
	if c.ordinal {
		var found *entry
		_, err := c.rows(context.Background(), func(e *entry) error {
			if e.row != n {
				return nil
			}
			clone := *e
			found = &clone
			return errStop
		})
		if found == nil {
			return nil, fmt.Errorf("read Manifest.db: row %d: %w", n, errors.Join(err, sqlite.ErrNoRow))
		}
		return found, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	row, err := c.lookup.Row(filesTable, n)
	if err != nil {
		return nil, fmt.Errorf("read Manifest.db: %w", err)
	}
	e := new(entry)
	fillEntry(e, row)
	return e, nil
}

func fillEntry(e *entry, row sqlite.Row) {
	*e = entry{
		row: row.ID, id: row.Text("fileID"), domain: row.Text("domain"), rel: row.Text("relativePath"),
		flags: row.Int("flags"), blob: row.Blob("file"),
	}
}

// An mbdbCatalogue is Manifest.mbdb.
type mbdbCatalogue struct {
	src  io.ReaderAt
	size int64
}

func (c *mbdbCatalogue) rows(ctx context.Context, fn func(*entry) error) (damage, error) {
	var bad damage
	for rec, err := range mbdb.Records(io.NewSectionReader(c.src, 0, c.size)) {
		if ctx.Err() != nil {
			return bad, context.Cause(ctx)
		}
		if err != nil {
			bad.add(fmt.Errorf("list Manifest.mbdb: %w", err))
			break
		}
		if err := fn(recordEntry(&rec)); err != nil {
			return bad, err
		}
	}
	return bad, nil
}

func (c *mbdbCatalogue) at(offset int64) (*entry, error) {
	rec, err := mbdb.At(io.NewSectionReader(c.src, 0, c.size), offset)
	if err != nil {
		return nil, fmt.Errorf("read Manifest.mbdb: %w", err)
	}
	return recordEntry(&rec), nil
}

func recordEntry(rec *mbdb.Record) *entry {
	e := &entry{row: rec.Offset, domain: rec.Domain, rel: rec.Path, id: fileID(rec.Domain, rec.Path), flags: flagFile, rec: rec}
	switch rec.Mode & 0o170000 {
	case 0o040000:
		e.flags = flagDir
	case 0o120000:
		e.flags = flagLink
	}
	return e
}
