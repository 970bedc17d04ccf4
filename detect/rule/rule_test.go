package rule

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// visit and usage stand for the records of two artifacts.
type visit struct {
	Time    record.Time     `json:"time"`
	Seen    record.Time     `json:"seen"`
	Clock   record.WallTime `json:"clock"`
	URL     record.URL      `json:"url"`
	Type    string          `json:"type"`
	Package record.App      `json:"package"`
	Hosts   []record.Domain `json:"hosts,omitempty"`
	Extra   []record.KV     `json:"extra,omitempty"`
	Count   *int64          `json:"count,omitempty"`
	Next    int64           `json:"next"`
	Load    bool            `json:"load"`
	Score   float64         `json:"score"`
}

func (v visit) String() string { return string(v.URL) }

type usage struct {
	Time    record.Time    `json:"time"`
	Process record.Process `json:"process"`
}

func (u usage) String() string { return string(u.Process) }

type note struct {
	Text record.Text `json:"text"`
}

func (n note) String() string { return string(n.Text) }

func fakeParser(id string, data record.Data) *artifact.Parser {
	return &artifact.Parser{
		ID: id, Title: lang.Text{EN: "t", FR: "t"}, Doc: "d", Record: data, Refs: []string{"https://example.org"},
		Inputs: []artifact.Pattern{{Kinds: evidence.IOSBackup, Glob: "x"}},
		Parse:  func(context.Context, *artifact.Input) iter.Seq2[record.Record, error] { return nil },
	}
}

var fakeParsers = []*artifact.Parser{
	fakeParser("ios.visits", visit{}),
	fakeParser("ios.usage", usage{}),
	fakeParser("ios.notes", note{}),
}

// head is the part of a rule file that these tests do not care about.
const head = `id: r
title: {en: a, fr: b}
why: {en: a, fr: b}
confidence: {en: a, fr: b}
grade: strong
benign: [{en: a, fr: b}]
next: [{en: a, fr: b}]
refs: [https://example.org/]
`

func load(t testing.TB, body string) (*Set, error) {
	t.Helper()
	return Load(fstest.MapFS{"d/r.yaml": {Data: []byte(head + body)}}, fakeParsers)
}

// loaded loads one rule, with examples that are not tried.
func loaded(t testing.TB, body string) *Set {
	t.Helper()
	f, problems := decode("r.yaml", []byte(head+body))
	if problems != nil {
		t.Fatal(problems[0])
	}
	comp, err := newCompiler(fakeParsers)
	if err != nil {
		t.Fatal(err)
	}
	c := &checker{compiler: comp, file: "r.yaml", f: f, r: &Rule{ID: f.ID.value}}
	for _, check := range []func(){c.texts, c.conditions, c.compile} {
		if check(); len(c.problems) > 0 {
			t.Fatal(c.problems[0])
		}
	}
	set := newSet(comp)
	set.add(c.compiled)
	return set
}

func at(seconds int) record.Time {
	return record.Time{Time: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(seconds) * time.Second),
		Rule: record.CocoaSec, Raw: int64(seconds)}
}

func rec(id string, row int64, data record.Data) record.Record {
	return record.Record{Artifact: id, Origin: record.Origin{Source: "s", Path: "p/db", Row: row}, Data: data}
}

func TestConditions(t *testing.T) {
	t.Parallel()
	five := int64(5)
	full := visit{
		Time: at(60), Clock: record.WallTime{Time: time.Date(2024, 1, 1, 12, 0, 0, 0, time.UTC)},
		URL: "https://User@News.Example.co.uk:8443/a?b", Type: "link", Package: "org.example.app",
		Hosts: []record.Domain{"a.org", "b.org"}, Extra: []record.KV{{Key: "k", Value: "1"}, {Key: "k", Value: "2"}},
		Count: &five, Next: -3, Load: true, Score: 1.5,
	}
	for _, tt := range []struct {
		when        string
		full, empty bool
	}{
		{`time != null && time > timestamp("2024-01-01T00:00:00Z")`, true, false},
		{`time_raw == "60"`, true, false},
		{`seen == null && seen_raw == ""`, true, true},
		{`clock == "2024-01-01T12:00:00"`, true, false},
		{`clock == ""`, false, true},
		{`host(url) == "news.example.co.uk"`, true, false},
		{`site(url) == "example.co.uk" && site("a.b.org") == "b.org"`, true, false},
		{`data.type == "link" && data.package.startsWith("org.")`, true, false},
		{`"b.org" in hosts && hosts.size() == 2`, true, false},
		{`hosts.exists(h, h.endsWith(".org"))`, true, false},
		{`"k" in extra && extra["k"] == "1\n2"`, true, false},
		{`count != null && count > 4`, true, false},
		{`count == null`, false, true},
		{`next < 0 && load && score > 1.0`, true, false},
		{`origin.path == "p/db" && origin.row == 7 && origin.state == "deleted"`, true, true},
		{`origin.table == ""`, true, true},
		{`url.lowerAscii().contains("news")`, true, false},
		{`older("9.3.5", "10.0") && !older("17.4.0", "17.4") && older("17.4", "17.4.1")`, true, true},
		{`basename("/usr/libexec/abc") == "abc" && basename("") == ""`, true, true},
		{`resembles("aggregatd", ["aggregated", "bh"]) && !resembles("aggregated", ["aggregated"]) && !resembles("bx", ["bh"])`, true, true},
		{`url.matches("(?i)^https://user@")`, true, false},
	} {
		set := loaded(t, "artifacts: [ios.visits]\nwhen: '"+tt.when+"'\n")
		for _, want := range []bool{true, false} {
			data, expect := visit{}, tt.empty
			if want {
				data, expect = full, tt.full
			}
			r := rec("ios.visits", 7, data)
			r.Origin.State = record.Deleted
			n, err := set.count([]record.Record{r})
			if err != nil || set.Failures() != nil {
				t.Errorf("%s: %v, %v", tt.when, err, set.Failures())
			}
			if (n == 1) != expect {
				t.Errorf("%s: full %v: found %d", tt.when, want, n)
			}
		}
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	const (
		ok  = "  - {match: true, record: {url: x}}\n"
		not = "  - {match: false, record: {url: y}}\n"
	)
	base := "artifacts: [ios.visits]\nwhen: url == 'x'\nexamples:\n" + ok + not
	for _, tt := range []struct{ name, file, want string }{
		{"fine", head + base, ""},
		{"artifact", head + strings.Replace(base, "visits", "visit", 1), `:9: artifact "ios.visit" is not known`},
		{"field", head + strings.Replace(base, "when: url", "when: uri", 1), ":10: condition on ios.visits: undeclared reference to 'uri'"},
		{"type", head + strings.Replace(base, "== 'x'", "> 5", 1), ":10: condition on ios.visits: found no matching overload"},
		{"no bool", head + strings.Replace(base, "url == 'x'", "url", 1), ":10: condition on ios.visits: condition does not give true or false"},
		{"line of a block", head + strings.Replace(base, "url == 'x'", "|\n  url == 'x' &&\n  urx == 'x'", 1), ":12: condition on ios.visits: undeclared reference to 'urx'"},
		{"language", strings.Replace(head, "why: {en: a, fr: b}", "why: {en: a}", 1) + base, ":3: why is not written in every language"},
		{"title", strings.Replace(head, "title: {en: a, fr: b}\n", "", 1) + base, ":1: title is not written"},
		{"other language", strings.Replace(head, "why: {en: a, fr: b}", "why: {en: a, fr: b, de: c}", 1) + base, `:3: "de" is no language`},
		{"benign", strings.Replace(head, "benign: [{en: a, fr: b}]\n", "", 1) + base, "benign is missing"},
		{"refs", strings.Replace(head, "https://example.org/", "a book", 1) + base, `:8: reference "a book"`},
		{"grade", strings.Replace(head, "strong", "high", 1) + base, `:5: parse grade: "high"`},
		{"key", head + "sevrity: 1\n" + base, ":9: field sevrity not found"},
		{"id", strings.Replace(head, "id: r", "id: q", 1) + base, `:1: id "q" is not the name of the file`},
		{"no example", head + strings.Replace(base, not, "", 1), "at least one with match: true and one with match: false"},
		{"example found", head + strings.Replace(base, "url: y", "url: x", 1), ":13: example 2 is found, but match is false"},
		{"example not found", head + strings.Replace(base, "{url: x}", "{url: z}", 1), ":12: example 1 is not found, but match is true"},
		{"example field", head + strings.Replace(base, "{url: x}", "{urx: x}", 1), `:12: example: ios.visits has no field "urx"`},
		{"example value", head + strings.Replace(base, "{url: x}", "{url: x, next: one}", 1), ":12: example: field next: strconv.ParseInt"},
		{"example time", head + strings.Replace(base, "{url: x}", "{url: x, time: yesterday}", 1), ":12: example: field time: parsing time"},
		{"null", head + strings.Replace(base, "url == 'x'", "url == 'x' || count > 3", 1), "if all fields are empty: no such overload"},
		{"null in an example", head + "artifacts: [ios.visits]\nwhen: url == 'x' && time > timestamp('2020-01-01T00:00:00Z')\nexamples:\n" +
			"  - {match: true, record: {url: x, time: 2024-01-01T00:00:00Z}}\n" + not, ":12: condition on ios.visits fails if time is not recorded"},
		{"list", head + "lists: {known: {source: me, values: [a]}}\n" + base, `list known: source "me" is no web address`},
		{"unknown list", head + strings.Replace(base, "url == 'x'", "url in lists.known", 1), "undeclared reference"},
		{"both", head + "steps: [{name: a, when: 'true'}]\n" + base, "a rule has either when or steps"},
		{"neither", head + "examples:\n  - {match: true, record: {}}\n", "a rule has either when, perhaps with gaps, or steps"},
		{"within", head + "within: 5m\n" + base, "are for a rule with steps"},
		{"two documents", head + base + "---\nid: x\n", "more than one document"},
		{"empty", "", ":1: the file is empty"},
		{"no mapping", "- a\n", "cannot unmarshal"},
		{"steps", head + "steps:\n  - {name: a, when: 'true'}\n", ":10: artifacts is missing"},
		{"duration", head + "within: soon\nsteps:\n  - {name: a, artifacts: [ios.usage], when: 'true'}\n", `:9: within "soon" is no duration`},
		{"no time", head + "within: 5m\nsteps:\n  - {name: a, artifacts: [ios.notes], when: 'true'}\nexamples: [{match: true, record: {text: a}}, {match: false, record: {text: a}}]\n",
			":11: step a: records of ios.notes have no time"},
		{"at", head + "within: 5m\nsteps:\n  - {name: a, artifacts: [ios.visits], when: 'true', at: url}\nexamples: [{match: true, record: {url: a}}, {match: false, record: {url: a}}]\n",
			":11: step a: no field of at is a time of ios.visits"},
		{"need", head + "need: 3\norder: any\nsteps:\n  - {name: a, artifacts: [ios.visits], when: 'true'}\n", "need is between 1 and"},
		{"order", head + "order: some\nsteps:\n  - {name: a, artifacts: [ios.visits], when: 'true'}\n", `:9: order is either`},
	} {
		_, err := Load(fstest.MapFS{"d/r.yaml": {Data: []byte(tt.file)}}, fakeParsers)
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "d/r.yaml:")):
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
		}
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	body := func(id, list string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("id: " + id + head[len("id: r"):] + "lists: {bad: {source: https://example.org/, file: " + list + "}}\n" +
			"artifacts: [ios.usage]\nwhen: process in lists.bad\nexamples:\n" +
			"  - {match: true, record: {process: bh}}\n  - {match: false, record: {process: '#'}}\n")}
	}
	fsys := fstest.MapFS{"a/x.yaml": body("x", "bad.list"), "a/y.yaml": body("y", "bad.list"), "a/bad.list": {Data: []byte("# names\n\nbh\r\n")}, "a/readme.md": {}}
	set, err := Load(fsys, fakeParsers)
	if err != nil {
		t.Fatal(err)
	}
	if r := set.Rules(); len(r) != 2 || r[0].ID != "x" || !slices.Equal(r[1].Lists[0].Values, []string{"bh"}) {
		t.Errorf("got %+v", r)
	}
	before := set.Fingerprint()
	fsys["a/bad.list"] = &fstest.MapFile{Data: []byte("bh\nroleaboutd\n")}
	if set, err = Load(fsys, fakeParsers); err != nil || set.Fingerprint() == before {
		t.Errorf("a list does not change the fingerprint: %v", err)
	}
	fsys["b/x.yaml"] = body("x", "../a/bad.list")
	fsys["b/z.yaml"] = body("z", "../../etc/passwd")
	_, err = Load(fsys, fakeParsers)
	for _, want := range []string{`b/x.yaml:1: id "x" is also that of a/x.yaml`, `b/z.yaml:9: list bad: file "../../etc/passwd" cannot be read`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestFinding(t *testing.T) {
	t.Parallel()
	set, err := load(t, "artifacts: [ios.visits]\nwhen: url == 'x'\nexamples:\n"+
		"  - {match: true, record: {url: x}}\n  - {match: false, record: {url: y}}\n")
	if err != nil {
		t.Fatal(err)
	}
	r := rec("ios.visits", 3, visit{URL: "x", Time: at(1)})
	var got []detect.Finding
	set.Detect(r, func(f detect.Finding) { got = append(got, f) })
	ab := lang.Text{EN: "a", FR: "b"}
	want := detect.Finding{
		Detector: "rule/r", Grade: detect.Strong, Title: ab, Why: ab, Confidence: ab,
		Benign: []lang.Text{ab}, Next: []lang.Text{ab}, Refs: []string{"https://example.org/"},
		Exhibits: []detect.Exhibit{detect.NewExhibit(r)},
	}
	want.Seal()
	if d := cmp.Diff([]detect.Finding{want}, got); d != "" {
		t.Error(d)
	}
	if len(set.Fingerprint()) != 64 {
		t.Error(set.Fingerprint())
	}
}

func TestFailuresAreCounted(t *testing.T) {
	t.Parallel()
	set := loaded(t, "artifacts: [ios.visits]\nwhen: count > 3\n")
	for range 3 {
		set.Detect(rec("ios.visits", 1, visit{}), func(detect.Finding) { t.Error("found") })
	}
	set.Detect(rec("ios.visits", 1, usage{}), func(detect.Finding) { t.Error("found") })
	set.Detect(rec("ios.other", 1, usage{}), func(detect.Finding) { t.Error("found") })
	want := []Failure{{Rule: "r", Artifact: "ios.visits", Count: 4, Error: "no such overload: _>_"}}
	if d := cmp.Diff(want, set.Failures()); d != "" {
		t.Error(d)
	}
}

func TestCostLimit(t *testing.T) {
	t.Parallel()
	set := loaded(t, "artifacts: [ios.visits]\nwhen: hosts.all(a, hosts.all(b, hosts.all(c, a + b + c != 'x')))\n")
	v := visit{Hosts: make([]record.Domain, 2000)}
	start := time.Now()
	set.Detect(rec("ios.visits", 1, v), func(detect.Finding) {})
	if f := set.Failures(); len(f) != 1 || !strings.Contains(f[0].Error, "cost limit") {
		t.Errorf("got %v", f)
	}
	if d := time.Since(start); d > 20*time.Second {
		t.Errorf("took %v", d)
	}
}

func TestConcurrent(t *testing.T) {
	t.Parallel()
	set := loaded(t, "lists: {bad: {source: https://example.org/, values: [a, b]}}\nartifacts: [ios.usage]\nwhen: process in lists.bad\n")
	done := make(chan int)
	for range 4 {
		go func() {
			n := 0
			for i := range 1000 {
				p := record.Process(fmt.Sprintf("%c", 'a'+i%4))
				set.Detect(rec("ios.usage", int64(i), usage{Process: p}), func(detect.Finding) { n++ })
			}
			done <- n
		}()
	}
	for range 4 {
		if n := <-done; n != 500 {
			t.Errorf("found %d", n)
		}
	}
}
