package record_test

import (
	"testing"
	"time"

	"github.com/vigie-project/vigie/record"
)

// TestAppendInstant compares with the package time on days all over the years 0
// to 9999 and a little beyond, at different times of the day.
func TestAppendInstant(t *testing.T) {
	t.Parallel()
	at := time.Date(-1, 12, 30, 23, 59, 59, 0, time.FixedZone("", 3600))
	end := time.Date(10000, 1, 3, 0, 0, 0, 0, time.UTC)
	for nano := 1; at.Before(end); nano = nano * 7 % 999_999_937 {
		for _, x := range []time.Time{at, at.Add(time.Duration(nano)), at.Add(time.Duration(nano / 1e6 * 1e6))} {
			if got, want := string(record.AppendInstant(nil, x)), x.UTC().Format(record.Instant); got != want {
				t.Fatalf("got %s, want %s", got, want)
			}
		}
		at = at.Add(time.Duration(nano%19+1)*24*time.Hour - time.Duration(nano%86400)*time.Second/40)
	}
	for _, nano := range []int64{0, 1, 10, 100_000_000, 999_999_999, 120_000_000} {
		x := time.Unix(1<<30, nano)
		if got, want := string(record.AppendInstant(nil, x)), x.UTC().Format(record.Instant); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// TestEncoder compares with the functions that need no encoder, on records that
// take turns.
func TestEncoder(t *testing.T) {
	t.Parallel()
	var e record.Encoder
	if err := e.Load(record.Record{}); err == nil {
		t.Error("takes a record without data")
	}
	other := full()
	other.Origin.Table, other.Origin.State, other.Origin.Row = "u", record.Live, 0
	empty := record.Record{Artifact: "ios.sample", Data: sample{}}
	short := full()
	short.Data = sparse{Note: "a"}
	for _, r := range []record.Record{full(), full(), other, empty, short, {Data: sparse{}}, full()} {
		if err := e.Load(r); err != nil {
			t.Fatal(err)
		}
		want, err := r.AppendJSON(nil)
		if got := e.AppendJSON(nil); err != nil || string(got) != string(want) {
			t.Errorf("got %s\nwant %s (%v)", got, want, err)
		}
		moments, err := record.AppendMoments(nil, r.Data)
		if got := e.AppendMoments(nil); err != nil || len(got) != len(moments) {
			t.Errorf("got %v, want %v (%v)", got, moments, err)
		}
	}
}

type sparse struct {
	Note  string          `json:"note,omitempty"`
	Shown record.WallTime `json:"shown,omitempty"`
	Ratio *float64        `json:"ratio"`
	Bit   *bool           `json:"bit"`
	Names []string        `json:"names"`
}

func (s sparse) String() string { return s.Note }
