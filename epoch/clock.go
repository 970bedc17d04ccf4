package epoch

import (
	"cmp"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/vigie-project/vigie/record"
)

// Limits of a clock.
const (
	maxReadings = 100_000 // kept of those that are given, the earliest
	maxZones    = 32      // time zones by name; readings with others have their offset only
	maxZoneName = 64      // bytes of a name
)

// A Reading is the offset from UTC that a phone had at one instant, as a file of
// it records it.
type Reading struct {
	At     time.Time // UTC
	Offset int       // seconds east of UTC
	Zone   string    // IANA name of the time zone, "" if the file does not say it
	From   string    // device path of the file

	// Change says that the zone is in force from then on, until the next such
	// reading; other readings say nothing of what is before or after them.
	Change bool

	// Capture marks what the acquisition says of itself.
	Capture bool
}

// A Clock knows which offset from UTC the clock of a phone had at which time, as
// far as files of the phone record it. It does not change, and may be used by
// several goroutines.
type Clock struct {
	readings []reading // by time
	assumed  *time.Location
	offsets  []int            // all that readings have, in order
	zones    []*time.Location // all that readings have, by name
}

type reading struct {
	Reading
	zone *time.Location // that has the offset at that time; nil if none is known
	seen bool           // no file records it: it follows from a step back of a log
}

// offset returns the offset that the reading stands for at an instant: that of
// its zone, or else its own.
func (r *reading) offset(at time.Time) int {
	if r.zone == nil {
		return r.Offset
	}
	return offsetIn(r.zone, at)
}

func offsetIn(zone *time.Location, at time.Time) int {
	_, seconds := at.In(zone).Zone()
	return seconds
}

// Bounds of what is taken for the clock of a phone: a phone whose clock was never
// set shows 1970 or 2001, and zones are at quarters of an hour.
var (
	firstReading = time.Date(2007, 1, 1, 0, 0, 0, 0, time.UTC)
	lastReading  = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
)

const (
	quarter   = 15 * 60
	minOffset = -12 * 3600
	maxOffset = 14 * 3600
)

func plausible(offset int) bool {
	return offset >= minOffset && offset <= maxOffset && offset%quarter == 0
}

// NewClock returns the clock of a phone, from readings in any order and the name
// of the time zone that the acquisition names for all times, or "". Readings that
// no phone has are left out. It returns nil if nothing is known.
//
// A reading without a zone gets that of the reading next to it in time, or the
// assumed one, if that zone has its offset: daylight saving time follows from it.
func NewClock(readings []Reading, assumed string) *Clock {
	c := &Clock{}
	names := map[string]*time.Location{}
	c.assumed = locate(names, assumed)
	for _, r := range readings {
		if plausible(r.Offset) && r.At.After(firstReading) && r.At.Before(lastReading) {
			r.At = r.At.UTC()
			c.readings = append(c.readings, reading{Reading: r})
		}
	}
	slices.SortFunc(c.readings, func(a, b reading) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Offset, b.Offset), strings.Compare(a.Zone, b.Zone), strings.Compare(a.From, b.From),
			compareBool(a.Change, b.Change), compareBool(a.Capture, b.Capture))
	})
	c.thin()
	if len(c.readings) == 0 && c.assumed == nil {
		return nil
	}
	for i := range c.readings {
		r := &c.readings[i]
		if zone := locate(names, r.Zone); zone != nil && offsetIn(zone, r.At) == r.Offset {
			r.zone = zone
		}
	}
	c.spread()
	c.collect()
	return c
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// locate returns a time zone by its name, nil if there is none.
func locate(known map[string]*time.Location, name string) *time.Location {
	if name == "" || name == "Local" || len(name) > maxZoneName {
		return nil
	}
	zone, ok := known[name]
	if !ok && len(known) < maxZones {
		zone, _ = time.LoadLocation(name)
		known[name] = zone
	}
	return zone
}

// near is how close two readings are of which a third between them, with the same
// offset, adds nothing.
const near = 12 * time.Hour

// thin leaves out readings that add nothing, and bounds the others.
func (c *Clock) thin() {
	kept := c.readings[:0]
	for i, r := range c.readings {
		n := len(kept)
		if n > 0 && i+1 < len(c.readings) && !r.Change && !r.Capture {
			a, b := &kept[n-1], &c.readings[i+1]
			if a.Offset == r.Offset && b.Offset == r.Offset && (r.Zone == "" || a.Zone == r.Zone) && b.At.Sub(a.At) < near {
				continue
			}
		}
		if n == maxReadings {
			break
		}
		kept = append(kept, r)
	}
	c.readings = slices.Clip(kept)
}

// spread gives zones to readings that have none of their own, from those that have.
func (c *Clock) spread() {
	given := make([]*time.Location, len(c.readings))
	before := make([]int, len(c.readings)) // index of the named reading before each, or -1
	last := -1
	for i := range c.readings {
		if before[i] = last; c.readings[i].zone != nil {
			last = i
		}
	}
	after := -1
	for i := len(c.readings) - 1; i >= 0; i-- {
		if c.readings[i].zone != nil {
			after = i
			continue
		}
		given[i] = c.lend(i, before[i], after)
	}
	for i, zone := range given {
		if zone != nil {
			c.readings[i].zone = zone
		}
	}
}

// lend returns the zone for a reading from those beside it, the nearer one first,
// nil if none has its offset.
func (c *Clock) lend(i, before, after int) *time.Location {
	r := &c.readings[i]
	if before >= 0 && after >= 0 && c.readings[after].At.Sub(r.At) < r.At.Sub(c.readings[before].At) {
		before, after = after, before
	}
	zones := make([]*time.Location, 0, 3)
	for _, n := range []int{before, after} {
		if n >= 0 {
			zones = append(zones, c.readings[n].zone)
		}
	}
	for _, zone := range append(zones, c.assumed) {
		if zone != nil && offsetIn(zone, r.At) == r.Offset {
			return zone
		}
	}
	return nil
}

// collect notes which offsets and zones there are.
func (c *Clock) collect() {
	c.offsets, c.zones = nil, nil
	for i := range c.readings {
		r := &c.readings[i]
		if !slices.Contains(c.offsets, r.Offset) {
			c.offsets = append(c.offsets, r.Offset)
		}
		if r.zone != nil && !slices.Contains(c.zones, r.zone) {
			c.zones = append(c.zones, r.zone)
		}
	}
	slices.Sort(c.offsets)
	slices.SortFunc(c.zones, func(a, b *time.Location) int { return strings.Compare(a.String(), b.String()) })
}

// How close readings on both sides of an instant are for its offset to be taken
// as recorded; if the first is a change, the one after it.
const (
	exactGap       = 48 * time.Hour
	exactChangeGap = 14 * 24 * time.Hour
)

// A state is what the clock has at an instant.
type state struct {
	offset  int
	zone    *time.Location
	quality record.Quality
}

func (r *reading) state(at time.Time, q record.Quality) state {
	if r.seen {
		q = min(q, record.NearestOffset)
	}
	return state{r.offset(at), r.zone, q}
}

// around returns the readings next to an instant, nil if there is none on a side.
func (c *Clock) around(at time.Time) (before, after *reading) {
	i := sort.Search(len(c.readings), func(i int) bool { return c.readings[i].At.After(at) })
	if i > 0 {
		before = &c.readings[i-1]
	}
	if i < len(c.readings) {
		after = &c.readings[i]
	}
	return before, after
}

// at returns the offset at an instant.
func (c *Clock) at(at time.Time) state {
	before, after := c.around(at)
	switch {
	case before == nil && after == nil:
		return state{offsetIn(c.assumed, at), c.assumed, record.AssumedZone}
	case before == nil:
		return after.alone(at)
	case after == nil:
		return before.alone(at)
	}
	gap := after.At.Sub(before.At)
	same := before.offset(at) == after.offset(at)
	switch {
	case before.At.Equal(at):
		return before.state(at, record.ExactOffset)
	case after.seen && same:
		return before.state(at, record.NearestOffset)
	case gap <= exactGap && (same || after.Change && !after.seen):
		return before.state(at, record.ExactOffset)
	case before.Change && (same || after.Change) && gap <= exactChangeGap:
		return before.state(at, record.ExactOffset)
	case before.Change && after.Change, after.Change && at.Before(after.At):
		return before.state(at, record.NearestOffset)
	case after.At.Sub(at) < at.Sub(before.At):
		return after.state(at, record.NearestOffset)
	}
	return before.state(at, record.NearestOffset)
}

// alone returns the state by the only reading next to an instant.
func (r *reading) alone(at time.Time) state {
	switch {
	case r.At.Equal(at):
		return r.state(at, record.ExactOffset)
	case r.Capture:
		return r.state(at, record.CaptureOffset)
	}
	return r.state(at, record.NearestOffset)
}

// A Span is a time during which readings agree.
type Span struct {
	From     time.Time `json:"from"`   // UTC, of the first reading
	To       time.Time `json:"to"`     // UTC, of the last reading
	Offset   string    `json:"offset"` // from UTC, as "+02:00"
	Zone     string    `json:"zone,omitempty"`
	Readings int       `json:"readings"` // readings that are kept
	Sources  []string  `json:"sources"`  // device paths of some of the files, in order
}

// Limits of what spans tell.
const (
	maxSpans       = 500
	maxSpanSources = 3
)

// Spans returns what the clock knows, in the order of time, at most 500 spans. A nil
// clock knows nothing.
func (c *Clock) Spans() []Span {
	if c == nil {
		return nil
	}
	var list []Span
	for i := range c.readings {
		r := &c.readings[i]
		zone, offset := "", record.OffsetText(int32(r.Offset))
		if r.zone != nil {
			zone = r.zone.String()
		}
		n := len(list)
		if n == 0 || list[n-1].Offset != offset || list[n-1].Zone != zone {
			if n == maxSpans {
				break
			}
			list = append(list, Span{From: r.At, Offset: offset, Zone: zone})
			n++
		}
		s := &list[n-1]
		s.To = r.At
		s.Readings++
		if len(s.Sources) < maxSpanSources && r.From != "" && !slices.Contains(s.Sources, r.From) {
			s.Sources = append(s.Sources, r.From)
		}
	}
	return list
}
