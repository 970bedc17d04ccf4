package engine

import (
	"context"
	"time"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/record"
)

// maxJumps bounds the steps back of the clock that are taken from one log; the last
// ones are kept.
const maxJumps = 64

// A resolver resolves the times of the records of one file.
type resolver struct {
	clock *epoch.Clock // nil if nothing is to be resolved
	kind  artifact.Clock
	typ   *record.Type
	last  time.Time // of a log: the instant of the record before
}

// newResolver returns the resolver for a file. The records of a log are read
// once before, for the steps back of the clock: where its zone changed is known
// only after the lines that were written before.
func newResolver(ctx context.Context, clock *epoch.Clock, job Job, file PlannedFile) *resolver {
	r := &resolver{kind: job.Parser.Clock}
	typ, err := record.TypeOf(job.Parser.Record)
	if err != nil || clock == nil || !typ.HasWallTimes() || r.kind == artifact.OtherClock {
		return r
	}
	r.typ, r.clock = typ, clock
	if r.kind == artifact.LogClock {
		r.clock = clock.WithJumps(r.jumps(ctx, job, file))
	}
	return r
}

// jumps returns the steps back of the clock that a log shows.
func (r *resolver) jumps(ctx context.Context, job Job, file PlannedFile) []epoch.Jump {
	var list []epoch.Jump
	var before record.WallTime
	for rec, err := range Parse(ctx, job.Source, job.Parser, file, nil) {
		if err != nil {
			continue // it is reported when the records are read
		}
		first := true
		r.typ.WithWallTimes(rec.Data, func(w record.WallTime) record.WallTime {
			if first && w.Year() != 0 {
				if j, ok := epoch.JumpBetween(before, w); ok {
					list = append(list, j)
				}
				before, first = w, false
			}
			return w
		})
		if len(list) > 2*maxJumps {
			list = append(list[:0], list[len(list)-maxJumps:]...)
		}
	}
	return list[max(0, len(list)-maxJumps):]
}

// record returns a record with its times resolved.
func (r *resolver) record(rec record.Record) record.Record {
	if r.clock == nil {
		return rec
	}
	first := true
	rec.Data = r.typ.WithWallTimes(rec.Data, func(w record.WallTime) record.WallTime {
		switch r.kind {
		case artifact.CaptureClock:
			return r.clock.ResolveAtCapture(w)
		case artifact.LogClock:
			w = r.clock.Resolve(w, r.last)
			if at, ok := w.Instant(); ok && first {
				r.last, first = at, false
			}
			return w
		}
		return r.clock.Resolve(w, time.Time{})
	})
	return rec
}
