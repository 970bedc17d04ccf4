package from_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"testing"
	"testing/fstest"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
)

func TestGunzip(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write([]byte("content of a log"))
	z.Close()
	for name, c := range map[string]struct {
		data []byte
		want string
		ok   bool
	}{
		"compressed": {packed.Bytes(), "content of a log", true},
		"plain":      {[]byte("plain"), "plain", true},
		"short":      {[]byte("x"), "x", true},
		"cut":        {packed.Bytes()[:packed.Len()-9], "content of a log", false},
		"header":     {packed.Bytes()[:5], "\x1f\x8b\x08\x00\x00", false},
	} {
		src := &evidence.Source{FS: fstest.MapFS{"x": {Data: c.data}}}
		f, err := src.Open("x")
		if err != nil {
			t.Fatal(err)
		}
		in, err := from.Gunzip(&artifact.Input{Source: src, Path: "x", File: f, Size: int64(len(c.data))})
		if (err == nil) != c.ok {
			t.Errorf("%s: error %v", name, err)
		}
		got, err := io.ReadAll(io.NewSectionReader(in.File, 0, in.Size))
		if string(got) != c.want || err != nil {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, c.want)
		}
	}
}
