// Package segb reads segment files of Apple's event streams (Biome): records
// with a time, a state and a payload, which is a protocol buffer most often.
//
// There are two forms. Version 1, up to iOS 16, has a header of 56 bytes that
// ends with "SEGB", and records one after the other. Version 2, from iOS 17,
// begins with "SEGB" and ends with a table that says where records end. The
// system deletes a record by changing its state, and mostly its payload to
// zeros; its times stay.
//
// The format is described by CCL Solutions Group
// (https://www.cclsolutionsgroup.com/post/a-biome-specification) and by
// https://github.com/cclgroupltd/ccl-segb.
package segb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"
)

// Magic is in both forms of header.
const Magic = "SEGB"

// Limits. Segments have 128 KiB to 5 MiB.
const (
	maxFile    = 1 << 30  // bytes of a segment
	maxPayload = 64 << 20 // bytes of a record
	maxRecords = 1 << 22  // records of a segment of version 2
)

// Sizes of structures in bytes.
const (
	headerSize1 = 56 // version 1
	recordSize1 = 32 // before the payload of version 1
	headerSize2 = 32 // version 2
	recordSize2 = 8  // before the payload of version 2
	slotSize2   = 16 // of the table at the end of version 2
)

// ErrFormat is matched by errors that say that the file is no segment, or that
// a part of it cannot be one.
var ErrFormat = errors.New("not a valid segment file")

// A State says what became of a record.
type State int32

// The states that are known.
const (
	Written State = 1
	Deleted State = 3 // most have a payload of zeros
	Unknown State = 4 // observed on empty records
)

// String returns the name of the state, or its number.
func (s State) String() string {
	switch s {
	case Written:
		return "written"
	case Deleted:
		return "deleted"
	}
	return fmt.Sprintf("state %d", int32(s))
}

// A Segment is the header of a file.
type Segment struct {
	Version int     // 1 or 2
	Created float64 // seconds since 2001-01-01 UTC; 0 if unknown
	Name    string  // of the segment, from version 1: microseconds since 2001 as text

	r     io.ReaderAt
	size  int64
	end   int64 // of the records of version 1
	slots int64 // of the table of version 2
}

// A Record is one record of a segment.
type Record struct {
	State    State
	Time     float64 // seconds since 2001-01-01 UTC
	Modified float64 // second time of version 1, seconds since 2001-01-01 UTC; usually the same
	Data     []byte
	Offset   int64 // of the payload in the file
	Valid    bool  // the checksum is that of the payload; it is not of deleted records
	Empty    bool  // the payload is nothing but zeros
}

// Open reads the header of a segment. An empty file is no segment.
func Open(r io.ReaderAt, size int64) (*Segment, error) {
	if size > maxFile {
		return nil, fmt.Errorf("open segment: %d bytes are more than %d", size, int64(maxFile))
	}
	head := make([]byte, headerSize1)
	n, err := r.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	head = head[:n]
	s := &Segment{r: r, size: size}
	switch {
	case n >= headerSize2 && string(head[:4]) == Magic:
		s.Version, s.Created = 2, real64(head[8:])
		s.slots = int64(binary.LittleEndian.Uint32(head[4:]))
		if most := (size - headerSize2) / slotSize2; s.slots > most || s.slots > maxRecords {
			return nil, fmt.Errorf("open segment: %w: %d records do not fit", ErrFormat, s.slots)
		}
	case n == headerSize1 && string(head[52:]) == Magic:
		s.Version, s.Created = 1, real64(head[8:])
		s.end = int64(binary.LittleEndian.Uint32(head))
		name := head[20:52]
		if i := slices.Index(name, 0); i >= 0 {
			name = name[:i]
		}
		s.Name = string(name)
		if s.end < headerSize1 {
			s.end = headerSize1
		}
	default:
		return nil, fmt.Errorf("open segment: %w: neither header", ErrFormat)
	}
	return s, nil
}

// Records calls yield with each record in the order of the file, whatever its
// state, until yield returns false. The data belong to the caller. A record
// that cannot be read gives an error; in version 1 nothing after it can be
// found.
func (s *Segment) Records(yield func(Record, error) bool) {
	if s.Version == 1 {
		s.records1(yield)
		return
	}
	s.records2(yield)
}

func (s *Segment) records1(yield func(Record, error) bool) {
	end := min(s.end, s.size)
	head := make([]byte, recordSize1)
	at := int64(headerSize1)
	for at < end {
		if err := s.read(head, at); err != nil {
			yield(Record{}, err)
			return
		}
		n := int64(int32(binary.LittleEndian.Uint32(head)))
		if n < 0 || n > maxPayload || n > s.size-at-recordSize1 {
			yield(Record{}, fmt.Errorf("read record at offset %d: %w: %d bytes", at, ErrFormat, n))
			return
		}
		rec := Record{
			State: State(int32(binary.LittleEndian.Uint32(head[4:]))),
			Time:  real64(head[8:]), Modified: real64(head[16:]),
		}
		if err := s.payload(&rec, at+recordSize1, n, binary.LittleEndian.Uint32(head[24:])); err != nil {
			yield(Record{}, err)
			return
		}
		if !yield(rec, nil) {
			return
		}
		at += recordSize1 + (n+7)&^7
	}
	if s.end > s.size {
		yield(Record{}, fmt.Errorf("read segment: cut after %d of %d bytes", s.size, s.end))
	}
}

// A slot is one entry of the table of version 2.
type slot struct {
	end   int64 // of the record, relative to the end of the header
	state State
	time  float64
}

func (s *Segment) records2(yield func(Record, error) bool) {
	table := make([]byte, s.slots*slotSize2)
	if err := s.read(table, s.size-int64(len(table))); err != nil {
		yield(Record{}, err)
		return
	}
	slots := make([]slot, 0, s.slots)
	limit := s.size - headerSize2 - int64(len(table))
	for ; len(table) > 0; table = table[slotSize2:] {
		e := slot{
			end:   int64(int32(binary.LittleEndian.Uint32(table))),
			state: State(int32(binary.LittleEndian.Uint32(table[4:]))), time: real64(table[8:]),
		}
		if e == (slot{}) {
			continue // not used
		}
		if e.end < recordSize2 || e.end > limit {
			if !yield(Record{}, fmt.Errorf("read table: %w: a record ends at %d of %d", ErrFormat, e.end, limit)) {
				return
			}
			continue
		}
		slots = append(slots, e)
	}
	slices.SortStableFunc(slots, func(a, b slot) int { return int(a.end - b.end) })
	start, last := int64(0), int64(0) // of the record, and the end of the one before
	for _, e := range slots {
		if e.end != last {
			start, last = (last+3)&^3, e.end // otherwise one more entry for the same bytes
		}
		if !s.record2(e, start, yield) {
			return
		}
	}
}

func (s *Segment) record2(e slot, start int64, yield func(Record, error) bool) bool {
	at := headerSize2 + start
	n := e.end - start - recordSize2
	if n < 0 || n > maxPayload {
		return yield(Record{}, fmt.Errorf("read record at offset %d: %w: %d bytes", at, ErrFormat, n))
	}
	head := make([]byte, recordSize2)
	if err := s.read(head, at); err != nil {
		return yield(Record{}, err)
	}
	rec := Record{State: e.state, Time: e.time}
	if err := s.payload(&rec, at+recordSize2, n, binary.LittleEndian.Uint32(head)); err != nil {
		return yield(Record{}, err)
	}
	return yield(rec, nil)
}

// payload reads the data of a record and checks it.
func (s *Segment) payload(rec *Record, at, n int64, sum uint32) error {
	rec.Offset, rec.Data = at, make([]byte, n)
	if err := s.read(rec.Data, at); err != nil {
		return err
	}
	rec.Valid = crc32.ChecksumIEEE(rec.Data) == sum
	rec.Empty = !slices.ContainsFunc(rec.Data, func(b byte) bool { return b != 0 })
	return nil
}

// read fills b from an offset.
func (s *Segment) read(b []byte, at int64) error {
	if n, err := s.r.ReadAt(b, at); n < len(b) {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("read %d bytes at offset %d: %w", len(b), at, err)
	}
	return nil
}

// real64 reads a double.
func real64(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }
