package unifiedlog

import (
	"errors"
	"fmt"
	"io"
)

// ImagePath returns the UUID and path of the image whose strings a uuidtext file
// holds, and where the path lies in the file, in bytes. Nothing else of the file is
// read. The name of the folder and of the file in it, together, are the UUID.
func ImagePath(name string, r io.ReaderAt) (uuid UUID, path string, offset int64, err error) {
	uuid, ok := parseUUID(name)
	if !ok {
		return uuid, "", 0, fmt.Errorf("read name: %q is no UUID", name)
	}
	f, err := openText(uuid, func(dst []byte, off int64, n int) ([]byte, error) {
		b := make([]byte, n)
		n, err := r.ReadAt(b, off)
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return append(dst, b[:n]...), err
	})
	if err != nil {
		return uuid, "", 0, err
	}
	offset = 16 + 8*int64(len(f.entries))
	for _, e := range f.entries {
		offset += int64(e.size)
	}
	return uuid, f.image.Path, offset, nil
}
