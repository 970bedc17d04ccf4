package examination

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/vigie-project/vigie/evidence"
)

// TestErasure finds when a phone was erased in archives, and nothing where no archive
// says when the file was made.
func TestErasure(t *testing.T) {
	t.Parallel()
	date := time.Date(2025, 11, 3, 14, 2, 11, 0, time.UTC)
	const other = "private/var/mobile/Library/a"
	var packed, zipped, plain bytes.Buffer
	for out, when := range map[*bytes.Buffer]time.Time{&packed: date, &plain: {}} {
		w := tar.NewWriter(out)
		for _, name := range []string{erased, other} {
			if when.IsZero() && name == erased {
				continue
			}
			if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, ModTime: when}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	z := zip.NewWriter(&zipped)
	for _, name := range []string{erased, other} {
		if _, err := z.CreateHeader(&zip.FileHeader{Name: name, Modified: date}); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"a.tar": {packed.Bytes(), "2025-11-03T14:02:11Z"},
		"a.zip": {zipped.Bytes(), "2025-11-03T14:02:11Z"},
		"b.tar": {plain.Bytes(), ""},
	} {
		at := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(at, c.data, 0o600); err != nil {
			t.Fatal(err)
		}
		list, err := evidence.Open(t.Context(), at, evidence.Options{})
		if err != nil {
			t.Fatal(err)
		}
		note, ok := erasure(list[0])
		if ok != (c.want != "") || note.Detail != c.want {
			t.Errorf("%s: %+v", name, note)
		}
		list[0].Close()
	}
}
