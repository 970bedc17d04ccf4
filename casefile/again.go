package casefile

import (
	"context"
	"iter"
	"path/filepath"
	"strings"

	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/record"
)

// ArtifactOf returns the ID of the artifact whose records a file holds, by the
// name of the file.
func ArtifactOf(name string) string {
	_, id, _ := strings.Cut(strings.TrimSuffix(filepath.Base(name), ".jsonl"), "-")
	return id
}

// DetectAgain examines the records of one file of records with e, replaces what
// was found in them before, and returns how many findings there are.
func (c *Case) DetectAgain(ctx context.Context, source, name string, types record.Registry, e *engine.Engine) (int, error) {
	out, err := c.create("detection", source, filepath.Base(name))
	if err != nil {
		return 0, err
	}
	w := &detectionWriter{writer{found: out}}
	n, err := e.Examine(until(ctx, Records(name, types)), w)
	if err != nil {
		out.abort()
		return 0, err
	}
	return n, out.close()
}

// detectionWriter keeps findings and observations, and no records: these are
// kept already.
type detectionWriter struct{ writer }

func (w *detectionWriter) Record(record.Record) error  { return nil }
func (w *detectionWriter) Close(engine.Coverage) error { return w.found.close() }
func (w *detectionWriter) Abort()                      { w.found.abort() }

// until ends a sequence with an error when ctx is done.
func until(ctx context.Context, seq iter.Seq2[record.Record, error]) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		for r, err := range seq {
			if ctx.Err() != nil {
				yield(record.Record{}, context.Cause(ctx))
				return
			}
			if !yield(r, err) {
				return
			}
		}
	}
}
