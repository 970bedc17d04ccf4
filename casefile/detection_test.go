package casefile

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/record"
)

func observations() []detect.Observation {
	at := record.Time{Time: time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC), Rule: record.AsText, Zone: record.RecordedOffset}
	e := detect.Exhibit{Artifact: "ios.a", Origin: record.Origin{Source: "01", Path: "a", Table: "t", Row: 3}, Summary: `x","data":{"y`, Time: at, TimeField: "time", Data: json.RawMessage(`{"data":{"<a>":[1]},"z":"}}}"}`)}
	undated := e
	undated.Time, undated.TimeField, undated.Data = record.Time{}, "", json.RawMessage("null")
	clock := &record.WallTime{Time: time.Date(0, 3, 4, 5, 6, 7, 0, time.UTC)}
	return []detect.Observation{
		{Correlator: "rule/a", Step: "s", Key: "k\u001f\"d\\", Kept: []string{`,"data":`}, Exhibit: e},
		{Correlator: "rule/b", Exhibit: undated},
		{Correlator: "rule/a", Clock: clock, Exhibit: e},
		{Correlator: `odd "name`, Exhibit: e},
	}
}

// TestObservationLine writes observations and reads them, also as cases of older
// versions have them.
func TestObservationLine(t *testing.T) {
	t.Parallel()
	for i, o := range observations() {
		line, err := appendObservation(nil, &o)
		if err != nil {
			t.Fatal(err)
		}
		old, err := json.Marshal(detected{Observation: &o})
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range [][]byte{line, append(old, '\n')} {
			got, err := readObservation(text)
			// A clock is read back with its own zone.
			if err != nil || !got.At().Equal(o.At()) || got.Correlator != o.Correlator || got.Key != o.Key || !cmp.Equal(got.Kept, o.Kept) {
				t.Errorf("%d: %v\ngot %+v\nof %s", i, err, got, text)
			}
			wantData, gotData := o.Exhibit.Data, got.Exhibit.Data
			if string(text) == string(line) && string(wantData) != string(gotData) {
				t.Errorf("%d: data %s, want %s", i, gotData, wantData)
			}
			p, name, err := placeOf(text)
			if err != nil || name != o.Correlator || p.second != o.At().Unix() || int(p.nano) != o.At().Nanosecond() {
				t.Errorf("%d: %v %q %+v", i, err, name, p)
			}
		}
	}
	for _, text := range []string{"", "{}", `{"at":[1,2]}`, `{"at":[1,2],"observation":{"correlator":"a","exhibit":{"data":1}}`, `{"at":[x,2],"observation":null}`} {
		if o, err := readObservation([]byte(text)); err == nil {
			t.Errorf("%s: %+v", text, o)
		}
	}
}

// TestDetection reads more files than are open at once, in order of time.
func TestDetection(t *testing.T) {
	t.Parallel()
	c := &Case{Dir: t.TempDir()}
	w := &writer{}
	const files = 2*maxHandles + 1
	for i := range files {
		var err error
		if w.found, err = c.create("detection", "01", fmt.Sprintf("%04d.jsonl", i)); err != nil {
			t.Fatal(err)
		}
		o := observations()[0]
		o.Key = fmt.Sprint(i)
		o.Exhibit.Time.Time = o.Exhibit.Time.Add(time.Duration(i%7) * time.Second)
		for _, err := range []error{w.Finding(detect.Finding{Detector: "d", Grade: detect.Grade(i%2 + 1)}), w.Observation(o), w.Observation(observations()[1]), w.found.close()} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	d, err := c.detection([]string{"01"})
	if err != nil {
		t.Fatal(err)
	}
	n, last := 0, -1
	for o, err := range d.observations("rule/a") {
		var i int
		fmt.Sscan(o.Key, &i)
		if order := i%7*files + i; err != nil || order < last {
			t.Errorf("%v: %s after %d", err, o.Key, last)
		} else {
			last = order
		}
		n++
	}
	if n != files || d.count != 2*files {
		t.Errorf("%d observations of %d", n, d.count)
	}
	for grade, want := range map[detect.Grade]int{detect.Context: files/2 + 1, detect.NeedsExpert: files / 2, detect.Strong: 0} {
		n := 0
		if err := d.findings(grade, func(detect.Finding) error { n++; return nil }); err != nil || n != want {
			t.Errorf("%s: %d findings, %v", grade, n, err)
		}
	}
	if err := os.WriteFile(filepath.Join(c.Dir, "detection", "01", "0.jsonl"), []byte("{\"finding\":null}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := c.detection([]string{"01"}); err == nil {
		t.Error("no error of a line without a finding")
	}
}
