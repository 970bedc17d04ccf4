package ios_test

import (
	"context"
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifacts/ios"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/internal/testdata"
)

// logCorpus counts the records of a parser on a real store of logs, by the texts of some fields.
func logCorpus(t *testing.T, p *artifact.Parser, keys ...string) map[string]int {
	t.Helper()
	n, _ := logCorpusNotes(t, p, keys...)
	return n
}

// logCorpusNotes is logCorpus with what the parser notes.
func logCorpusNotes(t *testing.T, p *artifact.Parser, keys ...string) (n map[string]int, notes []evidence.Note) {
	t.Helper()
	src := &evidence.Source{ID: "real", Kind: evidence.IOSFilesystem, FS: os.DirFS(testdata.Path(t, "unified-logs/log2timeline+plaso/AUL"))}
	n = map[string]int{}
	note := func(m evidence.Note) { notes = append(notes, m) }
	for _, job := range engine.NewPlan(src, []*artifact.Parser{p}, func(*artifact.Parser) bool { return true }).Jobs {
		for _, file := range job.Files {
			for rec, err := range engine.Parse(context.Background(), src, p, file, note) {
				if err != nil {
					t.Fatal(err)
				}
				line, err := rec.AppendJSON(nil)
				if err != nil {
					t.Fatal(err)
				}
				_, data, _ := strings.Cut(string(line), `"data":`)
				var values []string
				for _, key := range keys {
					_, rest, _ := strings.Cut(data, `"`+key+`":"`)
					v, _, _ := strings.Cut(rest, `"`)
					values = append(values, v)
				}
				n[strings.Join(values, ", ")]++
			}
		}
	}
	return n, notes
}

// TestLogNotesCorpus checks that missing strings are noted: the store has none of the
// shared cache.
func TestLogNotesCorpus(t *testing.T) {
	t.Parallel()
	for p, want := range map[*artifact.Parser]evidence.Note{
		&ios.Log:    {Code: "log-strings-absent", Path: "private/var/db", Detail: "of 10304 entries looked at; 131 different texts", Count: 1169},
		&ios.LogAll: {Code: "log-strings-absent", Path: "private/var/db", Detail: "of 85456 entries looked at; 979 different texts", Count: 35204},
	} {
		_, notes := logCorpusNotes(t, p)
		if len(notes) != 1 || notes[0] != want || notes[0].Incomplete() {
			t.Errorf("%s: got %+v", p.ID, notes)
		}
	}
}

// TestLogCorpus counts events in a real log of macOS, whose kernel, launchd and tccd
// write what those of iOS do.
func TestLogCorpus(t *testing.T) {
	t.Parallel()
	got := logCorpus(t, &ios.Log, "kind", "action")
	want := map[string]int{
		"boot, boot": 1, "clock, time zone": 1, "code signing, not signed by Apple": 1, "code signing, refused": 2, "crash, crashed": 5,
		"location, denied": 4, "lost, entries lost": 2, "memory, over its limit": 4, "permission, answered": 24, // of 30; those alike are counted
		"process, ended": 189, "process, started": 333, "sandbox, denied": 74,
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %#v", got)
	}
}

func TestLogProcessesCorpus(t *testing.T) {
	t.Parallel()
	got := logCorpus(t, &ios.LogProcesses, "path")
	all := 0
	for _, n := range got {
		all += n
	}
	if all != 531 || len(got) != 122 || got[""] != 0 { // as many as have entries; see TestRuns of the reader
		t.Errorf("%d records, %d paths, %d without path", all, len(got), got[""])
	}
}

func TestLogClockCorpus(t *testing.T) {
	t.Parallel()
	got := logCorpus(t, &ios.LogClock, "event")
	want := map[string]int{"boot": 1, "clock set": 2, "zone changed": 1}
	if !maps.Equal(got, want) {
		t.Errorf("got %#v", got)
	}
}

func TestLogFilesCorpus(t *testing.T) {
	t.Parallel()
	got := logCorpus(t, &ios.LogFiles, "store", "build")
	if want := map[string]int{"Persist, 21G320": 1, "Signpost, 21G320": 1}; !maps.Equal(got, want) {
		t.Errorf("got %#v", got)
	}
}

// TestLogAllCorpus counts what Apple's log command and plaso count; see TestPlaso of the reader.
func TestLogAllCorpus(t *testing.T) {
	t.Parallel()
	got := logCorpus(t, &ios.LogAll, "type")
	want := map[string]int{"activityCreateEvent": 9248, "logEvent": 65183 + 8562, "lossEvent": 2, "signpostEvent": 2461}
	if !maps.Equal(got, want) {
		t.Errorf("got %#v", got)
	}
}
