package from

import (
	"context"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/lines"
	"github.com/vigie-project/vigie/record"
)

// Lines returns the lines of a text file. A line longer than [lines.Max] comes
// in pieces that share its number.
func Lines(f evidence.File) iter.Seq2[lines.Line, error] {
	return lines.NewReader(io.NewSectionReader(f, 0, 1<<62)).All()
}

// AtLine returns the origin of a line, for [artifact.Input.Record].
func AtLine(l lines.Line) record.Origin {
	return record.Origin{Row: int64(l.Number), Offset: l.Offset}
}

// EachLine parses a text of which every line that is not blank has the same
// form. read reports whether a line has it; one that has not is an error. What
// names the content in errors.
func EachLine[D record.Data](what string, read func(line string) (D, bool)) Parse {
	return func(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
		return func(yield func(record.Record, error) bool) {
			for l, err := range Lines(in.File) {
				if err != nil {
					yield(record.Record{}, fmt.Errorf("read %s: %w", what, err))
					return
				}
				line := l.String()
				if strings.TrimSpace(line) == "" {
					continue
				}
				d, ok := read(line)
				if !ok {
					if !yield(record.Record{}, fmt.Errorf("read %s, line %d: unknown form: %q", what, l.Number, record.Line(line))) {
						return
					}
					continue
				}
				if !yield(in.Record(AtLine(l), d), nil) {
					return
				}
			}
		}
	}
}
