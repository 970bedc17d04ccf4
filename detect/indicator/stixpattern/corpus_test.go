package stixpattern_test

import (
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vigie-project/vigie/detect/indicator/stixpattern"
	"github.com/vigie-project/vigie/internal/testdata"
)

// An observation is one observed-data object with what it refers to.
type observation struct {
	id          string
	first, last time.Time
	number      int
	keys        []string
	objects     map[string]map[string]any
}

// Values implements [stixpattern.View] on the JSON of STIX observed data.
func (o *observation) Values(path *stixpattern.Path, yield func(int, any) bool) {
	for i, k := range o.keys {
		if o.objects[k]["type"] == path.Object && !o.walk(o.objects[k], path.Steps, func(v any) bool { return yield(i, v) }) {
			return
		}
	}
}

func (o *observation) walk(v any, steps []stixpattern.Step, yield func(any) bool) bool {
	if len(steps) == 0 {
		switch n := v.(type) {
		case json.Number:
			if i, err := n.Int64(); err == nil {
				return yield(i)
			}
			f, _ := n.Float64()
			return yield(f)
		case nil, bool, string:
			return yield(v)
		}
		return true
	}
	s := steps[0]
	switch c := v.(type) {
	case map[string]any:
		next, ok := c[s.Name]
		if !ok || s.Name == "" {
			return true
		}
		if strings.HasSuffix(s.Name, "_ref") {
			next = o.object(next)
		}
		if l, ok := next.([]any); ok && strings.HasSuffix(s.Name, "_refs") {
			l = slices.Clone(l)
			for i := range l {
				l[i] = o.object(l[i])
			}
			next = l
		}
		return o.walk(next, steps[1:], yield)
	case []any:
		for i, e := range c {
			if s.Name == "" && (s.Index < 0 || s.Index == i) && !o.walk(e, steps[1:], yield) {
				return false
			}
		}
	}
	return true
}

func (o *observation) object(ref any) any {
	if k, ok := ref.(string); ok {
		if obj, ok := o.objects[k]; ok {
			return obj
		}
	}
	return ref
}

// observations reads observed data of STIX 2.0, or a bundle of STIX 2.1.
func observations(t *testing.T, raw []json.RawMessage) (out []*observation) {
	t.Helper()
	for _, r := range raw {
		var obj map[string]any
		d := json.NewDecoder(strings.NewReader(string(r)))
		d.UseNumber()
		if err := d.Decode(&obj); err != nil {
			t.Fatal(err)
		}
		if obj["type"] != "bundle" {
			out = append(out, newObservation(obj))
			continue
		}
		var data []*observation
		rest := map[string]map[string]any{}
		for _, e := range obj["objects"].([]any) {
			m := e.(map[string]any)
			if m["type"] == "observed-data" {
				data = append(data, newObservation(m))
			} else {
				rest[m["id"].(string)] = m
			}
		}
		referred := map[string]bool{}
		for _, o := range data {
			for _, k := range o.keys {
				referred[k] = true
				o.objects[k] = rest[k]
			}
		}
		for k, m := range rest {
			if !referred[k] && len(data) > 0 {
				data[0].keys = append(data[0].keys, k)
				data[0].objects[k] = m
			}
		}
		out = append(out, data...)
	}
	return out
}

func newObservation(m map[string]any) *observation {
	o := &observation{objects: map[string]map[string]any{}}
	o.id, _ = m["id"].(string)
	o.first, _ = time.Parse(time.RFC3339, m["first_observed"].(string))
	o.last, _ = time.Parse(time.RFC3339, m["last_observed"].(string))
	o.number, _ = strconv.Atoi(string(m["number_observed"].(json.Number)))
	objects, _ := m["objects"].(map[string]any)
	for k, v := range objects {
		o.keys = append(o.keys, k)
		o.objects[k] = v.(map[string]any)
	}
	refs, _ := m["object_refs"].([]any)
	for _, r := range refs {
		o.keys = append(o.keys, r.(string))
	}
	slices.Sort(o.keys)
	return o
}

// match evaluates a pattern on observations, each counted as often as it says.
func match(pattern string, obs []*observation) (verdict string, found []string) {
	p, err := stixpattern.Parse(pattern)
	if err != nil {
		return "error", nil
	}
	leaves := make([][]stixpattern.Instance, len(p.Leaves))
	var ids []string
	for _, o := range obs {
		base := len(ids)
		for range o.number {
			ids = append(ids, o.id)
		}
		for i, leaf := range p.Leaves {
			ok, err := leaf.Eval(o)
			if err != nil {
				return "error", nil
			}
			for n := range o.number {
				if ok {
					leaves[i] = append(leaves[i], stixpattern.Instance{ID: base + n, First: o.first, Last: o.last})
				}
			}
		}
	}
	bound, err := p.Combine(leaves)
	switch {
	case err != nil:
		return "error", nil
	case bound == nil:
		return "no match", nil
	}
	for _, i := range bound {
		found = append(found, ids[i])
	}
	return "match", found
}

// TestCorpus runs the tests of the OASIS pattern matcher.
func TestCorpus(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(testdata.Path(t, "stix-patterns/oasis-open+cti-pattern-matcher/patterns_develop.json"))
	if err != nil {
		t.Fatal(err)
	}
	var corpus struct {
		Patterns []struct {
			Stix, Test, Expect, Observations string
			Pattern                          json.RawMessage
		}
		Observations map[string]map[string][]json.RawMessage
	}
	if err := json.Unmarshal(data, &corpus); err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, tt := range corpus.Patterns {
		file, _, _ := strings.Cut(tt.Test, "::")
		obs := observations(t, corpus.Observations[file][tt.Observations])
		var pattern string
		var want []string
		if json.Unmarshal(tt.Pattern, &pattern) != nil {
			pattern, want = withIDs(t, tt.Pattern)
		}
		got, ids := match(pattern, obs)
		count[got]++
		if got != tt.Expect {
			t.Errorf("STIX %s %s: %s: %s, want %s", tt.Stix, tt.Test, pattern, got, tt.Expect)
		}
		if slices.Sort(ids); want != nil && !slices.Equal(ids, want) {
			t.Errorf("%s: found by %v, want %v", pattern, ids, want)
		}
	}
	t.Log(len(corpus.Patterns), count)
}

// withIDs reads a pattern given with the ID, or IDs, of what satisfies it.
func withIDs(t *testing.T, raw json.RawMessage) (string, []string) {
	var pair [2]json.RawMessage
	var pattern, id string
	var ids []string
	if err := json.Unmarshal(raw, &pair); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(pair[0], &pattern); err != nil {
		t.Fatal(err)
	}
	if json.Unmarshal(pair[1], &id) == nil {
		return pattern, []string{id}
	}
	if err := json.Unmarshal(pair[1], &ids); err != nil {
		t.Fatal(err)
	}
	slices.Sort(ids)
	return pattern, ids
}
