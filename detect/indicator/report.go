package indicator

import (
	"cmp"
	"slices"
)

// A Report says what [Load] did with a file: everything in it is counted, as
// accepted or by the reason why it is not used.
type Report struct {
	Name     string         // of the feed
	Format   string         // as recognised, "" if it was not
	SHA256   string         // of the file, in hexadecimal
	Bytes    int64          // read
	Objects  int            // objects, attributes or lines read
	Accepted int            // indicators that are in use
	ByType   map[string]int // of the accepted ones, by their STIX property
	Reasons  []Reason       // what is not in use, and notes; sorted by outcome and text

	places map[string]int // of reasons, while they are counted
}

// Outcome says what became of an object.
type Outcome string

// The outcomes, beside being accepted.
const (
	Refused Outcome = "refused" // meant as an indicator, but cannot be used
	Ignored Outcome = "ignored" // no indicator, or none that a phone can show
	Revoked Outcome = "revoked" // taken back by its source, or replaced by a later version
	Noted   Outcome = "noted"   // accepted, with a restriction
)

// A Reason is why some objects were not used or only with a restriction.
type Reason struct {
	Outcome Outcome
	Text    string
	Count   int
	Samples []string // the first ones, with their place and shortened
}

// Limits of a report.
const (
	maxSamples = 10
	maxReasons = 1000
)

const otherReasons = "other reasons"

// Total returns how many objects had an outcome.
func (r *Report) Total(o Outcome) (n int) {
	for _, x := range r.Reasons {
		if x.Outcome == o {
			n += x.Count
		}
	}
	return n
}

// note counts one object.
func (r *Report) note(o Outcome, text, sample string) {
	key := string(o) + "\x00" + text
	i, ok := r.places[key]
	if !ok {
		if len(r.Reasons) >= maxReasons && text != otherReasons { // at most one more for each outcome
			r.note(o, otherReasons, sample)
			return
		}
		r.Reasons = append(r.Reasons, Reason{Outcome: o, Text: text})
		i = len(r.Reasons) - 1
		if r.places == nil {
			r.places = map[string]int{}
		}
		r.places[key] = i
	}
	x := &r.Reasons[i]
	if x.Count++; len(x.Samples) < maxSamples && sample != "" {
		x.Samples = append(x.Samples, shorten(sample))
	}
}

// sort puts the reasons in their final order; nothing can be noted afterwards.
func (r *Report) sort() {
	r.places = nil
	slices.SortStableFunc(r.Reasons, func(a, b Reason) int {
		return cmp.Or(cmp.Compare(a.Outcome, b.Outcome), cmp.Compare(a.Text, b.Text))
	})
}
