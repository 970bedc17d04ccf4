package record

import "testing"

func TestVerbatim(t *testing.T) {
	t.Parallel()
	for c := range 256 {
		for at := range 8 {
			for _, fill := range []byte{' ', 'a', '~', '!', '#', '[', ']', '}'} {
				b := [8]byte{fill, fill, fill, fill, fill, fill, fill, fill}
				b[at] = byte(c)
				want := c >= ' ' && c < 0x7f && c != '"' && c != '\\'
				if got := verbatim(string(b[:])); got != want {
					t.Errorf("%q: %t", b, got)
				}
			}
		}
	}
}
