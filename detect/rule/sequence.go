package rule

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/record"
)

const (
	maxTracks   = 50_000    // keys followed at once
	maxSameTime = 10_000    // observations of one instant that are put in order
	maxExhibits = 50        // records shown with a finding that its rule does not ask for
	maxChain    = 50        // records of a sequence in order
	maxTogether = 500       // records of one finding for all sequences of a scope; more give further findings
	maxOffers   = 2_000_000 // times that a record without a key is offered to the records of a key
)

// separator parts the key of an observation from what must differ.
const separator = "\x1f"

// A sequence looks for the records of a rule with steps.
type sequence struct {
	*compiled
	setting
	steps []artifactSteps
	index map[string]int // steps by name
	chain []int          // for steps in order: one for each record, by its step
	none  bool           // whether there are steps that must not be there
	last  bool           // whether findings are only known at the end
	keyed bool           // whether steps have keys; those without go with any
}

// artifactSteps are the steps that records of one artifact may meet. There are
// few artifacts in a rule and many records of others: comparing is faster than
// a map.
type artifactSteps struct {
	artifact string
	plan     *plan
	steps    []int
	when     []*program // of the steps
}

func newSequence(set *Set, c *compiled) *sequence {
	s := &sequence{compiled: c, setting: set.setting, index: map[string]int{}}
	for _, artifact := range c.rule.Artifacts {
		s.steps = append(s.steps, artifactSteps{artifact: artifact, plan: set.plans[artifact]})
	}
	for i, step := range c.rule.Steps {
		for j := range s.steps {
			if a := &s.steps[j]; c.steps[i].when[a.artifact] != nil {
				a.steps, a.when = append(a.steps, i), append(a.when, c.steps[i].when[a.artifact])
			}
		}
		s.index[step.Name] = i
		s.none = s.none || step.None
		s.keyed = s.keyed || step.Key != nil
		s.last = s.last || step.Always || step.None && step.Key != nil
		for range step.Count {
			if !step.None && !step.Always {
				s.chain = append(s.chain, i)
			}
		}
	}
	return s
}

// Inform implements [detect.Informed].
func (s *sequence) Inform(sources *detect.Sources) detect.Correlator {
	c := *s
	c.known = sources
	return &c
}

// ID implements [detect.Correlator].
func (s *sequence) ID() string { return s.rule.Name() }

// Concerns implements [detect.Selective].
func (s *sequence) Concerns(artifact string) bool {
	return slices.Contains(s.rule.Artifacts, artifact)
}

// Observe implements [detect.Correlator].
func (s *sequence) Observe(rec record.Record, seen func(detect.Observation)) {
	i := slices.IndexFunc(s.steps, func(a artifactSteps) bool { return a.artifact == rec.Artifact })
	if i < 0 {
		return
	}
	x := &s.steps[i]
	a := s.activate(x.plan, rec)
	if a == nil {
		s.fail(s.rule, rec.Artifact, fmt.Errorf("record of %s holds %T", rec.Artifact, rec.Data))
		return
	}
	for j, i := range x.steps {
		ok, err := x.when[j].test(a)
		if !ok && err == nil {
			continue
		}
		o := detect.Observation{Correlator: s.ID(), Step: s.rule.Steps[i].Name}
		if err == nil {
			o.Key, ok, err = s.compiled.steps[i].keys(rec.Artifact, a)
		}
		if ok && err == nil {
			o.Kept, err = keptTexts(s.compiled.steps[i].keep, rec.Artifact, a)
			ok = err == nil
		}
		if err != nil && err != errNull {
			s.fail(s.rule, rec.Artifact, err)
		}
		if ok {
			s.observe(o, i, rec, seen)
		}
	}
	release(a)
}

// meet reports whether a record meets the step, and with which key.
func (c *compiledStep) meet(artifact string, a *activation) (string, bool, error) {
	ok, err := c.when[artifact].test(a)
	if !ok || err != nil {
		return "", false, err
	}
	return c.keys(artifact, a)
}

// keys returns the key of a record that meets the condition of the step. It does
// not meet the step with an empty one.
func (c *compiledStep) keys(artifact string, a *activation) (_ string, ok bool, err error) {
	var key, differ string
	if p := c.key[artifact]; p != nil {
		if key, err = p.text(a); err != nil || key == "" {
			return "", false, err
		}
	}
	if p := c.differ[artifact]; p != nil {
		if differ, err = p.text(a); err != nil || differ == "" {
			return "", false, err
		}
	}
	return strings.ReplaceAll(key, separator, " ") + separator + differ, true, nil
}

// observe calls seen for each of the times that date the record.
func (s *sequence) observe(o detect.Observation, step int, rec record.Record, seen func(detect.Observation)) {
	o.Exhibit = detect.NewExhibit(rec)
	if s.rule.Steps[step].None { // it is never shown
		e := &o.Exhibit
		*e = detect.Exhibit{Artifact: e.Artifact, Origin: record.Origin{Source: e.Origin.Source}, Time: e.Time, TimeField: e.TimeField, Data: nothing}
	}
	at := s.compiled.steps[step].at[rec.Artifact]
	if len(at) == 0 {
		if !o.Exhibit.Time.IsZero() || !s.rule.dated() || s.rule.Steps[step].Always {
			o.Once = s.once(&o, step, rec, o.Exhibit.Time.Time)
			seen(o)
		}
		return
	}
	v := reflect.ValueOf(rec.Data)
	var times []time.Time
	for _, f := range at {
		var clock *record.WallTime
		t, instant := v.Field(f.Index).Interface().(record.Time)
		if !instant {
			w := v.Field(f.Index).Interface().(record.WallTime)
			if !w.IsZero() {
				if t.Time, instant = s.instant(w, rec.Origin.Source); !instant {
					s.fail(s.rule, rec.Artifact, errZone)
					continue
				}
			}
			clock = &record.WallTime{Time: t.Time}
		}
		if t.IsZero() || slices.ContainsFunc(times, t.Time.Equal) {
			continue
		}
		times = append(times, t.Time)
		o.Once = s.once(&o, step, rec, t.Time)
		if o.Clock = clock; clock == nil {
			o.Exhibit.Time, o.Exhibit.TimeField = t, f.Name
		}
		seen(o)
	}
}

// instant returns the instant of a time of a clock without a zone: by the offset
// that other files record, or else by the zone that the phone names. If all steps
// are dated by clocks, one of which no offset is recorded stands for itself.
func (s *sequence) instant(w record.WallTime, source string) (time.Time, bool) {
	if at, ok := w.Instant(); ok {
		return at, true
	}
	if !s.mixed {
		return w.Time, true
	}
	zone := s.known.Zone(source)
	if zone == nil {
		return time.Time{}, false
	}
	y, m, d := w.Date()
	return time.Date(y, m, d, w.Hour(), w.Minute(), w.Second(), w.Nanosecond(), zone).UTC(), true
}

// distinct reports whether a rule only asks how many different values come together,
// whenever that is: then a second record of one value adds nothing.
func (r *Rule) distinct() bool {
	return r.Any && r.Within == 0 && r.Gaps == nil && len(r.Steps) == 1 && r.Steps[0].Differ != nil && r.Steps[0].Where == nil && !r.Steps[0].None
}

// once returns what observations have in common of which only the first counts,
// "" if all do.
func (s *sequence) once(o *detect.Observation, step int, rec record.Record, at time.Time) string {
	each := s.rule.Steps[step].Each
	switch {
	case each == 0 && s.rule.distinct():
		return strings.Join(append([]string{o.Step, o.Key}, o.Kept...), separator)
	case each == 0:
		return ""
	}
	parts := append([]string{o.Step, strconv.FormatInt(at.Truncate(each).Unix(), 36), rec.Origin.Path, o.Key}, o.Kept...)
	return strings.Join(parts, separator)
}

// errZone says that a clock could not be compared with times.
var errZone = errors.New("the time zone of the phone is not known")

// nothing is the data of an exhibit that is never shown.
var nothing = json.RawMessage("null")

// Correlate implements [detect.Correlator]. It fails if more different keys
// came together than it follows, or with the first error of reading the
// observations; what was found until then stands.
func (s *sequence) Correlate(seen iter.Seq2[detect.Observation, error], found func(detect.Finding)) error {
	run := &run{sequence: s, found: found, tracks: map[string]*track{}, groups: map[string]*group{}}
	var same []event // of one instant
	var firstErr error
	for o, err := range seen {
		if err != nil {
			if firstErr == nil {
				firstErr = fmt.Errorf("correlate %s: %w", s.ID(), err)
			}
			continue
		}
		e, ok := s.event(o)
		if !ok {
			continue
		}
		if len(same) > 0 && !same[0].at().Equal(e.at()) || len(same) == maxSameTime {
			run.instant(same)
			same = same[:0]
		}
		same = append(same, e)
	}
	run.instant(same)
	run.end()
	switch {
	case firstErr != nil:
	case run.dropped > 0:
		firstErr = fmt.Errorf("correlate %s: %d observations beyond %d keys were not considered", s.ID(), run.dropped, maxTracks)
	case run.offers > maxOffers:
		firstErr = fmt.Errorf("correlate %s: %d pairs of observations beyond %d were not considered", s.ID(), run.offers-maxOffers, maxOffers)
	}
	return firstErr
}

// An event is an observation with its step.
type event struct {
	detect.Observation
	step   int
	scope  string // what the sources of a sequence have in common
	key    string // with the scope; "" to go with any key
	differ string
}

func (e *event) at() time.Time { return e.At() }

// same reports whether two events are the same record.
func (e *event) same(o *event) bool {
	return e.Exhibit.Artifact == o.Exhibit.Artifact && e.Exhibit.Origin == o.Exhibit.Origin &&
		string(e.Exhibit.Data) == string(o.Exhibit.Data)
}

// scope returns what the sources have in common whose records may be together.
func (s *setting) scope(scope Scope, source string) string {
	switch scope {
	case WholeCase:
		return ""
	case Nested:
		return s.known.Root(source)
	}
	return source
}

// event reads an observation; those of steps that the rule does not have, of
// another version of it, are left out.
func (s *sequence) event(o detect.Observation) (event, bool) {
	step, ok := s.index[o.Step]
	if !ok || s.rule.dated() && o.At().IsZero() && !s.rule.Steps[step].Always {
		return event{}, false
	}
	key, differ, _ := strings.Cut(o.Key, separator)
	e := event{Observation: o, step: step, scope: s.scope(s.rule.Sources, o.Exhibit.Origin.Source), differ: differ}
	if !s.keyed || s.rule.Steps[step].Key != nil {
		e.key = e.scope + separator + key
	}
	return e, true
}
