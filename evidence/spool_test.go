package evidence

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"testing"
	"testing/iotest"
)

func noStop() error { return nil }

func TestSpool(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, spoolMemory, spoolMemory + 1, spoolMemory + 3*spoolBlock + 12345} {
		want := randomBytes(size, uint64(size))
		s, damaged, err := fillSpool(bytes.NewReader(want), int64(size), noStop)
		if err != nil || damaged != nil || s.size != int64(size) {
			t.Fatalf("%d bytes: got %v, %v, %+v", size, damaged, err, s)
		}
		if got, err := io.ReadAll(io.NewSectionReader(s, 0, 1<<40)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes: read %d bytes, %v", size, len(got), err)
		}
		r := rand.New(rand.NewPCG(1, 2))
		for range 200 {
			if size == 0 {
				break
			}
			off := r.IntN(size)
			p := make([]byte, 1+r.IntN(min(size-off, 70_000)))
			if n, err := s.ReadAt(p, int64(off)); n != len(p) || err != nil || !bytes.Equal(p, want[off:off+n]) {
				t.Fatalf("%d bytes: read %d at %d: %d, %v", size, len(p), off, n, err)
			}
		}
		if size > spoolMemory {
			raw := make([]byte, size-spoolMemory)
			if _, err := s.file.ReadAt(raw, 0); err != nil || bytes.Equal(raw, want[spoolMemory:]) {
				t.Errorf("the file holds the content: %v", err)
			}
			if _, err := os.Stat(s.file.Name()); s.name == "" && err == nil {
				t.Error("the file has a name")
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestSpoolErrors(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	s, damaged, err := fillSpool(io.MultiReader(bytes.NewReader(make([]byte, 3<<20)), iotest.ErrReader(broken)), 1<<20, noStop)
	if err != nil || !errors.Is(damaged, broken) || s.size != 3<<20 {
		t.Errorf("damaged content: got %v, %v, %+v", damaged, err, s)
	}
	stopped := errors.New("stopped")
	if _, _, err := fillSpool(bytes.NewReader(make([]byte, 9<<20)), 1, func() error { return stopped }); !errors.Is(err, stopped) {
		t.Errorf("stopped: got %v", err)
	}
	s, damaged, err = fillSpool(io.LimitReader(zeros{}, 1<<40), 1000, noStop)
	if err != nil || damaged == nil || s.size < spoolRatioMin || s.size > spoolRatioMin+2*spoolBlock {
		t.Fatalf("bomb: got %v, %v", damaged, err)
	}
	s.Close()
}

// zeros are zero bytes without end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
