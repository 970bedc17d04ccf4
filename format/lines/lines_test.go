package lines

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

type line struct {
	Number int
	Offset int64
	Text   string
	Cut    bool
}

func read(t *testing.T, r io.Reader) (got []line) {
	t.Helper()
	for l, err := range NewReader(r).All() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, line{l.Number, l.Offset, l.String(), l.Cut})
	}
	return got
}

func TestLines(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       []line
	}{
		{"empty", "", nil},
		{"ends of both kinds", "a\r\nb\n\nc\n", []line{{1, 0, "a", false}, {2, 3, "b", false}, {3, 5, "", false}, {4, 6, "c", false}}},
		{"cut in mid line", "a\nb", []line{{1, 0, "a", false}, {2, 2, "b", true}}},
		{"other separators", "a\vb\fc\x1cd\u2028e\n", []line{{1, 0, "a\vb\fc\x1cd\u2028e", false}}},
		{"no UTF-8", "caf\xe9\n", []line{{1, 0, "caf\ufffd", false}}},
		{"byte order mark", "\xef\xbb\xbfa\nb\n", []line{{1, 3, "a", false}, {2, 5, "b", false}}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, read(t, strings.NewReader(tt.text))); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.name, diff)
		}
	}
}

func TestLongLineComesInPieces(t *testing.T) {
	t.Parallel()
	got := read(t, strings.NewReader(strings.Repeat("x", Max+3)+"\ny\n"))
	if len(got) != 3 || !got[0].Cut || len(got[0].Text) != Max || got[1].Text != "xxx" || got[1].Number != 1 ||
		got[1].Offset != Max || got[2].Number != 2 {
		t.Errorf("got %d lines", len(got))
	}
}

func TestErrorOfReader(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	var last error
	n := 0
	for _, err := range NewReader(io.MultiReader(strings.NewReader("a\nb"), iotest.ErrReader(broken))).All() {
		last = err
		n++
	}
	if n != 3 || !errors.Is(last, broken) {
		t.Errorf("got %d lines and error %v", n, last)
	}
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("a\r\nb\n\nc"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for l := range NewReader(bytes.NewReader(data)).All() {
			if !bytes.HasPrefix(data[l.Offset:], l.Text) {
				t.Fatalf("line %d is not at offset %d", l.Number, l.Offset)
			}
		}
	})
}
