// Package rule finds records that are suspicious in themselves or together,
// without a published indicator.
//
// Rules are data: one YAML file each, with the texts that explain a finding in
// every language, the known harmless causes and examples of records that the
// rule must and must not find. [Load] checks all of it; a rule that cannot work
// as it is written is an error with a file and a line.
//
// # Conditions
//
// A condition is written in CEL (https://cel.dev). Its variables are the fields
// of the record by their JSON names:
//
//   - texts of every kind, such as addresses and paths, are strings as stored;
//   - a time is a timestamp, and null if the evidence records none; name_raw is
//     the stored number as text, "" if there is none;
//   - a clock without zone is a string such as "2024-01-31T12:00:00", or "";
//   - an optional value is null if the evidence has none;
//   - a list is a list; pairs of keys and values are a map, in which the values
//     of a repeated key are joined by line ends;
//   - origin.path, origin.table, origin.row and origin.state ("live", "logged"
//     or "deleted") say where the record was read;
//   - lists.name is a list of the rule;
//   - acquired is when the acquisition was made, as it says itself, and null if
//     it does not; see [Set.Inform].
//
// A field whose name CEL keeps for itself, such as package or type, is written
// data.package. Functions beside those of CEL and its strings library: see
// functions.go.
package rule

import (
	"time"

	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// A Rule says what to look for, and everything that a reader of its findings
// must know.
type Rule struct {
	ID         string // name of its file without ".yaml"
	File       string // path of its file in the file system it was loaded from
	Title      lang.Text
	Why        lang.Text // why it matters
	Confidence lang.Text // how sure, and why
	Grade      detect.Grade
	Benign     []lang.Text // known harmless causes; never empty
	Next       []lang.Text // what to do next; never empty
	Refs       []string    // public sources; never empty
	Threat     string      // tool or campaign, if the rule is about one
	Lists      []List      // by name

	// Artifacts lists the artifacts that the rule looks at, sorted.
	Artifacts []string

	// When holds the conditions on one record; empty for a sequence.
	When []Condition

	// Steps are what a sequence consists of; empty for a rule on one record.
	Steps  []Step
	Gaps   *Gaps         // if set, When selects numbered records, and missing numbers are found
	Within time.Duration // from the first to the last record of a sequence; 0 for no limit
	Any    bool          // the steps may come in any order
	Need   int           // how many different steps must be met; never more than there are

	Sources  Scope // which sources the records of a sequence may come from
	Together bool  // all sequences of a scope are one finding

	Examples []Example
}

// Name returns what findings call the rule, [detect.Finding.Detector].
func (r *Rule) Name() string { return "rule/" + r.ID }

// A Condition is a CEL expression about the records of one artifact.
type Condition struct {
	Artifact string
	Text     string
	line     int  // of the first line of Text in the file
	lines    bool // whether lines of Text are lines of the file
}

// A List names values that conditions use, with where they come from.
type List struct {
	Name   string
	Source string // public source of the values
	Values []string
}

// A Scope says which sources of a case the records of a sequence come from.
type Scope string

// The scopes.
const (
	OneSource Scope = "one"    // all from the same source; the default
	Nested    Scope = "nested" // from a source and those that lie in it
	WholeCase Scope = "case"   // from any source of the case
)

// A Step is one kind of record in a sequence. All records of a sequence come
// from the sources of its rule and have the same key.
type Step struct {
	Name   string
	When   []Condition   // what the record must be
	Key    []Condition   // what joins the records of a sequence; empty to go with any key
	Differ []Condition   // what must be different in each record; empty for nothing
	Keep   []Kept        // values of the record that Where compares
	Where  *Condition    // how it compares with the records of the steps before; nil for nothing
	Always bool          // what the record tells holds at any time: it has no place in order and window
	Each   time.Duration // of equal records of a file, only the first of each such time counts; 0 for all
	At     []string      // the fields that date the record; empty for its first time
	Count  int           // how many records are needed
	None   bool          // no such record may be near; see [Set.Correlators]
	Once   bool          // it is enough that such records exist: no more than Count are shown
	line   int
}

// A Kept is a value of the records of a step. In conditions it is step.name.
type Kept struct {
	Name  string
	Value []Condition // what it is; a record for which it is null does not meet the step
}

// Gaps are numbers missing among the records of one file, such as the keys of
// removed rows.
type Gaps struct {
	Number  []Condition // the number of a record; null for none
	Highest []Condition // which record tells the highest number ever given; may be empty
	Least   int         // how many numbers must be missing
}

// An Example is what a rule must find, or must not.
type Example struct {
	Match    bool
	Acquired time.Time // of the source of the records; zero if it is not known
	Records  []record.Record
	line     int
}
