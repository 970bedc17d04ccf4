package casefile

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/vigie-project/vigie/record"
)

// A sorted file holds entries of the timeline one after the other. What many
// entries share is written once, as a head, and referred to by its number:
//
//	uvarint  number of the head, from 1; after 0 a new one is written out, seven
//	         texts, each after its length, which gets the next number
//	uvarint  length of what follows
//	uint64   instant, so that it sorts: see timelineKey
//	byte     1 if the clock of the device has no zone, 3 if its offset is known
//	varint   that offset, in seconds east of UTC, and
//	byte     how it is known; only after 3
//	varint   row
//	varint   offset
//	text     summary
//
// Before one more than maxHeads, all are forgotten.
const maxHeads = 512

// maxEntry bounds a text of an entry, in bytes. Summaries are one line.
const maxEntry = 1 << 20

var errEntry = errors.New("an entry is damaged")

// A head is what many entries of a sorted file share.
type head struct {
	fields, artifact, source, path, stored, table string
	state                                         record.State
}

func (h *head) append(b []byte) []byte {
	for _, text := range [...]string{h.fields, h.artifact, h.source, h.path, h.stored, h.table, string(h.state)} {
		b = binary.AppendUvarint(b, uint64(len(text)))
		b = append(b, text...)
	}
	return b
}

// heads numbers the heads of a sorted file that is being written.
type heads struct{ ids map[head]int }

// append appends a reference to a head, with the head itself if it is new.
func (s *heads) append(b []byte, h *head) []byte {
	if id, ok := s.ids[*h]; ok {
		return binary.AppendUvarint(b, uint64(id))
	}
	if len(s.ids) == maxHeads || s.ids == nil {
		s.ids = map[head]int{}
	}
	s.ids[*h] = len(s.ids) + 1
	return h.append(append(b, 0))
}

// Flags of a body.
const (
	isLocal    = 1
	isResolved = 2
)

// appendBody appends what an entry does not share with others.
func appendBody(b []byte, nano int64, m *record.Moment, o *record.Origin, summary string) []byte {
	b = binary.BigEndian.AppendUint64(b, sortable(nano))
	switch {
	case m.Local && m.Quality != record.NoOffset:
		b = binary.AppendVarint(append(b, isLocal|isResolved), int64(m.Offset))
		b = append(b, byte(m.Quality))
	case m.Local:
		b = append(b, isLocal)
	default:
		b = append(b, 0)
	}
	b = binary.AppendVarint(b, o.Row)
	b = binary.AppendVarint(b, o.Offset)
	return append(b, summary...)
}

// A runReader reads one sorted file.
type runReader struct {
	order int // of the file among all: source, job, number
	f     *os.File
	r     *bufio.Reader
	heads []head
	buf   []byte

	head  *head
	key   uint64 // of the entry
	entry []byte // its body
}

func openRun(name string, order int) (*runReader, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	return &runReader{order: order, f: f, r: bufio.NewReaderSize(f, bufferSize)}, nil
}

// next reads the next entry; false at the end.
func (r *runReader) next() (bool, error) {
	id, err := binary.ReadUvarint(r.r)
	if err == io.EOF {
		return false, nil
	}
	if err == nil {
		err = r.refer(id)
	}
	if err == nil {
		r.entry, err = r.bytes()
	}
	if err == nil && len(r.entry) < 11 {
		err = errEntry
	}
	if err != nil {
		return false, fmt.Errorf("merge timeline: %s: %w", filepath.Base(r.f.Name()), err)
	}
	r.key = binary.BigEndian.Uint64(r.entry)
	return true, nil
}

// refer finds a head by its number, or reads a new one.
func (r *runReader) refer(id uint64) error {
	switch {
	case id > uint64(len(r.heads)):
		return errEntry
	case id > 0:
		r.head = &r.heads[id-1]
		return nil
	}
	var h head
	for _, p := range [...]*string{&h.fields, &h.artifact, &h.source, &h.path, &h.stored, &h.table, (*string)(&h.state)} {
		b, err := r.bytes()
		if err != nil {
			return err
		}
		*p = string(b)
	}
	if len(r.heads) == maxHeads {
		r.heads = r.heads[:0]
	}
	r.heads = append(r.heads, h)
	r.head = &r.heads[len(r.heads)-1]
	return nil
}

// bytes reads a text after its length. It is valid until the next one.
func (r *runReader) bytes() ([]byte, error) {
	n, err := binary.ReadUvarint(r.r)
	if err == nil && n > maxEntry {
		err = fmt.Errorf("a text of %d bytes", n)
	}
	if err != nil {
		return nil, err
	}
	if uint64(cap(r.buf)) < n {
		r.buf = make([]byte, n)
	}
	r.buf = r.buf[:n]
	_, err = io.ReadFull(r.r, r.buf)
	return r.buf, err
}

// decode returns the entry that was read last.
func (r *runReader) decode() (Entry, error) {
	h := r.head
	e := Entry{
		Time: time.Unix(0, int64(r.key^1<<63)).UTC(), Local: r.entry[8]&isLocal != 0, Fields: h.fields, Artifact: h.artifact,
		Origin: record.Origin{Source: h.source, Path: h.path, Stored: h.stored, Table: h.table, State: h.state},
	}
	b := r.entry[9:]
	if r.entry[8]&isResolved != 0 {
		n, size := binary.Varint(b)
		if size <= 0 || size == len(b) || n != int64(int32(n)) {
			return e, errEntry
		}
		e.Offset, e.Quality, b = int32(n), record.Quality(b[size]), b[size+1:]
	}
	for _, p := range [...]*int64{&e.Origin.Row, &e.Origin.Offset} {
		n, size := binary.Varint(b)
		if size <= 0 {
			return e, errEntry
		}
		*p, b = n, b[size:]
	}
	e.Summary = string(b)
	return e, nil
}
