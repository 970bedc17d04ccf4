package casefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ErrChanged is wrapped by the error for a concluded case whose results are no
// longer those that its log names.
var ErrChanged = errors.New("the case was changed since it was concluded")

// Continue checks, without writing, that what a run is about to examine is what
// the case holds already, if it holds anything. The error wraps [ErrOther] if it
// is something else, and [ErrChanged] if a concluded case was tampered with:
// going on would seal what was changed.
func (c *Case) Continue(d Description, sources []Source) error {
	old, err := c.Description()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("resume case: %w", err)
	}
	if old.Detection != d.Detection && len(old.Sources) > 0 {
		return fmt.Errorf("resume case: %w: other indicators or rules; match a concluded case again, or choose another folder", ErrOther)
	}
	for _, id := range old.Sources {
		i := slices.IndexFunc(sources, func(s Source) bool { return s.ID == id })
		if i < 0 {
			return fmt.Errorf("resume source %s: %w: it is not among what is examined now; choose another folder", id, ErrOther)
		}
		var was Source
		err := c.readJSON(&was, "sources", id+".json")
		switch {
		case errors.Is(err, fs.ErrNotExist): // the run before ended there
		case err != nil:
			return fmt.Errorf("resume source %s: %w", id, err)
		case was.Plan != sources[i].Plan:
			return fmt.Errorf("resume source %s: %w: other evidence, another version or other choices; choose another folder", id, ErrOther)
		}
	}
	return c.unchanged()
}

// unchanged verifies a case whose verdict says that it was concluded.
func (c *Case) unchanged() error {
	v, err := c.Verdict()
	if err != nil || v.State != Concluded {
		return nil
	}
	if errs := c.Verify(); len(errs) > 0 {
		return fmt.Errorf("%w: %w", ErrChanged, errs[0])
	}
	return nil
}

// Matchable checks that the records of a case are whole, so that they can be
// matched again without the evidence: the examination was concluded once, and
// what it read is as it was sealed.
func (c *Case) Matchable() error {
	if !exists(c.path("contents.jsonl")) {
		return errors.New("the examination was not concluded: finish it with the evidence first")
	}
	if v, err := c.Verdict(); err == nil && v.State == Concluded {
		return c.unchanged()
	}
	// A run that matched it again was stopped: only what it writes may differ.
	if errs := c.verify(false); len(errs) > 0 {
		return fmt.Errorf("%w: %w", ErrChanged, errs[0])
	}
	return nil
}

// rewritten reports whether matching again replaces a result.
func rewritten(name string) bool {
	top, _, _ := strings.Cut(name, "/")
	return slices.Contains([]string{"detection", "findings.jsonl", "coverage.jsonl", "case.json"}, top)
}

// Tidy removes what a run that was killed left half written, and the reports,
// which would show results that are being replaced.
func (c *Case) Tidy() error {
	err := filepath.WalkDir(c.Dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && strings.HasSuffix(name, ".part") {
			err = os.Remove(name)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("tidy case: %w", err)
	}
	names, err := folder(c.Dir)
	if err != nil {
		return fmt.Errorf("tidy case: %w", err)
	}
	for _, name := range names {
		if strings.HasPrefix(filepath.Base(name), "report.") {
			if err := os.Remove(name); err != nil {
				return fmt.Errorf("tidy case: %w", err)
			}
		}
	}
	return nil
}

// dropRuns removes the sorted files of the jobs. They go at once, by another
// name first: what is left of them must not be taken for all of them.
func (c *Case) dropRuns() error {
	dropped := c.path("cache", "dropped")
	if err := os.RemoveAll(dropped); err != nil {
		return err
	}
	if err := os.Rename(c.path("cache", "timeline"), dropped); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.RemoveAll(dropped)
}

// sorted reports whether the timeline was written before, from all jobs.
func (c *Case) sorted() bool {
	return exists(c.path("timeline.jsonl")) && exists(c.path("timeline.csv")) && !exists(c.path("cache", "timeline"))
}

// entries counts the entries of a timeline that was written before.
func (c *Case) entries() (n int64, err error) {
	err = lines(c.path("timeline.jsonl"), func([]byte) error { n++; return nil })
	return n, err
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// list returns the files of JSON lines in a folder of the case, in order. The
// folder may be absent. No name is taken for a pattern: the folder of a case may
// be called "case [1]".
func (c *Case) list(parts ...string) ([]string, error) {
	names, err := folder(c.path(parts...))
	return slices.DeleteFunc(names, func(name string) bool { return !strings.HasSuffix(name, ".jsonl") }), err
}

// folder returns the regular files in a folder, which may be absent, in order.
func folder(path string) ([]string, error) {
	entries, err := os.ReadDir(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() {
			names = append(names, filepath.Join(path, e.Name()))
		}
	}
	return names, nil
}
