package casefile_test

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/casefile"
	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/record"
)

type event struct {
	At   record.Time     `json:"at"`
	Seen record.Time     `json:"seen"`
	Wall record.WallTime `json:"wall"`
	Text record.Text     `json:"text"`
}

func (e event) String() string { return string(e.Text) }

func job(i int) engine.Job {
	return engine.Job{Source: &evidence.Source{ID: "01-x"}, Index: i, Parser: &artifact.Parser{ID: "ios.event"}}
}

func rec(data event) record.Record {
	return record.Record{Artifact: "ios.event", Origin: record.Origin{Source: "01-x", Path: "p", Row: 1}, Data: data}
}

func open(t *testing.T) (*casefile.Case, *casefile.Sink) {
	t.Helper()
	c, err := casefile.Create(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	sink, err := c.Sink()
	if err != nil {
		t.Fatal(err)
	}
	return c, sink
}

// TestTimelineIsSorted writes more than fits a chunk, in two jobs.
func TestTimelineIsSorted(t *testing.T) {
	t.Parallel()
	c, sink := open(t)
	rnd := rand.New(rand.NewPCG(3, 4))
	const perJob = 60_000
	for i := range 2 {
		w, err := sink.Job(job(i))
		if err != nil {
			t.Fatal(err)
		}
		for range perJob {
			at := epoch.Unix(1_600_000_000 + rnd.Int64N(1_000_000))
			if err := w.Record(rec(event{At: at, Seen: at, Text: record.Text(strings.Repeat("x", 120))})); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(engine.Coverage{}); err != nil {
			t.Fatal(err)
		}
	}
	n, err := c.WriteTimeline([]string{"01-x"})
	if err != nil {
		t.Fatal(err)
	}
	if n != 2*perJob {
		t.Errorf("%d entries: two fields with one instant share an entry", n)
	}
	data, err := os.ReadFile(filepath.Join(c.Dir, "timeline.csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(data))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 2*perJob+1 || !slices.IsSortedFunc(rows[1:], func(a, b []string) int { return strings.Compare(a[0], b[0]) }) {
		t.Error("timeline.csv is not sorted, or not whole")
	}
	mid := time.Unix(1_600_500_000, 0)
	list, err := c.Around(mid, time.Hour, 5)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 10 || list[4].Time.After(mid) || list[5].Time.Before(mid) {
		t.Errorf("around the middle: %d entries", len(list))
	}
}

func TestTimelineIsStillSafeInSpreadsheets(t *testing.T) {
	t.Parallel()
	c, sink := open(t)
	w, err := sink.Job(job(0))
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{"=HYPERLINK(\"http://x\")", "+1", "-1", "@SUM(A1)", "\t=1", "plain, with comma", "quote \" and\nline", "%0A=1", "é", "＝1+1", "＠x", "a\u009bb\x7fc", "Â\u00a0"}
	for i, s := range texts {
		if err := w.Record(rec(event{At: epoch.Unix(int64(1_600_000_000 + i)), Text: record.Text(s)})); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(engine.Coverage{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.WriteTimeline([]string{"01-x"}); err != nil {
		t.Fatal(err)
	}
	data, _ := os.ReadFile(filepath.Join(c.Dir, "timeline.csv"))
	rows, err := csv.NewReader(strings.NewReader(string(data))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range rows[1:] {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r\n%", rune(cell[0])) {
				t.Errorf("the cell %q of %q is a formula", cell, texts[i])
			}
			if strings.ContainsAny(cell, "\u009b\x7f") || !utf8.ValidString(cell) || strings.HasPrefix(cell, "＝") || strings.HasPrefix(cell, "＠") {
				t.Errorf("the cell %q of %q commands", cell, texts[i])
			}
		}
	}
}

func TestWallTimesStayApart(t *testing.T) {
	t.Parallel()
	c, sink := open(t)
	w, _ := sink.Job(job(0))
	at := time.Date(2021, 5, 6, 7, 8, 9, 0, time.UTC)
	w.Record(rec(event{At: epoch.Unix(at.Unix()), Wall: record.WallTime{Time: at}, Text: "x"}))
	if err := w.Close(engine.Coverage{}); err != nil {
		t.Fatal(err)
	}
	if n, err := c.WriteTimeline([]string{"01-x"}); n != 2 || err != nil {
		t.Fatalf("%d entries, %v", n, err)
	}
	data, _ := os.ReadFile(filepath.Join(c.Dir, "timeline.jsonl"))
	if !strings.Contains(string(data), `{"local":"2021-05-06T07:08:09","fields":"wall"`) || !strings.Contains(string(data), `{"time":"2021-05-06T07:08:09Z","fields":"at"`) {
		t.Errorf("got %s", data)
	}
}

// TestAssumedZone resolves a device clock with the zone that the device names,
// and says so; a clock without a year has no place on the timeline.
func TestAssumedZone(t *testing.T) {
	t.Parallel()
	c, sink := open(t)
	device := evidence.Device{Zone: "Europe/Paris"}
	if err := c.AddSource(casefile.Source{ID: "01-x", Device: device}); err != nil {
		t.Fatal(err)
	}
	j := job(0)
	j.Source.Device = device
	w, err := sink.Job(j)
	if err != nil {
		t.Fatal(err)
	}
	w.Record(rec(event{Wall: record.WallTime{Time: time.Date(2021, 7, 1, 12, 0, 0, 0, time.UTC)}, Text: "summer"}))
	w.Record(rec(event{Wall: record.WallTime{Time: time.Date(2021, 1, 1, 12, 0, 0, 0, time.UTC)}, Text: "winter"}))
	w.Record(rec(event{Wall: record.WallTime{Time: time.Date(0, 1, 1, 12, 0, 0, 0, time.UTC)}, Text: "no year"}))
	if err := w.Close(engine.Coverage{}); err != nil {
		t.Fatal(err)
	}
	if n, err := c.WriteTimeline([]string{"01-x"}); n != 2 || err != nil {
		t.Fatalf("%d entries, %v", n, err)
	}
	data, _ := os.ReadFile(filepath.Join(c.Dir, "timeline.jsonl"))
	for _, want := range []string{
		`{"time":"2021-01-01T11:00:00Z","local":"2021-01-01T12:00:00","assumed_zone":"Europe/Paris"`,
		`{"time":"2021-07-01T10:00:00Z","local":"2021-07-01T12:00:00","assumed_zone":"Europe/Paris"`,
	} {
		if !strings.Contains(string(data), want) {
			t.Errorf("%s is not in %s", want, data)
		}
	}
	table, _ := os.ReadFile(filepath.Join(c.Dir, "timeline.csv"))
	if !strings.Contains(string(table), `2021-01-01T11:00:00Z,"device, assumed Europe/Paris",wall`) {
		t.Errorf("got %s", table)
	}
}

func TestFindingsGravestFirstAndOnce(t *testing.T) {
	t.Parallel()
	c, sink := open(t)
	for i, g := range []detect.Grade{detect.Context, detect.Confirmed, detect.NeedsExpert, detect.Confirmed} {
		w, _ := sink.Job(job(i))
		f := detect.Finding{Detector: fmt.Sprint("rule/", g), Grade: g, Exhibits: []detect.Exhibit{detect.NewExhibit(rec(event{Text: "x"}))}}
		f.Seal()
		w.Finding(f)
		if err := w.Close(engine.Coverage{}); err != nil {
			t.Fatal(err)
		}
	}
	counts, err := c.Conclude([]string{"01-x"}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if counts[detect.Confirmed] != 1 || counts[detect.Context] != 1 {
		t.Errorf("counts %v", counts)
	}
	var grades []detect.Grade
	c.Findings(func(f detect.Finding) error { grades = append(grades, f.Grade); return nil })
	if !slices.Equal(grades, []detect.Grade{detect.Confirmed, detect.NeedsExpert, detect.Context}) {
		t.Errorf("order %v", grades)
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	c, sink := open(t)
	w, _ := sink.Job(job(0))
	w.Record(rec(event{Text: "x"}))
	if err := w.Close(engine.Coverage{}); err != nil {
		t.Fatal(err)
	}
	if err := c.Log(casefile.Act{Action: "check"}); err != nil {
		t.Fatal(err)
	}
	if err := c.Seal(casefile.Act{Action: "ended"}); err != nil {
		t.Fatal(err)
	}
	if err := c.SetVerdict(casefile.Judge(nil, nil)); err != nil {
		t.Fatal(err)
	}
	if errs := c.Verify(); len(errs) != 0 {
		t.Fatalf("an untouched case: %v", errs)
	}
	name := filepath.Join(c.Dir, "records", "01-x", "0000-ios.event.jsonl")
	for _, change := range []struct {
		what string
		do   func() error
	}{
		{"changed", func() error { return os.WriteFile(name, []byte("{}\n"), 0o600) }},
		{"missing", func() error { return os.Remove(name) }},
		{"follow from", func() error {
			return c.SetVerdict(casefile.Judge(nil, []engine.Coverage{{Outcome: engine.Complete}}))
		}},
		{"added", func() error { return os.WriteFile(filepath.Join(c.Dir, "records", "01-x", "y"), nil, 0o600) }},
		{"does not follow", func() error {
			log := filepath.Join(c.Dir, "log.jsonl")
			data, err := os.ReadFile(log)
			if err != nil {
				return err
			}
			return os.WriteFile(log, []byte(strings.Replace(string(data), `"check"`, `"other"`, 1)), 0o600)
		}},
	} {
		if err := change.do(); err != nil {
			t.Fatal(err)
		}
		found := false
		for _, err := range c.Verify() {
			found = found || strings.Contains(err.Error(), change.what)
		}
		if !found {
			t.Errorf("what was %s is not noticed", change.what)
		}
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	line := func(o engine.Outcome) engine.Coverage { return engine.Coverage{Outcome: o} }
	for _, tt := range []struct {
		name   string
		grades map[detect.Grade]int
		ledger []engine.Coverage
		want   int
	}{
		{"all read, nothing found", nil, []engine.Coverage{line(engine.Complete), line(engine.Absent)}, casefile.ExitQuiet},
		{"context only", map[detect.Grade]int{detect.Context: 3}, []engine.Coverage{line(engine.Complete)}, casefile.ExitQuiet},
		{"an expert is needed", map[detect.Grade]int{detect.NeedsExpert: 1}, []engine.Coverage{line(engine.Failed)}, casefile.ExitFindings},
		{"a failure is never quiet", nil, []engine.Coverage{line(engine.Complete), line(engine.Failed)}, casefile.ExitIncomplete},
		{"a part is never quiet", nil, []engine.Coverage{line(engine.Partial)}, casefile.ExitIncomplete},
		{"stopped is never quiet", nil, []engine.Coverage{line(engine.Complete), line(engine.NotRun)}, casefile.ExitIncomplete},
		{"private is a choice", nil, []engine.Coverage{line(engine.Complete), {Outcome: engine.NotRun, Reason: engine.ReasonPrivate}}, casefile.ExitQuiet},
		{"nothing there", nil, []engine.Coverage{line(engine.Absent)}, casefile.ExitNothing},
		{"nothing readable", nil, []engine.Coverage{line(engine.Failed)}, casefile.ExitNothing},
	} {
		if got := casefile.Judge(tt.grades, tt.ledger).Exit; got != tt.want {
			t.Errorf("%s: exit %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestRefusesAFolderWithSomethingElse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "thesis.doc"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := casefile.Create(dir); err == nil {
		t.Error("takes a folder that is not its own")
	}
}

// TestResolvedClock puts times whose offset other files record at their instants,
// and shows what the clock showed, the offset and how it is known.
func TestResolvedClock(t *testing.T) {
	t.Parallel()
	c, sink := open(t)
	j := job(0)
	j.Source.Device.Zone = "Europe/Paris" // not used
	w, err := sink.Job(j)
	if err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2021, 7, 1, 12, 0, 0, 0, time.UTC)
	w.Record(rec(event{Wall: record.WallTime{Time: noon, Offset: -14400, Quality: record.NearestOffset}, Text: "west"}))
	w.Record(rec(event{Wall: record.WallTime{Time: noon, Offset: 19800, Zone: "Asia/Kolkata", Quality: record.ExactOffset}, Text: "east"}))
	w.Record(rec(event{Wall: record.WallTime{Time: noon, Offset: 7200, Zone: "Europe/Paris", Quality: record.AssumedZone}, Text: "assumed"}))
	if err := w.Close(engine.Coverage{}); err != nil {
		t.Fatal(err)
	}
	if err := c.AddSource(casefile.Source{ID: "01-x", Device: j.Source.Device}); err != nil {
		t.Fatal(err)
	}
	if n, err := c.WriteTimeline([]string{"01-x"}); n != 3 || err != nil {
		t.Fatalf("%d entries, %v", n, err)
	}
	data, _ := os.ReadFile(filepath.Join(c.Dir, "timeline.jsonl"))
	table, _ := os.ReadFile(filepath.Join(c.Dir, "timeline.csv"))
	for i, want := range []struct{ json, csv string }{
		{`{"time":"2021-07-01T06:30:00Z","local":"2021-07-01T12:00:00","offset":"+05:30","quality":"exact"`, `2021-07-01T06:30:00Z,"device, offset +05:30 exact",wall`},
		{`{"time":"2021-07-01T10:00:00Z","local":"2021-07-01T12:00:00","assumed_zone":"Europe/Paris"`, `2021-07-01T10:00:00Z,"device, assumed Europe/Paris",wall`},
		{`{"time":"2021-07-01T16:00:00Z","local":"2021-07-01T12:00:00","offset":"-04:00","quality":"nearest"`, `2021-07-01T16:00:00Z,"device, offset -04:00 nearest",wall`},
	} {
		if line := strings.Split(string(data), "\n")[i]; !strings.HasPrefix(line, want.json) {
			t.Errorf("line %d: got %s, want %s", i+1, line, want.json)
		}
		if line := strings.Split(string(table), "\r\n")[i+1]; !strings.HasPrefix(line, want.csv) {
			t.Errorf("row %d: got %s, want %s", i+1, line, want.csv)
		}
	}
	list, err := c.Around(noon, 5*time.Hour, 5)
	if err != nil || len(list) != 2 || list[1].Offset != "-04:00" || list[1].Quality != "nearest" || list[1].Local != "2021-07-01T12:00:00" {
		t.Errorf("around: %+v, %v", list, err)
	}
}
