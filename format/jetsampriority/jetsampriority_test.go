package jetsampriority

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vigie-project/vigie/internal/linestest"
)

func decode(text string) ([]Row, []string) { return linestest.Decode(Decode, text) }

const text = "name,pid,priority\r\n\r\nlaunchd,1,\"a, b\"\nshort\na,b,c,d\n"

func TestDecode(t *testing.T) {
	t.Parallel()
	want := []Row{
		{Line: 3, Offset: 21, Columns: []Column{{"name", "launchd"}, {"pid", "1"}, {"priority", "a, b"}}},
		{Line: 4, Offset: 38, Columns: []Column{{"name", "short"}}},
	}
	got, errs := decode(text)
	if diff := cmp.Diff(want, got); diff != "" || len(errs) != 1 || errs[0] != "read line 5: more values than columns" {
		t.Errorf("%q (-want +got)\n%s", errs, diff)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(text)
	f.Fuzz(func(t *testing.T, text string) {
		got, _ := decode(text)
		for _, r := range got {
			if r.Line == 0 || len(r.Columns) == 0 {
				t.Errorf("%+v", r)
			}
		}
	})
}
