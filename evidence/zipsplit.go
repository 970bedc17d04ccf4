package evidence

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// maxPieces bounds the pieces of a split archive.
const maxPieces = 10_000

// pieces are the files of a split archive, read as one. A zip archive that was
// split by its own rules (.z01, .z02, …, .zip; APPNOTE.TXT 8) counts offsets
// from the start of each piece.
type pieces struct {
	files  []*os.File
	starts []int64 // of each piece
	size   int64   // of all
	own    bool    // offsets count from the start of a piece
}

// ReadAt implements [io.ReaderAt].
func (p *pieces) ReadAt(b []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errors.New("read at a negative offset")
	}
	for n < len(b) {
		at := off + int64(n)
		if at >= p.size {
			return n, io.EOF
		}
		i := sort.Search(len(p.starts), func(i int) bool { return p.starts[i] > at }) - 1
		end := p.size
		if i+1 < len(p.starts) {
			end = p.starts[i+1]
		}
		m, err := p.files[i].ReadAt(b[n:n+int(min(int64(len(b)-n), end-at))], at-p.starts[i])
		n += m
		if err != nil && (m == 0 || !errors.Is(err, io.EOF)) {
			return n, err
		}
	}
	return n, nil
}

// Close closes the pieces.
func (p *pieces) Close() error {
	var errs []error
	for _, f := range p.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// add opens one more piece.
func (p *pieces) add(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("open piece of a split archive: %w", err)
	}
	p.files = append(p.files, f)
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("open piece of a split archive: %w", err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("open piece of a split archive: %s: %w", filepath.Base(name), errNotRegular)
	}
	p.starts = append(p.starts, p.size)
	p.size += info.Size()
	return nil
}

// start returns where a piece begins; offsets of an archive that is not split by
// the rules of zip count from its start.
func (p *pieces) start(piece uint32) (uint64, error) {
	if !p.own {
		return 0, nil
	}
	if int64(piece) >= int64(len(p.starts)) {
		return 0, fmt.Errorf("%w: piece %d of %d", errZip, piece+1, len(p.starts))
	}
	return uint64(p.starts[piece]), nil
}

// pieceStart returns where a piece of the source begins, 0 if it has none.
func pieceStart(src io.ReaderAt, piece uint32) (uint64, error) {
	if p, ok := src.(*pieces); ok {
		return p.start(piece)
	}
	return 0, nil
}

// openPieces opens the pieces that the file at name is one of, nil if it is no
// piece: .z01 and on with .zip as the last, or .001 and on. A piece that is
// missing in between is an error.
func openPieces(name string) (*pieces, error) {
	stem, ext := strings.TrimSuffix(name, filepath.Ext(name)), filepath.Ext(name)
	p := &pieces{}
	var err error
	switch lower := strings.ToLower(ext); {
	case lower == ".001":
		for i := 1; i <= maxPieces; i++ {
			next := fmt.Sprintf("%s.%03d", stem, i)
			if _, serr := os.Stat(next); serr != nil {
				break
			}
			if err = p.add(next); err != nil {
				break
			}
		}
	case lower == ".zip" || lower == ".z01":
		last := name
		if lower == ".z01" {
			last = stem + map[bool]string{true: ".zip", false: ".ZIP"}[ext == ".z01"]
		}
		count, cerr := countPieces(last)
		if cerr != nil || count < 2 {
			return nil, cerr
		}
		p.own = true
		for i := 1; i < count && err == nil; i++ {
			err = p.add(fmt.Sprintf("%s.%c%02d", stem, filepath.Ext(last)[1], i))
		}
		if err == nil {
			err = p.add(last)
		}
	}
	if err != nil {
		p.Close()
		return nil, err
	}
	if len(p.files) == 0 {
		return nil, nil
	}
	return p, nil
}

// countPieces reads from the end of a zip archive how many pieces it has.
func countPieces(name string) (int, error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, fmt.Errorf("open last piece of a split archive: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return 0, nil
	}
	tail := make([]byte, min(info.Size(), sizeEnd+sizeLocator+maxComment))
	if _, err := f.ReadAt(tail, info.Size()-int64(len(tail))); err != nil {
		return 0, nil // whoever reads the archive says why
	}
	i := strings.LastIndex(string(tail), sigEnd)
	if i < 0 || len(tail)-i < sizeEnd {
		return 0, nil
	}
	le := binary.LittleEndian
	count := int(le.Uint16(tail[i+4:])) + 1
	if count > 0xffff { // the 64-bit locator says it
		at := i - sizeLocator
		if at < 0 || string(tail[at:at+4]) != sigLocator {
			return 0, nil
		}
		count = int(le.Uint32(tail[at+16:]))
	}
	if count > maxPieces {
		return 0, fmt.Errorf("%w: %d pieces", errZip, count)
	}
	return count, nil
}
