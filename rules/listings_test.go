package rules

import (
	"archive/zip"
	"encoding/csv"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifacts/ios"
	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/detect/rule"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/internal/testdata"
)

// TestListings runs the rules on the complete lists of files of two phones used for
// research, which have no trace of spyware.
func TestListings(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("half a million files")
	}
	for name, files := range map[string]int{"josh-hickman-ios15": 474_145, "belkasoft-ctf6-ios-dev1": 65_624} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := listing{file: testdata.Path(t, "ios-ffs/abrignoni+iLEAPP/admin/data/filepath-lists/"+name+".csv.zip"),
				MapFS: fstest.MapFS{evidence.EntriesPath: &fstest.MapFile{}}}
			src := &evidence.Source{ID: "test", Kind: evidence.IOSFilesystem, FS: list}
			set := load(t)
			n := 0
			job := engine.NewPlan(src, []*artifact.Parser{&ios.Filesystem}, func(*artifact.Parser) bool { return true }).Jobs[0]
			correlators := slices.DeleteFunc(set.Correlators(), func(c detect.Correlator) bool {
				return !slices.ContainsFunc(set.Rules(), func(r *rule.Rule) bool { return r.Name() == c.ID() && slices.Contains(r.Artifacts, ios.Filesystem.ID) })
			})
			if len(correlators) == 0 {
				t.Error("no rule on several files")
			}
			seen := make([][]detect.Observation, len(correlators))
			found := func(f detect.Finding) {
				if f.Grade > detect.Context {
					t.Errorf("%s finds %v: %v", f.Detector, f.Grade, f.Exhibits)
				}
			}
			for rec, err := range engine.Parse(t.Context(), src, &ios.Filesystem, job.Files[0], nil) {
				if err != nil {
					t.Fatal(err)
				}
				n++
				set.Detect(rec, found)
				for i, c := range correlators {
					c.Observe(rec, func(o detect.Observation) { seen[i] = append(seen[i], o) })
				}
			}
			if n != files {
				t.Errorf("%d files, want %d", n, files)
			}
			for i, c := range correlators {
				err := c.Correlate(func(yield func(detect.Observation, error) bool) {
					for _, o := range seen[i] {
						if !yield(o, nil) {
							return
						}
					}
				}, found)
				if err != nil {
					t.Error(err)
				}
			}
			if f := set.Failures(); f != nil {
				t.Error(f)
			}
		})
	}
}

// A listing is a file system of which only the names and times of files are known.
type listing struct {
	fstest.MapFS
	file string
}

// WalkFiles implements [evidence.Walker] with the file that stands for the list.
func (l listing) WalkFiles(fn func(path string, size int64) error) error {
	return fn(evidence.EntriesPath, 0)
}

// Entries implements [evidence.Lister].
func (l listing) Entries(fn func(*evidence.Entry) error) error {
	archive, err := zip.OpenReader(l.file)
	if err != nil {
		return err
	}
	defer archive.Close()
	for _, member := range archive.File {
		if !strings.HasSuffix(member.Name, ".csv") || strings.HasPrefix(path.Base(member.Name), ".") {
			continue
		}
		f, err := member.Open()
		if err != nil {
			return err
		}
		if err := listingRows(f, fn); err != nil {
			return err
		}
	}
	return nil
}

// listingRows reads columns path, date_modified, date_accessed and date_created.
func listingRows(f io.Reader, fn func(*evidence.Entry) error) error {
	rows := csv.NewReader(f)
	if _, err := rows.Read(); err != nil {
		return err
	}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		e := evidence.Entry{Path: listingPath(row[0]), Stored: row[0], Mode: fs.FileMode(0), UID: -1, GID: -1, Offset: -1}
		if seconds, err := strconv.ParseInt(row[1], 10, 64); err == nil {
			e.Modified.Time = time.Unix(seconds, 0).UTC()
		}
		if err := fn(&e); err != nil {
			return err
		}
	}
}

// listingPath returns the place on the device of a path in the layout of a tool that
// keeps the two volumes apart.
func listingPath(name string) string {
	if rest, ok := strings.CutPrefix(name, "filesystem1/"); ok {
		return rest
	}
	if rest, ok := strings.CutPrefix(name, "filesystem2/"); ok {
		return "private/var/" + rest
	}
	return name
}
