package engine_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/record"
)

// TestLooseFiles plans files without folders: each is taken for what has its
// name on a phone, but not for what has any name.
func TestLooseFiles(t *testing.T) {
	t.Parallel()
	src := source(map[string]string{"files/a.txt": "x\n", "files/deep/er/sms.db": "x\n", "files/other.plist": "x\n", "files/b.ips": "x\n"})
	src.Kind = evidence.IOSFiles
	android := parser("android.b", "**/a.txt")
	android.Inputs[0].Kinds = evidence.AndroidQF
	wrong := parser("ios.wrong", "**/Library/SMS/sms.db")
	wrong.Parse = func(context.Context, *artifact.Input) iter.Seq2[record.Record, error] {
		return func(yield func(record.Record, error) bool) {
			yield(record.Record{}, fmt.Errorf("read table: %w", sqlite.ErrNoTable))
		}
	}
	parsers := []*artifact.Parser{
		android, parser("ios.any", "private/var/*"), parser("ios.ips", "private/*/*.ips"), parser("ios.list", "private/*.plist"),
		parser("ios.sms", "private/var/mobile/Library/SMS/sms.db"), wrong,
	}
	plan := engine.NewPlan(src, parsers, everything)
	var jobs []string
	for _, j := range plan.Jobs {
		jobs = append(jobs, j.Parser.ID+" "+j.Files[0].Path)
	}
	want := []string{"ios.ips files/b.ips", "ios.sms files/deep/er/sms.db", "ios.wrong files/deep/er/sms.db"}
	if !slices.Equal(jobs, want) {
		t.Errorf("jobs %q, want %q", jobs, want)
	}
	for _, c := range plan.Rest {
		if c.Outcome != engine.NotApplicable {
			t.Errorf("%s: %s", c.Artifact, c.Outcome)
		}
	}
	done, err := (&engine.Engine{Workers: 1}).Run(t.Context(), plan.Jobs, newMemory())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range engine.Merge(append(done, done[2])) {
		got = append(got, fmt.Sprint(c.Artifact, " ", c.Outcome, " ", c.Reason))
	}
	if text := strings.Join(got, "\n"); text != "ios.ips complete \nios.sms complete \nios.wrong absent "+engine.ReasonOther {
		t.Error(text)
	}
}
