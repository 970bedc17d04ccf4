package rule

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/record"
)

const (
	maxNumbered    = 50_000 // numbered records of a case that are kept
	maxGapExhibits = 40     // records shown with a finding
)

// gapSteps names the steps of observations of a rule with gaps: records with a
// number, and those that say which number was the highest.
var gapSteps = [...]string{"row", "highest"}

// gapSearch looks for numbers that are missing among the records of one file.
// Its compiled steps are gapSteps.
type gapSearch struct {
	*compiled
	plans map[string]*plan
	setting
}

// Inform implements [detect.Informed].
func (g *gapSearch) Inform(sources *detect.Sources) detect.Correlator {
	c := *g
	c.known = sources
	return &c
}

// ID implements [detect.Correlator].
func (g *gapSearch) ID() string { return g.rule.Name() }

// Concerns implements [detect.Selective].
func (g *gapSearch) Concerns(artifact string) bool { return g.steps[0].key[artifact] != nil }

// Observe implements [detect.Correlator].
func (g *gapSearch) Observe(rec record.Record, seen func(detect.Observation)) {
	if g.steps[0].key[rec.Artifact] == nil {
		return
	}
	a := g.activate(g.plans[rec.Artifact], rec)
	if a == nil {
		g.fail(g.rule, rec.Artifact, fmt.Errorf("record of %s holds %T", rec.Artifact, rec.Data))
		return
	}
	defer release(a)
	for i, step := range g.steps {
		if step.when[rec.Artifact] == nil {
			continue
		}
		number, ok, err := step.meet(rec.Artifact, a)
		if err != nil {
			g.fail(g.rule, rec.Artifact, err)
		} else if ok {
			seen(detect.Observation{Correlator: g.ID(), Step: gapSteps[i], Key: number, Exhibit: detect.NewExhibit(rec)})
		}
	}
}

// A numberedFile holds the numbered records of one file.
type numberedFile struct {
	rows    map[int64]detect.Exhibit
	highest int64
	last    *detect.Exhibit // says which number was the highest
}

// Correlate implements [detect.Correlator]. It fails if there are more records
// than it keeps, or with the first error of reading the observations.
func (g *gapSearch) Correlate(seen iter.Seq2[detect.Observation, error], found func(detect.Finding)) error {
	files := map[[2]string]*numberedFile{}
	kept, dropped := 0, 0
	var firstErr error
	for o, err := range seen {
		n, badNumber := strconv.ParseInt(strings.TrimSuffix(o.Key, separator), 10, 64)
		if err == nil && badNumber != nil {
			err = fmt.Errorf("read number %q: %w", o.Key, badNumber)
		}
		if err != nil {
			firstErr = cmp.Or(firstErr, fmt.Errorf("correlate %s: %w", g.ID(), err))
			continue
		}
		if kept++; kept > maxNumbered {
			dropped++
			continue
		}
		name := [2]string{o.Exhibit.Origin.Source, o.Exhibit.Origin.Path}
		f := files[name]
		if f == nil {
			f = &numberedFile{rows: map[int64]detect.Exhibit{}}
			files[name] = f
		}
		f.add(n, o)
	}
	if dropped > 0 {
		return cmp.Or(firstErr, fmt.Errorf("correlate %s: more than %d records: gaps were not judged", g.ID(), maxNumbered))
	}
	for _, name := range slices.SortedFunc(maps.Keys(files), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		if missing, exhibits := files[name].gaps(); missing >= int64(g.rule.Gaps.Least) {
			found(g.rule.finding(exhibits))
		}
	}
	return firstErr
}

func (f *numberedFile) add(n int64, o detect.Observation) {
	if o.Step == gapSteps[1] {
		if f.last == nil || n > f.highest {
			f.highest, f.last = n, &o.Exhibit
		}
	} else if _, again := f.rows[n]; !again {
		f.rows[n] = o.Exhibit
	}
}

// gaps returns how many numbers are missing between the first and the highest,
// and the records beside the gaps.
func (f *numberedFile) gaps() (missing int64, exhibits []detect.Exhibit) {
	numbers := slices.Sorted(maps.Keys(f.rows))
	shown := int64(-1)
	show := func(n int64) {
		if n != shown && len(exhibits) < maxGapExhibits {
			exhibits = append(exhibits, f.rows[n])
		}
		shown = n
	}
	for i := 1; i < len(numbers); i++ {
		if gap := numbers[i] - numbers[i-1] - 1; gap > 0 {
			missing += gap
			show(numbers[i-1])
			show(numbers[i])
		}
	}
	if len(numbers) == 0 || f.last == nil || f.highest <= numbers[len(numbers)-1] {
		return missing, exhibits
	}
	missing += f.highest - numbers[len(numbers)-1]
	show(numbers[len(numbers)-1])
	return missing, append(exhibits, *f.last)
}
