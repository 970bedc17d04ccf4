package unifiedlog

import (
	"errors"
	"io"
)

// ImagePath returns the path of the image whose strings a uuidtext file holds, and
// where it lies in the file, in bytes. Nothing else of the file is read. The name of
// the file and its folder together are the UUID of the image.
func ImagePath(r io.ReaderAt) (path string, offset int64, err error) {
	f, err := openText(UUID{}, func(dst []byte, off int64, n int) ([]byte, error) {
		b := make([]byte, n)
		n, err := r.ReadAt(b, off)
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return append(dst, b[:n]...), err
	})
	if err != nil {
		return "", 0, err
	}
	offset = 16 + 8*int64(len(f.entries))
	for _, e := range f.entries {
		offset += int64(e.size)
	}
	return f.image.Path, offset, nil
}
