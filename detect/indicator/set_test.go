package indicator_test

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/detect/indicator"
	"github.com/vigie-project/vigie/record"
)

func find(set *indicator.Set, rec record.Record) (out []detect.Finding) {
	set.Detect(rec, func(f detect.Finding) { out = append(out, f) })
	return out
}

func at(day string) record.Time {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		panic(err)
	}
	return record.Time{Time: t, Rule: record.AsText}
}

// TestConfidence checks what a finding says about validity, state and source.
func TestConfidence(t *testing.T) {
	t.Parallel()
	more := `,"valid_from":"2021-01-01T00:00:00Z","valid_until":"2022-01-01T00:00:00Z"`
	tests := []struct {
		more  string
		when  record.Time
		state record.State
		grade detect.Grade
		want  string
	}{
		{"", record.Time{}, record.Live, detect.Confirmed, "exactly the published one."},
		{more, at("2021-06-01"), record.Live, detect.Confirmed, "exactly the published one."},
		{more, at("2020-06-01"), record.Live, detect.Confirmed, "from before the validity"},
		{more, at("2023-06-01"), record.Live, detect.Confirmed, "until 2022-01-01"},
		{more, record.Time{}, record.Live, detect.Confirmed, "has no time"},
		{"", record.Time{}, record.Deleted, detect.Confirmed, "recovered from deleted space"},
		{"", record.Time{}, record.Logged, detect.Confirmed, "log of the database"},
		{`,"confidence":15`, record.Time{}, record.Live, detect.NeedsExpert, "15 of 100"},
		{`,"indicator_types":["anomalous-activity"]`, record.Time{}, record.Live, detect.NeedsExpert, "context"},
	}
	for _, tt := range tests {
		feed, _ := load(t, "x.json", bundle(stix("1", "[domain-name:value = 'evil.com']", tt.more)))
		fs := find(indicator.NewSet(feed), record.Record{Artifact: "ios.test", Origin: record.Origin{State: tt.state}, Data: fact{When: tt.when, Domain: "evil.com"}})
		if len(fs) != 1 || fs[0].Grade != tt.grade || !strings.Contains(fs[0].Confidence.EN, tt.want) {
			t.Errorf("%s %v %s: %+v, want %s and %q", tt.more, tt.when, tt.state, fs, tt.grade, tt.want)
		}
	}
}

func TestPrivateFeedConfirmsNothing(t *testing.T) {
	t.Parallel()
	feed, _, err := indicator.Load("domains.txt", strings.NewReader("evil.com\n"), indicator.Meta{Cap: detect.NeedsExpert})
	if err != nil {
		t.Fatal(err)
	}
	if fs := find(indicator.NewSet(feed), record.Record{Data: fact{Domain: "evil.com"}}); len(fs) != 1 || fs[0].Grade != detect.NeedsExpert {
		t.Errorf("%+v", fs)
	}
}

// TestSameValueInSeveralFeeds checks that it is one finding, with all sources.
func TestSameValueInSeveralFeeds(t *testing.T) {
	t.Parallel()
	var fs []*indicator.Feed
	for _, name := range []string{"one", "two", "three"} {
		f, _, err := indicator.Load("domains.txt", strings.NewReader("evil.com\nother.com\n"), indicator.Meta{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		fs = append(fs, f)
	}
	set := indicator.NewSet(fs...)
	got := find(set, record.Record{Artifact: "ios.test", Data: fact{Text: "https://evil.com/ and https://evil.com/x", Domain: "a.other.com"}})
	if len(got) != 2 || got[0].Match.Feed != "one" || !slices.Equal(got[0].Refs, []string{"two: line 2", "three: line 2"}) || got[1].Match.Observed != "evil.com" {
		t.Errorf("%+v", got)
	}
	if got[0].Detector != "indicator/one/line 2" || set.Count() != 6 {
		t.Errorf("%s %d", got[0].Detector, set.Count())
	}
	if again := find(set, record.Record{Artifact: "ios.test", Data: fact{Domain: "a.other.com"}}); again[0].ID == "" {
		t.Error("no ID")
	}
	if a, b := indicator.NewSet(fs[0]).Fingerprint(), indicator.NewSet(fs[1]).Fingerprint(); a == b {
		t.Error("feeds of different names have one fingerprint")
	}
}

func TestRevokedByAnotherFeed(t *testing.T) {
	t.Parallel()
	old, _ := load(t, "x.json", bundle(stix("1", "[domain-name:value = 'evil.com']", `,"modified":"2020-01-01T00:00:00Z"`)))
	later, _ := load(t, "y.json", bundle(stix("1", "[domain-name:value = 'evil.com']", `,"modified":"2021-01-01T00:00:00Z","revoked":true`)))
	set := indicator.NewSet(old, later)
	if fs := find(set, record.Record{Data: fact{Domain: "evil.com"}}); len(fs) != 0 || set.Count() != 0 {
		t.Errorf("%+v", fs)
	}
}

// observed runs the correlator on records, in the order given.
func observed(t *testing.T, set *indicator.Set, recs ...record.Record) (out []detect.Finding) {
	t.Helper()
	var seen []detect.Observation
	for _, r := range recs {
		set.Observe(r, func(o detect.Observation) { seen = append(seen, o) })
	}
	all := func(yield func(detect.Observation, error) bool) {
		for _, o := range seen {
			if !yield(o, nil) {
				return
			}
		}
	}
	if err := set.Correlate(iter.Seq2[detect.Observation, error](all), func(f detect.Finding) { out = append(out, f) }); err != nil {
		t.Error(err)
	}
	for _, f := range out {
		complete(t, f)
	}
	return out
}

// TestSequences checks patterns on several records.
func TestSequences(t *testing.T) {
	t.Parallel()
	host := func(day, s string) record.Record {
		return record.Record{Artifact: "ios.test", Data: fact{When: at(day), Domain: record.Domain(s)}}
	}
	proc := func(day, s string) record.Record {
		return record.Record{Artifact: "ios.test", Data: fact{When: at(day), Process: record.Process(s)}}
	}
	follow := "[domain-name:value = 'evil.com'] FOLLOWEDBY [process:name = 'bh']"
	tests := []struct {
		pattern string
		recs    []record.Record
		want    int // exhibits
	}{
		{follow, []record.Record{host("2021-01-01", "a.evil.com"), proc("2021-01-02", "bh/com.apple.x")}, 2},
		{follow, []record.Record{proc("2021-01-01", "bh"), host("2021-01-02", "evil.com")}, 0},
		{follow, []record.Record{host("2021-01-01", "evil.com")}, 0},
		{"(" + follow + ") WITHIN 3600 SECONDS", []record.Record{host("2021-01-01", "evil.com"), proc("2021-01-02", "bh")}, 0},
		{"(" + follow + ") WITHIN 86400 SECONDS", []record.Record{host("2021-01-01", "evil.com"), proc("2021-01-02", "bh")}, 2},
		{"[process:name = 'bh'] REPEATS 3 TIMES WITHIN 200000 SECONDS", []record.Record{proc("2021-01-01", "bh"), proc("2021-01-02", "bh"), proc("2021-02-02", "bh")}, 0},
		{"[process:name = 'bh'] REPEATS 2 TIMES WITHIN 200000 SECONDS", []record.Record{proc("2021-01-01", "bh"), proc("2021-02-01", "bh"), proc("2021-02-02", "bh")}, 2},
		{"[process:name = 'bh'] START t'2021-01-01T00:00:00Z' STOP t'2021-01-02T00:00:00Z'", []record.Record{proc("2021-01-01", "bh")}, 1},
		{"[process:name = 'bh'] START t'2021-01-02T00:00:00Z' STOP t'2021-01-03T00:00:00Z'", []record.Record{proc("2021-01-01", "bh")}, 0},
		{"[domain-name:value = 'evil.com'] AND [process:name MATCHES '^b.$']", []record.Record{proc("2021-01-01", "bx"), host("2021-01-02", "evil.com")}, 2},
		{"[domain-name:value = 'none.com'] OR [process:name = 'bh']", []record.Record{proc("2021-01-01", "bh")}, 1},
	}
	for _, tt := range tests {
		feed, r := load(t, "x.json", bundle(stix("1", tt.pattern, "")))
		set := indicator.NewSet(feed)
		for _, rec := range tt.recs {
			if fs := find(set, rec); len(fs) != 0 {
				t.Errorf("%s: one record is found: %+v", tt.pattern, fs)
			}
		}
		got := observed(t, set, tt.recs...)
		n := 0
		if len(got) == 1 {
			n = len(got[0].Exhibits)
		}
		if n != tt.want || len(got) > 1 {
			t.Errorf("%s: %d exhibits in %d findings, want %d (%+v)", tt.pattern, n, len(got), tt.want, r.Reasons)
		}
	}
}

// TestConcurrent uses one set from several goroutines, for the race detector.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	feed, _ := load(t, "x.json", bundle(stix("1", "[domain-name:value = 'evil.com' AND url:value LIKE '%x%']", "")))
	set := indicator.NewSet(feed)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for j := range 50 {
				if fs := find(set, record.Record{Data: fact{URL: record.URL(fmt.Sprintf("https://evil.com/x%d-%d", i, j))}}); len(fs) != 1 {
					t.Errorf("%+v", fs)
				}
			}
		})
	}
	wg.Wait()
}

// TestManyFindings checks that a hostile record costs a bounded amount.
func TestManyFindings(t *testing.T) {
	t.Parallel()
	feed, _ := load(t, "domains.txt", "evil.com\n")
	var b strings.Builder
	for i := range 5_000 {
		fmt.Fprintf(&b, "https://a%d.evil.com/ ", i)
	}
	start := time.Now()
	fs := find(indicator.NewSet(feed), record.Record{Data: fact{Text: record.Text(b.String())}})
	if len(fs) != 64 || !strings.Contains(fs[63].Confidence.EN, "more than 64") || time.Since(start) > 10*time.Second {
		t.Errorf("%d findings in %v", len(fs), time.Since(start))
	}
}
