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
	var done int64
	workers := r.opt.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	err = src.HashAll(ctx, workers, func(h evidence.StoredHash) error {
		cov.Files++
		done += h.Size
		r.progress(Progress{Phase: Hashing, Current: src.Name, Done: done})
		if h.Err != nil {
			cov.Errors++
			cov.Outcome = engine.Partial
			if len(cov.Sample) < 20 {
				cov.Sample = append(cov.Sample, fmt.Sprintf("%s: %v", h.Name, h.Err))
			}
			return nil
		}
		return out.Add(h.Name, h.Size, hex.EncodeToString(h.SHA256[:]))
	})
	if err != nil {
		out.Abort()
		return fmt.Errorf("hash all: %w", err)
	}
	r.ledger = append(r.ledger, cov)
	return out.Close()
}
