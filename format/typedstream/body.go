package typedstream

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"
)

// The beginnings that NSArchiver gives an attributed string, up to the length of
// its text: the classes are written out in full, since they are the first ones.
var bodyStarts = [][]byte{
	[]byte("\x04\x0bstreamtyped\x81\xe8\x03\x84\x01@\x84\x84\x84\x12NSAttributedString\x00\x84\x84\x08NSObject\x00\x85\x92" +
		"\x84\x84\x84\x08NSString\x01\x94\x84\x01+"),
	[]byte("\x04\x0bstreamtyped\x81\xe8\x03\x84\x01@\x84\x84\x84\x19NSMutableAttributedString\x00\x84\x84\x12NSAttributedString\x00\x84\x84\x08NSObject\x00\x85\x92" +
		"\x84\x84\x84\x0fNSMutableString\x01\x84\x84\x08NSString\x01\x95\x84\x01+"),
}

// BodyText returns the text of an attributed string in the form that Messages
// writes, without decoding the rest and without a copy: [Text] for millions of
// messages. ok is false for any other form, for a text that is damaged or no
// UTF-8, and if the text object does not end where it should; then [Text] tells
// more. The attributes behind the text are not looked at.
func BodyText(data []byte) (text []byte, ok bool) {
	for _, start := range bodyStarts {
		rest, found := bytes.CutPrefix(data, start)
		if !found || len(rest) == 0 {
			continue
		}
		n, size := 0, 1
		switch c := rest[0]; {
		case c < 0x80:
			n = int(c)
		case c == 0x81 && len(rest) >= 3:
			n, size = int(binary.LittleEndian.Uint16(rest[1:])), 3
		case c == 0x82 && len(rest) >= 5:
			n, size = int(binary.LittleEndian.Uint32(rest[1:])), 5
		default:
			return nil, false
		}
		if n < 0 || n >= len(rest)-size || n > MaxSize || rest[size+n] != 0x86 {
			return nil, false
		}
		text = rest[size : size+n]
		return text, utf8.Valid(text)
	}
	return nil, false
}
