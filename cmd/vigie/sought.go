package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/vigie-project/vigie/artifacts"
	"github.com/vigie-project/vigie/casefile"
	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/detect/indicator"
	"github.com/vigie-project/vigie/detect/rule"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/examination"
	"github.com/vigie-project/vigie/rules"
)

// sought says what is looked for: kept feeds, other files of indicators, the
// rules that are shipped and others.
type sought struct {
	indicators []string
	feeds      string
	noFeeds    bool
	rules      []string
}

func (s *sought) flags(t *terminal, cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringSliceVar(&s.indicators, "indicators", nil, t.text("flag-indicators"))
	f.StringVar(&s.feeds, "feeds", "", t.text("flag-feeds"))
	f.BoolVar(&s.noFeeds, "no-feeds", false, t.text("flag-no-feeds"))
	f.StringSliceVar(&s.rules, "rules", nil, t.text("flag-rules"))
}

// load reads indicators and rules. A file that cannot be read is an error:
// nobody must believe that it was used.
func (s *sought) load(t *terminal) (d examination.Detection, err error) {
	var feeds []*indicator.Feed
	add := func(f *indicator.Feed, r *indicator.Report) {
		feeds = append(feeds, f)
		d.Feeds = append(d.Feeds, describeFeed(f, r))
		if n := r.Total(indicator.Refused); n > 0 {
			t.note(t.text("indicators-accepted", "Name", r.Name, "Accepted", r.Accepted, "Refused", n))
		}
	}
	if !s.noFeeds {
		if err := loadKept(s.feeds, add); err != nil {
			return d, err
		}
	}
	for _, path := range s.indicators {
		if err := loadFiles(t, path, add); err != nil {
			return d, err
		}
	}
	if len(feeds) == 0 {
		t.note(t.text("no-indicators"))
	}
	set := indicator.NewSet(feeds...)
	d.Detectors, d.Correlators = []detect.Detector{set}, []detect.Correlator{set}
	d.Fingerprint = set.Fingerprint()
	return d, s.loadRules(&d)
}

// loadRules adds the shipped rules and those of the user.
func (s *sought) loadRules(d *examination.Detection) error {
	var sets []*rule.Set
	for _, fsys := range append([]fs.FS{rules.FS}, folders(s.rules)...) {
		set, err := rule.Load(fsys, artifacts.Parsers)
		if err != nil {
			return err
		}
		sets = append(sets, set)
		d.Detectors = append(d.Detectors, set)
		d.Correlators = append(d.Correlators, set.Correlators()...)
		d.Fingerprint += " " + set.Fingerprint()
		d.Rules.Count += len(set.Rules())
		if d.Rules.SHA256 != "" {
			d.Rules.SHA256 += " "
		}
		d.Rules.SHA256 += set.Fingerprint()
	}
	d.Failures = func() (lines []engine.Coverage) {
		for _, set := range sets {
			for _, f := range set.Failures() {
				lines = append(lines, engine.Coverage{
					Artifact: "rule/" + f.Rule, Outcome: engine.Partial, Errors: int(f.Count), Sample: []string{f.Artifact + ": " + f.Error},
				})
			}
		}
		return lines
	}
	return nil
}

func folders(names []string) (list []fs.FS) {
	for _, name := range names {
		list = append(list, os.DirFS(name))
	}
	return list
}

// loadFiles reads the indicators of a file, or of every file below a folder. In
// a folder, a file that holds no indicators is told and passed over.
func loadFiles(t *terminal, path string, add func(*indicator.Feed, *indicator.Report)) error {
	found := false
	err := filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		f, r, err := loadFile(name)
		if err != nil && name != path {
			t.note(t.text("indicators-passed", "Name", name, "Error", err.Error()))
			return nil
		}
		if err == nil {
			found = true
			add(f, r)
		}
		return err
	})
	if err == nil && !found {
		err = fmt.Errorf("%s holds no file of indicators", path)
	}
	if err != nil {
		return fmt.Errorf("load indicators: %w", err)
	}
	return nil
}

func loadFile(name string) (*indicator.Feed, *indicator.Report, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	return indicator.Load(filepath.Base(name), f, indicator.Meta{})
}

func describeFeed(f *indicator.Feed, r *indicator.Report) casefile.Feed {
	feed := casefile.Feed{Name: f.Name, SHA256: f.SHA256, Licence: f.Licence, Accepted: r.Accepted, Refused: r.Total(indicator.Refused)}
	if !f.Retrieved.IsZero() {
		feed.Retrieved = f.Retrieved.UTC().Format("2006-01-02")
	}
	for _, reason := range r.Reasons {
		if feed.Reasons == nil {
			feed.Reasons = map[string]int{}
		}
		feed.Reasons[string(reason.Outcome)+": "+reason.Text] += reason.Count
	}
	return feed
}
