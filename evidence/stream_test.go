package evidence

import (
	"bytes"
	"io"
	"testing"
)

// TestStream reads compressed content at random places, also beyond what the
// cache holds, and with few marks.
func TestStream(t *testing.T) {
	t.Parallel()
	plain := bytes.Repeat(randomBytes(70_000, 4), 60)
	packed := gzipBytes(t, plain)
	squeezed := zstdBytes(t, plain)
	for name, start := range map[string]resumer{
		"gzip": gzipStart(bytes.NewReader(packed), int64(len(packed)), func(err error) { t.Error(err) }),
		"zstd": zstdStart(bytes.NewReader(squeezed), int64(len(squeezed))),
	} {
		s := newStream(start, -1, 4, newBlockCache())
		s.span = 300_000
		for i := range 120 {
			if i%10 == 0 {
				s.cache = newBlockCache()
			}
			off := int64(i*1_000_003) % int64(len(plain))
			p := make([]byte, i*1500)
			n, err := s.ReadAt(p, off)
			want := plain[off:min(int64(len(plain)), off+int64(len(p)))]
			if !bytes.Equal(p[:n], want) || (err != nil) != (n < len(p)) || err != nil && err != io.EOF {
				t.Fatalf("%s: %d of %d bytes at %d, %v", name, n, len(p), off, err)
			}
		}
		if s.size >= 0 && s.size != int64(len(plain)) {
			t.Errorf("%s: size %d, want %d", name, s.size, len(plain))
		}
		if name == "gzip" && (len(s.marks) == 0 || len(s.marks) > 4) {
			t.Errorf("%d marks", len(s.marks))
		}
		s.close()
	}
	packed[len(packed)-6] ^= 1
	var bad checksums
	s := newStream(gzipStart(bytes.NewReader(packed), int64(len(packed)), bad.add), -1, 4, newBlockCache())
	if got, err := io.ReadAll(io.NewSectionReader(s, 0, int64(len(plain)))); err != nil || !bytes.Equal(got, plain) || len(bad.notes("")) != 1 {
		t.Errorf("changed checksum: %d bytes, %v, %+v", len(got), err, bad.notes(""))
	}
}
