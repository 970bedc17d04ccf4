package runningboard

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vigie-project/vigie/internal/linestest"
)

func num(n int64) *int64 { return &n }

const text = `state: [app<com.example.app>:612] and again [app<com.example.app>:612]
	[osservice<com.example.agent(501)>:613] [anon<tool>(0):615] [broken<a>:] [cut<
[xpcservice<com.example.service([app<com.example.app>:612])(501){vt hash: 0}>:614]
`

func TestDecode(t *testing.T) {
	t.Parallel()
	want := []Process{
		{Line: 1, Kind: "app", Identity: "com.example.app", Label: "com.example.app", PID: 612},
		{Line: 2, Offset: 71, Kind: "osservice", Identity: "com.example.agent(501)", Label: "com.example.agent", UID: num(501), PID: 613},
		{Line: 2, Offset: 71, Kind: "anon", Identity: "tool", Label: "tool", UID: num(0), PID: 615},
		{Line: 3, Offset: int64(strings.Index(text, "[xpc")), Kind: "xpcservice", Identity: "com.example.service([app<com.example.app>:612])(501){vt hash: 0}",
			Label: "com.example.service", UID: num(501), Host: num(612), PID: 614},
	}
	if diff := cmp.Diff(want, slices.Collect(Decode(linestest.Split(text)))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(text)
	f.Fuzz(func(t *testing.T, text string) {
		for p := range Decode(linestest.Split(text)) {
			if p.Line == 0 || len(p.Identity) >= maxIdentity {
				t.Errorf("%+v", p)
			}
		}
	})
}
