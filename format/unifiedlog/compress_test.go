package unifiedlog

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/vigie-project/vigie/internal/testdata"
)

// TestLZBitmapVectors decodes the vectors of eafer/libzbitmap. 017 is absent and
// 018 has no plain text in the corpus.
func TestLZBitmapVectors(t *testing.T) {
	t.Parallel()
	dir := testdata.Path(t, "unified-logs/eafer+libzbitmap")
	n := 0
	for i := 1; i <= 19; i++ {
		stem := filepath.Join(dir, fmt.Sprintf("%03d-", i))
		want, err := os.ReadFile(stem + "original")
		if err != nil {
			continue
		}
		src, err := os.ReadFile(stem + "compressed")
		if err != nil {
			t.Fatal(err)
		}
		got, err := decompress([]byte("before"), src, 0)
		if err != nil || !bytes.Equal(got[6:], want) {
			t.Errorf("%03d: %d bytes, want %d: %v", i, len(got)-6, len(want), err)
		}
		n++
	}
	if n != 17 {
		t.Errorf("%d vectors, want 17", n)
	}
}
