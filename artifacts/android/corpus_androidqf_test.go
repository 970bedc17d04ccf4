package android_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifacts/android"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/internal/testdata"
	"github.com/vigie-project/vigie/record"
)

// androidqfFolder is the reduced acquisition of the corpus.
const androidqfFolder = "androidqf/mvt-project+mvt/androidqf"

// androidqfRead parses what a source holds for a parser. Any error fails the test.
func androidqfRead(t *testing.T, src *evidence.Source, p *artifact.Parser) (recs []record.Record) {
	t.Helper()
	for _, job := range engine.NewPlan(src, []*artifact.Parser{p}, func(*artifact.Parser) bool { return true }).Jobs {
		for _, f := range job.Files {
			for rec, err := range engine.Parse(t.Context(), src, p, f, nil) {
				if err != nil {
					t.Errorf("%s: %v", f.Path, err)
					continue
				}
				recs = append(recs, rec)
			}
		}
	}
	return recs
}

// androidqfFiles presents the files of the corpus as an opened acquisition does.
func androidqfFiles(t *testing.T) *evidence.Source {
	t.Helper()
	root := testdata.Path(t, androidqfFolder)
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	tree := fstest.MapFS{}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(root, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		tree["androidqf/"+e.Name()] = &fstest.MapFile{Data: data, Mode: 0o444}
	}
	return &evidence.Source{ID: "corpus", Kind: evidence.AndroidQF, FS: tree}
}

// androidqfOpened opens the acquisition of the corpus.
func androidqfOpened(t *testing.T) *evidence.Source {
	t.Helper()
	sources, err := evidence.Open(t.Context(), testdata.Path(t, androidqfFolder), evidence.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, s := range sources {
			if s.Closer != nil {
				s.Closer.Close()
			}
		}
	})
	for _, s := range sources {
		if s.Kind == evidence.AndroidQF {
			return s
		}
	}
	t.Fatal("no acquisition of AndroidQF among the sources")
	return nil
}

// TestCorpusAndroidQF compares with what MVT's tests assert of the acquisition.
func TestCorpusAndroidQF(t *testing.T) {
	t.Parallel()
	for _, src := range []*evidence.Source{androidqfFiles(t), androidqfOpened(t)} {
		for _, c := range []struct {
			parser *artifact.Parser
			want   map[string]int // records that hold a text; "" for all
		}{
			// test_files.py: 3 files, 6 different times.
			{&android.Files, map[string]int{"": 3, `"utc":"2019-02-14T14:47:52Z"`: 3, `"user_id":10016`: 1}},
			// test_getprop.py: 10, the first is dalvik.vm.appimageformat = lz4.
			{&android.Properties, map[string]int{"": 10, `"row":1},"data":{"name":"dalvik.vm.appimageformat","value":"lz4"}`: 1,
				`"name":"dalvik.vm.heapmaxfree"`: 1}},
			// test_processes.py: 15 processes.
			{&android.Processes, map[string]int{"": 15, `"name":"init"`: 1, `"no_command":true`: 14}},
			// test_settings.py: one namespace, "random"; an alert for samsung_errorlog_agree.
			// The setting without a value is one too.
			{&android.Settings, map[string]int{"": 9, `"namespace":"random"`: 9, `"key":"samsung_errorlog_agree","value":"0"`: 1,
				`"key":"navigationbar_recently_used_color","value":""`: 1}},
			// test_mounts.py: no file, no record.
			{&android.Mounts, map[string]int{"": 0}},
			// Not asserted by MVT: counted in the file.
			{&android.Packages, map[string]int{"": 7, `"installer":"null"`: 3, `"installer":"com.google.android.packageinstaller"`: 3,
				`"certificate_sha256":`: 7}},
			// Not asserted by MVT: counted in the file.
			{&android.RootBinaries, map[string]int{"": 4, `"path":"/system/bin/su"`: 1, `"name":"magiskhide"`: 1}},
		} {
			var lines []string
			for _, rec := range androidqfRead(t, src, c.parser) {
				line, err := rec.AppendJSON(nil)
				if err != nil {
					t.Fatal(err)
				}
				lines = append(lines, string(line))
			}
			for text, want := range c.want {
				got := 0
				for _, line := range lines {
					if strings.Contains(line, text) {
						got++
					}
				}
				if got != want {
					t.Errorf("%s, %s: %d records hold %q, want %d", src.Name, c.parser.ID, got, text, want)
				}
			}
		}
		if n := androidqfTimes(t, androidqfRead(t, src, &android.Files)); n != 6 {
			t.Errorf("the listing has %d events, want 6", n)
		}
	}
}

// androidqfTimes counts the pairs of a file and an instant, as MVT's timeline does.
func androidqfTimes(t *testing.T, recs []record.Record) (n int) {
	t.Helper()
	for _, rec := range recs {
		moments, err := record.AppendMoments(nil, rec.Data)
		if err != nil {
			t.Fatal(err)
		}
		var seen []string
		for _, m := range moments {
			if s := m.Time.String(); !slices.Contains(seen, s) {
				seen = append(seen, s)
			}
		}
		n += len(seen)
	}
	return n
}
