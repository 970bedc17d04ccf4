package figures

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifacts"
	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/detect/indicator"
	"github.com/vigie-project/vigie/detect/rule"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/internal/testdata"
	"github.com/vigie-project/vigie/record"
	"github.com/vigie-project/vigie/rules"
)

// An outcome is what parsers made of one source, in memory.
type outcome struct {
	source  *evidence.Source
	records map[string][]record.Record // by artifact, in order
	errors  map[string][]string        // by artifact, in order
}

// open opens an acquisition of the corpus that must be one source.
func open(t testing.TB, rel, password string) *evidence.Source {
	t.Helper()
	opt := evidence.Options{}
	if password != "" {
		opt.Password = func() ([]byte, error) { return []byte(password), nil }
	}
	list, err := evidence.Open(t.Context(), testdata.Path(t, rel), opt)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 {
		t.Fatalf("%s: %d sources, want 1", rel, len(list))
	}
	t.Cleanup(func() { list[0].Close() })
	list[0].ID = "figures"
	return list[0]
}

// read runs all parsers on a source, one after the other.
func read(t testing.TB, src *evidence.Source) *outcome {
	t.Helper()
	o := &outcome{source: src, records: map[string][]record.Record{}, errors: map[string][]string{}}
	for _, job := range engine.NewPlan(src, artifacts.Parsers, func(*artifact.Parser) bool { return true }).Jobs {
		id := job.Parser.ID
		for _, f := range job.Files {
			for rec, err := range engine.Parse(t.Context(), src, job.Parser, f, nil) {
				switch {
				case errors.Is(err, evidence.ErrPayloadAbsent):
				case err != nil:
					o.errors[id] = append(o.errors[id], f.Path+": "+err.Error())
				default:
					o.records[id] = append(o.records[id], rec)
				}
			}
		}
	}
	return o
}

// live returns the records of an artifact that are part of the current content:
// no peer of these figures reads others.
func (o *outcome) live(id string) []record.Record {
	return slices.DeleteFunc(slices.Clone(o.records[id]), func(r record.Record) bool { return r.Origin.State != record.Live })
}

// rows returns live records of an artifact as JSON values, those whose fields
// have the given values.
func (o *outcome) rows(t testing.TB, id string, where map[string]string) (rows []any) {
	t.Helper()
	for _, r := range o.live(id) {
		line, err := record.AppendData(nil, r.Data)
		if err != nil {
			t.Fatal(err)
		}
		var row any
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatal(err)
		}
		meets := true
		for path, want := range where {
			meets = meets && at(row, path) == want
		}
		if meets {
			rows = append(rows, row)
		}
	}
	return rows
}

// at returns the text of a JSON value at a path of keys and indexes; "#" counts
// members. Times are shown to the second, as the peers do. What is absent is "".
func at(v any, path string) string {
	for step := range strings.SplitSeq(path, ".") {
		switch c := v.(type) {
		case map[string]any:
			v = c[step]
		case []any:
			i, err := strconv.Atoi(step)
			switch {
			case step == "#":
				v = len(c)
			case err == nil && i < len(c):
				v = c[i]
			default:
				v = nil
			}
		default:
			v = nil
		}
	}
	if c, ok := v.(map[string]any); ok && c["utc"] != nil {
		v, _, _ = strings.Cut(strings.TrimSuffix(c["utc"].(string), "Z"), ".")
	}
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

// instants counts the distinct instants of each live record: these are the
// entries of a timeline.
func (o *outcome) instants(t testing.TB, id string) (n int) {
	t.Helper()
	for _, r := range o.live(id) {
		line, err := record.AppendData(nil, r.Data)
		if err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(string(line), `{"utc":"`)[1:]
		for i := range parts {
			parts[i], _, _ = strings.Cut(parts[i], `"`)
		}
		slices.Sort(parts)
		n += len(slices.Compact(parts))
	}
	return n
}

// ruleSet returns all rules, which are compiled once.
var ruleSet = sync.OnceValues(func() (*rule.Set, error) { return rule.Load(rules.FS, artifacts.Parsers) })

// judge passes the live records of an artifact to rules.
func (o *outcome) judge(t testing.TB, id string) (found []detect.Finding) {
	t.Helper()
	set, err := ruleSet()
	if err != nil {
		t.Fatal(err)
	}
	note := func(f detect.Finding) { found = append(found, f) }
	for _, r := range o.live(id) {
		set.Detect(r, note)
	}
	for _, c := range set.Correlators() {
		var seen []detect.Observation
		for _, r := range o.live(id) {
			c.Observe(r, func(s detect.Observation) { seen = append(seen, s) })
		}
		slices.SortStableFunc(seen, func(a, b detect.Observation) int { return a.Exhibit.Time.Compare(b.Exhibit.Time.Time) })
		err := c.Correlate(func(yield func(detect.Observation, error) bool) {
			for _, s := range seen {
				if !yield(s, nil) {
					return
				}
			}
		}, note)
		if err != nil {
			t.Error(err)
		}
	}
	return found
}

// match passes the live records of an artifact to one indicator.
func (o *outcome) match(t testing.TB, id, property, value string) (found []detect.Finding) {
	t.Helper()
	pattern, _ := json.Marshal("[" + property + " = '" + value + "']")
	feed, report, err := indicator.Load("figures.json", strings.NewReader(`{"type":"bundle","id":"bundle--00000000-0000-4000-8000-000000000000","objects":[`+
		`{"type":"indicator","spec_version":"2.1","id":"indicator--00000000-0000-4000-8000-000000000001","pattern_type":"stix","pattern":`+string(pattern)+`}]}`), indicator.Meta{Name: "figures"})
	if err != nil || report.Accepted != 1 {
		t.Fatalf("indicator %s: %v, %+v", value, err, report)
	}
	set := indicator.NewSet(feed)
	for _, r := range o.live(id) {
		set.Detect(r, func(f detect.Finding) { found = append(found, f) })
	}
	return found
}
