package fabricate_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/fabricate"
)

// handsets are the kinds, versions and forms that are examined.
func handsets() (list []struct {
	name string
	kind fabricate.Kind
	opt  fabricate.Options
}) {
	add := func(kind fabricate.Kind, opt fabricate.Options) {
		opt.Seed, opt.Messages = 1, 20
		list = append(list, struct {
			name string
			kind fabricate.Kind
			opt  fabricate.Options
		}{fmt.Sprintf("%s-%d-%s-%s", kind, opt.IOS, opt.Form, opt.Layout), kind, opt})
	}
	for _, version := range []int{15, 17, 26} {
		add(fabricate.Sysdiagnose, fabricate.Options{IOS: version})
	}
	add(fabricate.Sysdiagnose, fabricate.Options{IOS: 17, Form: fabricate.FormFolder})
	add(fabricate.Filesystem, fabricate.Options{IOS: 17})
	add(fabricate.Filesystem, fabricate.Options{IOS: 26, Form: fabricate.FormZip, Layout: fabricate.LayoutVolumes})
	return list
}

var handsetKinds = map[fabricate.Kind]evidence.Kind{fabricate.Sysdiagnose: evidence.IOSSysdiagnose, fabricate.Filesystem: evidence.IOSFilesystem}

// TestHandsetTraces examines acquisitions of iPhones with planted traces.
func TestHandsetTraces(t *testing.T) {
	t.Parallel()
	for _, tt := range handsets() {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path, truth, err := fabricate.Make(tt.kind, dir, tt.opt)
			if err != nil {
				t.Fatal(err)
			}
			if len(truth.Traces) == 0 {
				t.Fatal("nothing is planted")
			}
			list := findings(t, examine(t, dir, path, ""))
			for _, trace := range truth.Traces {
				if !reads(trace.Artifact, handsetKinds[tt.kind]) {
					t.Errorf("%s: no parser %s for this", trace.ID, trace.Artifact)
					continue
				}
				best, told := detect.Grade(0), false
				for _, f := range list {
					if trace.In(f) {
						best, told = max(best, f.Grade), told || f.Grade >= trace.Grade && toldIn(f, trace)
					}
				}
				switch {
				case best < trace.Grade:
					t.Errorf("%s (%s): best grade %q, want %q", trace.ID, trace.What, best, trace.Grade)
				case !told:
					t.Errorf("%s (%s): no finding tells the time %v", trace.ID, trace.What, trace.Planted)
				}
			}
		})
	}
}

// toldIn reports whether an exhibit of a finding tells when a trace was planted.
func toldIn(f detect.Finding, trace fabricate.Trace) bool {
	for _, e := range f.Exhibits {
		if tells(e.Data, trace.Planted) {
			return true
		}
	}
	return false
}

// TestHandsetTraps examines the benign twins.
func TestHandsetTraps(t *testing.T) {
	t.Parallel()
	for _, tt := range handsets() {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			tt.opt.Benign = true
			path, truth, err := fabricate.Make(tt.kind, dir, tt.opt)
			if err != nil {
				t.Fatal(err)
			}
			if len(truth.Traces) != 0 || len(truth.Traps) == 0 {
				t.Fatalf("%d traces, %d traps", len(truth.Traces), len(truth.Traps))
			}
			res := examine(t, dir, path, "")
			var records strings.Builder
			for name, text := range tree(t, res.Case.Dir) {
				if strings.HasPrefix(name, "records") {
					records.WriteString(text)
				}
			}
			for _, trap := range truth.Traps {
				if !strings.Contains(records.String(), trap.Contains) {
					t.Errorf("%s (%s): no record has it", trap.ID, trap.What)
				}
			}
			for _, f := range findings(t, res) {
				if f.Grade > allowed(f, truth.Traps) {
					t.Errorf("%s is graded %q in a benign acquisition: %s\n%s", f.Detector, f.Grade, f.Title.EN, f.Exhibits[0].Data)
				}
			}
		})
	}
}

// allowed is the highest grade that a finding may have in a benign acquisition: that
// of the trap that it is about.
func allowed(f detect.Finding, traps []fabricate.Trap) detect.Grade {
	grade := detect.Context
	for _, trap := range traps {
		for _, e := range f.Exhibits {
			if bytes.Contains(e.Data, []byte(trap.Contains)) {
				grade = max(grade, trap.Grade)
			}
		}
	}
	return grade
}

// TestHandsetSameSeed makes each acquisition twice.
func TestHandsetSameSeed(t *testing.T) {
	t.Parallel()
	for _, tt := range handsets() {
		tt.opt.Crashes, tt.opt.Files, tt.opt.Megabytes = 3, 200, 2
		var made [2]map[string]string
		for i := range made {
			dir := t.TempDir()
			if _, _, err := fabricate.Make(tt.kind, dir, tt.opt); err != nil {
				t.Fatal(err)
			}
			made[i] = tree(t, dir)
		}
		for name, text := range made[0] {
			if made[1][name] != text {
				t.Errorf("%s: %s differs", tt.name, name)
			}
		}
	}
}

// TestHandsetRefusals gives options that nothing can be made of.
func TestHandsetRefusals(t *testing.T) {
	t.Parallel()
	for _, opt := range []fabricate.Options{{IOS: 16}, {Form: "rar"}, {Layout: "other"}} {
		if _, _, err := fabricate.Make(fabricate.Filesystem, t.TempDir(), opt); err == nil {
			t.Errorf("%+v: made", opt)
		}
	}
}
