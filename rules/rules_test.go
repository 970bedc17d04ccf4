package rules

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifacts"
	"github.com/vigie-project/vigie/artifacts/ios"
	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/detect/rule"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/internal/testdata"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
	"github.com/vigie-project/vigie/release"
)

func load(tb testing.TB) *rule.Set {
	tb.Helper()
	set, err := rule.Load(FS, artifacts.Parsers)
	if err != nil {
		tb.Fatal(err)
	}
	return set
}

// TestRules checks every rule, and that loading them all is no matter of
// waiting.
func TestRules(t *testing.T) {
	t.Parallel()
	start := time.Now()
	set := load(t)
	t.Logf("%d rules loaded in %v", len(set.Rules()), time.Since(start))
}

// verdicts are words that no text may contain: people conclude, rules do not.
var verdicts = regexp.MustCompile(`(?i)\b(clean|safe|infected|malicious|hacked|infecté|infectée|malveillant|malveillante|piraté|piratée|sain|saine)\b`)

// typography are the marks that French texts do not have: straight
// apostrophes, and signs without the space before them.
var typography = regexp.MustCompile(`'|[^\x{202f}\x{a0}];|[^\x{202f}][!?](\s|$)|[^\x{a0}]:(\s|$)|«[^\x{a0}]|[^\x{a0}]»`)

func TestTexts(t *testing.T) {
	t.Parallel()
	for _, r := range load(t).Rules() {
		texts := slices.Concat([]lang.Text{r.Title, r.Why, r.Confidence}, r.Benign, r.Next)
		for _, text := range texts {
			for _, s := range []string{text.EN, text.FR} {
				if word := verdicts.FindString(s); word != "" {
					t.Errorf("%s: %q is in %q", r.File, word, s)
				}
			}
			if mark := typography.FindString(text.FR); mark != "" {
				t.Errorf("%s: %q is in %q", r.File, mark, text.FR)
			}
		}
		if strings.HasSuffix(r.Title.EN, ".") || strings.HasSuffix(r.Title.FR, ".") {
			t.Errorf("%s: title ends with a period", r.File)
		}
		platform, _, _ := strings.Cut(r.File, "/")
		if !strings.HasPrefix(r.ID, platform+"-") {
			t.Errorf("%s: rule of another platform", r.File)
		}
		for _, id := range r.Artifacts {
			if !strings.HasPrefix(id, platform+".") {
				t.Errorf("%s: artifact %s of another platform", r.File, id)
			}
		}
	}
}

// TestOrdinary runs all rules on acquisitions of phones without spyware. What
// they find there must stay weak, but for what a phone was made to have.
func TestOrdinary(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		path  string
		known map[string]detect.Grade // of which some are there
	}{
		{"ios-backup/mvt-project+mvt/ios_backup", map[string]detect.Grade{
			"rule/ios-backupinfo-outdated":           detect.Context,
			"rule/ios-datausage-removed-processes":   detect.Context, // key 5 and keys 42 to 45
			"rule/ios-globalpreferences-lockdown-on": detect.Context,
		}},
		{"android-bugreport/aas-aosp-dev+AOSPBugreportAnalyzer/composeApp/bugreport-sdk_google_atv64_arm64-UTT1.240131.001.F1-2025-11-23-10-44-46.zip", map[string]detect.Grade{
			"rule/android-processes-temporary":  detect.NeedsExpert, // Android Studio, on an emulator
			"rule/android-properties-old-patch": detect.Context,     // patches of 2024, report of 2025
		}},
		{"androidqf/mvt-project+mvt/androidqf", map[string]detect.Grade{ // a folder made for tests
			"rule/android-packages-installed-by-hand": detect.NeedsExpert,
			"rule/android-root-program":               detect.NeedsExpert,
			"rule/android-settings-reporting-off":     detect.Context, // MVT: medium
		}},
	} {
		t.Run(path.Base(c.path), func(t *testing.T) {
			t.Parallel()
			got := examine(t, testdata.Path(t, c.path))
			for id, grade := range c.known {
				if got[id] != grade {
					t.Errorf("%s finds %v, want %v", id, got[id], grade)
				}
			}
			for id, grade := range got {
				if _, known := c.known[id]; !known && grade > detect.Context {
					t.Errorf("%s finds %v in an ordinary acquisition", id, grade)
				}
			}
		})
	}
}

// examine runs all rules on an acquisition and returns the grades of what each
// finds.
func examine(t *testing.T, file string) map[string]detect.Grade {
	t.Helper()
	sources, err := evidence.Open(t.Context(), file, evidence.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer sources[0].Close()
	var known []detect.Source
	for _, src := range sources {
		acquired, _ := time.Parse(time.RFC3339, src.Device.Acquired)
		known = append(known, detect.Source{ID: src.ID, Parent: src.Parent, Acquired: acquired, Zone: src.Device.Zone})
	}
	set := load(t).Inform(detect.NewSources(known)).(*rule.Set)
	got := map[string]detect.Grade{}
	found := func(f detect.Finding) { got[f.Detector] = f.Grade }
	seen := map[string][]detect.Observation{}
	for _, src := range sources {
		for _, job := range engine.NewPlan(src, artifacts.Parsers, func(*artifact.Parser) bool { return true }).Jobs {
			for _, file := range job.Files {
				for rec, err := range engine.Parse(t.Context(), src, job.Parser, file, func(evidence.Note) {}) {
					if err != nil {
						continue
					}
					set.Detect(rec, found)
					for _, c := range set.Correlators() {
						c.Observe(rec, func(o detect.Observation) { seen[c.ID()] = append(seen[c.ID()], o) })
					}
				}
			}
		}
	}
	for _, c := range set.Correlators() {
		o := seen[c.ID()]
		slices.SortStableFunc(o, func(a, b detect.Observation) int { return a.At().Compare(b.At()) })
		err := c.Correlate(func(yield func(detect.Observation, error) bool) {
			for _, o := range o {
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
	return got
}

// TestLatest compares the rule on outdated systems with the list of versions.
func TestLatest(t *testing.T) {
	t.Parallel()
	for _, r := range load(t).Rules() {
		if r.ID != "ios-backupinfo-outdated" {
			continue
		}
		var want []string
		for _, branch := range release.Updated() {
			v, _ := release.Newest("", branch+".0", time.Time{})
			want = append(want, v.Name)
		}
		if !slices.Equal(r.Lists[0].Values, want) {
			t.Errorf("the rule lists %v, the versions are %v", r.Lists[0].Values, want)
		}
		return
	}
	t.Error("there is no such rule")
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		load(b)
	}
}

// BenchmarkExamine measures all rules on one record, the sequences included.
func BenchmarkExamine(b *testing.B) {
	set := load(b)
	for _, id := range []string{"ios.manifest", "ios.datausage", "ios.sms", "ios.cookies"} {
		parser := ios.Parsers[slices.IndexFunc(ios.Parsers, func(p *artifact.Parser) bool { return p.ID == id })]
		rec := record.Record{Artifact: id, Data: parser.Record}
		correlators := set.Correlators()
		b.Run(id, func(b *testing.B) {
			for b.Loop() {
				set.Detect(rec, func(detect.Finding) {})
				for _, c := range correlators {
					c.Observe(rec, func(detect.Observation) {})
				}
			}
		})
	}
}
