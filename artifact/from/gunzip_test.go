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

// TestGunzipLarge reads across the pieces of a content, and refuses one that no phone
// writes: a megabyte that stands for more than a quarter of a gigabyte of zeros.
func TestGunzipLarge(t *testing.T) {
	t.Parallel()
	content := make([]byte, 3<<20+17)
	for i := range content {
		content[i] = byte(i*i>>7 ^ i>>12)
	}
	open := func(data []byte) (*artifact.Input, error) {
		src := &evidence.Source{FS: fstest.MapFS{"x": {Data: data}}}
		f, err := src.Open("x")
		if err != nil {
			t.Fatal(err)
		}
		return from.Gunzip(&artifact.Input{Source: src, Path: "x", File: f, Size: int64(len(data))})
	}
	pack := func(data []byte) []byte {
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		z.Write(data)
		z.Close()
		return packed.Bytes()
	}
	in, err := open(pack(content))
	if err != nil || in.Size != int64(len(content)) {
		t.Fatalf("got %d bytes, %v", in.Size, err)
	}
	part := make([]byte, 1<<20+5)
	for _, at := range []int64{0, 1<<20 - 3, 2<<20 + 1, in.Size - 9} {
		n, err := in.File.ReadAt(part, at)
		if want := content[at:min(int(at)+len(part), len(content))]; !bytes.Equal(part[:n], want) || (err == nil) != (len(want) == len(part)) {
			t.Errorf("at %d: %d bytes, %v", at, n, err)
		}
	}
	packed := pack(make([]byte, 40<<20))
	in, err = open(packed)
	if err == nil || in.Size != max(16<<20, 200*int64(len(packed))) {
		t.Errorf("bomb: %d bytes of %d, %v", in.Size, len(packed), err)
	}
}
