package rule

import (
	"testing"
	"testing/fstest"

	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/record"
)

// FuzzLoad loads hostile rule files and runs what could be loaded.
func FuzzLoad(f *testing.F) {
	for _, body := range []string{
		"artifacts: [ios.visits]\nwhen: url == 'x'\nexamples:\n  - {match: true, record: {url: x, time: {utc: 2024-01-01T00:00:00Z, raw: '1'}}}\n  - {match: false, record: {extra: {a: b}}}\n",
		"artifacts: [ios.visits]\nwhen: hosts.all(a, hosts.all(b, a != b))\nexamples:\n  - {match: true, record: {hosts: []}}\n  - {match: false, record: {hosts: [a]}}\n",
		"lists: {l: {source: https://a.org, values: [a, b]}}\nwhen: {ios.usage: process in lists.l, ios.notes: resembles(text, lists.l)}\nexamples: [{match: true, artifact: ios.usage, record: {process: a}}]\n",
		"within: 5m\norder: any\nneed: 1\nsteps:\n  - {name: a, artifacts: [ios.visits], when: 'true', key: site(url), differ: url, count: 2, at: [time, seen]}\n  - {name: b, none: true, when: {ios.usage: 'true'}, key: process}\nexamples:\n  - {match: true, records: [{artifact: ios.visits, record: {url: x}, origin: {row: 1}}]}\n",
		"when: &a {ios.usage: 'process.matches(\"(a+)+$\")'}\nsteps: [*a]\n",
	} {
		f.Add([]byte(head + body))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		set, err := Load(fstest.MapFS{"r.yaml": {Data: content}}, fakeParsers)
		if err != nil {
			return
		}
		records := []record.Record{
			rec("ios.visits", 1, visit{URL: "https://x.org", Time: at(1), Hosts: []record.Domain{"a"}}),
			rec("ios.usage", 2, usage{Process: "a", Time: at(2)}),
			rec("ios.notes", 3, note{Text: "a"}),
		}
		if _, err := set.count(records); err != nil {
			t.Error(err)
		}
		for _, r := range set.Rules() {
			if len(r.Benign) == 0 || len(r.Next) == 0 || !r.Title.Complete() || r.Grade < detect.Context {
				t.Errorf("rule %+v was loaded", r)
			}
		}
	})
}
