package sqlite

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The sizes of the headers of a log and of each of its frames.
const (
	walHeaderSize   = 32
	frameHeaderSize = 24
	maxFrames       = 1 << 22 // frames of a log
)

// walMagic opens a write-ahead log. Its lowest bit says that the checksums are
// over big-endian words.
const walMagic = 0x377f0682

// frame is one page in the log.
type frame struct {
	off    int64 // of the page in the file
	page   uint32
	commit uint32 // pages of the database after this transaction, 0 if it goes on
	salt   uint64 // names the generation of the log that wrote the frame
}

// wal is a write-ahead log: every frame in the order of the file, of which the
// first valid ones are in force.
type wal struct {
	frames []frame
	valid  int
	pages  uint32 // pages of the database after the last commit
}

// readWAL lists the frames of the log and finds the last one in force, as SQLite
// does in recovery: all frames up to the last commit before the first whose salt
// or checksum is wrong.
func (db *DB) readWAL() {
	size := db.pager.sizes[WALFile]
	if size == 0 {
		return
	}
	fail := func(err error) { db.problem(fmt.Errorf("read log: %w", err)) }
	head := make([]byte, walHeaderSize)
	if size < walHeaderSize {
		fail(fmt.Errorf("%w: %d bytes", ErrFormat, size))
		return
	}
	r := db.pager.files[WALFile]
	if _, err := readFull(r, head, 0); err != nil {
		fail(err)
		return
	}
	var order binary.ByteOrder = binary.LittleEndian
	if be32(head, 0)&1 != 0 {
		order = binary.BigEndian
	}
	sum := checksum(order, [2]uint32{}, head[:24])
	usable := be32(head, 0)&^1 == walMagic && sum == [2]uint32{be32(head, 24), be32(head, 28)}
	pageSize := int(be32(head, 8))
	switch {
	case !usable && db.pageSize == 0:
		fail(fmt.Errorf("%w: bad header", ErrFormat))
		return
	case !usable:
		fail(fmt.Errorf("%w: bad header, no frame is in force", ErrFormat))
	case !validPageSize(pageSize):
		fail(fmt.Errorf("%w: page size %d", ErrFormat, pageSize))
		return
	case db.pageSize == 0:
		db.pageSize = pageSize
	case pageSize != db.pageSize:
		fail(fmt.Errorf("%w: page size %d in a database of %d", ErrFormat, pageSize, db.pageSize))
		return
	}
	db.readFrames(order, sum, binary.BigEndian.Uint64(head[16:]), usable)
}

// readFrames reads the frames, of which none is in force unless valid is set.
func (db *DB) readFrames(order binary.ByteOrder, sum [2]uint32, salt uint64, valid bool) {
	step := int64(frameHeaderSize + db.pageSize)
	size := db.pager.sizes[WALFile]
	b := make([]byte, max(chunkSize/step, 1)*step)
	for off := int64(walHeaderSize); off+step <= size; {
		n := min(int64(len(b)), (size-off)/step*step)
		if m, err := readFull(db.pager.files[WALFile], b[:n], off); err != nil {
			db.problem(fmt.Errorf("read log: %w", err))
			n = int64(m) / step * step
		}
		for i := int64(0); i < n; i += step {
			f := b[i : i+step]
			fr := frame{off + i + frameHeaderSize, be32(f, 0), be32(f, 4), binary.BigEndian.Uint64(f[8:])}
			if valid {
				next := checksum(order, checksum(order, sum, f[:8]), f[frameHeaderSize:])
				valid = fr.salt == salt && fr.page != 0 && next == [2]uint32{be32(f, 16), be32(f, 20)}
				sum = next
			}
			db.log.frames = append(db.log.frames, fr)
			if valid && fr.commit != 0 {
				db.log.valid, db.log.pages = len(db.log.frames), fr.commit
			}
		}
		if n == 0 {
			return
		}
		off += n
		if len(db.log.frames) > maxFrames {
			db.problem(fmt.Errorf("read log: more than %d frames", maxFrames))
			return
		}
	}
	if rest := (size - walHeaderSize) % step; rest != 0 {
		db.problem(fmt.Errorf("read log: the file ends within a frame of which it has %d bytes", rest))
	}
}

// checksum goes on with the checksum of a log over b, whose length is a multiple
// of 8.
func checksum(order binary.ByteOrder, s [2]uint32, b []byte) [2]uint32 {
	if order == binary.LittleEndian {
		for ; len(b) >= 8; b = b[8:] {
			s[0] += binary.LittleEndian.Uint32(b) + s[1]
			s[1] += binary.LittleEndian.Uint32(b[4:]) + s[0]
		}
		return s
	}
	for ; len(b) >= 8; b = b[8:] {
		s[0] += binary.BigEndian.Uint32(b) + s[1]
		s[1] += binary.BigEndian.Uint32(b[4:]) + s[0]
	}
	return s
}

// applyWAL lays the frames in force over the main file.
func (db *DB) applyWAL() {
	if db.log.valid == 0 {
		return
	}
	over := map[uint32]place{}
	for _, f := range db.log.frames[:db.log.valid] {
		if f.page <= db.log.pages {
			over[f.page] = place{f.off, WALFile}
		} else {
			delete(over, f.page)
		}
	}
	if db.log.pages == 0 {
		db.problem(errors.New("read log: empty database after the last commit"))
		return
	}
	db.live = *db.live.with(over, db.log.pages)
}
