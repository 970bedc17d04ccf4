package unifiedlog

import (
	"bytes"
	"container/list"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
)

// Limits of what is kept of files at a time.
const (
	maxOpen     = 48        // files held open
	maxHeld     = 64 << 20  // bytes of files that cannot be read at an offset, beyond the one in use
	maxWhole    = 512 << 20 // bytes of the largest such file
	blockSize   = 64 << 10  // bytes of strings files read at a time
	maxBlocks   = 256       // blocks kept: 16 MiB
	maxFileSize = 1 << 40   // bytes of any file
)

// A handle is an open file of the store.
type handle struct {
	io.ReaderAt
	name    string
	size    int64
	held    int64 // bytes in memory, if the file had to be read whole
	file    fs.File
	uses    int
	dropped bool
	elem    *list.Element
}

// A fileCache opens the files of a store, keeps a bounded number open, and reads
// those whole that cannot be read at an offset. It is safe for concurrent use.
type fileCache struct {
	fsys  fs.FS
	mu    sync.Mutex
	open  map[string]*handle
	order list.List // of *handle, the one used last first
	held  int64
}

// acquire opens a file; release ends its use.
func (c *fileCache) acquire(name string) (*handle, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.open[name]
	if h == nil {
		var err error
		if h, err = c.read(name); err != nil {
			return nil, err
		}
		if c.open == nil {
			c.open = map[string]*handle{}
		}
		c.open[name] = h
		h.elem = c.order.PushFront(h)
		c.held += h.held
		c.shrink(h)
	}
	c.order.MoveToFront(h.elem)
	h.uses++
	return h, nil
}

func (c *fileCache) read(name string) (*handle, error) {
	f, err := c.fsys.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("read %q: not a file", name)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	if r, ok := f.(io.ReaderAt); ok {
		return &handle{ReaderAt: r, name: name, size: min(info.Size(), maxFileSize), file: f}, nil
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxWhole+1))
	if len(data) > maxWhole {
		return nil, fmt.Errorf("read %q: more than %d bytes and no access at an offset", name, maxWhole)
	}
	if err != nil && len(data) == 0 {
		return nil, err
	}
	n := int64(len(data))
	return &handle{ReaderAt: bytes.NewReader(data), name: name, size: n, held: n}, nil
}

// shrink drops what was used least recently, but not keep.
func (c *fileCache) shrink(keep *handle) {
	for e := c.order.Back(); e != nil && (len(c.open) > maxOpen || c.held > maxHeld); {
		h := e.Value.(*handle)
		e = e.Prev()
		if h != keep {
			c.drop(h)
		}
	}
}

func (c *fileCache) drop(h *handle) {
	delete(c.open, h.name)
	c.order.Remove(h.elem)
	c.held -= h.held
	h.dropped = true
	if h.uses == 0 && h.file != nil {
		h.file.Close()
	}
}

func (c *fileCache) release(h *handle) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if h.uses--; h.uses == 0 && h.dropped && h.file != nil {
		h.file.Close()
	}
}

// close closes all files that are not in use, and the others when they are
// released.
func (c *fileCache) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, h := range c.open {
		c.drop(h)
	}
}

// readFull reads len(p) bytes at off; fewer are an error.
func readFull(r io.ReaderAt, p []byte, off int64) error {
	n, err := r.ReadAt(p, off)
	if n == len(p) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// A blockCache reads strings files in blocks and keeps the last ones, since
// access at an offset may be slow. It is safe for concurrent use.
type blockCache struct {
	files  *fileCache
	mu     sync.Mutex
	blocks map[blockKey]*list.Element
	order  list.List // of *block
}

type blockKey struct {
	name string
	n    int64
}

type block struct {
	key  blockKey
	data []byte
}

// readAt appends up to n bytes at off of a file to dst; there are fewer at the
// end of the file.
func (c *blockCache) readAt(dst []byte, name string, off int64, n int) ([]byte, error) {
	for n > 0 {
		b, err := c.block(blockKey{name, off / blockSize})
		if err != nil {
			return dst, err
		}
		at := int(off % blockSize)
		if at >= len(b) {
			return dst, nil
		}
		part := b[at:min(len(b), at+n)]
		dst = append(dst, part...)
		off += int64(len(part))
		n -= len(part)
	}
	return dst, nil
}

func (c *blockCache) block(k blockKey) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.blocks[k]; e != nil {
		c.order.MoveToFront(e)
		return e.Value.(*block).data, nil
	}
	h, err := c.files.acquire(k.name)
	if err != nil {
		return nil, err
	}
	defer c.files.release(h)
	n := min(blockSize, h.size-k.n*blockSize)
	if n <= 0 {
		return nil, nil
	}
	data := make([]byte, n)
	got, err := h.ReadAt(data, k.n*blockSize)
	if got == 0 && err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if c.blocks == nil {
		c.blocks = map[blockKey]*list.Element{}
	}
	c.blocks[k] = c.order.PushFront(&block{k, data[:got]})
	if len(c.blocks) > maxBlocks {
		last := c.order.Back()
		c.order.Remove(last)
		delete(c.blocks, last.Value.(*block).key)
	}
	return data[:got], nil
}
