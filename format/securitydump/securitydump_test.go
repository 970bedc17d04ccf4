package securitydump

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vigie-project/vigie/internal/linestest"
)

func decode(s string) (items []Item) {
	for i := range Decode(linestest.Split(s)) {
		items = append(items, i)
	}
	return items
}

const sample = `ccstatus: In Circle (0)
  peer one
Engine state:
abc= {view} [1] state

HomeKit keychain state:
synced: acct=a, b,agrp=com.example,vwht={x,y},cdat=2025-02-10 21:04:09 +0000

Analytics sysdiagnose

Client: trust
2025-02-10 21:04:09 +0000 EventSoftFailure: MitmDetectionEvent - Attributes: {product : iPhone OS, rootUsages : (
 12, 3
), modelid : iPhone16,1, errorCode : 0 }
2025-02-10 9:04:09 PM +0000 EventHardFailure: Cut - Attributes: {a : (
Client: sos
No data
All keys and values:
one: 1
	more
	again
two: 2
`

func TestDecode(t *testing.T) {
	t.Parallel()
	got := decode(sample)
	for i := range got {
		got[i].Offset = 0
	}
	want := []Item{
		{Line: 1, Section: "circle", Kind: Text, Text: "ccstatus: In Circle (0)"},
		{Line: 2, Section: "circle", Kind: Text, Text: "peer one"},
		{Line: 3, Section: "engine", Kind: Text, Text: "Engine state:"},
		{Line: 4, Section: "engine", Kind: Text, Text: "abc= {view} [1] state"},
		{Line: 7, Section: "HomeKit keychain", Kind: Row, Name: "synced", Pairs: []Pair{{"acct", "a, b"}, {"agrp", "com.example"},
			{"vwht", "{x,y}"}, {"cdat", "2025-02-10 21:04:09 +0000"}}},
		{Line: 12, Section: "client trust", Kind: Event, Time: "2025-02-10 21:04:09 +0000", Result: "EventSoftFailure", Name: "MitmDetectionEvent",
			Pairs: []Pair{{"product", "iPhone OS"}, {"rootUsages", "(\n 12, 3\n)"}, {"modelid", "iPhone16,1"}, {"errorCode", "0"}}},
		{Line: 15, Section: "client trust", Kind: Event, Time: "2025-02-10 9:04:09 PM +0000", Result: "EventHardFailure", Name: "Cut", Pairs: []Pair{{"a", "("}}},
		{Line: 17, Section: "client sos", Kind: Text, Text: "No data"},
		{Line: 19, Section: "values", Kind: Value, Name: "one", Text: "1\nmore\nagain"},
		{Line: 22, Section: "values", Kind: Value, Name: "two", Text: "2"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	got := decode("Client: x\n2025-02-10 21:04:09 +0000 EventX: Y - Attributes: {a : (\n" + strings.Repeat("abcdefg, \n", 20<<10))
	if len(got) != 1 || !got[0].More {
		t.Errorf("got %d items", len(got))
	}
	got = decode("x keychain state:\nacct=" + strings.Repeat(",bcde=1", 20<<10))
	if len(got) != 1 || len(got[0].Pairs) > maxPairs || !got[0].More {
		t.Errorf("got %d items", len(got))
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(sample)
	f.Fuzz(func(t *testing.T, s string) {
		if n := len(decode(s)); n > strings.Count(s, "\n")+1 {
			t.Errorf("%d items", n)
		}
	})
}
