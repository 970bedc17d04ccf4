package indicator

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/detect/indicator/links"
	"github.com/vigie-project/vigie/detect/indicator/stixpattern"
	"github.com/vigie-project/vigie/record"
)

// judge turns hits on a record into findings. The same value in several feeds is
// one finding: the first feed makes it, the others are named in its references.
// More says that the record holds more hits; the last finding tells it.
func (s *Set) judge(p *plan, rec *record.Record, hits []hit, more bool, found func(detect.Finding)) {
	j := &judgement{set: s, view: view{p: p, rec: rec}}
	for i := range hits {
		j.hit(&hits[i])
	}
	for _, ref := range s.always {
		_, in := s.at(ref)
		if in.compound.leaves[0].kinds&p.kinds != 0 && j.satisfied(in) {
			j.pattern(ref, &hit{field: j.view.first(in.compound.pattern.Leaves[0])})
		}
	}
	for i := range j.done {
		d := &j.done[i]
		d.finding.Refs = append(d.finding.Refs, d.refs...)
		if more && i == len(j.done)-1 {
			t := texts.Text("confidence.more", map[string]any{"Count": maxHits})
			d.finding.Confidence.EN += " " + t.EN
			d.finding.Confidence.FR += " " + t.FR
		}
		d.finding.Seal()
		found(d.finding)
	}
}

// A judgement is what is found on one record so far.
type judgement struct {
	set     *Set
	view    view
	done    []judged
	exhibit []detect.Exhibit // the record, once it is needed
}

// A judged is a finding not yet reported, and what tells it from others.
type judged struct {
	ref           uint32
	kind          Kind
	key, observed string
	refs          []string
	finding       detect.Finding
}

func (j *judgement) hit(h *hit) {
	e := &j.set.single.entries[h.entry-1]
	_, in := j.set.at(e.ref)
	switch {
	case in.compound != nil && (!in.compound.enough || e.kind == PathEnd):
		if j.satisfied(in) {
			j.pattern(e.ref, h)
		}
	case e.kind == PathEnd && !strings.HasSuffix("/"+h.observed, "/"+in.key):
	case e.kind == truncated:
		j.report(e.ref, in.keyOr(e.key), Process, h)
	default:
		j.report(e.ref, e.key, e.kind, h)
	}
}

// report makes a finding of a hit, or adds its source to one of the same value.
// Several fields of a record often say the same: of these, the one that says
// most makes the finding.
func (j *judgement) report(ref uint32, key string, kind Kind, h *hit) {
	f, in := j.set.at(ref)
	i := slices.IndexFunc(j.done, func(d judged) bool {
		return d.kind == kind && d.key == key && (strings.Contains(d.observed, h.observed) || strings.Contains(h.observed, d.observed))
	})
	if i >= 0 && j.done[i].ref != ref {
		if source := f.Name + ": " + in.ID; !slices.Contains(j.done[i].refs, source) {
			j.done[i].refs = append(j.done[i].refs, source)
		}
		return
	}
	g, reasons := grade(f, in, key, h)
	if i >= 0 && g <= j.done[i].finding.Grade {
		return
	}
	if j.exhibit == nil {
		j.exhibit = []detect.Exhibit{detect.NewExhibit(*j.view.rec)}
	}
	finding := explain(f, in, kind, key, h, howNames[h.how], reasons, j.exhibit)
	finding.Grade = g
	d := judged{ref: ref, kind: kind, key: key, observed: h.observed, finding: finding}
	if i < 0 {
		j.done = append(j.done, d)
		return
	}
	d.refs = j.done[i].refs
	j.done[i] = d
}

// pattern reports a pattern that the record satisfies.
func (j *judgement) pattern(ref uint32, h *hit) {
	_, in := j.set.at(ref)
	p := *h
	p.how, p.loose, p.inside = byPattern, false, false
	if p.observed == "" {
		p.observed = shorten(in.Value)
	}
	j.report(ref, in.ID, Pattern, &p)
}

func (j *judgement) satisfied(in *Indicator) bool {
	ok, err := in.compound.pattern.Leaves[0].Eval(&j.view)
	return ok && err == nil
}

// keyOr returns the key of the indicator, or of the atom for a pattern.
func (in *Indicator) keyOr(key string) string {
	if in.compound == nil {
		return in.key
	}
	return key
}

// A view offers a record to patterns. Everything in a record belongs to one
// object of each type: a record is one fact.
type view struct {
	p      *plan
	rec    *record.Record
	values *values
}

var _ stixpattern.Equaler = (*view)(nil)

// Values implements [stixpattern.View].
func (v *view) Values(path *stixpattern.Path, yield func(int, any) bool) {
	kind, ok := propertyOf(path)
	if !ok {
		return
	}
	if v.values == nil {
		v.values = valuesOf(v.p, v.rec.Data)
	}
	for _, s := range v.values.of(kind) {
		if kind == Address && strings.Contains(s, ":") == (path.Object == "ipv4-addr") {
			continue
		}
		if kind == Hash && !strings.HasSuffix(path.String(), hashName(squash(s))) {
			continue
		}
		if !yield(0, s) {
			return
		}
	}
}

// Equal implements [stixpattern.Equaler] by the rules for single indicators.
func (v *view) Equal(path *stixpattern.Path, observed, literal string) bool {
	kind, ok := propertyOf(path)
	if !ok {
		return false
	}
	a, err := canonical(kind, literal)
	if err != nil {
		return observed == literal
	}
	switch a.kind {
	case Domain:
		host := lower(observed)
		return host == a.key || !a.exact && strings.HasSuffix(host, "."+a.key)
	case Address:
		ip, ok := links.ParseAddr(observed)
		b := ip.As16()
		return ok && string(b[:]) == a.key
	case Range:
		return inside(observed, literal)
	case URL:
		l, ok := links.Parse(observed)
		if !ok {
			return false
		}
		key := urlKey(&l)
		return key == a.key || strings.HasPrefix(key, a.key) && (strings.HasSuffix(a.key, "/") || strings.IndexByte("/?&", key[len(a.key)]) >= 0)
	case Path:
		return below(pathKey(observed), a.key)
	case PathEnd:
		return strings.HasSuffix("/"+observed, "/"+a.key)
	}
	b, err := canonical(a.kind, observed)
	return err == nil && a.key == b.key
}

func inside(observed, literal string) bool {
	ip, ok := links.ParseAddr(observed)
	p, err := netip.ParsePrefix(refang(literal))
	return ok && err == nil && p.Contains(ip)
}

// first returns the first field with a text of a kind that a test looks at.
func (v *view) first(t *stixpattern.Test) (first *planField) {
	var kinds uint32
	t.Walk(func(c *stixpattern.Comparison) {
		if k, ok := propertyOf(&c.Path); ok {
			kinds |= 1 << k
		}
	})
	v.p.each(v.rec.Data, func(f *planField, text string) {
		if first == nil && text != "" && slices.ContainsFunc(offered[f.kind], func(k Kind) bool { return kinds&(1<<k) != 0 }) {
			first = f
		}
	})
	return first
}
