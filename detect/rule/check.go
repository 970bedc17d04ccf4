package rule

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/common/types/ref"

	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// A checker turns a decoded file into a rule and reports what is wrong in it.
type checker struct {
	fsys     fs.FS
	compiler *compiler
	file     string
	f        *fileRule
	r        *Rule
	compiled *compiled
	problems []*Problem
}

func (c *checker) problem(line int, format string, args ...any) {
	c.problems = append(c.problems, &Problem{c.file, max(line, 1), fmt.Sprintf(format, args...)})
}

var (
	validID   = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	validName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	validURL  = regexp.MustCompile(`^https?://[^ ]+$`)
)

// texts checks everything that is there to be read.
func (c *checker) texts() {
	f, r := c.f, c.r
	switch {
	case !validID.MatchString(r.ID):
		c.problem(f.ID.line, "id %q does not match %s", r.ID, validID)
	case path.Base(c.file) != r.ID+".yaml":
		c.problem(f.ID.line, "id %q is not the name of the file", r.ID)
	}
	r.Title = c.text("title", f.Title)
	r.Why = c.text("why", f.Why)
	r.Confidence = c.text("confidence", f.Confidence)
	r.Benign = c.textList("benign", f.Benign)
	r.Next = c.textList("next", f.Next)
	r.Threat = f.Threat.value
	var err error
	if r.Grade, err = detect.ParseGrade(f.Grade.value); err != nil {
		c.problem(f.Grade.line, "%v", err)
	}
	for _, s := range f.Refs {
		if !validURL.MatchString(s.value) {
			c.problem(s.line, "reference %q is no web address", s.value)
		}
		r.Refs = append(r.Refs, s.value)
	}
	if len(r.Refs) == 0 {
		c.problem(0, "refs is missing: a rule names at least one public source")
	}
	c.lists()
}

func (c *checker) text(key string, t text) lang.Text {
	if !t.Complete() {
		c.problem(t.line, "%s is not written in every language (en, fr)", key)
	}
	return t.Text
}

func (c *checker) textList(key string, list []text) (texts []lang.Text) {
	if len(list) == 0 {
		c.problem(0, "%s is missing: at least one is needed", key)
	}
	for _, t := range list {
		texts = append(texts, c.text(key, t))
	}
	return texts
}

func (c *checker) lists() {
	total := 0
	for name, l := range c.f.Lists {
		line := max(l.Source.line, l.File.line)
		list := List{Name: name, Source: l.Source.value}
		for _, v := range l.Values {
			list.Values = append(list.Values, v.value)
			line = max(line, v.line)
		}
		if l.File.line != 0 {
			values, err := readList(c.fsys, c.file, l.File.value)
			if err != nil || path.Ext(l.File.value) != listExt {
				c.problem(l.File.line, "list %s: file %q cannot be read or does not end in %s", name, l.File.value, listExt)
				continue
			}
			list.Values = append(list.Values, values...)
		}
		switch total += len(list.Values); {
		case !validName.MatchString(name):
			c.problem(line, "name of list %q does not match %s", name, validName)
		case !validURL.MatchString(l.Source.value):
			c.problem(line, "list %s: source %q is no web address", name, l.Source.value)
		case len(list.Values) == 0 || total > maxValues:
			c.problem(line, "list %s: between 1 and %d values are needed", name, maxValues)
		}
		c.r.Lists = append(c.r.Lists, list)
	}
	slices.SortFunc(c.r.Lists, func(a, b List) int { return strings.Compare(a.Name, b.Name) })
}

// conditions checks which records the rule looks at.
func (c *checker) conditions() {
	f, r := c.f, c.r
	switch {
	case f.When.line != 0 && len(f.Steps) > 0:
		c.problem(f.When.line, "a rule has either when or steps")
	case f.When.line != 0:
		r.When = c.clauses("when", f.Artifacts, f.When, nil)
		if f.Within.line+f.Order.line+f.Need+f.Sources.line != 0 || f.Together {
			c.problem(max(f.Within.line, f.Order.line, f.Sources.line), "within, order, need, sources and together are for a rule with steps")
		}
		c.gaps()
	case len(f.Steps) == 0 || f.Gaps.Number.line != 0:
		c.problem(f.Gaps.Number.line, "a rule has either when, perhaps with gaps, or steps")
	default:
		c.steps()
	}
	for _, s := range r.Steps {
		r.Artifacts = appendArtifacts(r.Artifacts, s.When)
	}
	r.Artifacts = appendArtifacts(r.Artifacts, r.When)
	slices.Sort(r.Artifacts)
	r.Artifacts = slices.Compact(r.Artifacts)
}

func appendArtifacts(ids []string, conds []Condition) []string {
	for _, cond := range conds {
		ids = append(ids, cond.Artifact)
	}
	return ids
}

// clauses returns a condition for each artifact: the same for those listed, or
// those that cl has. If of is given, exactly its artifacts are needed.
func (c *checker) clauses(key string, artifacts []scalar, cl clauses, of []Condition) (conds []Condition) {
	switch {
	case cl.line == 0:
		return nil
	case cl.every != nil && of != nil:
		for _, o := range of {
			cond := *cl.every
			cond.Artifact = o.Artifact
			conds = append(conds, cond)
		}
		return conds
	case cl.every != nil:
		for _, a := range artifacts {
			cond := *cl.every
			cond.Artifact = a.value
			c.artifact(a.line, a.value)
			conds = append(conds, cond)
		}
		if len(artifacts) == 0 {
			c.problem(cl.line, "artifacts is missing: %s is about no record", key)
		}
		return conds
	}
	if len(artifacts) > 0 {
		c.problem(cl.line, "%s names its artifacts itself: leave out the list of artifacts", key)
	}
	for _, cond := range cl.each {
		c.artifact(cond.line, cond.Artifact)
		same := func(o Condition) bool { return o.Artifact == cond.Artifact }
		if slices.ContainsFunc(conds, same) || of != nil && !slices.ContainsFunc(of, same) {
			c.problem(cond.line, "%s: artifact %s is there twice or not in when", key, cond.Artifact)
		}
		conds = append(conds, cond)
	}
	if of != nil && len(conds) != len(of) {
		c.problem(cl.line, "%s is needed for each artifact of when", key)
	}
	return conds
}

func (c *checker) artifact(line int, id string) {
	if c.compiler.plans[id] == nil {
		c.problem(line, "artifact %q is not known to this version", id)
	}
}

func (c *checker) gaps() {
	f := c.f.Gaps
	switch line := max(f.Number.line, f.Highest.line); {
	case line == 0 && f.Least == 0:
		return
	case f.Number.line == 0:
		c.problem(line, "gaps: number is missing")
	case f.Least < 0:
		c.problem(line, "gaps: least is less than 1")
	}
	c.r.Gaps = &Gaps{
		Number:  c.clauses("number", nil, f.Number, c.r.When),
		Highest: c.clauses("highest", nil, f.Highest, c.r.When),
		Least:   max(f.Least, 1),
	}
}

// compile compiles all conditions.
func (c *checker) compile() {
	lists := map[string]ref.Val{}
	for _, l := range c.r.Lists {
		lists["lists."+l.Name] = newValueList(l.Values)
	}
	each := func(conds []Condition, want want) map[string]*program {
		m := map[string]*program{}
		for _, cond := range conds {
			p, err := c.compiler.compile(cond, lists, want)
			if err != nil {
				c.wrong(cond, "condition on "+cond.Artifact, err)
			}
			m[cond.Artifact] = p
		}
		return m
	}
	c.compiled = &compiled{rule: c.r, when: each(c.r.When, wantBool)}
	if g := c.r.Gaps; g != nil {
		number := each(g.Number, wantKey)
		c.compiled.steps = []compiledStep{{when: c.compiled.when, key: number}, {when: each(g.Highest, wantBool), key: number}}
	}
	var kept []compiledKept // of this step and those before
	for _, s := range c.r.Steps {
		cs := compiledStep{when: each(s.When, wantBool), key: each(s.Key, wantKey), differ: each(s.Differ, wantKey)}
		for _, k := range s.Keep {
			cs.keep = append(cs.keep, c.kept(s, k, each(k.Value, wantKept)))
		}
		if kept = append(kept, cs.keep...); s.Where != nil && len(c.problems) == 0 {
			var err error
			if cs.where, err = c.compiler.compare(*s.Where, lists, kept); err != nil {
				c.wrong(*s.Where, "where of step "+s.Name, err)
			}
		}
		cs.at = c.at(s)
		c.compiled.steps = append(c.compiled.steps, cs)
	}
	c.clocks()
}

// wrong reports an error of compiling a condition, at its line.
func (c *checker) wrong(cond Condition, what string, err error) {
	if ce := new(conditionError); errors.As(err, &ce) {
		c.problem(cond.at(ce.line), "%s: %s", what, ce.text)
		return
	}
	c.problem(cond.line, "%v", err)
}

// kept returns a kept value, which has the same type for each artifact.
func (c *checker) kept(s Step, k Kept, value map[string]*program) compiledKept {
	ck := compiledKept{name: s.Name + "." + k.Name, value: value}
	for _, cond := range k.Value {
		p := value[cond.Artifact]
		switch {
		case p == nil: // a problem that was reported
		case ck.typ == nil:
			ck.typ = p.typ
		case ck.typ != p.typ:
			c.problem(cond.line, "step %s: value %s is %v of one artifact and %v of another", s.Name, k.Name, ck.typ, p.typ)
		}
	}
	return ck
}

// at returns the fields that date the records of a step, by artifact.
func (c *checker) at(s Step) map[string][]record.Field {
	dated := map[string][]record.Field{}
	known := map[string]bool{}
	for _, cond := range s.When {
		hasTime := false
		for _, f := range c.compiler.plans[cond.Artifact].typ.Fields {
			if f.Kind != record.KindTime && f.Kind != record.KindWallTime {
				continue
			}
			hasTime = hasTime || f.Kind == record.KindTime
			if slices.Contains(s.At, f.Name) {
				dated[cond.Artifact] = append(dated[cond.Artifact], f)
				known[f.Name] = true
			}
		}
		switch needed := !s.Always && (c.r.dated() && !s.None || c.r.Within > 0); {
		case len(s.At) > 0 && dated[cond.Artifact] == nil:
			c.problem(s.line, "step %s: no field of at is a time of %s", s.Name, cond.Artifact)
		case needed && !hasTime && len(s.At) == 0:
			c.problem(s.line, "step %s: records of %s have no time", s.Name, cond.Artifact)
		}
	}
	for _, name := range s.At {
		if !known[name] {
			c.problem(s.line, "step %s: field %s of at is no time", s.Name, name)
		}
	}
	return dated
}

// clocks notes whether the records of a rule are dated in two ways: then clocks
// are compared with instants by the zone that the phone names.
func (c *checker) clocks() {
	var instants, clocks bool
	for i, s := range c.r.Steps {
		if s.Always {
			continue
		}
		for _, cond := range s.When {
			at := c.compiled.steps[i].at[cond.Artifact]
			instants = instants || len(at) == 0
			for _, f := range at {
				clocks = clocks || f.Kind == record.KindWallTime
				instants = instants || f.Kind == record.KindTime
			}
		}
	}
	c.compiled.mixed = clocks && instants
}
