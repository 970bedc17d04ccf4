package rule

import (
	"encoding/json"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/record"
)

// examples reads the records of all examples, and checks that there are enough.
func (c *checker) examples() {
	matching := map[string]bool{} // artifacts that some example finds
	counts := map[bool]int{}
	for _, f := range c.f.Examples {
		e := Example{Match: f.Match.value, line: f.Match.line}
		if f.Acquired.Kind != 0 {
			if err := f.Acquired.Decode(&e.Acquired); err != nil {
				c.problem(f.Acquired.Line, "example: acquired: %v", err)
			}
		}
		counts[e.Match]++
		records := f.Records
		if f.Record.Kind != 0 {
			records = append(records, fileExampleRecord{f.Artifact, f.Record, f.Origin})
		}
		if f.Match.line == 0 || records == nil {
			c.problem(f.Record.Line, "an example has match (true or false), and record or records")
		}
		for _, fr := range records {
			if rec, ok := c.exampleRecord(fr); ok {
				e.Records = append(e.Records, rec)
				matching[rec.Artifact] = matching[rec.Artifact] || e.Match
			}
		}
		c.r.Examples = append(c.r.Examples, e)
	}
	if counts[true] == 0 || counts[false] == 0 {
		c.problem(0, "examples: at least one with match: true and one with match: false are needed")
	}
	for _, id := range c.r.Artifacts {
		needed := len(c.r.Steps) == 0 || c.r.Need == len(c.r.Steps)
		if needed && counts[true] > 0 && c.compiler.plans[id] != nil && !matching[id] {
			c.problem(0, "examples: none with match: true has a record of %s", id)
		}
	}
}

func (c *checker) exampleRecord(f fileExampleRecord) (rec record.Record, ok bool) {
	id, line := f.Artifact.value, f.Record.Line
	if id == "" && len(c.r.Artifacts) == 1 {
		id = c.r.Artifacts[0]
	}
	if !slices.Contains(c.r.Artifacts, id) || c.compiler.plans[id] == nil {
		c.problem(max(f.Artifact.line, line), "example: %q is no artifact of this rule", id)
		return rec, false
	}
	v := reflect.New(c.compiler.plans[id].typ.Go).Elem()
	if !c.fill(v, id, &f.Record) {
		return rec, false
	}
	rec = record.Record{Artifact: id, Data: v.Interface().(record.Data)}
	rec.Origin = record.Origin{Source: "example", Path: "example"}
	if f.Origin.Kind != 0 && !c.origin(&rec.Origin, &f.Origin) {
		return rec, false
	}
	return rec, true
}

// fill sets the fields of a record to the values of an example.
func (c *checker) fill(v reflect.Value, id string, n *yaml.Node) bool {
	if n.Kind != yaml.MappingNode {
		c.problem(n.Line, "example: a record is fields with values")
		return false
	}
	typ, ok := c.compiler.plans[id].typ, true
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, node := n.Content[i], n.Content[i+1]
		f, known := typ.Field(key.Value)
		if !known {
			c.problem(key.Line, "example: %s has no field %q", id, key.Value)
			ok = false
		} else if err := setField(v.Field(f.Index), f, node); err != nil {
			c.problem(node.Line, "example: field %s: %v", key.Value, err)
			ok = false
		}
	}
	return ok
}

func setField(v reflect.Value, f record.Field, n *yaml.Node) error {
	switch {
	case n.Kind == yaml.ScalarNode && n.Tag == "!!null":
		return nil
	case f.Kind == record.KindKV:
		return setPairs(v, n)
	case f.List:
		if n.Kind != yaml.SequenceNode {
			return fmt.Errorf("a list was expected")
		}
		for _, e := range n.Content {
			if e.Kind != yaml.ScalarNode {
				return fmt.Errorf("a list of texts was expected")
			}
			item := reflect.New(v.Type().Elem()).Elem()
			item.SetString(e.Value)
			v.Set(reflect.Append(v, item))
		}
		return nil
	case f.Kind == record.KindTime && n.Kind == yaml.MappingNode:
		return setTime(v, n)
	case n.Kind != yaml.ScalarNode:
		return fmt.Errorf("a single value was expected")
	case f.Optional:
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	return setScalar(v, f.Kind, n.Value)
}

func setScalar(v reflect.Value, kind record.FieldKind, text string) error {
	switch kind {
	case record.KindBool:
		b, err := strconv.ParseBool(text)
		v.SetBool(b)
		return err
	case record.KindInt:
		i, err := strconv.ParseInt(text, 10, 64)
		v.SetInt(i)
		return err
	case record.KindFloat:
		x, err := strconv.ParseFloat(text, 64)
		v.SetFloat(x)
		return err
	case record.KindTime:
		t, err := time.Parse(time.RFC3339Nano, text)
		v.Set(reflect.ValueOf(record.Time{Time: t.UTC(), Rule: record.AsText}))
		return err
	case record.KindWallTime:
		t, err := time.Parse("2006-01-02T15:04:05.999999999", text)
		v.Set(reflect.ValueOf(record.WallTime{Time: t}))
		return err
	}
	v.SetString(text)
	return nil
}

// setTime sets a time in the form that records have in JSON.
func setTime(v reflect.Value, n *yaml.Node) error {
	var m map[string]string
	if err := n.Decode(&m); err != nil {
		return err
	}
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, v.Addr().Interface())
}

func setPairs(v reflect.Value, n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("keys and values were expected")
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		kv := record.KV{Key: n.Content[i].Value, Value: n.Content[i+1].Value}
		v.Set(reflect.Append(v, reflect.ValueOf(kv)))
	}
	return nil
}

func (c *checker) origin(o *record.Origin, n *yaml.Node) bool {
	var m map[string]string
	if err := n.Decode(&m); err != nil {
		c.problem(n.Line, "example: origin: %v", err)
		return false
	}
	for key, value := range m {
		switch key {
		case "source":
			o.Source = value
		case "path":
			o.Path = value
		case "table":
			o.Table = value
		case "row":
			o.Row, _ = strconv.ParseInt(value, 10, 64)
		case "state":
			o.State = record.State(value)
			if o.State != record.Logged && o.State != record.Deleted {
				c.problem(n.Line, `example: state is "logged" or "deleted", or left out`)
			}
		default:
			c.problem(n.Line, "example: origin has no %q", key)
			return false
		}
	}
	return true
}

// sources returns the sources of an example: "example", and those that its
// records name, which lie in it.
func (e *Example) sources() []detect.Source {
	list := []detect.Source{{ID: "example", Acquired: e.Acquired, Zone: "UTC"}}
	for _, rec := range e.Records {
		if id := rec.Origin.Source; id != "example" {
			list = append(list, detect.Source{ID: id, Parent: "example"})
		}
	}
	return list
}

// tryExamples runs the rule on its examples.
func (c *checker) tryExamples() {
	for i, e := range c.r.Examples {
		set := newSet(c.compiler)
		set.add(c.compiled)
		set = set.informed(detect.NewSources(e.sources()))
		n, err := set.count(e.Records)
		switch {
		case err != nil:
			c.problem(e.line, "example %d: %v", i+1, err)
		case e.Match && n == 0:
			c.problem(e.line, "example %d is not found, but match is true", i+1)
		case !e.Match && n > 0:
			c.problem(e.line, "example %d is found, but match is false", i+1)
		}
		for _, f := range set.Failures() {
			c.problem(e.line, "example %d: condition on %s fails: %s", i+1, f.Artifact, f.Error)
		}
	}
	c.tryAbsent()
}

// tryAbsent runs the rule on its examples again with each value absent that
// may be, and on empty records: a condition that fails when the evidence
// records no time would silently miss such records.
func (c *checker) tryAbsent() {
	reported := map[string]bool{}
	try := func(rec record.Record, acquired time.Time, line int, what string) {
		set := newSet(c.compiler)
		set.add(c.compiled)
		set = set.informed(detect.NewSources([]detect.Source{{ID: "example", Acquired: acquired, Zone: "UTC"}}))
		if _, err := set.count([]record.Record{rec}); err != nil {
			c.problem(line, "%v", err)
		}
		for _, f := range set.Failures() {
			if !reported[f.Artifact+what] {
				reported[f.Artifact+what] = true
				c.problem(line, "condition on %s fails if %s: %s", f.Artifact, what, f.Error)
			}
		}
	}
	for _, id := range c.r.Artifacts {
		empty := reflect.Zero(c.compiler.plans[id].typ.Go).Interface().(record.Data)
		try(record.Record{Artifact: id, Data: empty}, time.Time{}, c.f.ID.line, "all fields are empty")
	}
	for _, e := range c.r.Examples {
		for _, rec := range e.Records {
			try(rec, time.Time{}, e.line, "the time of the acquisition is not known")
			for _, f := range c.compiler.plans[rec.Artifact].typ.Fields {
				v := reflect.New(reflect.TypeOf(rec.Data)).Elem()
				v.Set(reflect.ValueOf(rec.Data))
				if v.Field(f.Index).IsZero() || !f.Optional && f.Kind != record.KindTime {
					continue
				}
				v.Field(f.Index).SetZero()
				without := rec
				without.Data = v.Interface().(record.Data)
				try(without, e.Acquired, e.line, f.Name+" is not recorded")
			}
		}
	}
}

// count returns how many findings the set has on the records of one case.
func (s *Set) count(records []record.Record) (n int, err error) {
	found := func(detect.Finding) { n++ }
	for _, rec := range records {
		s.Detect(rec, found)
	}
	for _, c := range s.sequences {
		var seen []detect.Observation
		for _, rec := range records {
			c.Observe(rec, func(o detect.Observation) { seen = append(seen, o) })
		}
		slices.SortStableFunc(seen, func(a, b detect.Observation) int {
			return a.At().Compare(b.At())
		})
		if err := c.Correlate(all(seen), found); err != nil {
			return n, err
		}
	}
	return n, nil
}

func all(seen []detect.Observation) iter.Seq2[detect.Observation, error] {
	return func(yield func(detect.Observation, error) bool) {
		for _, o := range seen {
			if !yield(o, nil) {
				return
			}
		}
	}
}
