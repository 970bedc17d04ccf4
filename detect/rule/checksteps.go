package rule

import (
	"slices"
	"time"
)

func (c *checker) steps() {
	f, r := c.f, c.r
	if len(f.Steps) > maxSteps {
		c.problem(f.Steps[0].Name.line, "more than %d steps", maxSteps)
	}
	if f.Within.line != 0 {
		var err error
		if r.Within, err = time.ParseDuration(f.Within.value); err != nil || r.Within <= 0 {
			c.problem(f.Within.line, "within %q is no duration such as 90s, 5m or 48h", f.Within.value)
		}
	}
	switch f.Order.value {
	case "", "listed":
	case "any":
		r.Any = true
	default:
		c.problem(f.Order.line, `order is either "listed" or "any"`)
	}
	r.Together = f.Together
	switch r.Sources = Scope(f.Sources.value); r.Sources {
	case "":
		r.Sources = OneSource
	case OneSource, Nested, WholeCase:
	default:
		c.problem(f.Sources.line, `sources is "one", "nested" or "case"`)
	}
	wanted, records := 0, 0
	for i := range f.Steps {
		s := c.step(&f.Steps[i])
		if slices.ContainsFunc(r.Steps, func(o Step) bool { return o.Name == s.Name }) {
			c.problem(s.line, "step %s is there twice", s.Name)
		}
		if (s.None || s.Always) && s.Key != nil && !hasKeys(f.Steps) {
			c.problem(s.line, "step %s: its key joins it to nothing: no other step has one", s.Name)
		}
		if !s.None && !s.Always {
			wanted++
			records += s.Count
		}
		r.Steps = append(r.Steps, s)
	}
	r.Need = wanted
	if f.Need != 0 {
		r.Need = f.Need
	}
	switch line := f.Steps[0].Name.line; {
	case wanted == 0 || r.Need < 1 || r.Need > wanted:
		c.problem(line, "need is between 1 and the number of steps that are neither none nor always")
	case !r.Any && records > maxChain:
		c.problem(line, "steps in order ask for more than %d records", maxChain)
	case r.Need < wanted && !r.Any:
		c.problem(line, "need is for steps in any order")
	}
}

// hasKeys reports whether some step that a sequence consists of has a key.
func hasKeys(steps []fileStep) bool {
	return slices.ContainsFunc(steps, func(s fileStep) bool { return s.Key.line != 0 && !s.None && !s.Always })
}

func (c *checker) step(f *fileStep) Step {
	s := Step{Name: f.Name.value, Count: max(f.Count, 1), None: f.None, Once: f.Once, Always: f.Always, line: f.Name.line}
	switch {
	case !validName.MatchString(s.Name):
		c.problem(s.line, "name of step %q does not match %s", s.Name, validName)
	case f.When.line == 0:
		c.problem(s.line, "step %s: when is missing", s.Name)
	case f.Count < 0 || f.Count > maxCount:
		c.problem(s.line, "step %s: count is between 1 and %d", s.Name, maxCount)
	case f.None && f.Count != 0:
		c.problem(s.line, "step %s: a step is none or has a count", s.Name)
	case f.Always && (f.Once || f.Differ.line != 0 || f.At != nil || f.Count > maxExhibits):
		c.problem(s.line, "step %s: a step that is always has no at, differ or once, and a count up to %d", s.Name, maxExhibits)
	}
	s.When = c.clauses("when", f.Artifacts, f.When, nil)
	s.Key = c.clauses("key", nil, f.Key, s.When)
	s.Differ = c.clauses("differ", nil, f.Differ, s.When)
	for _, at := range f.At {
		s.At = append(s.At, at.value)
	}
	if f.Each.line != 0 {
		var err error
		if s.Each, err = time.ParseDuration(f.Each.value); err != nil || s.Each <= 0 || s.Always || s.Count > 1 && f.Differ.line == 0 {
			c.problem(f.Each.line, "each is a duration such as 24h, in a step that is not always and has no count without differ")
		}
	}
	c.comparisons(f, &s)
	return s
}

// comparisons checks what a step keeps and compares.
func (c *checker) comparisons(f *fileStep, s *Step) {
	for _, k := range f.Keep {
		same := func(o Kept) bool { return o.Name == k.name.value }
		if !validName.MatchString(k.name.value) || slices.ContainsFunc(s.Keep, same) {
			c.problem(k.name.line, "step %s: name of value %q is there twice or does not match %s", s.Name, k.name.value, validName)
		}
		s.Keep = append(s.Keep, Kept{Name: k.name.value, Value: c.clauses("keep", nil, k.value, s.When)})
	}
	if (s.Keep != nil || f.Where.line != 0) && (c.r.Any || s.None || s.Always) {
		c.problem(s.line, "step %s: keep and where are for steps in order that are neither none nor always", s.Name)
	}
	switch {
	case f.Where.line == 0:
	case f.Where.every == nil:
		c.problem(f.Where.line, "step %s: where is one condition, on values that steps keep", s.Name)
	case len(c.r.Steps) == 0 && s.Count == 1:
		c.problem(f.Where.line, "step %s: there is no record before that where could compare with", s.Name)
	default:
		s.Where = f.Where.every
	}
}
