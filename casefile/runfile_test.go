package casefile

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/vigie-project/vigie/record"
)

type moment struct {
	At   record.Time `json:"at"`
	Name string      `json:"name"`
}

func (m moment) String() string { return m.Name }

// TestManyFilesAndHeads merges more sorted files than are open at once, with more
// heads than are remembered.
func TestManyFilesAndHeads(t *testing.T) {
	t.Parallel()
	c := &Case{Dir: t.TempDir()}
	const files, each = maxOpen + 20, 2*maxHeads/(maxOpen+20) + 3
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	var enc record.Encoder
	for i := range files {
		s := newRuns(c.path("cache", "timeline", "01", fmt.Sprintf("%04d-ios.x", i)), nil)
		for j := range each {
			name := fmt.Sprintf("%d/%d", i, j%3)
			at := record.Time{Time: start.Add(time.Duration(j*files+(i*7)%files) * time.Second)}
			r := record.Record{Artifact: "ios.x", Origin: record.Origin{Source: "01", Path: name, Row: int64(j), Offset: -1}, Data: moment{at, name}}
			if err := enc.Load(r); err != nil {
				t.Fatal(err)
			}
			if err := s.add(&r, &enc); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.close(); err != nil {
			t.Fatal(err)
		}
	}
	n, err := c.WriteTimeline([]string{"01"})
	if err != nil || n != files*each {
		t.Fatalf("%d entries, %v", n, err)
	}
	f, err := os.Open(c.path("timeline.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	last := start
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var l TimelineLine
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		if l.Time.Before(last) || l.Summary != l.Origin.Path || l.Artifact != "ios.x" || l.Fields != "at" {
			t.Fatalf("after %s: %s", last, lines.Text())
		}
		last = *l.Time
	}
}

func TestDamagedRun(t *testing.T) {
	t.Parallel()
	for _, data := range []string{"\x05", "\x00", "\x00\x01", "\x00\x00\x00\x00\x00\x00\x00\x00\x02ab", "\x00\xff\xff\xff\xff\xff\x01"} {
		name := t.TempDir() + "/run"
		if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := merge([]string{name}, func(*runReader) error { return nil }); err == nil {
			t.Errorf("%q is merged", data)
		}
	}
}
