package evidence

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vigie-project/vigie/internal/testdata"
)

// An ageVector is one of the reference vectors of the format, C2SP/CCTV.
type ageVector struct {
	head map[string][]string
	data []byte
}

func readVector(tb testing.TB, name string) ageVector {
	tb.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		tb.Fatal(err)
	}
	head, data, _ := bytes.Cut(b, []byte("\n\n"))
	v := ageVector{head: make(map[string][]string), data: data}
	for line := range strings.Lines(string(head)) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			v.head[key] = append(v.head[key], value)
		}
	}
	if v.head["compressed"] != nil {
		z, err := zlib.NewReader(bytes.NewReader(data))
		if err != nil {
			tb.Fatal(err)
		}
		if v.data, err = io.ReadAll(z); err != nil {
			tb.Fatal(err)
		}
	}
	return v
}

// outcome decrypts a vector: "success" with the digest of the payload, or what
// failed.
func (v ageVector) outcome() (string, string) {
	opt := Options{Identity: []byte(strings.Join(v.head["identity"], "\n"))}
	if p := v.head["passphrase"]; p != nil {
		opt.Passphrase = func() ([]byte, error) { return []byte(p[0]), nil }
	}
	plain, size, err := openAge(bytes.NewReader(v.data), int64(len(v.data)), opt)
	switch {
	case errors.Is(err, ErrWrongIdentity) || errors.Is(err, ErrWrongPassphrase) || errors.Is(err, ErrIdentityRequired):
		return "no match", ""
	case err != nil:
		return "failure", ""
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(plain, 0, size)); err != nil {
		return "failure", ""
	}
	return "success", fmt.Sprintf("%x", sum.Sum(nil))
}

// TestAgeVectors compares every vector that the corpus has with its outcome.
func TestAgeVectors(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(testdata.Path(t, ageVectors), "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, name := range files {
		v := readVector(t, name)
		want := v.head["expect"][0]
		got, payload := v.outcome()
		count[want]++
		switch want {
		case "success":
			if got != want || payload != v.head["payload"][0] {
				t.Errorf("%s: %s %s, want %s", filepath.Base(name), got, payload, v.head["payload"][0])
			}
		default:
			// Which of the failures it is, makes no difference to who opens
			// an acquisition, but that the secret is wrong does.
			if got == "success" || want == "no match" && got != want {
				t.Errorf("%s: %s, want %s", filepath.Base(name), got, want)
			}
		}
	}
	t.Log(len(files), count)
}

func FuzzAge(f *testing.F) {
	f.Add([]byte(ageMagic + "-> X25519 x\ny\n--- z\n"))
	f.Add([]byte("-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----\n"))
	id := newIdentity(f)
	f.Add(ageBytes(f, []byte("x"), id.Recipient(), false))
	f.Add(ageBytes(f, []byte("x"), id.Recipient(), true))
	opt := Options{Identity: []byte(id.String())}
	f.Fuzz(func(t *testing.T, data []byte) {
		plain, size, err := openAge(bytes.NewReader(data), int64(len(data)), opt)
		if err == nil {
			_, _ = io.Copy(io.Discard, io.NewSectionReader(plain, 0, size))
		}
	})
}

func FuzzAndroid(f *testing.F) {
	f.Add(testAB(f, []member{{name: "apps/a/f/x", data: []byte("x")}}))
	f.Add([]byte(testDump))
	f.Add([]byte(testLog))
	f.Add(zipBytes(f, testQF(f), 8))
	f.Add(tarBytes(f, testQF(f)))
	opt := password("x")
	f.Fuzz(func(t *testing.T, data []byte) {
		// A hostile header may ask for a million rounds, which is only slow.
		if bytes.Contains(data, []byte("AES-256")) {
			return
		}
		b := blob{src: bytes.NewReader(data), size: int64(len(data)), name: "x", closer: nopCloser{}}
		list, err := openBlob(t.Context(), b, opt)
		if err != nil {
			return
		}
		for _, s := range list {
			_ = s.WalkFiles(func(name string, _ int64) error {
				if file, err := s.Open(name); err == nil {
					_, _ = io.CopyN(io.Discard, file, 1<<20)
					file.Close()
				}
				return nil
			})
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}
