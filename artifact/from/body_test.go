package from

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/vigie-project/vigie/record"
)

func TestReadBody(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxURLText) + " https://late.example/"
	for name, c := range map[string]struct {
		reader io.Reader
		want   Body
	}{
		"empty": {strings.NewReader(""), Body{}},
		"text": {strings.NewReader("see https://a.example/"), Body{
			Size: 22, URLs: []record.Mention{"https://a.example/"}}},
		"long": {strings.NewReader(long), Body{Size: int64(len(long)), Cut: true}},
	} {
		got, err := ReadBody(c.reader)
		if (got.Hash == "") != (c.want.Size == 0) || len(got.Hash) != 0 && len(got.Hash) != 64 {
			t.Errorf("%s: digest %q", name, got.Hash)
		}
		got.Hash = ""
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got)\n%s", name, err, diff)
		}
	}
	broken := errors.New("broken")
	got, err := ReadBody(io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(broken)))
	if got.Size != 3 || got.Hash != "" || !errors.Is(err, broken) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestHeaderValue(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{{"Set-Cookie", "id=secret", "9 bytes"}, {"Server", "nginx", "nginx"}} {
		if got := HeaderValue(c[0], c[1]); got.Value != c[2] || got.Key != c[0] {
			t.Errorf("%s: got %v", c[0], got)
		}
	}
}
