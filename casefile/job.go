package casefile

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/record"
)

// bufferSize is the size of the buffers before files, in bytes.
const bufferSize = 64 << 10

// A Sink stores the results of the jobs of a case. It is an [engine.Sink].
type Sink struct {
	c      *Case
	again  bool // the times of finished jobs are lost: they run again
	mu     sync.Mutex
	hashes map[string]map[string]engine.Digest // by source and path
}

// Sink returns a sink that goes on where an earlier run ended.
func (c *Case) Sink() (*Sink, error) {
	s := &Sink{c: c, hashes: map[string]map[string]engine.Digest{}}
	s.again = !c.sorted() && !exists(c.path("cache", "timeline"))
	if !c.sorted() {
		if err := os.MkdirAll(c.path("cache", "timeline"), 0o700); err != nil {
			return nil, err
		}
	}
	files, err := c.list("hashes")
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		if strings.HasSuffix(name, ".all.jsonl") {
			continue // the list of a whole acquisition; see [HashList]
		}
		err := lines(name, func(line []byte) error {
			var d engine.Digest
			if json.Unmarshal(line, &d) != nil {
				return nil // a line cut short by a crash is hashed again
			}
			s.keep(d)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *Sink) keep(d engine.Digest) {
	if s.hashes[d.Source] == nil {
		s.hashes[d.Source] = map[string]engine.Digest{}
	}
	s.hashes[d.Source][d.Path] = d
}

func jobName(j engine.Job) string { return fmt.Sprintf("%04d-%s", j.Index, j.Parser.ID) }

// Done implements [engine.Sink].
func (s *Sink) Done(j engine.Job) (c engine.Coverage, ok bool) {
	if s.again {
		return c, false
	}
	err := s.c.readJSON(&c, "coverage", j.Source.ID, jobName(j)+".json")
	return c, err == nil
}

// Seal implements [engine.Sink]. A file that cannot be read has no digest: the
// parser meets the same error, and the ledger shows it.
func (s *Sink) Seal(src *evidence.Source, path string, digest func() (engine.Digest, error)) error {
	s.mu.Lock()
	_, ok := s.hashes[src.ID][path]
	s.mu.Unlock()
	if ok {
		return nil
	}
	d, err := digest()
	if err != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.hashes[src.ID][path]; ok {
		return nil // another job was reading the same file
	}
	s.keep(d)
	line, err := json.Marshal(d)
	if err != nil {
		return err
	}
	return appendFile(s.c.path("hashes", src.ID+".jsonl"), append(line, '\n'))
}

// Digest returns the digest of a file, if it was sealed.
func (s *Sink) Digest(source, path string) (engine.Digest, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, ok := s.hashes[source][path]
	return d, ok
}

// Close rewrites the digests of each source in the order of paths.
func (s *Sink) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, byPath := range s.hashes {
		list := make([]engine.Digest, 0, len(byPath))
		for _, d := range byPath {
			list = append(list, d)
		}
		slices.SortFunc(list, func(a, b engine.Digest) int { return strings.Compare(a.Path, b.Path) })
		var data []byte
		for _, d := range list {
			line, err := json.Marshal(d)
			if err != nil {
				return err
			}
			data = append(append(data, line...), '\n')
		}
		if err := s.c.writeFile(data, "hashes", id+".jsonl"); err != nil {
			return err
		}
	}
	return nil
}

func appendFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// Job implements [engine.Sink].
func (s *Sink) Job(j engine.Job) (engine.Writer, error) {
	w := &writer{c: s.c, job: j, line: make([]byte, 0, 4096)}
	var err error
	if w.records, err = s.c.create("records", j.Source.ID, jobName(j)+".jsonl"); err != nil {
		return nil, err
	}
	if w.found, err = s.c.create("detection", j.Source.ID, jobName(j)+".jsonl"); err != nil {
		w.records.abort()
		return nil, err
	}
	w.times = newRuns(s.c.path("cache", "timeline", j.Source.ID, jobName(j)), location(j.Source.Device.Zone))
	if err := w.times.clear(); err != nil {
		w.Abort()
		return nil, err
	}
	return w, nil
}

// location returns the zone that a device names, nil if it is not known.
func location(name string) *time.Location {
	if name == "" || name == "Local" {
		return nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return zone
}

// writer writes the results of one job.
type writer struct {
	c       *Case
	job     engine.Job
	records *file
	found   *file
	times   *runs
	enc     record.Encoder
	line    []byte
}

// Record implements [engine.Writer].
func (w *writer) Record(r record.Record) error {
	if err := w.enc.Load(r); err != nil {
		return err
	}
	w.line = append(w.enc.AppendJSON(w.line[:0]), '\n')
	if _, err := w.records.b.Write(w.line); err != nil {
		return err
	}
	return w.times.add(&r, &w.enc)
}

// Finding implements [engine.Writer].
func (w *writer) Finding(f detect.Finding) error { return w.found.encode(detected{Finding: &f}) }

// Observation implements [engine.Writer].
func (w *writer) Observation(o detect.Observation) error {
	line, err := appendObservation(w.line[:0], &o)
	if err != nil {
		return err
	}
	w.line = line
	_, err = w.found.b.Write(line)
	return err
}

// Close implements [engine.Writer]. The coverage is written last: it completes
// the job.
func (w *writer) Close(c engine.Coverage) error {
	if err := errors.Join(w.times.close(), w.records.close(), w.found.close()); err != nil {
		return err
	}
	return w.c.writeJSON(c, "coverage", w.job.Source.ID, jobName(w.job)+".json")
}

// Abort implements [engine.Writer].
func (w *writer) Abort() {
	w.records.abort()
	w.found.abort()
	w.times.clear()
}

// A file is written under another name until it is complete.
type file struct {
	name string
	f    *os.File
	b    *bufio.Writer
}

func (c *Case) create(name ...string) (*file, error) {
	path := c.path(name...)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path+".part", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	return &file{path, f, bufio.NewWriterSize(f, bufferSize)}, nil
}

func (f *file) encode(v any) error {
	enc := json.NewEncoder(f.b)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

func (f *file) close() error {
	if err := errors.Join(f.b.Flush(), f.f.Close()); err != nil {
		return err
	}
	return os.Rename(f.name+".part", f.name)
}

func (f *file) abort() {
	f.f.Close()
	if err := os.Remove(f.name + ".part"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return // the next run overwrites it
	}
}
