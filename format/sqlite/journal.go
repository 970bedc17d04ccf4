package sqlite

import "fmt"

// Sizes in a rollback journal.
const (
	journalHeaderSize = 28
	maxRecords        = 1 << 22 // page images of a journal
)

// journalMagic opens each header of a rollback journal.
const journalMagic = "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"

// journal is a rollback journal: images of pages as they were before the last
// transaction.
type journal struct {
	images []frame
	hot    bool // its transaction was interrupted, so the images are in force
}

// journalHeader is the start of a segment of a journal.
type journalHeader struct {
	records uint32
	nonce   uint32
	pages   uint32 // of the database before the transaction
	sector  int64
}

// readJournal lists the page images of the journal. If the journal is hot it
// lays them over the main file, as SQLite does when it next opens the database.
// Persistent journals have their first header zeroed at commit; their images are
// of before that transaction.
func (db *DB) readJournal() {
	size := db.pager.sizes[JournalFile]
	if size < journalHeaderSize {
		return
	}
	h, pageSize, err := db.journalHeader(0)
	switch {
	case err != nil:
		db.scanJournal()
		return
	case pageSize != db.pageSize:
		db.problem(fmt.Errorf("read journal: %w: page size %d in a database of %d", ErrFormat, pageSize, db.pageSize))
		return
	}
	if db.superJournal() {
		db.problem(fmt.Errorf("read journal: it is part of a transaction over several databases, taken as interrupted"))
	}
	db.journal.hot = db.pager.sizes[MainFile] > 0
	first := h
	over := map[uint32]place{}
	step := int64(db.pageSize) + 8
	for off := int64(0); err == nil; h, _, err = db.journalHeader(off) {
		start := off + h.sector
		n := int64(h.records)
		if h.records == 0xffffffff {
			n = (size - start) / step
		}
		played := db.playSegment(start, n, h.nonce, first.pages, over)
		if played < n {
			if h.records == 0xffffffff {
				break // what follows is left over from before
			}
			db.problem(fmt.Errorf("read journal: %w: %d of %d pages at %d", ErrFormat, played, n, start))
			break
		}
		off = (start + n*step + h.sector - 1) / h.sector * h.sector
		if off+journalHeaderSize > size {
			break
		}
	}
	if db.journal.hot {
		db.live = *db.live.with(over, min(first.pages, db.largest(over)))
	}
}

// largest returns the number of pages that the main file and a journal can have.
func (db *DB) largest(over map[uint32]place) uint32 {
	n := db.main.pages
	for page := range over {
		n = max(n, page)
	}
	return n
}

// journalHeader reads the header of a segment.
func (db *DB) journalHeader(off int64) (h journalHeader, pageSize int, err error) {
	c, err := db.pager.chunk(place{off &^ (chunkSize - 1), JournalFile})
	if err != nil {
		return h, 0, err
	}
	b := c.b[off&(chunkSize-1):]
	if len(b) < journalHeaderSize {
		return h, 0, fmt.Errorf("%w: journal header", ErrFormat)
	}
	h = journalHeader{be32(b, 8), be32(b, 12), be32(b, 16), int64(be32(b, 20))}
	pageSize = int(be32(b, 24))
	if off > 0 && pageSize == 0 {
		pageSize = db.pageSize
	}
	if string(b[:8]) != journalMagic || h.sector < 32 || h.sector > 65536 || h.sector&(h.sector-1) != 0 || !validPageSize(pageSize) {
		return h, 0, fmt.Errorf("%w: journal header", ErrFormat)
	}
	return h, pageSize, nil
}

// superJournal reports whether the journal ends with the name of a journal that
// binds several databases.
func (db *DB) superJournal() bool {
	b := make([]byte, 8)
	_, err := readFull(db.pager.files[JournalFile], b, db.pager.sizes[JournalFile]-8)
	return err == nil && string(b) == journalMagic && db.pager.sizes[JournalFile] > 512
}

// playSegment lays n page images over the database and returns how many were
// sound before the first that is not.
func (db *DB) playSegment(start, n int64, nonce, pages uint32, over map[uint32]place) int64 {
	step := int64(db.pageSize) + 8
	b := make([]byte, step)
	for i := range n {
		off := start + i*step
		if len(db.journal.images) >= maxRecords || off+step > db.pager.sizes[JournalFile] {
			return i
		}
		if _, err := readFull(db.pager.files[JournalFile], b, off); err != nil {
			return i
		}
		page := be32(b, 0)
		if page == 0 || be32(b, db.pageSize+4)-imageSum(b[4:4+db.pageSize]) != nonce {
			return i
		}
		db.journal.images = append(db.journal.images, frame{off: off + 4, page: page})
		if page <= pages {
			over[page] = place{off + 4, JournalFile}
		}
	}
	return n
}

// imageSum is the checksum of a page in a journal, without its nonce: the sum of
// every 200th byte, from the end.
func imageSum(page []byte) uint32 {
	var sum uint32
	for i := len(page) - 200; i > 0; i -= 200 {
		sum += uint32(page[i])
	}
	return sum
}

// scanJournal looks for page images in a journal whose first header is no more.
// Its sector size is the one at which an image begins. The difference between the
// checksum of an image and what it ought to be is the same within a segment, by
// which also images that show no structure are known.
func (db *DB) scanJournal() {
	size, step := db.pager.sizes[JournalFile], int64(db.pageSize)+8
	for _, sector := range []int64{512, 4096, 1024, 2048, 8192, 16384, 32768, 65536} {
		_, nonce, ok := db.image(sector)
		if !ok {
			continue
		}
		for off := sector; off+step <= size && len(db.journal.images) < maxRecords; {
			page, diff, ok := db.image(off)
			if !ok && (page == 0 || diff != nonce) {
				off = db.nextSegment(off/sector*sector, sector)
				continue
			}
			nonce = diff
			db.journal.images = append(db.journal.images, frame{off: off + 4, page: page})
			off += step
		}
		return
	}
}

// nextSegment returns the start of the records after the next header past off, or
// the end of the file.
func (db *DB) nextSegment(off, sector int64) int64 {
	for off += sector; off+journalHeaderSize <= db.pager.sizes[JournalFile]; off += sector {
		if h, _, err := db.journalHeader(off); err == nil && h.sector == sector {
			return off + sector
		}
	}
	return db.pager.sizes[JournalFile]
}

// image returns the page number of the image at off and what its checksum exceeds
// that of its bytes by, and reports whether they are a b-tree page.
func (db *DB) image(off int64) (page, nonce uint32, ok bool) {
	b := make([]byte, db.pageSize+8)
	if _, err := readFull(db.pager.files[JournalFile], b, off); err != nil {
		return 0, 0, false
	}
	page = be32(b, 0)
	nonce = be32(b, db.pageSize+4) - imageSum(b[4:4+db.pageSize])
	if page == 1 {
		return page, nonce, string(b[4:4+len(magic)]) == magic
	}
	if page == 0 || uint64(page) > 2*uint64(db.main.pages)+1024 {
		return 0, 0, false
	}
	_, err := parsePage(b[4:4+db.pageSize], page, db.pageSize)
	return page, nonce, err == nil
}
