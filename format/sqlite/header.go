package sqlite

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// headerSize is the length of the database header at the start of page 1.
const headerSize = 100

// maxPages bounds the number of pages, the largest that SQLite allows.
const maxPages = 0xfffffffe

// ErrFormat is wrapped by errors for bytes that do not follow the format.
var ErrFormat = errors.New("not a valid SQLite file")

// magic opens every database file.
const magic = "SQLite format 3\x00"

// header is what page 1 says of the database. The fields are those of
// https://www.sqlite.org/fileformat2.html#the_database_header.
type header struct {
	pageSize  int
	reserved  int
	write     byte
	read      byte
	changes   uint32
	pages     uint32 // 0 if the field is out of date
	freeTrunk uint32
	freePages uint32
	cookie    uint32
	autoRoot  uint32
	encoding  Encoding
	user      int32
	app       uint32
	version   uint32
}

// parseHeader reads the 100 bytes of a header. It goes on past a wrong field
// where a sensible reading is left, and returns what was wrong.
func parseHeader(b []byte) (h header, problems []error, err error) {
	if len(b) < headerSize {
		return h, nil, fmt.Errorf("%w: header of %d bytes", ErrFormat, len(b))
	}
	u32 := func(i int) uint32 { return binary.BigEndian.Uint32(b[i:]) }
	h = header{
		pageSize: int(binary.BigEndian.Uint16(b[16:])), reserved: int(b[20]), write: b[18], read: b[19],
		changes: u32(24), pages: u32(28), freeTrunk: u32(32), freePages: u32(36), cookie: u32(40),
		autoRoot: u32(52), encoding: Encoding(u32(56)), user: int32(u32(60)), app: u32(68), version: u32(96),
	}
	if h.pageSize == 1 {
		h.pageSize = 65536
	}
	if !validPageSize(h.pageSize) {
		return h, nil, fmt.Errorf("%w: page size %d", ErrFormat, h.pageSize)
	}
	if string(b[:16]) != magic {
		if !isTablePage(b, headerSize) {
			return h, nil, fmt.Errorf("%w: bad magic %q", ErrFormat, b[:16])
		}
		problems = append(problems, fmt.Errorf("read header: %w: bad magic %q", ErrFormat, b[:16]))
	}
	if h.pageSize-h.reserved < 480 {
		problems = append(problems, fmt.Errorf("read header: %w: %d reserved bytes a page, taken as 0", ErrFormat, h.reserved))
		h.reserved = 0
	}
	if h.pages != 0 && u32(92) != h.changes {
		h.pages = 0 // written by an SQLite before 3.7, which does not keep it
	}
	if h.encoding < UTF8 || h.encoding > UTF16BE {
		if h.encoding != 0 {
			problems = append(problems, fmt.Errorf("read header: %w: encoding %d, taken as UTF-8", ErrFormat, h.encoding))
		}
		h.encoding = UTF8
	}
	return h, problems, nil
}

// isTablePage reports whether a table b-tree page header can be at offset i,
// where there may be nothing more than the header of the file.
func isTablePage(b []byte, i int) bool {
	return len(b) > i && (b[i] == leafTable || b[i] == innerTable)
}

func validPageSize(n int) bool {
	return n >= 512 && n <= 65536 && n&(n-1) == 0
}

// Info describes a database as a whole, in its live state.
type Info struct {
	PageSize      int      // bytes
	Reserved      int      // bytes at the end of each page that SQLite does not use
	Encoding      Encoding // of every text
	Pages         int64    // pages of the database
	FreePages     int64    // pages on the freelist, as the header counts them
	UserVersion   int32    // PRAGMA user_version, the application's schema version
	ApplicationID uint32   // PRAGMA application_id
	SchemaCookie  uint32   // PRAGMA schema_version, grows with each change of schema
	SQLiteVersion uint32   // of the last writer, as 3008002 for 3.8.2
	WALMode       bool     // the header asks for a write-ahead log
	AutoVacuum    bool     // pages are given back, which destroys deleted rows
	WALFrames     int      // frames of the log that are in force
	StaleFrames   int      // frames of the log that are not: uncommitted or of an earlier generation
	HotJournal    bool     // an interrupted transaction was rolled back
	Schema        string   // fingerprint: hexadecimal SHA-256 over type, name, table and SQL of each schema row
}
