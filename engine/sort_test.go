package engine_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/engine"
)

// TestSorts gives parsers of files of one name only those of their sort: the ledger
// counts no others, each file is looked at once, and one that cannot be sorted is
// for all.
func TestSorts(t *testing.T) {
	t.Parallel()
	var looked atomic.Int64
	by := &artifact.Sorter{Of: func(_ string, file io.ReaderAt, _ int64) (uint8, bool) {
		looked.Add(1)
		var b [1]byte
		if _, err := file.ReadAt(b[:], 0); err != nil && err != io.EOF {
			return 0, false
		}
		switch b[0] {
		case '?':
			return 0, false
		case '!':
			panic("a bug in the sorter")
		}
		return b[0] - 'a', true
	}}
	sorted := func(id string, sorts string) *artifact.Parser {
		p := parser(id, "x/*")
		p.Sorts.By = by
		for _, c := range []byte(sorts) {
			p.Sorts.Set |= 1 << (c - 'a')
		}
		return p
	}
	parsers := []*artifact.Parser{parser("ios.all", "x/*"), sorted("ios.a", "a"), sorted("ios.ab", "ab"), sorted("ios.d", "d")}
	run := func(files map[string]string) (ledger []string, out map[int]string) {
		looked.Store(0)
		plan := engine.NewPlan(source(files), parsers, everything)
		m := newMemory()
		done, err := (&engine.Engine{Workers: 1}).Run(context.Background(), plan.Jobs, m)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range engine.Merge(done) {
			ledger = append(ledger, fmt.Sprintf("%s %s %d files %d records", c.Artifact, c.Outcome, c.Files, c.Records))
		}
		return ledger, m.out
	}
	got, out := run(map[string]string{"x/1": "a1\n", "x/2": "b2\n", "x/3": "c3\n"})
	want := []string{"ios.all complete 3 files 3 records", "ios.a complete 1 files 1 records", "ios.ab complete 2 files 2 records", "ios.d absent 0 files 0 records"}
	if !slices.Equal(got, want) || looked.Load() != 3 {
		t.Errorf("got %q, looked %d times", got, looked.Load())
	}
	if strings.Contains(out[1], "b2") || !strings.Contains(out[2], "b2") || strings.Contains(out[2], "c3") {
		t.Errorf("got %v", out)
	}
	got, _ = run(map[string]string{"x/1": "?\n", "x/2": "!\n"})
	for _, line := range got {
		if !strings.HasSuffix(line, "complete 2 files 2 records") {
			t.Errorf("files that cannot be sorted: %s", line)
		}
	}
	got, _ = run(map[string]string{"x/1": "c\n"})
	if !slices.Contains(got, "ios.ab absent 0 files 0 records") {
		t.Errorf("got %q", got)
	}
}
