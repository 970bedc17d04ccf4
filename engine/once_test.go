package engine_test

import (
	"iter"
	"strings"
	"testing"

	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/record"
)

// onceObserver observes each word, of which only the first of a kind is needed.
type onceObserver struct{}

func (onceObserver) ID() string { return "once" }

func (onceObserver) Observe(r record.Record, seen func(detect.Observation)) {
	s := string(r.Data.(word).Word)
	seen(detect.Observation{Correlator: "once", Key: s, Once: strings.TrimRight(s, "0123456789")})
}

func (onceObserver) Correlate(iter.Seq2[detect.Observation, error], func(detect.Finding)) error {
	return nil
}

func TestOnce(t *testing.T) {
	t.Parallel()
	m := newMemory()
	w := &memoryWriter{m: m}
	e := engine.Engine{Correlators: []detect.Correlator{onceObserver{}}}
	records := func(yield func(record.Record, error) bool) {
		for _, s := range []string{"a1", "b1", "a2", "7", "8", "b2"} {
			if !yield(record.Record{Artifact: "x", Data: word{Word: record.Text(s)}}, nil) {
				return
			}
		}
	}
	if _, err := e.Examine(records, w); err != nil {
		t.Fatal(err)
	}
	want := "observation a1\nobservation b1\nobservation 7\nobservation 8\n"
	if got := w.b.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
