package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/examination"
	"github.com/vigie-project/vigie/report"
)

// maxNamed is how many artifacts of one outcome the summary names.
const maxNamed = 6

// summary tells how an examination ended: what was found, and first of all
// what was not examined. It never reassures.
func (t *terminal) summary(res *examination.Result) {
	for _, src := range res.Opened {
		t.println(t.sourceLine(src.Name, src.Kind, src.Device))
		for _, n := range src.Notes {
			if n.Code == "filesystem-part" {
				t.println("  " + report.Note(n, t.lang) + " (" + n.Detail + ")")
			}
		}
	}
	if len(res.Opened) > 0 {
		t.println("")
	}
	found := 0
	for g := detect.Confirmed; g >= detect.Context; g-- {
		if n := res.Verdict.Findings[g.String()]; n > 0 {
			found += n
			t.println("  " + t.text("grade-"+gradeID(g), "Count", n))
		}
	}
	if found == 0 {
		t.println("  " + t.text("summary-none"))
	}
	t.println("")
	for _, o := range engine.Outcomes {
		if n := res.Verdict.Coverage[o] - ofOtherSystems(res.Ledger, o); n > 0 {
			t.println("  " + t.text("outcome-"+outcomeID(o), "Count", n) + t.named(res.Ledger, o))
			t.reasons(res.Ledger, o)
		}
	}
	t.println("")
	t.println(t.text("summary-exit-" + fmt.Sprint(res.Verdict.Exit)))
	t.println(t.text("summary-case", "Dir", res.Case.Dir, "Records", res.Records, "Time", res.Elapsed.Round(10*time.Millisecond).String()))
}

// ofOtherSystems counts the artifacts with an outcome that are of other systems than
// the acquisition, which nobody looks for there.
func ofOtherSystems(ledger []engine.Coverage, o engine.Outcome) (n int) {
	for _, l := range ledger {
		if l.Outcome == o && l.Reason == engine.ReasonSystem {
			n++
		}
	}
	return n
}

// reasons says what could not be read of acquisitions as a whole, such as a backup in
// one of which the password is wrong: a technician can still mend that.
func (t *terminal) reasons(ledger []engine.Coverage, o engine.Outcome) {
	said := map[string]bool{}
	for _, l := range ledger {
		if l.Outcome != o || o != engine.Partial || l.Artifact != "acquisition" {
			continue
		}
		for _, reason := range l.Sample {
			if reason = oneLine(reason); !said[reason] && len(said) < maxNamed {
				said[reason] = true
				t.println("    " + shortened(reason))
			}
		}
	}
}

// shortened returns a line without the middle of what is far too long, such as a
// hostile name.
func shortened(s string) string {
	const most, half = 240, 100
	if r := []rune(s); len(r) > most {
		return string(r[:half]) + " … " + string(r[len(r)-half:])
	}
	return s
}

// sourceLine says what an acquisition is and of which device, as far as it
// tells.
func (t *terminal) sourceLine(name string, kind evidence.Kind, d evidence.Device) string {
	what := []string{t.text("kind-" + kindID(kind))}
	for _, s := range []string{d.Model, strings.TrimSpace(d.System + " " + d.Version)} {
		if s != "" {
			what = append(what, s)
		}
	}
	return t.text("summary-source", "Name", name, "What", strings.Join(what, ", "))
}

func gradeID(g detect.Grade) string     { return strings.ReplaceAll(g.String(), " ", "-") }
func outcomeID(o engine.Outcome) string { return strings.ReplaceAll(string(o), " ", "-") }

// named lists artifacts that ended badly, by their IDs.
func (t *terminal) named(ledger []engine.Coverage, o engine.Outcome) string {
	if !o.Incomplete() {
		return ""
	}
	var ids []string
	for _, l := range ledger {
		if l.Outcome != o || slices.Contains(ids, l.Artifact) {
			continue
		}
		if len(ids) == maxNamed {
			ids = append(ids, "…")
			break
		}
		ids = append(ids, l.Artifact)
	}
	return " (" + strings.Join(ids, ", ") + ")"
}

// resultJSON writes the result as one JSON line.
func (t *terminal) resultJSON(res *examination.Result) {
	t.json(map[string]any{
		"event": "result", "case": res.Case.Dir, "verdict": res.Verdict, "records": res.Records, "coverage": res.Ledger,
		"elapsed_ms": res.Elapsed.Milliseconds(),
	})
}
