package indicator

import (
	"errors"
	"fmt"
	"iter"
	"strconv"

	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/detect/indicator/stixpattern"
	"github.com/vigie-project/vigie/record"
)

// correlatorID names the set among correlators.
const correlatorID = "indicator"

// maxRemembered bounds the observations that one leaf of a pattern remembers.
const maxRemembered = 2000

// ID implements [detect.Correlator].
func (s *Set) ID() string { return correlatorID }

// Observe implements [detect.Correlator]: it notes the record for each leaf of a
// pattern on several observations that it satisfies. Key names the indicator,
// Step the leaf.
func (s *Set) Observe(rec record.Record, seen func(detect.Observation)) {
	if len(s.several.entries) == 0 && len(s.anyLeaf) == 0 {
		return
	}
	p := planOf(rec.Data)
	if p == nil || len(p.fields) == 0 {
		return
	}
	m := matcher{x: s.several}
	m.record(p, &rec)
	if len(m.hits) > 0 || len(s.anyLeaf) > 0 {
		s.observe(p, rec, m.hits, seen)
	}
}

// observe evaluates the leaves that a record can satisfy.
func (s *Set) observe(p *plan, rec record.Record, hits []hit, seen func(detect.Observation)) {
	v := &view{p: p, rec: &rec}
	done := map[leafRef]bool{}
	try := func(l leafRef) {
		if done[l] {
			return
		}
		done[l] = true
		f, in := s.at(l.ref)
		if ok, err := in.compound.pattern.Leaves[l.leaf].Eval(v); !ok || err != nil {
			return
		}
		seen(detect.Observation{Correlator: correlatorID, Key: patternKey(f, in), Step: strconv.Itoa(int(l.leaf)), Exhibit: detect.NewExhibit(rec)})
	}
	for _, h := range hits {
		e := &s.several.entries[h.entry-1]
		try(leafRef{e.ref, e.leaf})
	}
	for _, l := range s.anyLeaf {
		if _, in := s.at(l.ref); in.compound.leaves[l.leaf].kinds&p.kinds != 0 {
			try(l)
		}
	}
}

// patternKey names an indicator in a case: names of feeds need not be unique.
func patternKey(f *Feed, in *Indicator) string {
	return f.Name + "/" + f.SHA256[:min(len(f.SHA256), 12)] + "/" + in.ID
}

// sightings are the observations of one pattern.
type sightings struct {
	leaves   [][]stixpattern.Instance
	exhibits []detect.Exhibit
	ids      map[string]int // of exhibits, by their origin and data
	full     bool
}

// Correlate implements [detect.Correlator]. A pattern that its observations
// satisfy in several ways makes one finding, by the first way. Its error says
// which patterns remembered no more observations, or could not be decided.
func (s *Set) Correlate(seen iter.Seq2[detect.Observation, error], found func(detect.Finding)) error {
	all := map[string]*sightings{}
	var errs []error
	for o, err := range seen {
		if err != nil {
			return fmt.Errorf("correlate indicators: %w", err)
		}
		if o.Correlator != correlatorID {
			continue
		}
		if all[o.Key] == nil {
			all[o.Key] = &sightings{ids: map[string]int{}}
		}
		all[o.Key].add(o)
	}
	for i, f := range s.feeds {
		for j := range f.Indicators {
			in := &f.Indicators[j]
			if in.compound == nil || in.compound.pattern.Simple() {
				continue
			}
			key := patternKey(f, in)
			g := all[key]
			if g == nil {
				continue
			}
			delete(all, key)
			finding, ok, err := s.combine(s.feeds[i], in, g)
			if err != nil {
				errs = append(errs, fmt.Errorf("indicator %s of %s: %w", in.ID, f.Name, err))
			}
			if ok {
				found(finding)
			}
		}
	}
	return errors.Join(errs...)
}

func (g *sightings) add(o detect.Observation) {
	leaf, err := strconv.Atoi(o.Step)
	if err != nil || leaf < 0 || leaf > 1<<16 {
		return
	}
	for len(g.leaves) <= leaf {
		g.leaves = append(g.leaves, nil)
	}
	if len(g.leaves[leaf]) >= maxRemembered {
		g.full = true
		return
	}
	key := o.Exhibit.Artifact + "\x00" + o.Exhibit.Origin.String() + "\x00" + string(o.Exhibit.Data)
	id, ok := g.ids[key]
	if !ok {
		id = len(g.exhibits)
		g.ids[key] = id
		g.exhibits = append(g.exhibits, o.Exhibit)
	}
	at := o.Exhibit.Time.Time
	g.leaves[leaf] = append(g.leaves[leaf], stixpattern.Instance{ID: id, First: at, Last: at})
}

func (s *Set) combine(f *Feed, in *Indicator, g *sightings) (finding detect.Finding, ok bool, err error) {
	for len(g.leaves) < len(in.compound.pattern.Leaves) {
		g.leaves = append(g.leaves, nil)
	}
	ids, err := in.compound.pattern.Combine(g.leaves)
	if g.full {
		err = errors.Join(err, fmt.Errorf("more than %d observations, the rest was not combined", maxRemembered))
	}
	if ids == nil {
		return finding, false, err
	}
	var exhibits []detect.Exhibit
	for _, id := range ids {
		exhibits = append(exhibits, g.exhibits[id])
	}
	h := &hit{how: byPattern, observed: shorten(in.Value)}
	grade, reasons := grade(f, in, "", h)
	finding = explain(f, in, Pattern, in.ID, h, "sequence", reasons, exhibits)
	finding.Grade = grade
	finding.Seal()
	return finding, true, err
}
