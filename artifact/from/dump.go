package from

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/format/lines"
	"github.com/vigie-project/vigie/record"
)

// Dumpsys returns the patterns of what the services of Android with the given
// names print, in bug reports and in AndroidQF acquisitions.
func Dumpsys(services ...string) (patterns []artifact.Pattern) {
	for _, service := range services {
		for _, end := range []string{".txt", ".*.txt"} {
			patterns = append(patterns,
				artifact.Pattern{Kinds: evidence.AndroidBugreport, Glob: "bugreport/dumpsys/" + service + end},
				artifact.Pattern{Kinds: evidence.AndroidQF, Glob: "androidqf/dumpsys/" + service + end})
		}
	}
	return patterns
}

// Sections returns the patterns of the sections of a bug report with the given
// names, in lower case with "-" for all but letters and digits.
func Sections(names ...string) (patterns []artifact.Pattern) {
	for _, name := range names {
		for _, end := range []string{".txt", ".*.txt"} {
			patterns = append(patterns, artifact.Pattern{Kinds: evidence.AndroidBugreport, Glob: "bugreport/section/" + name + end})
		}
	}
	return patterns
}

// Dump parses a text with a decoder of its lines. row gives the record of a
// decoded value and the number of its line. Errors of the decoder are yielded
// among the records, and an empty text is an error: services print a heading at
// least.
func Dump[T any](decode func(iter.Seq[lines.Line]) iter.Seq2[T, error], row func(T) (line int, data record.Data)) Parse {
	return decoded(decode, true, func(v T) (record.Origin, record.Data) {
		line, data := row(v)
		return record.Origin{Row: int64(line)}, data
	})
}

// DumpSince is [Dump] for a part of a text that versions of Android print since the
// given one, which also print a line that begins with mark. If neither is there,
// but a line that begins with always, which all versions print, that is a note and
// no error.
func DumpSince[T any](version, mark, always string, decode func(iter.Seq[lines.Line]) iter.Seq2[T, error], row func(T) (line int, data record.Data)) Parse {
	return func(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
		return Dump(func(text iter.Seq[lines.Line]) iter.Seq2[T, error] {
			return func(yield func(T, error) bool) {
				marked, whole := false, false
				watched := func(yield func(lines.Line) bool) {
					for l := range text {
						marked = marked || bytes.HasPrefix(l.Text, []byte(mark))
						whole = whole || bytes.HasPrefix(l.Text, []byte(always))
						if !yield(l) {
							return
						}
					}
				}
				for v, err := range decode(watched) {
					var form *dumpsys.FormError
					if errors.As(err, &form) && form.Absent() && whole && !marked {
						in.Note(evidence.PartAbsent(in.Path, form.Reason+": Android prints that since "+version+", and the text is of an older one"))
						continue
					}
					if !yield(v, err) {
						return
					}
				}
			}
		}, row)(ctx, in)
	}
}

// Decoded is [Dump] for a text that may be empty. row gives the record of a
// decoded value and where it is, or nil for none.
func Decoded[T any](decode func(iter.Seq[lines.Line]) iter.Seq2[T, error], row func(T) (record.Origin, record.Data)) Parse {
	return decoded(decode, false, row)
}

func decoded[T any](decode func(iter.Seq[lines.Line]) iter.Seq2[T, error], heading bool, row func(T) (record.Origin, record.Data)) Parse {
	return func(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
		return func(yield func(record.Record, error) bool) {
			var failed error
			blank := true
			text := func(yield func(lines.Line) bool) {
				for l, err := range Lines(in.File) {
					if failed = err; err != nil {
						return
					}
					blank = blank && len(bytes.TrimSpace(l.Text)) == 0
					if !yield(l) {
						return
					}
				}
			}
			for v, err := range decode(text) {
				if err != nil {
					if !yield(record.Record{}, err) {
						return
					}
					continue
				}
				if at, data := row(v); data != nil && !yield(in.Record(at, data), nil) {
					return
				}
			}
			switch {
			case failed != nil:
				yield(record.Record{}, fmt.Errorf("read lines: %w", failed))
			case blank && heading:
				yield(record.Record{}, errUnprinted)
			}
		}
	}
}

// Clock returns what the clock of a device showed: as a time, or as text if it
// was printed without its year.
func Clock(t time.Time) (record.WallTime, string) {
	if !t.IsZero() && t.Year() == 0 {
		return record.WallTime{}, t.Format("01-02 15:04:05.999")
	}
	return record.WallTime{Time: t}, ""
}

// Count returns a number that a decoder of dumps gives, or nil if it is
// negative: then it is not recorded.
func Count(n int) *int64 {
	if n < 0 {
		return nil
	}
	v := int64(n)
	return &v
}

// KVs returns the pairs of a dump.
func KVs(pairs []dumpsys.Pair) (kvs []record.KV) {
	for _, p := range pairs {
		kvs = append(kvs, record.KV(p))
	}
	return kvs
}

// Texts returns the lines of a dump, nil for none.
func Texts(lines []string) (texts []record.Text) {
	for _, l := range lines {
		texts = append(texts, record.Text(l))
	}
	return texts
}

// Unless returns a decoder that reports no errors for a text that has a line which
// begins with other and none that begins with own: bug reports hold several dumps
// of some services, and a decoder has a use for one of them.
func Unless[T any](own, other string, decode func(iter.Seq[lines.Line]) iter.Seq2[T, error]) func(iter.Seq[lines.Line]) iter.Seq2[T, error] {
	return func(text iter.Seq[lines.Line]) iter.Seq2[T, error] {
		return func(yield func(T, error) bool) {
			isOwn, isOther := false, false
			watched := func(yield func(lines.Line) bool) {
				for l := range text {
					isOwn = isOwn || bytes.HasPrefix(l.Text, []byte(own))
					isOther = isOther || bytes.HasPrefix(l.Text, []byte(other))
					if !yield(l) {
						return
					}
				}
			}
			for v, err := range decode(watched) {
				if (err == nil || isOwn || !isOther) && !yield(v, err) {
					return
				}
			}
		}
	}
}
