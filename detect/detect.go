// Package detect defines what is looked for in records and what is found.
//
// Detectors look at one record at a time; correlators note observations on the
// way and judge them together, in time order, when all records were read.
package detect

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"reflect"
	"time"

	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// A Detector examines one record at a time. Indicator sets and rules on single
// records are detectors. It must be safe for concurrent use.
type Detector interface {
	// Detect calls found for each finding on the record.
	Detect(rec record.Record, found func(Finding))
}

// A Correlator judges several records of a case together. It must be safe for
// concurrent use, and keep nothing of the records that it observes.
type Correlator interface {
	// ID names the correlator, as [Finding.Detector] does.
	ID() string

	// Observe calls seen for each thing worth remembering of the record.
	Observe(rec record.Record, seen func(Observation))

	// Correlate judges all observations of one case by this correlator, in
	// time order, those without a time first. Other correlators may do so at the
	// same time.
	Correlate(seen iter.Seq2[Observation, error], found func(Finding)) error
}

// A Selective detector or correlator knows which artifacts it has nothing to do
// with; it need not be asked about their records.
type Selective interface {
	// Concerns reports whether records of an artifact can give anything.
	Concerns(artifact string) bool
}

// An Observation is what a correlator remembers of one record.
type Observation struct {
	Correlator string           `json:"correlator"`
	Step       string           `json:"step,omitempty"`  // which of its conditions was met
	Key        string           `json:"key,omitempty"`   // what joins observations
	Kept       []string         `json:"kept,omitempty"`  // values that are compared with those of others
	Clock      *record.WallTime `json:"clock,omitempty"` // dates the record where only the clock of the device does, as the rule compares it
	Exhibit    Exhibit          `json:"exhibit"`

	// Once, if it is not empty, is the same for observations of a job of which only
	// the first is needed. It is not kept.
	Once string `json:"-"`
}

// At returns what puts the observation in order: its clock, read as UTC, or else
// the time of its exhibit. It is zero if there is neither.
func (o *Observation) At() time.Time {
	if o.Clock != nil {
		return o.Clock.Time
	}
	return o.Exhibit.Time.Time
}

// A Finding is something that an analyst should look at, with everything that
// is needed to judge it.
type Finding struct {
	ID         string      `json:"id"`       // digest of the detector and the exhibits: the same in each run
	Detector   string      `json:"detector"` // "rule/ios-tcc-…" or "indicator/<feed>/<ID>"
	Grade      Grade       `json:"grade"`
	Title      lang.Text   `json:"title"`
	Why        lang.Text   `json:"why"`        // why it matters
	Confidence lang.Text   `json:"confidence"` // how sure, and why
	Benign     []lang.Text `json:"benign"`     // known harmless causes; never empty
	Next       []lang.Text `json:"next"`       // what to do next; never empty
	Refs       []string    `json:"refs,omitempty"`
	Threat     string      `json:"threat,omitempty"` // tool or campaign, as the source names it
	Match      *Match      `json:"match,omitempty"`  // of an indicator
	Exhibits   []Exhibit   `json:"exhibits"`         // the records; never empty
}

// A Match says how an indicator met a record.
type Match struct {
	Type     string `json:"type"`     // kind of the indicator, such as "domain-name:value"
	Value    string `json:"value"`    // of the indicator
	Feed     string `json:"feed"`     // name of the feed
	ID       string `json:"id"`       // of the indicator in its feed
	Field    string `json:"field"`    // of the record, by its JSON name
	Observed string `json:"observed"` // the part of the field that matched
	How      string `json:"how"`      // stable word, such as "same-host" or "subdomain"
}

// An Exhibit is a record as a finding shows it.
type Exhibit struct {
	Artifact  string          `json:"artifact"`
	Origin    record.Origin   `json:"origin"`
	Summary   string          `json:"summary"`              // one line
	Time      record.Time     `json:"time"`                 // null if the record has none
	TimeField string          `json:"time_field,omitempty"` // which field the time is, by its JSON name; without a time, a clock without a zone
	Data      json.RawMessage `json:"data"`
}

// NewExhibit returns a record as a finding shows it, dated by its first time, or
// else by the first time of a clock without a zone of which the offset is known. Of
// a record that only has times of which it is not known, the exhibit names the field
// of the first. A record without a time gives an exhibit without one.
func NewExhibit(rec record.Record) Exhibit {
	e := Exhibit{Artifact: rec.Artifact, Origin: rec.Origin, Summary: record.Line(rec.Data.String())}
	t, err := record.TypeOf(rec.Data)
	if err != nil {
		e.Data = json.RawMessage("null")
		return e
	}
	v := reflect.ValueOf(rec.Data)
	showed := ""
	for _, f := range t.Fields {
		if f.Kind == record.KindWallTime && e.TimeField == "" {
			w := v.Field(f.Index).Interface().(record.WallTime)
			if showed == "" && !w.IsZero() {
				showed = f.Name
			}
			if at, ok := w.Instant(); ok {
				e.Time, e.TimeField = record.Time{Time: at, Rule: record.AsText, Zone: record.Resolved}, f.Name
				if w.Quality == record.AssumedZone {
					e.Time.Zone = record.Assumed
				}
			}
		}
		if f.Kind != record.KindTime {
			continue
		}
		if at := v.Field(f.Index).Interface().(record.Time); !at.IsZero() {
			e.Time, e.TimeField = at, f.Name
			break
		}
	}
	if e.TimeField == "" {
		e.TimeField = showed
	}
	e.Data, _ = record.AppendData(nil, rec.Data)
	return e
}

// Seal gives the finding the ID that its detector, indicator and exhibits
// determine.
func (f *Finding) Seal() {
	h := sha256.New()
	fmt.Fprintf(h, "%q", f.Detector)
	if f.Match != nil {
		fmt.Fprintf(h, "%q%q", f.Match.Field, f.Match.Observed)
	}
	for _, e := range f.Exhibits {
		fmt.Fprintf(h, "%q%q%q", e.Artifact, e.Origin.String(), e.Data)
	}
	f.ID = hex.EncodeToString(h.Sum(nil)[:8])
}

// Grade says in words how far a finding speaks for a compromise. It is no
// probability: an expert weighs it with the harmless causes.
type Grade uint8

// The grades, from the weakest.
const (
	Context     Grade = iota + 1 // worth knowing; by itself it means nothing
	NeedsExpert                  // unusual; an expert must look
	Strong                       // hard to explain otherwise
	Confirmed                    // a published trace of a known tool
)

var gradeNames = [...]string{"", "context", "needs an expert", "strong", "confirmed trace"}

// String returns the grade in words: "context", "needs an expert", "strong" or
// "confirmed trace".
func (g Grade) String() string {
	if int(g) >= len(gradeNames) {
		return fmt.Sprintf("grade %d", uint8(g))
	}
	return gradeNames[g]
}

// ParseGrade returns the grade with the given name.
func ParseGrade(name string) (Grade, error) {
	for i, n := range gradeNames {
		if i > 0 && n == name {
			return Grade(i), nil
		}
	}
	return 0, fmt.Errorf("parse grade: %q is not one of %q", name, gradeNames[1:])
}

// MarshalText implements [encoding.TextMarshaler].
func (g Grade) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (g *Grade) UnmarshalText(text []byte) (err error) {
	*g, err = ParseGrade(string(text))
	return err
}
