package engine_test

import (
	"context"
	"io"
	"iter"
	"slices"
	"testing"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/record"
)

// TestCompanionsAreSealed reads a database with its log: the digests of both are
// kept, and none of a companion that is absent.
func TestCompanionsAreSealed(t *testing.T) {
	t.Parallel()
	src := source(map[string]string{"a/sms.db": "x\n", "a/sms.db-wal": "log\n", "a/other.db": "x\n"})
	p := parser("ios.sms", "a/sms.db")
	p.Parse = func(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
		return func(yield func(record.Record, error) bool) {
			for _, suffix := range []string{"-wal", "-journal"} {
				f, err := in.Open("sms.db" + suffix)
				if err != nil {
					continue
				}
				text, err := io.ReadAll(f)
				if f.Close(); err != nil || string(text) != "log\n" {
					t.Errorf("read %q: %v", text, err)
				}
			}
		}
	}
	m := newMemory()
	if _, err := (&engine.Engine{Workers: 1}).Run(t.Context(), engine.NewPlan(src, []*artifact.Parser{p}, everything).Jobs, m); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range m.digests {
		got = append(got, d.Path)
	}
	if want := []string{"a/sms.db", "a/sms.db-wal"}; !slices.Equal(got, want) {
		t.Errorf("digests of %q, want %q", got, want)
	}
}
