package rule

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/vigie-project/vigie/detect"
)

// BenchmarkDetect measures one evaluation of one condition.
func BenchmarkDetect(b *testing.B) {
	for _, bb := range []struct{ name, when string }{
		{"first test fails", `process == "bh" && time != null`},
		{"prefix", `process.startsWith("/private/var/db/") && time != null`},
		{"two tests", `process != "bh" && time != null && time < timestamp("2020-01-01T00:00:00Z")`},
		{"list", `process in lists.bad`},
		{"pattern", `process.matches("^[a-z]{3}[0-9]+$")`},
	} {
		b.Run(bb.name, func(b *testing.B) {
			set := loaded(b, "lists: {bad: {source: https://example.org/, values: [a, b]}}\nartifacts: [ios.usage]\nwhen: '"+bb.when+"'\n")
			r := rec("ios.usage", 1, usage{Process: "com.apple.datausage.security", Time: at(1000)})
			b.ReportAllocs()
			for b.Loop() {
				set.Detect(r, func(detect.Finding) {})
			}
		})
	}
}

// BenchmarkOther measures records that no rule is about.
func BenchmarkOther(b *testing.B) {
	set := loaded(b, "artifacts: [ios.usage]\nwhen: process == 'a'\n")
	r := rec("ios.notes", 1, note{})
	for b.Loop() {
		set.Detect(r, func(detect.Finding) {})
	}
}

// BenchmarkLoad measures loading and checking 60 rules.
func BenchmarkLoad(b *testing.B) {
	fsys := fstest.MapFS{}
	for i := range 60 {
		id := fmt.Sprintf("r%d", i)
		fsys[id+".yaml"] = &fstest.MapFile{Data: []byte("id: " + id + head[len("id: r"):] +
			"artifacts: [ios.visits]\nwhen: |\n  url.startsWith('http://') && time != null && host(url) == 'x.org' &&\n" +
			"  !(data.type in ['a', 'b'])\nexamples:\n  - {match: true, record: {url: 'http://x.org', time: 2024-01-01T00:00:00Z}}\n" +
			"  - {match: false, record: {url: y}}\n")}
	}
	for b.Loop() {
		if _, err := Load(fsys, fakeParsers); err != nil {
			b.Fatal(err)
		}
	}
}
