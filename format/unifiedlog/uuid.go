package unifiedlog

import "encoding/hex"

// A UUID names a boot, an executable image or a shared cache.
type UUID [16]byte

// upperHex holds the digits of a UUID's text.
const upperHex = "0123456789ABCDEF"

// String returns the UUID in upper-case hexadecimal with dashes.
func (u UUID) String() string { return string(u.Append(make([]byte, 0, 36))) }

// Append appends the text of the UUID, as [UUID.String] returns it.
func (u UUID) Append(dst []byte) []byte {
	for i, b := range u {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = append(dst, upperHex[b>>4], upperHex[b&15])
	}
	return dst
}

// IsZero reports whether all bytes are zero, which stands for "none".
func (u UUID) IsZero() bool { return u == UUID{} }

// parseUUID reads 32 hexadecimal digits.
func parseUUID(s string) (u UUID, ok bool) {
	if len(s) != 32 {
		return u, false
	}
	_, err := hex.Decode(u[:], []byte(s))
	return u, err == nil
}
