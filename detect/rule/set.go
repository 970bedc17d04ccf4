package rule

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/record"
)

// A Set is a set of rules that were loaded together. It is a
// [detect.Detector] for the rules on one record, and has the correlators for
// the others. It is safe for concurrent use.
type Set struct {
	rules       []*Rule
	plans       map[string]*plan
	single      map[string][]test // by artifact
	sequences   []detect.Correlator
	fingerprint string
	setting
}

// A setting is what the conditions of a set meet in an examination.
type setting struct {
	known  *detect.Sources // of the case; nil if nothing is known
	failed *failures       // also of the sets that were informed of other cases
}

// failures are conditions that could not be evaluated.
type failures struct {
	mu   sync.Mutex
	list map[[2]string]*Failure // by rule and artifact
}

// A test is a condition of a rule on one record.
type test struct {
	rule *Rule
	when *program
}

// compiled is a rule with its programs, by artifact.
type compiled struct {
	rule  *Rule
	when  map[string]*program
	steps []compiledStep
	mixed bool // some steps are dated by clocks of the device, some by instants
}

type compiledStep struct {
	when, key, differ map[string]*program
	keep              []compiledKept
	where             *comparison
	at                map[string][]record.Field // fields that date a record; none for its first time
}

// A Failure counts evaluations of a condition that ended in an error, such as
// a null that was compared or a cost limit that was reached. A record that a
// condition fails on is not found by it.
type Failure struct {
	Rule     string // ID
	Artifact string
	Count    int64
	Error    string // the first in alphabetical order
}

func newSet(c *compiler) *Set {
	return &Set{plans: c.plans, single: map[string][]test{}, setting: setting{failed: &failures{list: map[[2]string]*Failure{}}}}
}

func (s *Set) add(c *compiled) {
	s.rules = append(s.rules, c.rule)
	if c.rule.Gaps != nil {
		s.sequences = append(s.sequences, &gapSearch{c, s.plans, s.setting})
		return
	}
	for artifact, p := range c.when {
		s.single[artifact] = append(s.single[artifact], test{c.rule, p})
	}
	if len(c.steps) > 0 {
		s.sequences = append(s.sequences, newSequence(s, c))
	}
}

// Inform returns the set for a case with these acquisitions, and its correlators.
// Failures are shared with the receiver. It implements [detect.Informed].
func (s *Set) Inform(sources *detect.Sources) detect.Detector { return s.informed(sources) }

func (s *Set) informed(sources *detect.Sources) *Set {
	set := *s
	set.known = sources
	set.sequences = make([]detect.Correlator, len(s.sequences))
	for i, c := range s.sequences {
		set.sequences[i] = c.(detect.Informed[detect.Correlator]).Inform(sources)
	}
	return &set
}

// Rules returns the rules in the order of their files.
func (s *Set) Rules() []*Rule { return slices.Clone(s.rules) }

// Fingerprint returns a digest of the names and contents of all rule files, in
// hexadecimal: two sets with the same fingerprint find the same.
func (s *Set) Fingerprint() string { return s.fingerprint }

// Failures returns what could not be evaluated so far, by rule and artifact.
// Whoever runs detectors shows it: a rule that fails is not a rule that finds
// nothing.
func (s *Set) Failures() []Failure {
	s.failed.mu.Lock()
	defer s.failed.mu.Unlock()
	var list []Failure
	for _, f := range s.failed.list {
		list = append(list, *f)
	}
	slices.SortFunc(list, func(a, b Failure) int {
		return strings.Compare(a.Rule+" "+a.Artifact, b.Rule+" "+b.Artifact)
	})
	return list
}

func (s *setting) fail(r *Rule, artifact string, err error) {
	s.failed.mu.Lock()
	defer s.failed.mu.Unlock()
	key := [2]string{r.ID, artifact}
	f := s.failed.list[key]
	if f == nil {
		f = &Failure{Rule: r.ID, Artifact: artifact, Error: err.Error()}
		s.failed.list[key] = f
	}
	f.Count++
	f.Error = min(f.Error, err.Error())
}

// activations are reused, since one is needed for each record.
var activations = sync.Pool{New: func() any { return new(activation) }}

// activate returns the activation for a record by the plan of its artifact, nil
// if its data is not of the type that the rules were checked against.
func (s *setting) activate(p *plan, rec record.Record) *activation {
	v := reflect.ValueOf(rec.Data)
	if p == nil || !v.IsValid() || v.Type() != p.typ.Go {
		return nil
	}
	a := activations.Get().(*activation)
	a.plan, a.at, a.data, a.known = p, rec.Origin, v, s.known
	return a
}

func release(a *activation) {
	*a = activation{scratch: a.scratch[:0]}
	activations.Put(a)
}

// Concerns implements [detect.Selective].
func (s *Set) Concerns(artifact string) bool { return len(s.single[artifact]) > 0 }

// Detect implements [detect.Detector] for the rules on one record.
func (s *Set) Detect(rec record.Record, found func(detect.Finding)) {
	tests := s.single[rec.Artifact]
	if len(tests) == 0 {
		return
	}
	a := s.activate(s.plans[rec.Artifact], rec)
	if a == nil {
		s.fail(tests[0].rule, rec.Artifact, fmt.Errorf("record of %s holds %T", rec.Artifact, rec.Data))
		return
	}
	for i := range tests {
		ok, err := tests[i].when.test(a)
		if err != nil {
			s.fail(tests[i].rule, rec.Artifact, err)
		} else if ok {
			found(tests[i].rule.finding([]detect.Exhibit{detect.NewExhibit(rec)}))
		}
	}
	release(a)
}

// Correlators returns a correlator for each rule that is about several records.
//
// A sequence is found when enough records meet its steps, all from one source,
// or from the sources of its [Scope], and with the same key, the last no later
// than Within after the first. A step without a key, in a rule with keys, goes
// with any key. Records without a time take no part if the order or the distance
// matters, records with an empty key never. A record counts for one step only.
// Sequences do not overlap: those that follow within the same time are part of
// the same finding.
//
// A step that is None hinders the finding if such a record is there with the
// same key, no further than Within before the first or after the last. If it has
// a key, it hinders every finding unless such a record was seen at all in the
// sources of the sequence: an artifact that was not read proves nothing.
//
// A step that is Always must be met, or not met, by records with the same key,
// whenever they are.
func (s *Set) Correlators() []detect.Correlator { return slices.Clone(s.sequences) }

// finding returns a finding of the rule.
func (r *Rule) finding(exhibits []detect.Exhibit) detect.Finding {
	f := detect.Finding{
		Detector:   r.Name(),
		Grade:      r.Grade,
		Title:      r.Title,
		Why:        r.Why,
		Confidence: r.Confidence,
		Benign:     r.Benign,
		Next:       r.Next,
		Refs:       r.Refs,
		Threat:     r.Threat,
		Exhibits:   exhibits,
	}
	f.Seal()
	return f
}

// dated reports whether records without a time can take no part.
func (r *Rule) dated() bool { return r.Within > 0 || !r.Any }
