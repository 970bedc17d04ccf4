package evidence

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// splitZip splits an archive by the rules of zip: offsets in the directory count
// from the piece in which they are.
func splitZip(data []byte, size int) [][]byte {
	const mark = len(splitMark)
	data = append([]byte(splitMark), data...)
	le := binary.LittleEndian
	end := bytes.LastIndex(data, []byte(sigEnd))
	dir := int(le.Uint32(data[end+16:])) + mark
	for at := dir; at < end; {
		off := int(le.Uint32(data[at+42:])) + mark
		le.PutUint16(data[at+34:], uint16(off/size))
		le.PutUint32(data[at+42:], uint32(off%size))
		at += sizeMember + int(le.Uint16(data[at+28:])) + int(le.Uint16(data[at+30:])) + int(le.Uint16(data[at+32:]))
	}
	le.PutUint16(data[end+4:], uint16((len(data)-1)/size))
	le.PutUint16(data[end+6:], uint16(dir/size))
	le.PutUint32(data[end+16:], uint32(dir%size))
	return slices.Collect(slices.Chunk(data, size))
}

func TestSplitZip(t *testing.T) {
	t.Parallel()
	var list []member
	for i := range 20 {
		list = append(list, member{name: fmt.Sprintf("private/var/mobile/Library/%d", i), data: randomBytes(1000*i, uint64(i))})
	}
	whole := zipBytes(t, list, zip.Deflate)
	check := func(name string) {
		t.Helper()
		s := openAll(t, name, Options{})[0]
		for _, m := range list {
			if data, err := fs.ReadFile(s.FS, m.name); err != nil || !bytes.Equal(data, m.data) {
				t.Errorf("%s: %s: %d bytes, %v", filepath.Base(name), m.name, len(data), err)
			}
		}
	}
	for _, size := range []int{50_000, 7001} {
		dir := t.TempDir()
		split := splitZip(bytes.Clone(whole), size)
		for i, p := range split {
			name := fmt.Sprintf("a.z%02d", i+1)
			if i == len(split)-1 {
				name = "a.zip"
			}
			if err := os.WriteFile(filepath.Join(dir, name), p, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for i, p := range slices.Collect(slices.Chunk(whole, size)) {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("b.zip.%03d", i+1)), p, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range []string{"a.zip", "a.z01", "b.zip.001"} {
			check(filepath.Join(dir, name))
		}
		if err := os.Remove(filepath.Join(dir, "a.z02")); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), filepath.Join(dir, "a.zip"), Options{}); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "a.z02") {
			t.Errorf("a piece is missing: %v", err)
		}
	}
}
