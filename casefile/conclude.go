package casefile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"runtime"
	"sync"

	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/record"
)

// maxObservations bounds what the correlators remember of one case.
const maxObservations = 500_000

// maxJudges bounds the correlators that judge at the same time, and so what they
// hold.
const maxJudges = 4

// Conclude has the correlators judge their observations, collects what was
// found into findings.jsonl, gravest first, and writes the ledger. It returns
// how many findings there are of each grade.
func (c *Case) Conclude(sources []string, correlators []detect.Correlator, ledger []engine.Coverage) (map[detect.Grade]int, error) {
	d, err := c.detection(sources)
	if err != nil {
		return nil, err
	}
	correlated, failed := d.correlate(correlators)
	grades, err := c.writeFindings(d, correlated)
	if err != nil {
		return nil, err
	}
	return grades, c.writeLedger(append(ledger, failed...))
}

// correlate returns what the correlators find, in their order, and as coverage what
// they could not judge. Several judge at the same time.
func (d *detection) correlate(correlators []detect.Correlator) (found []detect.Finding, failed []engine.Coverage) {
	judged := make([]struct {
		found []detect.Finding
		err   error
	}, len(correlators))
	free := make(chan struct{}, min(maxJudges, runtime.GOMAXPROCS(0)))
	var wg sync.WaitGroup
	for i, k := range correlators {
		free <- struct{}{}
		wg.Go(func() {
			defer func() { <-free }()
			j := &judged[i]
			j.err = k.Correlate(d.observations(k.ID()), func(f detect.Finding) {
				f.Seal()
				j.found = append(j.found, f)
			})
			if j.err == nil && d.count > maxObservations && len(d.seen[k.ID()]) > 0 {
				j.err = fmt.Errorf("only the first %d of %d observations were judged", maxObservations, d.count)
			}
		})
	}
	wg.Wait()
	for i, j := range judged {
		found = append(found, j.found...)
		if j.err != nil {
			failed = append(failed, engine.Coverage{Artifact: correlators[i].ID(), Outcome: engine.Partial, Errors: 1, Sample: []string{j.err.Error()}})
		}
	}
	return found, failed
}

// writeFindings writes findings.jsonl: one pass for each grade, so that memory
// does not grow with the findings. A record that was read twice, such as in a
// database and in its log, gives one finding.
func (c *Case) writeFindings(d *detection, correlated []detect.Finding) (map[detect.Grade]int, error) {
	out, err := c.create("findings.jsonl")
	if err != nil {
		return nil, err
	}
	defer out.abort()
	grades, known := map[detect.Grade]int{}, map[string]bool{}
	write := func(f detect.Finding) error {
		if known[f.ID] {
			return nil
		}
		known[f.ID] = true
		grades[f.Grade]++
		return out.encode(f)
	}
	for grade := detect.Confirmed; grade >= detect.Context; grade-- {
		for _, f := range correlated {
			if f.Grade == grade {
				if err := write(f); err != nil {
					return nil, err
				}
			}
		}
		if err := d.findings(grade, write); err != nil {
			return nil, err
		}
	}
	return grades, out.close()
}

func (c *Case) writeLedger(ledger []engine.Coverage) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, l := range ledger {
		if err := enc.Encode(l); err != nil {
			return err
		}
	}
	return c.writeFile(b.Bytes(), "coverage.jsonl")
}

// Ledger reads coverage.jsonl.
func (c *Case) Ledger() ([]engine.Coverage, error) {
	return readLines[engine.Coverage](c.path("coverage.jsonl"))
}

// Findings calls fn with each finding, gravest first.
func (c *Case) Findings(fn func(detect.Finding) error) error {
	return lines(c.path("findings.jsonl"), func(line []byte) error {
		var f detect.Finding
		if err := json.Unmarshal(line, &f); err != nil {
			return err
		}
		return fn(f)
	})
}

// Digests reads the digests of the files of a source.
func (c *Case) Digests(source string) ([]engine.Digest, error) {
	return readLines[engine.Digest](c.path("hashes", source+".jsonl"))
}

func readLines[T any](path string) ([]T, error) {
	var list []T
	err := lines(path, func(line []byte) error {
		var v T
		if err := json.Unmarshal(line, &v); err != nil {
			return err
		}
		list = append(list, v)
		return nil
	})
	return list, err
}

// JobFiles returns the names of the files of records of a source, in order.
func (c *Case) JobFiles(source string) ([]string, error) {
	return c.list("records", source)
}

// Records yields the records of one file of records.
func Records(name string, types record.Registry) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		stop := fmt.Errorf("stopped")
		err := lines(name, func(line []byte) error {
			r, err := types.Unmarshal(line)
			if !yield(r, err) {
				return stop
			}
			return nil
		})
		if err != nil && err != stop && !os.IsNotExist(err) {
			yield(record.Record{}, err)
		}
	}
}
