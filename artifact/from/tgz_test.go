package from_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"testing"
	"testing/fstest"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
)

func TestPackedTexts(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	w := tar.NewWriter(&packed)
	for _, h := range []*tar.Header{{Name: "d/", Typeflag: tar.TypeDir}, {Name: "d/a.log", Size: 3}, {Name: "link", Typeflag: tar.TypeSymlink, Linkname: "d/a.log"}, {Name: "../b", Size: 3}} {
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(w, "abc"[:h.Size])
	}
	w.Close()
	pack := func(data []byte) []byte {
		var out bytes.Buffer
		z := gzip.NewWriter(&out)
		z.Write(data)
		z.Close()
		return out.Bytes()
	}
	whole := pack(packed.Bytes())
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"plain":   {[]byte("text"), `["":"text"]`},
		"gzip":    {pack([]byte("text")), `["":"text"]`},
		"tar":     {whole, `["d/a.log":"abc" "../b":"abc"]`},
		"cut":     {pack(packed.Bytes()[:2048+300]), `["d/a.log":"abc" error]`},
		"damaged": {whole[:len(whole)-9], `[error "d/a.log":"abc" "../b":"abc"]`},
		"header":  {whole[:5], `[error]`},
		"empty":   {nil, `["":""]`},
	} {
		src := &evidence.Source{FS: fstest.MapFS{"x": {Data: c.data}}}
		f, err := src.Open("x")
		if err != nil {
			t.Fatal(err)
		}
		got := []string{}
		for text, err := range from.PackedTexts(&artifact.Input{Source: src, Path: "x", File: f, Size: int64(len(c.data))}) {
			if err != nil {
				got = append(got, "error")
				continue
			}
			data, err := io.ReadAll(io.NewSectionReader(text.Input.File, 0, text.Input.Size))
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprintf("%q:%q", text.Name, data))
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}
