package rule

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/record"
)

// versions are visits of an address with a number: "x 10 0" is number 10 after
// 0 seconds, by an instant and by the clock of the device.
func versions(t *testing.T, text string) (records []record.Record) {
	t.Helper()
	for i, m := range strings.Split(text, ",") {
		var name string
		var number int64
		var seconds int
		if _, err := fmt.Sscan(m, &name, &number, &seconds); err != nil {
			t.Fatal(m, err)
		}
		records = append(records, rec("ios.visits", int64(i+1), visit{
			Time: at(seconds), Clock: record.WallTime{Time: at(seconds).Time}, URL: record.URL(name), Next: number, Score: float64(number), Load: number > 5,
		}))
	}
	return records
}

// TestWhere compares values of the records of a sequence.
func TestWhere(t *testing.T) {
	t.Parallel()
	pair := func(more, keep, where string) string {
		return fmt.Sprintf("%ssteps:\n  - {name: a, artifacts: [ios.visits], when: url != '', key: url, keep: {%s}%s}\n"+
			"  - {name: b, artifacts: [ios.visits], when: url != '', key: url, keep: {%s}, where: %q%s}\n", more, keep, ", at: time", keep, where, ", at: time")
	}
	lower := pair("", "n: next", "b.n < a.n")
	clocks := strings.ReplaceAll(lower, "at: time", "at: clock")
	for _, tt := range []struct{ name, rule, records, want string }{
		{"lower", lower, "x 10 0, x 9 1", "1 2"},
		{"higher", lower, "x 10 0, x 11 1", ""},
		{"other key", lower, "x 10 0, y 9 1", ""},
		{"lower than one before the last", lower, "x 10 0, x 12 1, x 11 2", "2 3"},
		{"again", lower, "x 10 0, x 9 1, x 12 2, x 1 3", "1 2|3 4"},
		{"clock of the device", clocks, "x 10 0, x 9 1", "1 2"},
		{"clock, other order", clocks, "x 10 1, x 9 0", ""},
		{"within", pair("within: 5s\n", "n: next", "b.n < a.n"), "x 10 0, x 9 9", ""},
		{"time", pair("", "t: time", "b.t - a.t > duration('5s')"), "x 1 0, x 1 3, x 1 8", "1 3"},
		{"text", pair("", "t: string(next)", "b.t.startsWith(a.t)"), "x 1 0, x 12 3", "1 2"},
		{"double and bool", pair("", "s: score, l: load", "b.s > a.s * 2.0 && b.l && !a.l"), "x 3 0, x 6 1, x 7 2", "1 3"},
		{"null", pair("", "c: count", "b.c < a.c"), "x 3 0, x 2 1", ""},
		{"one step", "steps:\n  - {name: a, artifacts: [ios.visits], when: 'true', count: 2, keep: {n: next}, where: 'a.n == 9'}\n", "x 3 0, x 9 1", "1 2"},
	} {
		got := strings.Join(loaded(t, tt.rule).found(t, versions(t, tt.records)), "|")
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestScopes joins records of several sources, and of no key with any key.
func TestScopes(t *testing.T) {
	t.Parallel()
	step := func(name, artifact, more string) string {
		return fmt.Sprintf("  - {name: %s, artifacts: [ios.%s], when: 'true'%s}\n", name, artifact, more)
	}
	absent := "order: any\nsteps:\n" + step("a", "usage", ", key: process") + step("x", "visits", ", key: url, none: true")
	used := "within: 60s\nsteps:\n" + step("a", "visits", "") + step("b", "usage", ", key: process") + step("c", "usage", ", key: process")
	now := "within: 60s\nsteps:\n" + step("a", "usage", ", key: process, count: 2") + step("s", "visits", ", key: url, always: true")
	never := "within: 60s\nsteps:\n" + step("a", "usage", ", key: process, count: 2") + step("s", "visits", ", key: url, always: true, none: true")
	loose := "within: 60s\norder: any\nsteps:\n" + step("a", "usage", ", key: process, count: 2") + step("x", "visits", ", none: true")
	last := "within: 60s\nsteps:\n" + step("b", "usage", ", key: process") + step("a", "visits", "")
	for _, tt := range []struct{ name, rule, records, want string }{
		{"absent in the same source", absent, "u a 0 @p, v b 0 @p", "1"},
		{"absent, list in another source", absent, "u a 0 @p, v b 0 @q", ""},
		{"absent in another source, not in this", absent, "u a 0 @p, v b 0 @p, v a 0 @q", "1"},
		{"nested", "sources: nested\n" + absent, "u a 0 @p, v b 0 @child", "1"},
		{"nested, there", "sources: nested\n" + absent, "u a 0 @p, v a 0 @child", ""},
		{"nested, other family", "sources: nested\n" + absent, "u a 0 @p, v b 0 @q", ""},
		{"case", "sources: case\n" + absent, "u a 0 @p, v b 0 @q", "1"},
		{"together", "together: true\n" + absent, "u a 0, u b 1, u c 2, v b 0, u d 3 @q, v x 3 @q", "1 3|5"},
		{"any key", used, "v x 0, u p 10, u q 20, u p 30", "1 2 4"},
		{"any key, for several", used, "v x 0, u p 10, u q 20, u p 30, u q 40", "1 2 4|1 3 5"},
		{"any key, too early", used, "v x 0, u p 10, u p 70", ""},
		{"any key, last", last, "u p 0, u q 10, v x 20", "1 3|2 3"},
		{"any key, other source", last, "u p 0 @p, u q 10 @q, v x 20 @q", "2 3"},
		{"any key, none", loose, "u p 0, u p 10, v x 200", "1 2"},
		{"any key, none, there", loose, "v x 0, u p 10, u p 20", ""},
		{"always", now, "u p 0, u p 10, v p 900", "1 2 3"},
		{"always, other", now, "u p 0, u p 10, v q 900", ""},
		{"never", never, "u p 0, u p 10, v q 900", "1 2"},
		{"never, there", never, "u p 0, u p 10, v p 900", ""},
		{"never, not read", never, "u p 0, u p 10", ""},
	} {
		set := loaded(t, tt.rule)
		set = set.informed(detect.NewSources([]detect.Source{{ID: "p"}, {ID: "child", Parent: "p"}, {ID: "q"}}))
		if got := strings.Join(set.found(t, moments(t, tt.records)), "|"); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestAcquired asks for the time of the acquisition.
func TestAcquired(t *testing.T) {
	t.Parallel()
	set := loaded(t, "artifacts: [ios.visits]\nwhen: acquired != null && time != null && acquired - time > duration('24h')\n")
	set = set.informed(detect.NewSources([]detect.Source{{ID: "p", Acquired: at(100_000).Time}, {ID: "child", Parent: "p"}, {ID: "q"}, {ID: "loop", Parent: "loop"}}))
	for source, want := range map[string]int{"p": 1, "child": 1, "q": 0, "loop": 0, "unknown": 0} {
		n := 0
		for _, seconds := range []int{0, 90_000} {
			r := rec("ios.visits", 1, visit{Time: at(seconds)})
			r.Origin.Source = source
			set.Detect(r, func(detect.Finding) { n++ })
		}
		if n != want || set.Failures() != nil {
			t.Errorf("%s: %d findings, want %d; %v", source, n, want, set.Failures())
		}
	}
}

// TestInformed tells one set of two cases: neither changes what the other knows,
// nor the set itself; failures are of all.
func TestInformed(t *testing.T) {
	t.Parallel()
	set := loaded(t, "within: 60s\nsteps:\n  - {name: a, artifacts: [ios.visits], when: 'true', at: clock}\n  - {name: b, artifacts: [ios.usage], when: 'true'}\n")
	west := set.informed(detect.NewSources([]detect.Source{{ID: "s", Zone: "Africa/Algiers"}}))
	east := set.informed(detect.NewSources([]detect.Source{{ID: "s", Zone: "Asia/Tokyo"}}))
	r := rec("ios.visits", 1, visit{Clock: record.WallTime{Time: at(10 * 3600).Time}})
	for _, tt := range []struct {
		set  *Set
		want time.Time
	}{{west, at(9 * 3600).Time}, {east, at(3600).Time}, {west, at(9 * 3600).Time}} {
		n := 0
		tt.set.Correlators()[0].Observe(r, func(o detect.Observation) {
			if n++; !o.At().Equal(tt.want) {
				t.Errorf("at %s, want %s", o.At(), tt.want)
			}
		})
		if n != 1 {
			t.Errorf("%d observations", n)
		}
	}
	set.Correlators()[0].Observe(r, func(detect.Observation) { t.Error("the set itself knows of a case") })
	if len(west.Failures()) != 1 || len(set.Failures()) != 1 {
		t.Errorf("failures %v, %v", west.Failures(), set.Failures())
	}
}

// TestClocks compares clocks of the device with instants.
func TestClocks(t *testing.T) {
	t.Parallel()
	rule := "within: 60s\nsteps:\n  - {name: a, artifacts: [ios.visits], when: 'true', at: clock}\n  - {name: b, artifacts: [ios.usage], when: 'true'}\n"
	clock := visit{Clock: record.WallTime{Time: at(3600).Time}} // 01:00 in Algiers is 00:00 UTC
	records := []record.Record{rec("ios.visits", 1, clock), rec("ios.usage", 2, usage{Time: at(30)}), rec("ios.usage", 3, usage{Time: at(3630)})}
	set := loaded(t, rule)
	set = set.informed(detect.NewSources([]detect.Source{{ID: "s", Zone: "Africa/Algiers"}}))
	if got := strings.Join(set.found(t, records), "|"); got != "1 2" {
		t.Errorf("got %q", got)
	}
	unknown := loaded(t, rule)
	unknown = unknown.informed(detect.NewSources([]detect.Source{{ID: "s", Zone: "Nowhere/Else"}}))
	unknown.Correlators()[0].Observe(records[0], func(detect.Observation) { t.Error("observed") })
	if f := unknown.Failures(); len(f) != 1 || !strings.Contains(f[0].Error, "zone") {
		t.Errorf("failures %v", f)
	}
}

// TestEach says which records are as good as others.
func TestEach(t *testing.T) {
	t.Parallel()
	set := loaded(t, "steps:\n  - {name: a, artifacts: [ios.visits], when: 'true', key: url, keep: {n: next}, each: 1h}\n"+
		"  - {name: b, artifacts: [ios.visits], when: 'true', key: url, keep: {n: next}, where: b.n != a.n}\n")
	got := map[string]int{}
	for _, r := range versions(t, "x 1 0, x 1 5, x 2 5, y 1 5, x 1 3600, x 1 3601") {
		set.Correlators()[0].Observe(r, func(o detect.Observation) { got[o.Step+o.Once]++ })
	}
	if len(got) != 5 || got["b"] != 6 { // four of the first step, and all of the second
		t.Errorf("got %v", got)
	}
}

// TestDistinct says that a rule about different values needs each once.
func TestDistinct(t *testing.T) {
	t.Parallel()
	one := "  - {name: a, artifacts: [ios.usage], when: 'true', key: \"'k'\", differ: process, count: 2}\n"
	for rule, want := range map[string]int{
		"order: any\nsteps:\n" + one:              2,
		"order: any\nwithin: 60s\nsteps:\n" + one: 4,
		"steps:\n" + one:                          4,
	} {
		set, n, known := loaded(t, rule), 0, map[string]bool{}
		for _, r := range moments(t, "u x 0, u x 1, u y 2, u x 3") {
			set.Correlators()[0].Observe(r, func(o detect.Observation) {
				if o.Once == "" || !known[o.Once] {
					n++
				}
				known[o.Once] = true
			})
		}
		if n != want {
			t.Errorf("%s: %d observations, want %d", rule, n, want)
		}
	}
}

// TestTogether gives further findings for what is too much for one.
func TestTogether(t *testing.T) {
	t.Parallel()
	set := loaded(t, "order: any\ntogether: true\nsteps:\n  - {name: a, artifacts: [ios.usage], when: 'true', key: process}\n")
	var records []record.Record
	for i := range 2*maxTogether + 1 {
		records = append(records, rec("ios.usage", int64(i), usage{Process: record.Process(fmt.Sprint(i))}))
	}
	if got := set.found(t, records); len(got) != 3 || strings.Count(got[0], " ") != maxTogether-1 || got[2] != fmt.Sprint(2*maxTogether) {
		t.Errorf("%d findings", len(got))
	}
}

// TestOffers bounds the work for records that go with any key.
func TestOffers(t *testing.T) {
	t.Parallel()
	set := loaded(t, "order: any\nsteps:\n  - {name: a, artifacts: [ios.usage], when: 'true', key: process, count: 2}\n"+
		"  - {name: x, artifacts: [ios.visits], when: 'true'}\n")
	start := time.Now()
	err := set.Correlators()[0].Correlate(func(yield func(detect.Observation, error) bool) {
		for i := range 20_000 {
			if !yield(detect.Observation{Step: "a", Key: fmt.Sprint(i)}, nil) || !yield(detect.Observation{Step: "x"}, nil) {
				return
			}
		}
	}, func(detect.Finding) { t.Error("found") })
	if err == nil || !strings.Contains(err.Error(), "pairs") {
		t.Errorf("got %v after %v", err, time.Since(start))
	}
}

func TestRelationProblems(t *testing.T) {
	t.Parallel()
	a := "{name: a, artifacts: [ios.visits], when: 'true', key: url, keep: {n: next}}"
	for _, tt := range []struct{ rule, want string }{
		{"sources: others\nsteps:\n  - " + a + "\n", `sources is "one"`},
		{"artifacts: [ios.visits]\nwhen: 'true'\ntogether: true\n", "for a rule with steps"},
		{"steps:\n  - {name: a, artifacts: [ios.visits], when: 'true', where: 'true'}\n", "no record before"},
		{"order: any\nsteps:\n  - " + a + "\n", "steps in order"},
		{"steps:\n  - " + a + "\n  - {name: b, artifacts: [ios.usage], when: 'true', key: process, where: b.n < a.n}\n", "b.n"},
		{"steps:\n  - " + a + "\n  - {name: b, artifacts: [ios.usage], when: 'true', key: process, where: a.n}\n", "true or false"},
		{"steps:\n  - {name: a, artifacts: [ios.visits], when: 'true', keep: {n: hosts}}\n", "no single value"},
		{"steps:\n  - {name: a, artifacts: [ios.visits], when: 'true', keep: {n: next, n2: nothing}}\n", "undeclared"},
		{"steps:\n  - {name: a, when: {ios.visits: 'true', ios.usage: 'true'}, keep: {n: {ios.visits: next, ios.usage: process}}}\n", "of another"},
		{"steps:\n  - {name: a, artifacts: [ios.visits], when: 'true'}\n  - {name: b, artifacts: [ios.notes], when: 'true', key: text, always: true}\n", "joins it to nothing"},
		{"steps:\n  - {name: a, artifacts: [ios.visits], when: 'true', always: true}\n", "need is between"},
	} {
		examples := "examples:\n  - match: true\n    records: [{artifact: ios.visits, record: {url: x}}"
		if strings.Contains(tt.rule, "ios.usage") {
			examples += ", {artifact: ios.usage, record: {process: x}}"
		}
		examples += "]\n  - {match: false, artifact: ios.visits, record: {url: x}}\n"
		_, err := load(t, tt.rule+examples)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s\ngot %v, want %q", tt.rule, err, tt.want)
		}
	}
}

// TestResolvedClocks compares clocks of which other files record the offset: with
// instants, and with each other.
func TestResolvedClocks(t *testing.T) {
	t.Parallel()
	clock := func(seconds int, offset int32) visit {
		return visit{Clock: record.WallTime{Time: at(seconds).Time, Offset: offset, Quality: record.NearestOffset}}
	}
	mixed := loaded(t, "within: 60s\nsteps:\n  - {name: a, artifacts: [ios.visits], when: 'true', at: clock}\n  - {name: b, artifacts: [ios.usage], when: 'true'}\n")
	mixed = mixed.informed(detect.NewSources([]detect.Source{{ID: "s", Zone: "Africa/Algiers"}})) // not used
	records := []record.Record{rec("ios.visits", 1, clock(7200, 7200)), rec("ios.usage", 2, usage{Time: at(30)}), rec("ios.usage", 3, usage{Time: at(3630)})}
	if got := strings.Join(mixed.found(t, records), "|"); got != "1 2" {
		t.Errorf("with instants: got %q", got)
	}
	clocks := loaded(t, "within: 60s\nsteps:\n  - {name: a, artifacts: [ios.visits], when: 'url == \"a\"', at: clock}\n  - {name: b, artifacts: [ios.visits], when: 'url == \"b\"', at: clock}\n")
	a, b := clock(7200, 7200), clock(3630, 3600) // thirty seconds later, after a flight west
	a.URL, b.URL = "a", "b"
	if got := strings.Join(clocks.found(t, []record.Record{rec("ios.visits", 1, a), rec("ios.visits", 2, b)}), "|"); got != "1 2" {
		t.Errorf("with each other: got %q", got)
	}
}
