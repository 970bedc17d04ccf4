package sqlite

import (
	"bytes"
	"testing"

	"github.com/vigie-project/vigie/internal/fixture"
)

// TestPaddingAfterLastPageIsNoDamage reads a database as a decrypted copy of a
// backup holds it, with the padding of the cipher after its last page, and one
// that is really cut short.
func TestPaddingAfterLastPageIsNoDamage(t *testing.T) {
	t.Parallel()
	data, _, err := fixture.Database("CREATE TABLE t (a TEXT); INSERT INTO t VALUES ('x')", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name     string
		data     []byte
		problems int
	}{
		{"padded", append(bytes.Clone(data), bytes.Repeat([]byte{16}, 16)...), 0},
		{"cut", data[:len(data)-100], 1},
	} {
		db, err := Open(Files{DB: bytes.NewReader(tt.data), DBSize: int64(len(tt.data))})
		if err != nil {
			t.Fatal(err)
		}
		if got := db.Problems(); len(got) != tt.problems {
			t.Errorf("%s: problems %v, want %d", tt.name, got, tt.problems)
		}
	}
}
