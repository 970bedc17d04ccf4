package from

import (
	"bufio"
	"io"
	"iter"

	"github.com/vigie-project/vigie/evidence"
)

// maxLine bounds the memory taken by one line of a log, in bytes.
const maxLine = 1 << 20

// Lines returns the lines of a text file with their numbers, from 1, and their
// offsets. Of a line longer than 1 MiB it gives the first MiB as a line that is
// marked as cut, and goes on after it.
func Lines(f evidence.File) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		r := bufio.NewReaderSize(io.NewSectionReader(f, 0, 1<<62), maxLine)
		l := Line{Number: 1}
		for {
			text, err := r.ReadSlice('\n')
			if len(text) == 0 && err != nil {
				if err != io.EOF {
					yield(l, err)
				}
				return
			}
			next := l.Offset + int64(len(text))
			l.Cut = err == bufio.ErrBufferFull
			l.Text = trimEnd(text)
			if !yield(l, nil) {
				return
			}
			for err == bufio.ErrBufferFull {
				text, err = r.ReadSlice('\n')
				next += int64(len(text))
			}
			l.Number, l.Offset = l.Number+1, next
		}
	}
}

func trimEnd(b []byte) string {
	if n := len(b); n > 0 && b[n-1] == '\n' {
		b = b[:n-1]
	}
	if n := len(b); n > 0 && b[n-1] == '\r' {
		b = b[:n-1]
	}
	return string(b)
}

// A Line is a line of a text file, without its end.
type Line struct {
	Number int64
	Offset int64 // bytes from the start of the file
	Text   string
	Cut    bool // the line goes on, but is too long to be read
}
