package indicator_test

import (
	"archive/zip"
	"bufio"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/detect/indicator"
	"github.com/vigie-project/vigie/internal/testdata"
	"github.com/vigie-project/vigie/record"
)

// corpusSet returns a set of every feed of the corpus.
func corpusSet(t *testing.T) *indicator.Set {
	t.Helper()
	var feeds []*indicator.Feed
	for _, dir := range []string{"stix/AmnestyTech+investigations", "stix/mvt-project+mvt-indicators", "ioc-lists/AmnestyTech+investigations",
		"ioc-lists/mvt-project+mvt-indicators"} {
		filepath.WalkDir(testdata.Path(t, dir), func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || d.Name() == "PROVENANCE.md" || d.Name() == "LICENSE" || strings.HasPrefix(d.Name(), "indicators") && !strings.HasSuffix(name, ".csv") {
				return err
			}
			f, _ := loadFile(t, name)
			feeds = append(feeds, f)
			return nil
		})
	}
	return indicator.NewSet(feeds...)
}

// TestPhonesWithoutTraces compares the complete listings of two phones without
// spyware with all public spyware indicators: nothing may be found above
// context.
func TestPhonesWithoutTraces(t *testing.T) {
	t.Parallel()
	set := corpusSet(t)
	lists, _ := filepath.Glob(filepath.Join(testdata.Path(t, "ios-ffs/abrignoni+iLEAPP/admin/data/filepath-lists"), "*.zip"))
	paths, found := 0, map[detect.Grade]int{}
	for _, name := range lists {
		z, err := zip.OpenReader(name)
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		for _, f := range z.File {
			if strings.HasPrefix(f.Name, "__MACOSX") {
				continue
			}
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			sc := bufio.NewScanner(r)
			for sc.Scan() {
				path, _, _ := strings.Cut(sc.Text(), ",")
				paths++
				set.Detect(record.Record{Artifact: "ios.files", Data: file{Path: record.Path(strings.Trim(path, "\""))}}, func(f detect.Finding) {
					if found[f.Grade]++; f.Grade > detect.Context {
						t.Errorf("%s %s %s: %s", f.Grade, f.Match.How, f.Match.Value, path)
					}
				})
			}
		}
	}
	t.Log(paths, "paths", found)
	if len(lists) > 0 && paths < 100_000 {
		t.Errorf("only %d paths", paths)
	}
}
