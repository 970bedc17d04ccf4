// Package lines reads texts of any size line by line, with the number and the
// byte offset of each line, so that a value can be found again in the evidence.
//
// A line ends with LF or CR LF and with nothing else: the other separators that
// Unicode knows occur inside lines of logs. Bytes are not decoded, since texts
// of phones mix encodings; [Line.String] replaces what is no UTF-8.
package lines

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"iter"
	"strings"
)

// Max is the length of the longest line in bytes, its end included. What is
// longer comes in pieces.
const Max = 256 << 10

// bom is the byte order mark of UTF-8; at the start of a text it is no content.
var bom = []byte("\xef\xbb\xbf")

// A Line is one line of a text.
type Line struct {
	Number int    // from 1
	Offset int64  // of its first byte, in bytes from the start of the text
	End    int64  // of the byte after its end, as Offset
	Text   []byte // without its end; valid until the next line is read
	Cut    bool   // the text ends without line feed, or a piece of a line longer than [Max]
}

// String returns the text of the line, with what is no UTF-8 replaced by U+FFFD.
func (l Line) String() string { return strings.ToValidUTF8(string(l.Text), "\ufffd") }

// A Reader reads lines.
type Reader struct {
	in     *bufio.Reader
	number int
	offset int64
	piece  bool // the last line read was a piece of a longer one
}

// NewReader returns a reader of the lines of r.
func NewReader(r io.Reader) *Reader {
	return &Reader{in: bufio.NewReaderSize(r, Max)}
}

// Next returns the next line. Its error is io.EOF at the end of the text, or
// that of the underlying reader; the bytes before it have been returned.
func (r *Reader) Next() (Line, error) {
	text, err := r.in.ReadSlice('\n')
	if len(text) == 0 {
		return Line{}, err
	}
	if !r.piece {
		r.number++
	}
	l := Line{Number: r.number, Offset: r.offset, Text: text, Cut: err != nil}
	r.offset += int64(len(text))
	l.End = r.offset
	r.piece = errors.Is(err, bufio.ErrBufferFull)
	if l.Offset == 0 {
		l.Text = bytes.TrimPrefix(l.Text, bom)
		l.Offset = int64(len(text) - len(l.Text))
	}
	if !l.Cut {
		l.Text = bytes.TrimSuffix(l.Text[:len(l.Text)-1], []byte{'\r'})
	}
	return l, nil
}

// All yields the remaining lines. An error other than the end of the text is
// yielded with a zero line, and ends it.
func (r *Reader) All() iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		for {
			l, err := r.Next()
			if errors.Is(err, io.EOF) || !yield(l, err) || err != nil {
				return
			}
		}
	}
}
