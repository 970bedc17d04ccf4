package deflate

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// samples are texts of several kinds: repetitive, random, empty, long matches.
func samples() map[string][]byte {
	rnd := rand.NewChaCha8([32]byte{1})
	random := make([]byte, 200_000)
	_, _ = rnd.Read(random)
	var text bytes.Buffer
	for i := range 20_000 {
		fmt.Fprintf(&text, "line %d of a log with %d\n", i, i*i%977)
	}
	return map[string][]byte{
		"empty": nil, "one": []byte("x"), "zeros": make([]byte, 300_000), "random": random,
		"text": text.Bytes(), "mixed": bytes.Repeat(append(random[:40_000:40_000], text.Bytes()[:50_000]...), 4),
	}
}

func compress(tb testing.TB, plain []byte, level int) []byte {
	tb.Helper()
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, level)
	if err != nil {
		tb.Fatal(err)
	}
	_, _ = w.Write(plain[:len(plain)/2])
	_ = w.Flush()
	_, _ = w.Write(plain[len(plain)/2:])
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func TestRead(t *testing.T) {
	t.Parallel()
	for name, plain := range samples() {
		for _, level := range []int{0, 1, 6, 9, flate.HuffmanOnly} {
			data := append([]byte("before"), compress(t, plain, level)...)
			end := int64(len(data))
			data = append(data, "after"...)
			d := New(bytes.NewReader(data), 6, int64(len(data)))
			got, err := io.ReadAll(d)
			if err != nil || !bytes.Equal(got, plain) {
				t.Errorf("%s at level %d: %d of %d bytes, %v", name, level, len(got), len(plain), err)
			}
			if d.InputEnd() != end || d.Out() != int64(len(plain)) {
				t.Errorf("%s at level %d: ends at %d after %d, want %d after %d", name, level, d.InputEnd(), d.Out(), end, len(plain))
			}
		}
	}
}

// TestResume resumes at marks made after pieces of odd sizes, which lie within
// blocks and within matches.
func TestResume(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(3, 4))
	for name, plain := range samples() {
		for _, level := range []int{0, 1, 9} {
			data := compress(t, plain, level)
			src, end := bytes.NewReader(data), int64(len(data))
			d := New(src, 0, end)
			var marks []*Mark
			for {
				marks = append(marks, d.Mark())
				if _, err := io.ReadFull(d, make([]byte, 1+rnd.IntN(20_000))); err != nil {
					break
				}
			}
			for _, m := range marks {
				got, err := io.ReadAll(Resume(src, m, end))
				if err != nil || !bytes.Equal(got, plain[m.Out:]) {
					t.Fatalf("%s at level %d: resumed at %d: %d bytes, %v", name, level, m.Out, len(got), err)
				}
			}
		}
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	plain := samples()["text"][:5000]
	data := compress(t, plain, 6)
	for cut := range len(data) {
		got, err := io.ReadAll(New(bytes.NewReader(data[:cut]), 0, int64(len(data))))
		if !errors.Is(err, io.ErrUnexpectedEOF) || !bytes.HasPrefix(plain, got) {
			t.Fatalf("cut at %d: %d bytes, %v", cut, len(got), err)
		}
	}
}

func TestInvalid(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]string{
		"block type 3":          "\x07",
		"stored length":         "\x01\x05\x00\x00\x00",
		"distance before start": "\x4b\x04\x32\x00\x00",
	} {
		_, err := io.ReadAll(New(strings.NewReader(data), 0, int64(len(data))))
		if name == "distance before start" {
			_, want := io.ReadAll(flate.NewReader(strings.NewReader(data)))
			if (err == nil) != (want == nil) {
				t.Errorf("%s: %v, the standard library %v", name, err, want)
			}
			continue
		}
		if !errors.Is(err, ErrData) {
			t.Errorf("%s: %v, want ErrData", name, err)
		}
	}
}

// FuzzRead compares with the standard library, whole and resumed.
func FuzzRead(f *testing.F) {
	for _, plain := range samples() {
		if len(plain) > 3000 {
			plain = plain[:3000]
		}
		f.Add(compress(f, plain, 6), uint16(100))
		f.Add(compress(f, plain, 0), uint16(7))
	}
	f.Fuzz(func(t *testing.T, data []byte, at uint16) {
		const limit = 1 << 20
		want, wantErr := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(data)), limit))
		src, end := bytes.NewReader(data), int64(len(data))
		got, err := io.ReadAll(io.LimitReader(New(src, 0, end), limit))
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("error %v, the standard library %v", err, wantErr)
		}
		if err == nil && !bytes.Equal(got, want) {
			t.Fatalf("%d bytes differ from %d of the standard library", len(got), len(want))
		}
		d := New(src, 0, end)
		first, err := io.ReadAll(io.LimitReader(d, int64(at)))
		if err != nil {
			return
		}
		rest, _ := io.ReadAll(io.LimitReader(Resume(src, d.Mark(), end), limit-int64(len(first))))
		if all := append(first, rest...); !bytes.Equal(all, got) {
			t.Fatalf("resumed at %d: %d bytes, want %d", at, len(all), len(got))
		}
	})
}

func BenchmarkRead(b *testing.B) {
	plain := samples()["text"]
	data := compress(b, plain, 6)
	buf := make([]byte, 128<<10)
	b.Run("own", func(b *testing.B) {
		b.SetBytes(int64(len(plain)))
		for b.Loop() {
			_, _ = io.CopyBuffer(struct{ io.Writer }{io.Discard}, New(bytes.NewReader(data), 0, int64(len(data))), buf)
		}
	})
	b.Run("compress/flate", func(b *testing.B) {
		b.SetBytes(int64(len(plain)))
		for b.Loop() {
			_, _ = io.CopyBuffer(struct{ io.Writer }{io.Discard}, flate.NewReader(bytes.NewReader(data)), buf)
		}
	})
}
