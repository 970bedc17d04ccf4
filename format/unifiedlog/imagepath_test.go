package unifiedlog

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

func TestImagePath(t *testing.T) {
	t.Parallel()
	var b []byte
	for _, n := range []uint32{uuidtextMagic, 2, 1, 2, 0x1000, 3, 0x2000, 4} {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	b = append(b, "a%d\x00%s!\x00/usr/libexec/exampled\x00"...)
	// The strings are of 4 and 4 bytes; the first entry says 3.
	binary.LittleEndian.PutUint32(b[20:], 4)
	const name = "AB414C1EC0233A05AF22029CC5E160EA"
	uuid, path, offset, err := ImagePath(name, bytes.NewReader(b))
	if uuid.String() != "AB414C1E-C023-3A05-AF22-029CC5E160EA" || path != "/usr/libexec/exampled" || offset != 40 || err != nil {
		t.Errorf("%q at %d, %v", path, offset, err)
	}
	if _, path, _, err := ImagePath(name, bytes.NewReader(b[:50])); path != "/usr/libex" || err != nil {
		t.Errorf("cut: %q, %v", path, err)
	}
	for _, bad := range []string{"", "x", strings.Repeat("\xff", 64), string(b[:20])} {
		if _, path, _, err := ImagePath(name, strings.NewReader(bad)); err == nil {
			t.Errorf("%q gives %q", bad, path)
		}
	}
	if _, _, _, err := ImagePath("other", bytes.NewReader(b)); err == nil {
		t.Error("a name that is no UUID")
	}
}
