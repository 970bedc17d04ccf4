package evidence

import (
	"container/list"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
)

// Sizes of random access to compressed content.
const (
	streamBlock   = 128 << 10 // bytes that are decoded and kept together
	streamCursors = 3         // places at which one stream is decoded at the same time
	streamNear    = 1 << 20   // bytes before a place from which it is waited for that a cursor comes there
	markSpan      = 1 << 20   // bytes between marks, doubled when there are too many
	cacheBlocks   = 384       // blocks kept by one cache, 48 MiB
)

// A cursor decodes a stream forward from some place.
type cursor interface {
	io.Reader
	mark() resumer // how to come back here; nil if that is not possible
}

// A resumer makes a cursor at the place where it was taken.
type resumer func() (cursor, error)

// A stream gives random access to compressed content. It keeps marks to resume
// decoding at and, in a shared cache, the blocks decoded last; nothing is
// written. Content that cannot be resumed is decoded from its start again, where
// no cursor stands before the place wanted.
type stream struct {
	size     int64 // of the plaintext; -1 until its end was seen
	maxMarks int
	start    resumer
	cache    *blockCache

	mu      sync.Mutex
	moved   *sync.Cond      // a cursor has decoded a block
	cursors []*streamCursor // the one used last at the end
	marks   []streamMark    // in ascending order
	span    int64
	failed  error // what decoding ended with, at failedAt
	failAt  int64
}

type streamMark struct {
	out    int64
	resume resumer
}

type streamCursor struct {
	cursor
	at   int64
	busy bool // decoding, by the reader that took it
}

// newStream returns a stream of size bytes of plaintext, -1 if unknown.
func newStream(start resumer, size int64, maxMarks int, cache *blockCache) *stream {
	s := &stream{size: size, start: start, maxMarks: maxMarks, cache: cache, span: markSpan, failAt: -1}
	s.moved = sync.NewCond(&s.mu)
	return s
}

// ReadAt implements [io.ReaderAt].
func (s *stream) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("read at a negative offset")
	}
	n := 0
	for n < len(p) {
		at := off + int64(n)
		block, err := s.block(at / streamBlock)
		if in := at % streamBlock; in < int64(len(block)) {
			n += copy(p[n:], block[in:])
			continue
		}
		if err == nil {
			err = io.EOF
		}
		return n, err
	}
	return n, nil
}

// block returns a block, which is short if an error or the end comes in it.
// Blocks far from each other are decoded at the same time, by a cursor each; one
// that a cursor is about to reach is waited for.
func (s *stream) block(k int64) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	start := k * streamBlock
	for {
		if b, ok := s.cache.get(s, k); ok {
			return b, s.endAt(start + int64(len(b)))
		}
		if err := s.endAt(start); err != nil {
			return nil, err
		}
		if !s.approached(start) {
			break
		}
		s.moved.Wait()
	}
	c, err := s.cursorBefore(start)
	if err != nil {
		return nil, err
	}
	c.busy = true
	defer func() {
		c.busy = false
		s.moved.Broadcast()
	}()
	for {
		b, at, err := s.decode(c)
		if at == start {
			return b, s.endAt(at + int64(len(b)))
		}
		if err != nil {
			return nil, s.endAt(start)
		}
	}
}

// approached reports whether a cursor that is decoding will soon be at an offset.
func (s *stream) approached(off int64) bool {
	return slices.ContainsFunc(s.cursors, func(c *streamCursor) bool { return c.busy && c.at <= off && off-c.at <= streamNear })
}

// decode decodes the next block of a busy cursor, without the lock, and keeps it.
func (s *stream) decode(c *streamCursor) (b []byte, at int64, err error) {
	at = c.at
	s.mu.Unlock()
	b = make([]byte, streamBlock)
	n, err := io.ReadFull(c, b)
	b = b[:n:n]
	s.mu.Lock()
	c.at += int64(n)
	if n > 0 {
		s.cache.put(s, at/streamBlock, b)
	}
	if err != nil {
		s.end(c, err)
	} else {
		s.markAt(c)
	}
	s.moved.Broadcast()
	return b, at, err
}

// end notes that decoding ended at a cursor.
func (s *stream) end(c *streamCursor, err error) {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		// ReadFull turns the end of the stream into an unexpected one.
		var p [1]byte
		if _, err = c.Read(p[:]); err == nil {
			err = io.EOF
		}
	}
	s.failAt, s.failed = c.at, err
	if errors.Is(err, io.EOF) && s.size < 0 {
		s.size = c.at
	}
	s.drop(c)
}

// endAt returns the error with which content ends at or before an offset, nil if
// it goes on there as far as known.
func (s *stream) endAt(off int64) error {
	if s.failAt >= 0 && off >= s.failAt {
		return s.failed
	}
	return nil
}

func (s *stream) drop(c *streamCursor) {
	for i, o := range s.cursors {
		if o == c {
			s.cursors = append(s.cursors[:i], s.cursors[i+1:]...)
			closeCursor(o.cursor)
			return
		}
	}
}

func closeCursor(c cursor) {
	if c, ok := c.(interface{ close() }); ok {
		c.close()
	}
}

// cursorBefore returns the idle cursor nearest before an offset, or a new one.
func (s *stream) cursorBefore(off int64) (*streamCursor, error) {
	best := -1
	for i, c := range s.cursors {
		if !c.busy && c.at <= off && (best < 0 || c.at > s.cursors[best].at) {
			best = i
		}
	}
	from, resume := int64(0), s.start
	for i := len(s.marks) - 1; i >= 0; i-- {
		if s.marks[i].out <= off {
			from, resume = s.marks[i].out, s.marks[i].resume
			break
		}
	}
	if best >= 0 && s.cursors[best].at >= from {
		c := s.cursors[best]
		s.cursors = append(append(s.cursors[:best], s.cursors[best+1:]...), c)
		return c, nil
	}
	made, err := resume()
	if err != nil {
		return nil, err
	}
	if idle := slices.IndexFunc(s.cursors, func(c *streamCursor) bool { return !c.busy }); len(s.cursors) >= streamCursors && idle >= 0 {
		s.drop(s.cursors[idle])
	}
	c := &streamCursor{cursor: made, at: from}
	s.cursors = append(s.cursors, c)
	return c, nil
}

// markAt keeps a mark at the cursor if it is far enough from the last.
func (s *stream) markAt(c *streamCursor) {
	if n := len(s.marks); n > 0 && c.at < s.marks[n-1].out+s.span || n == 0 && c.at < s.span {
		return
	}
	resume := c.mark()
	if resume == nil {
		return
	}
	s.marks = append(s.marks, streamMark{c.at, resume})
	if len(s.marks) < s.maxMarks {
		return
	}
	kept := s.marks[:0]
	for i := 1; i < len(s.marks); i += 2 {
		kept = append(kept, s.marks[i])
	}
	clear(s.marks[len(kept):])
	s.marks = kept
	s.span *= 2
}

// close frees the cursors and marks.
func (s *stream) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.cursors {
		closeCursor(c.cursor)
	}
	s.cursors, s.marks = nil, nil
}

// A blockCache keeps the blocks of several streams that were used last.
type blockCache struct {
	mu     sync.Mutex
	blocks map[blockKey]*list.Element
	order  *list.List // of *cachedBlock, the one used last at the front
}

type blockKey struct {
	s *stream
	k int64
}

type cachedBlock struct {
	key  blockKey
	data []byte
}

func newBlockCache() *blockCache {
	return &blockCache{blocks: make(map[blockKey]*list.Element), order: list.New()}
}

func (c *blockCache) get(s *stream, k int64) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.blocks[blockKey{s, k}]
	if !ok {
		return nil, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*cachedBlock).data, true
}

func (c *blockCache) put(s *stream, k int64, data []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := blockKey{s, k}
	if e, ok := c.blocks[key]; ok {
		e.Value.(*cachedBlock).data = data
		c.order.MoveToFront(e)
		return
	}
	c.blocks[key] = c.order.PushFront(&cachedBlock{key, data})
	if c.order.Len() > cacheBlocks {
		last := c.order.Back()
		c.order.Remove(last)
		delete(c.blocks, last.Value.(*cachedBlock).key)
	}
}

// errLonger says that content goes on beyond the size its archive declares.
var errLonger = errors.New("longer than the archive says")

// errChecksum says that content was decoded, but is not what was compressed.
var errChecksum = errors.New("checksum differs")

// streamError names what was read in an error of decoding.
func streamError(what string, err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return fmt.Errorf("decompress %s: %w", what, err)
}
