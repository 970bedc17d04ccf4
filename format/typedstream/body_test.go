package typedstream

import (
	"strings"
	"testing"
)

// startedBody archives a text as Messages does, without attributes.
func startedBody(start int, text string) []byte {
	b := append([]byte{}, bodyStarts[start]...)
	switch n := len(text); {
	case n < 0x80:
		b = append(b, byte(n))
	case n < 0x10000:
		b = append(b, 0x81, byte(n), byte(n>>8))
	default:
		b = append(b, 0x82, byte(n), byte(n>>8), byte(n>>16), byte(n>>24))
	}
	return append(append(b, text...), "\x86\x84\x02iI\x01\x05\x86"...)
}

func TestBodyText(t *testing.T) {
	t.Parallel()
	for start := range bodyStarts {
		for _, n := range []int{0, 1, 127, 128, 32767, 32768, 65535, 70000} {
			data := startedBody(start, strings.Repeat("é", n/2)+strings.Repeat("x", n%2))
			want, _ := Text(data)
			if got, ok := BodyText(data); !ok || string(got) != want || len(got) != n {
				t.Errorf("form %d, %d bytes: got %d bytes, %v; Text gives %d", start, n, len(got), ok, len(want))
			}
			for cut := range min(len(data), 200) {
				if got, ok := BodyText(data[:cut]); ok && string(got) != want {
					t.Errorf("form %d, %d bytes cut at %d: got %q", start, n, cut, got)
				}
			}
		}
	}
	if _, ok := BodyText(startedBody(0, "\xff")); ok {
		t.Error("accepts text that is no UTF-8")
	}
}

// FuzzBodyText checks that where BodyText is content, Text agrees.
func FuzzBodyText(f *testing.F) {
	f.Add(startedBody(0, "a"))
	f.Add(startedBody(1, "https://example.com"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, ok := BodyText(data)
		if !ok {
			return
		}
		if want, err := Text(data); string(got) != want && err == nil {
			t.Errorf("got %q, Text gives %q", got, want)
		}
	})
}
