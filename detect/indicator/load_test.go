package indicator_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vigie-project/vigie/detect/indicator"
	"github.com/vigie-project/vigie/internal/testdata"
)

// loadFile loads a file of the corpus.
func loadFile(t testing.TB, name string) (*indicator.Feed, *indicator.Report) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	feed, report, err := indicator.Load(name, f, indicator.Meta{})
	if err != nil {
		t.Error(err)
	}
	return feed, report
}

// TestExpected compares with the census of the public bundles, and with what the
// peer reads of each. An indicator that the peer calls a domain may be an
// address, or a URL without its scheme.
func TestExpected(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(testdata.Path(t, "expected/stix.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(data) {
		var e struct {
			File, Test  string
			Expectation json.RawMessage
		}
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		switch e.Test {
		case "json objects by type":
			var census map[string]int
			json.Unmarshal(e.Expectation, &census)
			_, r := loadFile(t, testdata.Path(t, e.File))
			total := 0
			for _, n := range census {
				total += n
			}
			if r.Objects != total || r.Accepted != census["indicator"] {
				t.Errorf("%s: %d objects and %d accepted, want %d and %d", e.File, r.Objects, r.Accepted, total, census["indicator"])
			}
			if got := r.Accepted + r.Total(indicator.Refused) + r.Total(indicator.Ignored) + r.Total(indicator.Revoked); got != total {
				t.Errorf("%s: %d of %d objects accounted for", e.File, got, total)
			}
		case "Indicators.load_indicators_files":
			comparePeer(t, e.File, e.Expectation)
		}
	}
}

func comparePeer(t *testing.T, file string, expectation json.RawMessage) {
	var lists []map[string]any
	if json.Unmarshal(expectation, &lists) != nil {
		return // the peer crashes
	}
	_, r := loadFile(t, testdata.Path(t, file))
	sum := func(types ...string) (n int) {
		for typ, c := range r.ByType {
			for _, want := range types {
				if strings.HasPrefix(typ, want) {
					n += c
				}
			}
		}
		return n
	}
	peer := map[string]int{}
	for _, l := range lists {
		for k, v := range l {
			if n, ok := v.(float64); ok {
				peer[k] += int(n)
			}
		}
	}
	for _, tt := range []struct {
		got  int
		keys []string
	}{
		{sum("domain-name:", "ipv4-addr:", "url:"), []string{"domains", "urls"}},
		{sum("process:"), []string{"processes"}},
		{sum("email-addr:"), []string{"emails"}},
		{sum("file:name", "file:path"), []string{"file_names", "file_paths"}},
		{sum("app:id"), []string{"app_ids"}},
		{sum("configuration-profile:"), []string{"ios_profile_ids"}},
		{sum("android-property:"), []string{"android_property_names"}},
		{sum("file:hashes."), []string{"files_md5", "files_sha1", "files_sha256"}},
	} {
		want := 0
		for _, k := range tt.keys {
			want += peer[k]
		}
		if tt.got < want {
			t.Errorf("%s: %d of %v, the peer reads %d", file, tt.got, tt.keys, want)
		}
	}
}

// TestEveryDomain checks that every domain of the lists of 2018 and later is in
// a set of all lists, counted by a reader of its own.
func TestEveryDomain(t *testing.T) {
	t.Parallel()
	root := testdata.Path(t, "ioc-lists")
	checked := 0
	filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() != "domains.txt" && d.Name() != "v3_domains.txt" && !strings.HasPrefix(d.Name(), "hosts") {
			return err
		}
		feed, _ := loadFile(t, name)
		have := map[string]bool{}
		for _, in := range feed.Indicators {
			have[strings.ToLower(in.Value)] = true
		}
		data, _ := os.ReadFile(name)
		for _, line := range strings.Fields(string(data)) {
			checked++
			if !have[strings.ToLower(line)] {
				t.Errorf("%s: %s is not loaded", name, line)
			}
		}
		return nil
	})
	if checked < 4000 {
		t.Errorf("only %d domains in the lists", checked)
	}
	feed, r := loadFile(t, testdata.Path(t, "ioc-lists/AmnestyTech+investigations/2018-08-01_nso/indicators.csv"))
	if r.ByType["domain-name:value"] != 595 || r.ByType["ipv4-addr:value"] != 596 || len(feed.Indicators) != 1191 {
		t.Errorf("2018 list: %v, want 595 domains and 596 addresses", r.ByType)
	}
}

// TestWholeCorpus loads everything and checks that each object is accounted for.
func TestWholeCorpus(t *testing.T) {
	t.Parallel()
	var feeds []*indicator.Feed
	for _, dir := range []string{"stix", "ioc-lists", "misp"} {
		filepath.WalkDir(testdata.Path(t, dir), func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil || d.IsDir():
				return err
			case d.Name() == "PROVENANCE.md", d.Name() == "LICENSE", d.Name() == "README.md", strings.HasPrefix(d.Name(), "indicators.yaml"),
				d.Name() == "indicators_yaml_entry.txt":
				return nil
			}
			feed, r := loadFile(t, name)
			for _, x := range r.Reasons {
				if x.Outcome == indicator.Refused && x.Samples != nil && !strings.Contains(x.Samples[0], "http//") {
					t.Errorf("%s: refused %d: %s: %q", name, x.Count, x.Text, x.Samples)
				}
			}
			feeds = append(feeds, feed)
			return nil
		})
	}
	set := indicator.NewSet(feeds...)
	if set.Count() < 20_000 || len(set.Fingerprint()) != 64 {
		t.Errorf("%d indicators", set.Count())
	}
	t.Log(set.Count(), "indicators in", len(feeds), "files")
}

func load(t testing.TB, name, text string) (*indicator.Feed, *indicator.Report) {
	t.Helper()
	f, r, err := indicator.Load(name, strings.NewReader(text), indicator.Meta{Name: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return f, r
}

const uuid = "00000000-0000-4000-8000-00000000000"

func bundle(objects ...string) string {
	return `{"type":"bundle","id":"bundle--` + uuid + `0","objects":[` + strings.Join(objects, ",") + `]}`
}

func stix(n, pattern, more string) string {
	p, _ := json.Marshal(pattern)
	return `{"type":"indicator","spec_version":"2.1","id":"indicator--` + uuid + n + `","pattern_type":"stix","pattern":` + string(p) + more + `}`
}

func TestOneBadIndicatorCostsItself(t *testing.T) {
	t.Parallel()
	feed, r := load(t, "x.json", bundle(
		stix("1", "[domain-name:value = 'good.example']", ""),
		stix("2", "[domain-name:value = ", ""),
		stix("3", "[domain-name:value = 'co.uk']", ""),
		stix("4", "[windows-registry-key:key = 'x']", ""),
		stix("5", "[url:value = 'http://a.example/?a=b&c=d']", ""),
		stix("6", "[domain-name:value = 'old.example']", `,"revoked":true`),
		`{"type":"indicator","id":"indicator--`+uuid+`7","pattern":5}`,
		`{"type":"indicator","id":"indicator--`+uuid+`8","pattern_type":"yara","pattern":"rule x {}"}`,
		stix("9", "[domain-name:value = 'typed.example']", `,"confidence":"high","valid_from":7`),
		`[]`, `{"no":"type"}`, `{"type":"marking-definition","id":"x"}`,
		stix("a", "[NOT EXISTS file:name]", ""),
		stix("b", "[ipv4-addr:value ISSUBSET '198.51.100.0/24']", ""),
	))
	if len(feed.Indicators) != 4 {
		t.Errorf("%d accepted, want 4: %+v", len(feed.Indicators), r.Reasons)
	}
	if r.Objects != 14 || r.Total(indicator.Refused) != 6 || r.Total(indicator.Ignored) != 3 || r.Total(indicator.Revoked) != 1 {
		t.Errorf("report: %+v", r)
	}
}

func TestTruncatedFileKeepsItsStart(t *testing.T) {
	t.Parallel()
	text := bundle(stix("1", "[domain-name:value = 'good.example']", ""), stix("2", "[domain-name:value = 'lost.example']", ""))
	feed, _, err := indicator.Load("x", strings.NewReader(text[:len(text)-60]), indicator.Meta{})
	if err == nil || len(feed.Indicators) != 1 {
		t.Errorf("Load = %v, %v", feed.Indicators, err)
	}
	if feed, _, err := indicator.Load("x", strings.NewReader(text[:len(text)-1]), indicator.Meta{}); err == nil || len(feed.Indicators) != 2 {
		t.Errorf("the last byte is missing: %v", err)
	}
	long := bundle(stix("1", "[domain-name:value = 'good.example']", ""), `{"type":"`+strings.Repeat("x", 20<<20)+`"}`)
	if feed, _, err := indicator.Load("x", strings.NewReader(long), indicator.Meta{}); err == nil || len(feed.Indicators) != 1 {
		t.Errorf("a huge object: %v", err)
	}
	if _, _, err := indicator.Load("x", strings.NewReader(`{"a":1}`), indicator.Meta{}); err == nil {
		t.Error("unknown JSON is accepted")
	}
	if _, _, err := indicator.Load("x", strings.NewReader("\x00\x01\x02"), indicator.Meta{}); err == nil {
		t.Error("binary is accepted")
	}
}

func TestNamesAndVersions(t *testing.T) {
	t.Parallel()
	id := func(n string) string { return `"indicator--` + uuid + n + `"` }
	feed, r := load(t, "x.json", bundle(
		`{"type":"relationship","id":"relationship--`+uuid+`1","relationship_type":"indicates","source_ref":`+id("1")+`,"target_ref":"campaign--`+uuid+`1"}`,
		stix("1", "[domain-name:value = 'one.example']", `,"modified":"2020-01-01T00:00:00Z"`),
		stix("1", "[domain-name:value = 'two.example']", `,"modified":"2021-01-01T00:00:00Z","valid_from":"2021-01-01T00:00:00Z","valid_until":"2022-01-01T00:00:00Z"`),
		stix("1", "[domain-name:value = 'zero.example']", `,"modified":"2019-01-01T00:00:00Z"`),
		stix("2", "[domain-name:value = 'gone.example']", `,"modified":"2020-01-01T00:00:00Z"`),
		stix("2", "[domain-name:value = 'gone.example']", `,"modified":"2021-01-01T00:00:00Z","revoked":true`),
		stix("3", "[domain-name:value = 'reported.example']", ""),
		`{"type":"report","id":"report--`+uuid+`1","name":"The report","object_refs":[`+id("1")+`,`+id("3")+`]}`,
		`{"type":"campaign","id":"campaign--`+uuid+`1","name":"Campaign"}`,
		`{"type":"malware","id":"malware--`+uuid+`1","name":"Tool"}`,
		`{"type":"relationship","id":"relationship--`+uuid+`2","relationship_type":"related-to","source_ref":"malware--`+uuid+`1","target_ref":`+id("1")+`}`,
	))
	if len(feed.Indicators) != 2 || r.Total(indicator.Revoked) != 4 {
		t.Fatalf("%+v %+v", feed.Indicators, r.Reasons)
	}
	a, b := feed.Indicators[0], feed.Indicators[1]
	if a.Value != "two.example" || a.Details.Threat != "Tool, Campaign" || a.From != 1609459200 || a.Until != 1640995200 {
		t.Errorf("%+v %+v", a, a.Details)
	}
	if b.Details.Threat != "The report" {
		t.Errorf("%+v", b.Details)
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"list.txt", "# comment\nhxxps://evil[.]example.com/a\nevil[.]com\n198.51.100.7\n2001:db8::1\na[@]evil.com\n/private/var/tmp/x/y\n" + strings.Repeat("a", 64) + "\n76DAB334-7E17-475D-A5D6-0794EB5818A5\n",
			"configuration-profile:id domain-name:value email-addr:value file:hashes.sha256 file:path ipv4-addr:value ipv6-addr:value url:value"},
		{"hosts", "127.0.0.1 evil.com # bad\n0.0.0.0 other.com\n||third.com^\n*.fourth.com\n", "domain-name:value"},
		{"processes.txt", "bh\nroleaccountd\n", "process:name"},
		{"package_names.txt", "com.evil.app\n", "app:id"},
		{"package_cert_hashes.txt", "AA:" + strings.Repeat("bb:", 18) + "cc\n", "app:cert.sha1"},
		{"ranges.txt", "198.51.100.0/24\n", "ipv4-addr:value"},
		{"x.csv", "Domain;Note\nevil.com;lure\n", "domain-name:value"},
		{"x.yaml", "- name: Tool\n  packages: [com.evil.app]\n  websites: [evil.com]\n  c2: {ips: [198.51.100.1], domains: [c.evil.com]}\n", "app:id domain-name:value ipv4-addr:value"},
		{"x.ioc", `<?xml version="1.0"?><ioc><description>T</description><definition><Indicator operator="OR"><IndicatorItem id="evil.com" condition="is"><Context search="Network/DNS"/><Content type="string"></Content></IndicatorItem></Indicator></definition></ioc>`, "domain-name:value"},
		{"x.json", `{"response":["damaged",{"Event":{"Attribute":[{"type":"domain","value":"evil.com","to_ids":"1","deleted":"0"},{"type":"url","value":"http://a.evil.com/","deleted":"1"}]}}]}`, "domain-name:value"},
		{"x.json", `{"Event":{"info":"T","Attribute":[{"type":"domain|ip","value":"evil.com|198.51.100.1","to_ids":true},{"type":"mutex","value":"x"}],"Object":[{"Attribute":[{"type":"filename|md5","value":"a.apk|` + strings.Repeat("a", 32) + `"}]}]}}`,
			"domain-name:value file:hashes.md5 file:name ipv4-addr:value"},
	}
	for _, tt := range tests {
		_, r := load(t, tt.name, tt.text)
		var types []string
		for _, typ := range []string{"app:cert.sha1", "app:id", "configuration-profile:id", "domain-name:value", "email-addr:value", "file:hashes.md5", "file:hashes.sha256", "file:name", "file:path", "ipv4-addr:value", "ipv6-addr:value", "process:name", "url:value"} {
			if r.ByType[typ] > 0 {
				types = append(types, typ)
			}
		}
		if got := strings.Join(types, " "); got != tt.want || r.Total(indicator.Refused) > strings.Count(tt.text, "damaged") {
			t.Errorf("%s: %s, want %s: %+v", tt.name, got, tt.want, r.Reasons)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("x.json", bundle(stix("1", "[domain-name:value = 'good.example' AND file:name IN ('a','b')] FOLLOWEDBY [process:name LIKE 'a%']", "")))
	f.Add("x.json", `{"response":[{"Event":{"Attribute":[{"type":"domain","value":"evil.com"}]}}]}`)
	f.Add("hosts", "127.0.0.1 evil.com\n198.51.100.0/24\nhxxp://evil[.]com/x?y\n")
	f.Add("x.csv", "type,value,to_ids\ndomain,evil.com,1\n")
	f.Add("x.yaml", "- packages: [a.b]\n  c2: {ips: [198.51.100.1]}\n")
	f.Add("x.ioc", `<ioc><IndicatorItem id="a.com"><Context search="Network/DNS"/><Content>b.com</Content></IndicatorItem></ioc>`)
	f.Add("x.xml", `<stix:STIX_Package><Properties xsi:type="D:DomainNameObjectType"><Value>b.com</Value></Properties></stix:STIX_Package>`)
	f.Fuzz(func(t *testing.T, name, text string) {
		feed, report, _ := indicator.Load(name, strings.NewReader(text), indicator.Meta{Name: "fuzz"})
		if feed == nil || report == nil || len(feed.Indicators) != report.Accepted {
			t.Fatal("feed and report disagree")
		}
		indicator.NewSet(feed).Detect(everything(text), func(f0 detectFinding) {
			if f0.ID == "" || len(f0.Exhibits) == 0 || !f0.Title.Complete() {
				t.Errorf("incomplete finding %+v", f0)
			}
		})
	})
}
