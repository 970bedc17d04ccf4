package unifiedlog

import (
	"context"
	"os"
	"testing"

	"github.com/vigie-project/vigie/internal/testdata"
)

const plaso = "unified-logs/log2timeline+plaso/AUL"

func open(tb testing.TB, rel string) *Archive {
	tb.Helper()
	a, err := Open(os.DirFS(testdata.Path(tb, rel)))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { a.Close() })
	return a
}

func TestX(t *testing.T) {
	a := open(t, plaso)
	t.Log(a.Errors(), len(a.Files()), a.Boots())
	var s Stats
	n := map[string]map[EventType]int{}
	st := map[Status]int{}
	k := 0
	err := a.Scan(context.Background(), Filter{Stats: &s}, 1, func(w int, b []Entry) {
		for i := range b {
			e := &b[i]
			if n[e.File.Name] == nil {
				n[e.File.Name] = map[EventType]int{}
			}
			n[e.File.Name][e.Type]++
			m := e.Message()
			st[e.Status()]++
			if k++; k < 60 || k%2000 == 0 {
				l, _ := e.Library()
				t.Log(e.Time(), e.Clock, e.Type, e.Level, e.Process.PID, e.Process.Path(), l, e.Subsystem, e.Category, m)
			}
		}
	})
	t.Logf("%v %v %v\n%+v", err, n, st, s)
}
