package examination

import (
	"context"
	"encoding/hex"
	"fmt"
	"runtime"

	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/evidence"
)

// artifactHashes is the name under which the ledger books the digests of a
// whole acquisition.
const artifactHashes = "hashes"

// hashAll hashes every stored file of the acquisitions.
func (r *run) hashAll(ctx context.Context) error {
	for _, src := range r.sources {
		if err := r.hashSource(ctx, src); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) hashSource(ctx context.Context, src *evidence.Source) error {
	out, err := r.c.HashList(src.ID)
	if err != nil {
		return err
	}
	cov := engine.Coverage{Source: src.ID, Artifact: artifactHashes, Outcome: engine.Complete}
	fail := func(text string) {
		cov.Errors++
		cov.Outcome = engine.Partial
		if len(cov.Sample) < 20 {
			cov.Sample = append(cov.Sample, text)
		}
	}
	var done int64
	var written error
	workers := r.opt.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	err = src.HashAll(ctx, workers, func(h evidence.StoredHash) error {
		cov.Files++
		done += h.Size
		r.progress(Progress{Phase: Hashing, Current: src.Name, Done: done})
		if h.Err != nil {
			fail(fmt.Sprintf("%s: %v", h.Name, h.Err))
			return nil
		}
		written = out.Add(h.Name, h.Size, hex.EncodeToString(h.SHA256[:]))
		return written
	})
	switch {
	case err == nil:
	case ctx.Err() != nil || written != nil:
		out.Abort()
		return fmt.Errorf("hash all: %w", err)
	default: // the acquisition could not be listed to its end
		fail(err.Error())
	}
	r.ledger = append(r.ledger, cov)
	return out.Close()
}
