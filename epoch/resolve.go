package epoch

import (
	"math"
	"slices"
	"time"

	"github.com/vigie-project/vigie/record"
)

// slack is how far lines of a log may be out of order, and how long after a
// change of the zone the next line may come for the change to be recognised.
const slack = 2 * time.Minute

// Resolve returns a time that the clock of the phone showed with the offset that
// was in force then. After, unless it is zero, is an instant that the time is not
// before, such as that of the line before it: it tells the two readings of an hour
// that the clock showed twice apart. A nil clock, and a time without a year, change
// nothing.
func (c *Clock) Resolve(w record.WallTime, after time.Time) record.WallTime {
	if c == nil || w.IsZero() || w.Year() == 0 {
		return w
	}
	shown := w.AsUTC()
	list := c.candidates(shown)
	s, ok := choose(shown, list, after)
	if !ok { // the clock cannot have shown it, as far as is known
		s = c.at(shown.Add(-seconds(c.at(shown).offset)))
		s.quality = min(s.quality, record.NearestOffset)
	}
	return with(w, s)
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

// with returns the time with the offset of a state.
func with(w record.WallTime, s state) record.WallTime {
	w.Offset, w.Quality, w.Zone = int32(s.offset), s.quality, ""
	if s.zone != nil {
		w.Zone = s.zone.String()
	}
	return w
}

// candidates returns the states in which the clock may have shown a time, the
// earliest instant first.
func (c *Clock) candidates(shown time.Time) []state {
	offsets := slices.Clone(c.offsets)
	add := func(zone *time.Location) {
		for _, at := range []time.Time{shown.Add(-seconds(maxOffset)), shown.Add(-seconds(minOffset))} {
			if o := offsetIn(zone, at); !slices.Contains(offsets, o) {
				offsets = append(offsets, o)
			}
		}
	}
	for _, zone := range c.zones {
		add(zone)
	}
	if len(c.readings) == 0 {
		add(c.assumed)
	}
	slices.Sort(offsets)
	slices.Reverse(offsets) // the furthest east is the earliest
	var list []state
	for _, o := range offsets {
		if s := c.at(shown.Add(-seconds(o))); s.offset == o {
			list = append(list, s)
		}
	}
	return list
}

// choose returns the first of the states whose instant is not before another. Of
// several without one, the earliest is a guess.
func choose(shown time.Time, list []state, after time.Time) (s state, ok bool) {
	if len(list) == 0 {
		return s, false
	}
	if !after.IsZero() {
		for _, s := range list {
			if !shown.Add(-seconds(s.offset)).Before(after.Add(-slack)) {
				return s, true
			}
		}
	}
	s = list[0]
	if len(list) > 1 {
		s.quality = min(s.quality, record.NearestOffset)
	}
	return s, true
}

// ResolveAtCapture returns a time that a tool wrote during the capture, in the zone
// of the capture whatever the time is, as listings of files are. Without a capture,
// only an assumed zone is known.
func (c *Clock) ResolveAtCapture(w record.WallTime) record.WallTime {
	if c == nil || w.IsZero() || w.Year() == 0 {
		return w
	}
	var s state
	i := slices.IndexFunc(c.readings, func(r reading) bool { return r.Capture })
	switch {
	case i >= 0 && c.readings[i].zone != nil:
		s = state{zone: c.readings[i].zone, quality: record.CaptureOffset}
	case i >= 0:
		return with(w, state{c.readings[i].Offset, nil, record.CaptureOffset})
	case c.assumed != nil:
		s = state{zone: c.assumed, quality: record.AssumedZone}
	default:
		return w
	}
	y, m, d := w.Date()
	s.offset = offsetIn(s.zone, time.Date(y, m, d, w.Hour(), w.Minute(), w.Second(), w.Nanosecond(), s.zone))
	return with(w, s)
}

// A Jump is a step back of the clock between two lines of a log.
type Jump struct{ Before, After record.WallTime }

// JumpBetween returns the step back between two times of a log whose lines are in
// order, if it is that of a change of the time zone: quarters of an hour, less at
// most two minutes that passed between the lines.
func JumpBetween(before, after record.WallTime) (Jump, bool) {
	_, ok := (Jump{before, after}).step()
	return Jump{before, after}, ok
}

// step returns by how many seconds the offset became less.
func (j Jump) step() (int, bool) {
	if j.Before.IsZero() || j.After.IsZero() {
		return 0, false
	}
	back := j.Before.AsUTC().Sub(j.After.AsUTC())
	n := int(math.Ceil(back.Seconds()/quarter)) * quarter
	return n, back > 0 && n <= maxOffset-minOffset && seconds(n)-back <= slack
}

// WithJumps returns a clock for one log, which knows the changes of the zone that
// its lines show, in their order. A step back that what is recorded contradicts, or
// that follows from it, adds nothing.
func (c *Clock) WithJumps(jumps []Jump) *Clock {
	if c == nil {
		return nil
	}
	for i := len(jumps) - 1; i >= 0; i-- { // the last first: the capture is after all of them
		c = c.withJump(jumps[i])
	}
	return c
}

func (c *Clock) withJump(j Jump) *Clock {
	step, ok := j.step()
	if !ok || len(c.readings) == 0 {
		return c
	}
	before, after := j.Before.AsUTC(), j.After.AsUTC()
	for _, a := range c.candidates(before) {
		for _, b := range c.candidates(after) {
			if a.offset-b.offset == step {
				return c // it follows from what is known
			}
		}
	}
	s := c.at(after.Add(-seconds(c.at(after).offset)))
	if s.quality == record.ExactOffset {
		return c // somebody set the clock
	}
	offset, ok := c.anchor(after, after.Add(-seconds(s.offset)), step)
	if !ok {
		return c
	}
	list := append(slices.Clone(c.readings),
		reading{Reading: Reading{At: before.Add(-seconds(offset + step)), Offset: offset + step}, seen: true},
		reading{Reading: Reading{At: after.Add(-seconds(offset)), Offset: offset, Change: true}, seen: true})
	slices.SortStableFunc(list, func(a, b reading) int { return a.At.Compare(b.At) })
	other := &Clock{readings: list, assumed: c.assumed}
	other.spread()
	other.collect()
	return other
}

// anchor returns the offset after a step back, from the readings around it: that of
// the next one, or of the one before if that is closer and they do not agree.
func (c *Clock) anchor(shown, about time.Time, step int) (offset int, ok bool) {
	before, after := c.around(about)
	var fromBefore, fromAfter int
	if before != nil {
		fromBefore = before.offset(about) - step
	}
	if after != nil {
		fromAfter = after.offset(about)
	}
	switch {
	case after == nil:
		offset = fromBefore
	case before == nil || fromBefore == fromAfter || before.offset(about) == fromAfter:
		offset = fromAfter
	case about.Sub(before.At) < after.At.Sub(about):
		offset = fromBefore
	default:
		offset = fromAfter
	}
	return offset, plausible(offset) && plausible(offset+step)
}
