package figures

import (
	"archive/zip"
	"encoding/csv"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/vigie-project/vigie/artifacts/ios"
	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/detect/indicator"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/internal/testdata"
)

// spyware loads the published bundles of indicators of the corpus.
func spyware(t *testing.T) *indicator.Set {
	t.Helper()
	var feeds []*indicator.Feed
	err := filepath.WalkDir(testdata.Path(t, "stix"), func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".stix2") || strings.Contains(filepath.ToSlash(name), "/mvt-project+mvt/") {
			return err // those of MVT itself are made up
		}
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		feed, _, err := indicator.Load(name, f, indicator.Meta{})
		if err == nil {
			feeds = append(feeds, feed)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return indicator.NewSet(feeds...)
}

// A listing is a file system of which the names of files are known only.
type listing struct {
	fstest.MapFS
	file string
}

// Entries implements [evidence.Lister].
func (l listing) Entries(fn func(*evidence.Entry) error) error {
	z, err := zip.OpenReader(l.file)
	if err != nil {
		return err
	}
	defer z.Close()
	f, err := z.Open(strings.TrimSuffix(path.Base(filepath.ToSlash(l.file)), ".zip"))
	if err != nil {
		return err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return err
	}
	for _, row := range rows[1:] {
		if err := fn(&evidence.Entry{Path: row[0], Stored: row[0], UID: -1, GID: -1}); err != nil {
			return err
		}
	}
	return nil
}

// accountListing compares the list of all files of a phone without spyware with
// the indicators for it. The sweep compared each part of a path with names of
// processes. So does Vigie, and grades such a finding as context.
func accountListing(t *testing.T, e *expectation) verdict {
	if testing.Short() {
		return by(t, "detect/indicator.TestPhonesWithoutTraces")
	}
	var x map[string]json.RawMessage
	var rows int
	theirs := map[string]int{}
	if json.Unmarshal(e.Expectation, &x) != nil || json.Unmarshal(x["rows"], &rows) != nil {
		return unsettled
	}
	for key, value := range x {
		if key != "rows" && json.Unmarshal(value, &theirs) != nil {
			return unsettled
		}
	}
	set, n, got := spyware(t), 0, map[string]int{}
	src := &evidence.Source{ID: "figures", Kind: evidence.IOSFilesystem,
		FS: listing{fstest.MapFS{evidence.EntriesPath: &fstest.MapFile{}}, testdata.Path(t, e.File)}}
	note := func(f detect.Finding) {
		if got[f.Match.Value]++; f.Grade > detect.Context {
			t.Errorf("%v: %s in %s", f.Grade, f.Match.Value, f.Exhibits[0].Data)
		}
	}
	for rec, err := range engine.Parse(t.Context(), src, &ios.Filesystem, engine.PlannedFile{Path: evidence.EntriesPath}, nil) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		set.Detect(rec, note)
	}
	return compare(t, e.File, hits(n, got), "", hits(rows, theirs), "")
}

func hits(rows int, found map[string]int) string {
	s := strconv.Itoa(rows) + " rows"
	for _, name := range slices.Sorted(maps.Keys(found)) {
		s += ", " + name + " " + strconv.Itoa(found[name])
	}
	return s
}
