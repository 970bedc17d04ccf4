package remotectl

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vigie-project/vigie/internal/linestest"
)

func decode(text string) ([]Device, []string) { return linestest.Decode(Decode, text) }

const text = `Local device
	UUID: 0A0B
	Product Type: iPhone16,1
	Properties: {
		SerialNumber => EXAMPLE1
		OIDs => [<capacity = 2>
			0: 1.2.840
			1: 1.2.841
		]
	}
	Services:
		com.example.first
		com.example.second
			Properties: {
				Legacy => true
			}

Found ncm-host-1
	State: connected (connectable)
	Product Type: "MacBookPro15,1"
	Heartbeat:
		0 heartbeats sent, 0 received
	Local Services:
		ssh
odd line
`

func TestDecode(t *testing.T) {
	t.Parallel()
	want := []Device{
		{Line: 1, Heading: "Local device", Services: []string{"com.example.first", "com.example.second"},
			Pairs: []Pair{{"UUID", "0A0B"}, {"Product Type", "iPhone16,1"}, {"Properties/SerialNumber", "EXAMPLE1"}, {"Properties/OIDs/0", "1.2.840"}, {"Properties/OIDs/1", "1.2.841"},
				{"Services/com.example.second/Properties/Legacy", "true"}}},
		{Line: 18, Offset: int64(strings.Index(text, "Found")), Heading: "Found ncm-host-1", LocalServices: []string{"ssh"},
			Pairs: []Pair{{"State", "connected (connectable)"}, {"Product Type", "MacBookPro15,1"}, {"Heartbeat", "0 heartbeats sent, 0 received"}, {"odd line", ""}}},
	}
	got, errs := decode(text)
	if diff := cmp.Diff(want, got); diff != "" || errs != nil {
		t.Fatalf("%v (-want +got)\n%s", errs, diff)
	}
	if !got[0].Local() || got[1].Local() || got[1].Name() != "ncm-host-1" || got[0].Get("UUID") != "0A0B" || got[0].Get("x") != "" {
		t.Errorf("%+v", got)
	}
	if got, errs := decode("\n"); got != nil || errs != nil {
		t.Error(got, errs)
	}
	if got, errs := decode("other"); got != nil || len(errs) != 1 {
		t.Error(got, errs)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(text)
	f.Fuzz(func(t *testing.T, text string) {
		got, _ := decode(text)
		for _, d := range got {
			if len(d.Pairs) > maxPairs || d.Line == 0 {
				t.Errorf("%+v", d)
			}
		}
	})
}
