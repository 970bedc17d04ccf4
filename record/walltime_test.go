package record_test

import (
	"testing"
	"time"

	"github.com/vigie-project/vigie/record"
)

// line is a line of a log.
type line struct {
	Time  record.WallTime `json:"time"`
	Other record.WallTime `json:"other,omitempty"`
	Text  string          `json:"text"`
}

func (l line) String() string { return l.Text }

func TestResolvedTimesAreKept(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 7, 20, 9, 0, 0, 5e8, time.UTC)
	tests := []struct {
		name string
		wall record.WallTime
		want string
	}{
		{"none", record.WallTime{Time: at}, `"time":"2025-07-20T09:00:00.5","text":""`},
		{"nearest", record.WallTime{Time: at, Offset: 7200, Quality: record.NearestOffset},
			`"time":"2025-07-20T09:00:00.5","time_resolved":{"utc":"2025-07-20T07:00:00.5Z","offset":"+02:00","quality":"nearest"},"text":""`},
		{"with a zone", record.WallTime{Time: at, Offset: -12600, Zone: "America/St_Johns", Quality: record.ExactOffset},
			`"time":"2025-07-20T09:00:00.5","time_resolved":{"utc":"2025-07-20T12:30:00.5Z","offset":"-03:30","zone":"America/St_Johns","quality":"exact"},"text":""`},
		{"seconds", record.WallTime{Time: at, Offset: -75, Quality: record.CaptureOffset},
			`"time":"2025-07-20T09:00:00.5","time_resolved":{"utc":"2025-07-20T09:01:15.5Z","offset":"-00:01:15","quality":"capture"},"text":""`},
		{"not set", record.WallTime{Quality: record.ExactOffset}, `"time":null,"text":""`},
	}
	types := record.Registry{}
	types.Add("ios.x", line{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec := record.Record{Artifact: "ios.x", Data: line{Time: tt.wall}}
			text, err := rec.AppendJSON(nil)
			if want := `{"artifact":"ios.x","origin":{"source":"","path":""},"data":{` + tt.want + `}}`; err != nil || string(text) != want {
				t.Fatalf("got %s, %v\nwant %s", text, err, want)
			}
			back, err := types.Unmarshal(text)
			if err != nil {
				t.Fatal(err)
			}
			if tt.wall.IsZero() {
				tt.wall = record.WallTime{}
			}
			if got := back.Data.(line).Time; got != tt.wall {
				t.Errorf("read back %+v, want %+v", got, tt.wall)
			}
		})
	}
}

func TestWithWallTimes(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 7, 20, 9, 0, 0, 0, time.UTC)
	typ, err := record.TypeOf(line{})
	if err != nil || !typ.HasWallTimes() {
		t.Fatalf("%+v, %v", typ, err)
	}
	in := line{Time: record.WallTime{Time: at}, Text: "x"}
	got := typ.WithWallTimes(in, func(w record.WallTime) record.WallTime {
		w.Offset, w.Quality = 3600, record.ExactOffset
		return w
	})
	want := line{Time: record.WallTime{Time: at, Offset: 3600, Quality: record.ExactOffset}, Text: "x"}
	if got != want || in.Time.Quality != record.NoOffset {
		t.Errorf("got %+v, and %+v was %+v", got, in, want)
	}
	moments, err := record.AppendMoments(nil, got)
	if err != nil || len(moments) != 1 || !moments[0].Time.Equal(at.Add(-time.Hour)) || !moments[0].Local || moments[0].Offset != 3600 {
		t.Errorf("moments %+v, %v", moments, err)
	}
}

func TestResolutionsThatAreDamaged(t *testing.T) {
	t.Parallel()
	types := record.Registry{}
	types.Add("ios.x", line{})
	for _, text := range []string{`5`, `{"offset":"x","quality":"exact"}`, `{"utc":7}`} {
		_, err := types.Unmarshal([]byte(`{"artifact":"ios.x","data":{"time":"2025-07-20T09:00:00","time_resolved":` + text + `}}`))
		if err == nil {
			t.Errorf("%s: no error", text)
		}
	}
	rec, err := types.Unmarshal([]byte(`{"artifact":"ios.x","data":{"time":"2025-07-20T09:00:00","time_resolved":{"offset":"+01:00","quality":"of later versions"}}}`))
	if err != nil || rec.Data.(line).Time.Quality != record.NoOffset {
		t.Errorf("%+v, %v", rec, err)
	}
}
