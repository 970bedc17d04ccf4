package rule

import (
	"slices"
	"time"

	"github.com/vigie-project/vigie/detect"
)

// A run is one correlation of the observations of a case.
type run struct {
	*sequence
	found   func(detect.Finding)
	tracks  map[string]*track
	order   []*track // as they came
	seen    []bool   // by step
	dropped int
}

// A track follows the events with one key.
type track struct {
	key    string
	last   time.Time // of the newest event
	recent [][]event // for any order: the newest events of each step, as many as it needs
	links  [][]*link // for steps in order: the newest chains that end at each place
	hit    *hit      // for any order: what is found and still grows
	held   []*hit    // found, unless a record that must not be there comes
	none   bool      // whether a record that must not be there came
	noneAt time.Time // the newest of them
}

// A link is the last event of a chain.
type link struct {
	event
	prev  *link
	first time.Time
}

// A hit is a sequence that was met.
type hit struct {
	events     []event
	first, end time.Time
	hindered   bool
}

// instant takes in the events of one instant, steps in their order.
func (r *run) instant(events []event) {
	slices.SortStableFunc(events, func(a, b event) int { return a.step - b.step })
	for i := range events {
		e := &events[i]
		r.seen[e.step] = true
		t := r.tracks[e.key]
		if t == nil {
			if len(r.tracks) >= maxTracks {
				r.sweep(e.at())
			}
			if len(r.tracks) >= maxTracks {
				r.dropped++
				continue
			}
			t = &track{key: e.key, recent: make([][]event, len(r.rule.Steps)), links: make([][]*link, len(r.chain))}
			r.tracks[e.key] = t
			r.order = append(r.order, t)
		}
		t.last = e.at()
		r.settle(t, t.last)
		switch {
		case r.rule.Steps[e.step].None:
			r.hinder(t, e.at())
		case r.rule.Any:
			r.gather(t, e)
		default:
			r.extend(t, e)
		}
	}
}

// far reports whether b is too long after a to belong together.
func (r *run) far(a, b time.Time) bool { return r.rule.Within > 0 && b.Sub(a) > r.rule.Within }

// sweep forgets the tracks that nothing can be added to.
func (r *run) sweep(now time.Time) {
	r.order = slices.DeleteFunc(r.order, func(t *track) bool {
		r.settle(t, now)
		if !r.far(t.last, now) || len(t.held) > 0 {
			return false
		}
		delete(r.tracks, t.key)
		return true
	})
}

// hinder notes a record that must not be there.
func (r *run) hinder(t *track, at time.Time) {
	t.none, t.noneAt = true, at
	if t.hit != nil && !r.far(t.hit.end, at) {
		t.hit.hindered = true
	}
	for _, h := range t.held {
		h.hindered = h.hindered || !r.far(h.end, at)
	}
}

// settle hands on what was found and what no later event can change.
func (r *run) settle(t *track, now time.Time) {
	if t.hit != nil && r.far(t.hit.first, now) {
		r.hold(t, t.hit)
		t.hit = nil
	}
	if r.none && r.keyed {
		return // only at the end it is known whether such records were read
	}
	for len(t.held) > 0 && r.far(t.held[0].end, now) {
		r.emit(t.held[0])
		t.held = t.held[1:]
	}
}

// hold keeps a hit until no record that must not be there can come.
func (r *run) hold(t *track, h *hit) {
	if r.none {
		t.held = append(t.held, h)
		return
	}
	r.emit(h)
}

func (r *run) emit(h *hit) {
	if h.hindered {
		return
	}
	exhibits := make([]detect.Exhibit, len(h.events))
	for i := range h.events {
		exhibits[i] = h.events[i].Exhibit
	}
	r.found(r.rule.finding(exhibits))
}

// end hands on everything that is left.
func (r *run) end() {
	proven := true
	for i, s := range r.rule.Steps {
		proven = proven && !(s.None && r.keyed && !r.seen[i])
	}
	for _, t := range r.order {
		if t.hit != nil {
			r.hold(t, t.hit)
		}
		for _, h := range t.held {
			if proven {
				r.emit(h)
			}
		}
	}
}

// met starts a hit, hindered if a record that must not be there came before.
func (r *run) met(t *track, events []event) *hit {
	h := &hit{events: events, first: events[0].at(), end: events[len(events)-1].at()}
	h.hindered = t.none && !r.far(t.noneAt, h.first)
	return h
}

// gather adds an event to steps in any order.
func (r *run) gather(t *track, e *event) {
	repeats := func(o event) bool { return o.same(e) || e.differ != "" && o.differ == e.differ }
	if h := t.hit; h != nil {
		known := r.rule.Steps[e.step].Once || slices.ContainsFunc(h.events, repeats)
		if !known && len(h.events) < r.wanted()+maxExhibits {
			h.events = append(h.events, *e)
			h.end = e.at()
		}
		return
	}
	for i := range t.recent {
		t.recent[i] = slices.DeleteFunc(t.recent[i], func(o event) bool {
			return r.far(o.at(), e.at()) || i == e.step && repeats(o)
		})
		if slices.ContainsFunc(t.recent[i], repeats) {
			return // it counts for the other step
		}
	}
	need := r.rule.Steps[e.step].Count
	t.recent[e.step] = append(t.recent[e.step], *e)
	if n := len(t.recent[e.step]); n > need {
		t.recent[e.step] = t.recent[e.step][n-need:]
	}
	var events []event
	met := 0
	for i, s := range r.rule.Steps {
		if !s.None && len(t.recent[i]) == s.Count {
			met++
			events = append(events, t.recent[i]...)
		}
	}
	if met < r.rule.Need {
		return
	}
	slices.SortStableFunc(events, func(a, b event) int { return a.at().Compare(b.at()) })
	t.hit = r.met(t, events)
	clear(t.recent)
}

// wanted returns how many records all steps ask for.
func (r *run) wanted() int { return len(r.chain) }

// maxLinks bounds the chains kept for each place. The newest is the best one,
// unless its last record cannot be followed by the next.
const maxLinks = 4

// extend adds an event to steps in order.
func (r *run) extend(t *track, e *event) {
	last := len(r.chain) - 1
	for i := last; i >= 0; i-- {
		if r.chain[i] != e.step {
			continue
		}
		l := &link{event: *e, first: e.at()}
		if i > 0 {
			if l.prev = r.follows(t.links[i-1], e); l.prev == nil {
				continue
			}
			l.first = l.prev.first
		}
		if i == last {
			r.hold(t, r.met(t, l.events()))
			clear(t.links)
			return
		}
		if t.links[i] = append(t.links[i], l); len(t.links[i]) > maxLinks {
			t.links[i] = slices.Delete(t.links[i], 0, 1)
		}
	}
}

// follows returns the newest chain that an event can follow, nil for none.
func (r *run) follows(links []*link, e *event) *link {
	for _, l := range slices.Backward(links) {
		if !r.far(l.first, e.at()) && l.accepts(e) {
			return l
		}
	}
	return nil
}

// events returns the events of a chain in order.
func (l *link) events() (events []event) {
	for ; l != nil; l = l.prev {
		events = append(events, l.event)
	}
	slices.Reverse(events)
	return events
}

// accepts reports whether an event can follow the chain.
func (l *link) accepts(e *event) bool {
	for ; l != nil; l = l.prev {
		if l.same(e) || e.differ != "" && l.differ == e.differ {
			return false
		}
	}
	return true
}
