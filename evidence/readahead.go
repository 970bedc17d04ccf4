package evidence

import (
	"io"
	"sync"
)

// aheadSize is the size of the pieces that are read in advance.
const aheadSize = 1 << 20

// A readAhead reads the next piece of its source on another processor while the
// piece before is used, once reads follow each other. It holds two pieces.
type readAhead struct {
	src  io.ReaderAt
	size int64

	mu      sync.Mutex
	pieces  [2]*aheadPiece // the newest first
	lastEnd int64          // where the last read ended
}

// An aheadPiece is one piece; its content is there once done is closed.
type aheadPiece struct {
	off  int64
	done chan struct{}
	data []byte
	err  error
}

func newReadAhead(src io.ReaderAt, size int64) *readAhead {
	return &readAhead{src: src, size: size, lastEnd: -1}
}

// ReadAt implements [io.ReaderAt].
func (r *readAhead) ReadAt(p []byte, off int64) (int, error) {
	if len(p) >= aheadSize || off < 0 || off >= r.size {
		return r.src.ReadAt(p, off)
	}
	piece := r.piece(off, int64(len(p)))
	if piece == nil {
		return r.src.ReadAt(p, off)
	}
	<-piece.done
	if piece.err != nil {
		return r.src.ReadAt(p, off)
	}
	n := copy(p, piece.data[off-piece.off:])
	if n == len(p) {
		return n, nil
	}
	m, err := r.src.ReadAt(p[n:], off+int64(n))
	return n + m, err
}

// piece returns the piece that holds the offset, and starts reading the next
// one. It is nil for a read that follows none.
func (r *readAhead) piece(off, n int64) *aheadPiece {
	r.mu.Lock()
	defer r.mu.Unlock()
	follows := off == r.lastEnd
	r.lastEnd = off + n
	for _, p := range r.pieces {
		if p != nil && off >= p.off && off < p.off+aheadSize {
			if p == r.pieces[0] {
				r.start(p.off + aheadSize)
			}
			return p
		}
	}
	if !follows {
		return nil
	}
	p := r.start(off &^ (aheadSize - 1))
	return p
}

// start begins to read the piece at an offset. The caller holds the lock.
func (r *readAhead) start(off int64) *aheadPiece {
	if off >= r.size {
		return nil
	}
	p := &aheadPiece{off: off, done: make(chan struct{})}
	r.pieces[1], r.pieces[0] = r.pieces[0], p
	go func() {
		defer close(p.done)
		p.data = make([]byte, min(aheadSize, r.size-off))
		n, err := r.src.ReadAt(p.data, off)
		if n < len(p.data) {
			p.err = err
		}
	}()
	return p
}
