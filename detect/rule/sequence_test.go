package rule

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/record"
)

// A moment is a record in a short form: "u bh 10 @s2" is usage of the process
// bh after 10 seconds in source s2, "v" is a visit.
func moments(t *testing.T, text string) (records []record.Record) {
	t.Helper()
	for i, m := range strings.Split(text, ",") {
		var kind, name, source string
		var seconds int
		if _, err := fmt.Sscan(m, &kind, &name, &seconds); err != nil {
			t.Fatal(m, err)
		}
		var r record.Record
		if kind == "u" {
			r = rec("ios.usage", int64(i+1), usage{Time: at(seconds), Process: record.Process(name)})
		} else {
			r = rec("ios.visits", int64(i+1), visit{Time: at(seconds), URL: record.URL(name)})
		}
		if _, source, _ = strings.Cut(m, "@"); source != "" {
			r.Origin.Source = source
		}
		records = append(records, r)
	}
	return records
}

// found returns the exhibits of each finding, by the rows of their records.
func (s *Set) found(t *testing.T, records []record.Record) (findings []string) {
	t.Helper()
	for _, c := range s.sequences {
		var seen []detect.Observation
		for _, rec := range records {
			c.Observe(rec, func(o detect.Observation) { seen = append(seen, o) })
		}
		slices.SortStableFunc(seen, func(a, b detect.Observation) int { return a.At().Compare(b.At()) })
		err := c.Correlate(all(seen), func(f detect.Finding) {
			var rows []string
			for _, e := range f.Exhibits {
				rows = append(rows, fmt.Sprint(e.Origin.Row))
			}
			findings = append(findings, strings.Join(rows, " "))
		})
		if err != nil {
			t.Error(err)
		}
	}
	if f := s.Failures(); f != nil {
		t.Error(f)
	}
	return findings
}

func TestSequence(t *testing.T) {
	t.Parallel()
	step := func(name, artifact, when, more string) string {
		return fmt.Sprintf("  - {name: %s, artifacts: [ios.%s], when: %q%s}\n", name, artifact, when, more)
	}
	visitThenUse := "within: 60s\nsteps:\n" + step("a", "visits", "true", "") + step("b", "usage", "true", "")
	keyed := "within: 60s\nsteps:\n" + step("a", "visits", "true", ", key: url") + step("b", "usage", "true", ", key: process")
	pair := "within: 60s\nsteps:\n" + step("a", "usage", "true", ", count: 2")
	anyOf := "within: 60s\norder: any\nneed: 2\nsteps:\n" + step("a", "usage", "process == 'a'", "") +
		step("b", "usage", "process == 'b'", "") + step("c", "visits", "true", "")
	burst := "within: 60s\norder: any\nsteps:\n" + step("a", "usage", "true", ", count: 3, differ: process")
	without := "within: 60s\nsteps:\n" + step("a", "usage", "process == 'a'", "") + step("b", "usage", "process == 'b'", "") +
		step("x", "visits", "true", ", none: true")
	absent := "order: any\nsteps:\n" + step("a", "usage", "true", ", key: process") + step("x", "visits", "true", ", key: url, none: true")
	differ := "within: 60s\nsteps:\n" + step("a", "visits", "next == 0", ", key: \"'k'\", differ: site(url)") +
		step("b", "visits", "next == 0", ", key: \"'k'\", differ: site(url)")
	for _, tt := range []struct{ name, rule, records, want string }{
		{"in order", visitThenUse, "v x 0, u p 30", "1 2"},
		{"too late", visitThenUse, "v x 0, u p 61", ""},
		{"other order", visitThenUse, "v x 30, u p 0", ""},
		{"same second", visitThenUse, "u p 30, v x 30", "2 1"},
		{"newest first step", visitThenUse, "v x 0, v y 50, u p 100", "2 3"},
		{"no overlap", visitThenUse, "v x 0, u p 30, u p 31, v x 40, u p 41", "1 2|4 5"},
		{"other source", visitThenUse, "v x 0 @s1, u p 30 @s2", ""},
		{"same key", keyed, "v x 0, u y 10, u x 20", "1 3"},
		{"empty key", "within: 60s\nsteps:\n" + step("a", "visits", "true", ", key: data.type") +
			step("b", "usage", "true", ", key: \"''\""), "v x 0, u x 20", ""},
		{"count in order", pair, "u x 0, u y 30", "1 2"},
		{"count too far", pair, "u x 0, u y 100", ""},
		{"a record counts once", pair, "u x 0", ""},
		{"any order", anyOf, "v x 0, u b 30", "1 2"},
		{"any order, growing", anyOf, "u b 0, v x 20, u a 40, u a 70", "1 2 3|"},
		{"any order, too few", anyOf, "u a 0, u a 10, v x 100", ""},
		{"different", burst, "u x 0, u x 1, u y 2, u z 3", "2 3 4"},
		{"different, growing", burst, "u x 0, u y 2, u z 3, u z 4, u w 5", "1 2 3 5"},
		{"not different", burst, "u x 0, u x 1, u y 2, u y 3", ""},
		{"different sites", differ, "v https://a.example.org/ 0, v https://b.example.org/ 1, v https://example.com/ 2", "2 3"},
		{"none there", without, "u a 0, u b 10", "1 2"},
		{"there before", without, "v x 0, u a 60, u b 70", ""},
		{"there between", without, "u a 0, v x 5, u b 10", ""},
		{"there after", without, "u a 0, u b 10, v x 70", ""},
		{"there long after", without, "u a 0, u b 10, v x 71", "1 2"},
		{"there long before", without, "v x 0, u a 61, u b 70", "2 3"},
		{"absent", absent, "u a 0, v b 0", "1"},
		{"not absent", absent, "u a 0, v a 900", ""},
		{"once", "order: any\nsteps:\n" + step("a", "usage", "true", "") + step("b", "visits", "true", ", once: true"),
			"u a 0, v x 1, v y 2, u b 3", "1 2 4"},
		{"not read", absent, "u a 0", ""},
	} {
		got := loaded(t, tt.rule).found(t, moments(t, tt.records))
		if want := strings.TrimSuffix(tt.want, "|"); strings.Join(got, "|") != want {
			t.Errorf("%s: got %q, want %q", tt.name, strings.Join(got, "|"), want)
		}
	}
}

func TestGaps(t *testing.T) {
	t.Parallel()
	rule := "artifacts: [ios.visits]\nwhen: url == ''\ngaps: {number: count, highest: url == 'max', least: 2}\n"
	for _, tt := range []struct {
		numbers string
		max     int64
		want    string
	}{
		{"1 2 3", 0, ""},
		{"3 1 2 3", 3, ""},
		{"1 3", 0, ""},
		{"1 4 5", 0, "1 4"},
		{"5 1 3 9", 0, "1 3 5 9"},
		{"1 2", 4, "2 99"},
		{"1 4", 5, "1 4 99"},
		{"", 9, ""},
	} {
		set := loaded(t, rule)
		records := []record.Record{rec("ios.visits", 50, visit{})}
		for n := range strings.FieldsSeq(tt.numbers) {
			var i int64
			fmt.Sscan(n, &i)
			records = append(records, rec("ios.visits", i, visit{Count: &i}))
		}
		if tt.max > 0 {
			records = append(records, rec("ios.visits", 99, visit{URL: "max", Count: &tt.max}))
		}
		if got := strings.Join(set.found(t, records), "|"); got != tt.want {
			t.Errorf("%s, highest %d: got %q, want %q", tt.numbers, tt.max, got, tt.want)
		}
	}
}

func TestAt(t *testing.T) {
	t.Parallel()
	set := loaded(t, "within: 10s\nsteps:\n  - {name: a, artifacts: [ios.visits], when: 'true', at: [time, seen]}\n"+
		"  - {name: b, artifacts: [ios.usage], when: 'true'}\n")
	records := []record.Record{
		rec("ios.visits", 1, visit{Time: at(0), Seen: at(95)}),
		rec("ios.visits", 2, visit{Time: at(0), Seen: at(0)}),
		rec("ios.usage", 3, usage{Time: at(100)}),
		rec("ios.usage", 4, usage{}),
	}
	if got := set.found(t, records); !slices.Equal(got, []string{"1 3"}) {
		t.Errorf("got %q", got)
	}
	n := 0
	set.Correlators()[0].Observe(records[1], func(o detect.Observation) { n++ })
	set.Correlators()[0].Observe(records[3], func(o detect.Observation) { n++ })
	if n != 1 {
		t.Errorf("%d observations of one instant and of none", n)
	}
}

func TestCorrelateBounds(t *testing.T) {
	t.Parallel()
	set := loaded(t, "order: any\nsteps:\n  - {name: a, artifacts: [ios.usage], when: 'true', key: process, count: 2}\n")
	c := set.Correlators()[0]
	stream := func(yield func(detect.Observation, error) bool) {
		for i := range maxTracks + 10 {
			o := detect.Observation{Step: "a", Key: fmt.Sprint(i)}
			if !yield(o, nil) {
				return
			}
		}
		yield(detect.Observation{}, errors.New("disk"))
	}
	err := c.Correlate(stream, func(detect.Finding) { t.Error("found") })
	if err == nil || !strings.Contains(err.Error(), "disk") {
		t.Errorf("got %v", err)
	}
	n := 0
	var cut iter.Seq2[detect.Observation, error] = func(yield func(detect.Observation, error) bool) {
		stream(func(o detect.Observation, err error) bool { n++; return err != nil || yield(o, nil) })
	}
	if err = c.Correlate(cut, nil); err == nil || !strings.Contains(err.Error(), "10 observations beyond") {
		t.Errorf("got %v", err)
	}
}

// TestSweep follows more keys than are kept at once, in a rule whose window
// lets it forget them.
func TestSweep(t *testing.T) {
	t.Parallel()
	set := loaded(t, "within: 10s\nsteps:\n  - {name: a, artifacts: [ios.usage], when: 'true', key: process, count: 2}\n")
	c := set.Correlators()[0]
	stream := func(yield func(detect.Observation, error) bool) {
		for i := range 3 * maxTracks {
			o := detect.Observation{Step: "a", Key: fmt.Sprint(i)}
			o.Exhibit.Time = at(i / 1000)
			if !yield(o, nil) {
				return
			}
		}
	}
	if err := c.Correlate(stream, func(detect.Finding) { t.Error("found") }); err != nil {
		t.Error(err)
	}
}
