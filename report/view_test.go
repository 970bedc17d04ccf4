package report

import (
	"testing"

	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/evidence"
)

// TestLedgerView checks that the counts agree with the lines that are shown, and that
// artifacts of other systems are only counted.
func TestLedgerView(t *testing.T) {
	t.Parallel()
	c := hostileCase(t)
	jsonl(t, c, []engine.Coverage{
		{Artifact: "ios.tcc", Outcome: engine.Complete, Records: 3},
		{Artifact: "ios.calls", Outcome: engine.Empty},
		{Artifact: "ios.sms", Outcome: engine.Empty},
		{Artifact: "ios.shutdown", Outcome: engine.NotApplicable},
		{Artifact: "android.users", Outcome: engine.NotApplicable, Reason: engine.ReasonSystem},
		{Artifact: "android.mounts", Outcome: engine.NotApplicable, Reason: engine.ReasonSystem},
	}, "coverage.jsonl")
	v, err := newView(c, "en")
	if err != nil {
		t.Fatal(err)
	}
	n, shown := v.Examined(), map[engine.Outcome]int{}
	others := 0
	for _, p := range v.Ledger {
		shown[p.Outcome] = len(p.Lines)
		others += p.Others
	}
	if n["whole"] != shown[engine.Complete]+shown[engine.Empty] || n["whole"] != 3 || n["empty"] != shown[engine.Empty] {
		t.Errorf("counts %v, lines %v", n, shown)
	}
	if shown[engine.NotApplicable] != 1 || others != 2 {
		t.Errorf("%d lines do not apply, %d are of other systems", shown[engine.NotApplicable], others)
	}
}

func TestPartIsTold(t *testing.T) {
	t.Parallel()
	var s source
	if s.Notes = []evidence.Note{{Code: "links-listed"}}; s.Part() != nil {
		t.Errorf("a note on links says that it is a part")
	}
	if s.Notes = append(s.Notes, evidence.Note{Code: "filesystem-part", Detail: "45 files"}); s.Part() == nil || s.Part().Detail != "45 files" {
		t.Errorf("part: %v", s.Part())
	}
}
