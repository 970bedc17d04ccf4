package from

import (
	"io"
	"iter"

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
