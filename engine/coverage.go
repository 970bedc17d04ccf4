package engine

import (
	"fmt"

	"github.com/vigie-project/vigie/evidence"
)

// Coverage says how far one artifact of one source was examined. Together they
// tell what an absence of findings is worth.
type Coverage struct {
	Source   string          `json:"source"`
	Artifact string          `json:"artifact"`
	Outcome  Outcome         `json:"outcome"`
	Reason   string          `json:"reason,omitempty"` // why it was not run
	Files    int             `json:"files"`
	Records  int             `json:"records"`
	Deleted  int             `json:"deleted"` // of the records, those that were logged or recovered
	Findings int             `json:"findings"`
	Errors   int             `json:"errors"`
	Sample   []string        `json:"sample,omitempty"` // the first errors
	Notes    []evidence.Note `json:"notes,omitempty"`  // the first notes on the files

	others int // files that have the name of the artifact and are something else
	apart  int // files that are of another artifact of the same names
}

// Outcome is the result of examining an artifact.
type Outcome string

// The outcomes, from the least informative.
const (
	NotRun        Outcome = "not run"        // the run was stopped before, or the artifact is private
	NotApplicable Outcome = "not applicable" // the parser does not read this kind of source
	Absent        Outcome = "absent"         // the source has no such file
	Failed        Outcome = "failed"         // errors and no record
	Partial       Outcome = "partial"        // records and errors
	Empty         Outcome = "empty"          // read to the end, no record
	Complete      Outcome = "complete"       // read to the end, no error
)

// ReasonPrivate is why a private artifact is not run: that is a choice, and
// leaves no examination incomplete.
const ReasonPrivate = "personal data, read only when asked for"

// ReasonSystem is why an artifact does not apply that no acquisition of such a phone
// has: there is no need to name it to people.
const ReasonSystem = "of another system"

// Outcomes lists all outcomes in the order of reports: what went wrong first.
var Outcomes = []Outcome{Failed, Partial, NotRun, Complete, Empty, Absent, NotApplicable}

// Incomplete reports whether something that the source holds was not examined
// to the end.
func (o Outcome) Incomplete() bool { return o == Failed || o == Partial || o == NotRun }

// ReasonOther is why an artifact is absent although a loose file has its name.
const ReasonOther = "a file has the name of this artifact and lacks its table"

// maxSample bounds the errors and the notes kept for each job; the others are
// counted.
const maxSample = 20

func (c *Coverage) fail(err error) {
	c.Errors++
	if len(c.Sample) < maxSample {
		c.Sample = append(c.Sample, err.Error())
	}
}

// note keeps a note on a file. One on content that could not be read is an
// error too.
func (c *Coverage) note(n evidence.Note) {
	if n.Incomplete() {
		c.fail(fmt.Errorf("%s: %s", n.Path, n.Detail))
	}
	if len(c.Notes) < maxSample {
		c.Notes = append(c.Notes, n)
	}
}

func (c *Coverage) conclude() {
	switch {
	case c.Errors == 0 && c.Records == 0 && c.others > 0:
		c.Outcome, c.Reason = Absent, ReasonOther
	case c.Errors == 0 && c.Files == 0 && c.apart > 0:
		c.Outcome = Absent
	case c.Errors > 0 && c.Records == 0:
		c.Outcome = Failed
	case c.Errors > 0:
		c.Outcome = Partial
	case c.Records == 0:
		c.Outcome = Empty
	default:
		c.Outcome = Complete
	}
}

// Merge adds up the coverage of the jobs of each artifact of each source, in
// the order of their first job. An artifact is complete only if every job is.
func Merge(jobs []Coverage) []Coverage {
	var merged []Coverage
	at := map[[2]string]int{}
	for _, c := range jobs {
		key := [2]string{c.Source, c.Artifact}
		i, ok := at[key]
		if !ok {
			at[key] = len(merged)
			merged = append(merged, c)
			continue
		}
		m := &merged[i]
		m.Files += c.Files
		m.Records += c.Records
		m.Deleted += c.Deleted
		m.Findings += c.Findings
		m.Errors += c.Errors
		m.Sample = append(m.Sample[:len(m.Sample):len(m.Sample)], c.Sample[:min(len(c.Sample), maxSample-min(len(m.Sample), maxSample))]...)
		m.Notes = append(m.Notes[:len(m.Notes):len(m.Notes)], c.Notes[:min(len(c.Notes), maxSample-min(len(m.Notes), maxSample))]...)
		if m.Outcome == Absent && c.Outcome != Absent {
			m.Outcome, m.Reason, m.others = c.Outcome, "", 0
		}
		switch {
		case c.Outcome == Absent:
		case m.Outcome == NotRun && c.Outcome == NotRun:
		case m.Outcome == NotRun || c.Outcome == NotRun:
			m.Outcome, m.Reason = Partial, "part of it was not run"
			if m.Records == 0 && m.Errors > 0 {
				m.Outcome = Failed
			}
		default:
			if m.Reason == "" {
				m.conclude()
			}
		}
	}
	return merged
}
