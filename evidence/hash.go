package evidence

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"
)

// hashBuffer is the size of the reads of hashing.
const hashBuffer = 1 << 20

// hashAhead is how many files may be in work or waiting for an earlier one, for
// each worker.
const hashAhead = 16

// A StoredHash is the hash of one file as it lies in the acquisition.
type StoredHash struct {
	Name   string   // inside the acquisition, as [StoredFile] has it
	Size   int64    // bytes that were hashed
	SHA256 [32]byte // of the stored bytes; zero if Err is set
	Err    error    // why the file could not be read to its end; nil if it was
}

// HashAll hashes every stored file of the acquisition, also those that nothing
// lists, and calls fn with the results in the order of the acquisition, which
// is the same each time whatever the number of workers. It returns the first
// error of fn, the cause of ctx if it ends, and what could not be listed. One
// worker is used where the archive is compressed as a whole.
func (s *Source) HashAll(ctx context.Context, workers int, fn func(StoredHash) error) error {
	f, ok := s.FS.(interface{ outerOf() outer })
	if !ok {
		return errors.New("hash acquisition: this kind is not stored as files")
	}
	o := f.outerOf()
	if workers < 1 || o.sequential() {
		workers = 1
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	order := make(chan *hashJob, workers*hashAhead) // results in order
	var wg sync.WaitGroup
	var walkErr error
	wg.Go(func() { walkErr = hashWalk(ctx, o, workers, order) })
	var fnErr error
	for j := range order {
		<-j.done
		if fnErr == nil && ctx.Err() == nil {
			if fnErr = fn(j.result); fnErr != nil {
				cancel()
			}
		}
	}
	wg.Wait()
	if fnErr != nil {
		return fnErr
	}
	return walkErr
}

// hashWalk starts the workers, gives them the files of o, and sends the jobs to
// order, which it closes once all of them have been taken.
func hashWalk(ctx context.Context, o outer, workers int, order chan<- *hashJob) error {
	defer close(order)
	jobs := make(chan *hashJob)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			w := hashWorker{o: o, sum: sha256.New(), buf: make([]byte, hashBuffer)}
			for j := range jobs {
				j.result = w.hash(ctx, j.name)
				close(j.done)
			}
		})
	}
	err := o.walk(func(name string) error {
		j := &hashJob{name: name, done: make(chan struct{})}
		select {
		case order <- j:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		jobs <- j // a worker takes it, since jobs end by themselves
		return nil
	})
	close(jobs)
	wg.Wait()
	return err
}

// A hashJob is one file to hash.
type hashJob struct {
	name   string
	result StoredHash
	done   chan struct{}
}

// A hashWorker hashes one file after the other.
type hashWorker struct {
	o   outer
	sum hash.Hash
	buf []byte
}

func (w *hashWorker) hash(ctx context.Context, name string) StoredHash {
	r := StoredHash{Name: name}
	f, err := w.o.open(name)
	if err != nil {
		r.Err = fmt.Errorf("hash %s: %w", name, err)
		return r
	}
	defer f.Close()
	w.sum.Reset()
	for r.Size < f.size {
		if err := ctx.Err(); err != nil {
			r.Err = context.Cause(ctx)
			return r
		}
		p := w.buf[:min(int64(len(w.buf)), f.size-r.Size)]
		n, err := f.ReadAt(p, r.Size)
		w.sum.Write(p[:n])
		r.Size += int64(n)
		if n < len(p) {
			if err == nil || errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			r.Err = fmt.Errorf("hash %s: %w", name, err)
			return r
		}
	}
	w.sum.Sum(r.SHA256[:0])
	return r
}
