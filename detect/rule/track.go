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
	groups  map[string]*group
	scopes  []*group // as they came
	dropped int
	offers  int
}

// A group holds the events whose sources belong together.
type group struct {
	seen   []bool   // by step
	order  []*track // as they came
	loose  []event  // the newest that go with any key, as many of each step as it needs
	bundle []detect.Exhibit
}

// A track follows the events with one key.
type track struct {
	key    string
	group  *group
	last   time.Time // of the newest event
	recent [][]event // for any order: the newest events of each step, as many as it needs
	links  [][]*link // for steps in order: the newest chains that end at each place
	hit    *hit      // for any order: what is found and still grows
	held   []*hit    // found, unless a record that must not be there comes
	none   bool      // whether a record that must not be there came
	noneAt time.Time // the newest of them
	always [][]event // by step: records that hold at any time, as many as it needs
	never  bool      // whether a record came that must not be there at any time
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
		g := r.group(e.scope)
		g.seen[e.step] = true
		if e.key == "" {
			r.loose(g, e)
		} else if t := r.track(g, e); t != nil {
			r.take(t, e)
		}
	}
}

func (r *run) group(scope string) *group {
	g := r.groups[scope]
	if g == nil {
		g = &group{seen: make([]bool, len(r.rule.Steps))}
		r.groups[scope] = g
		r.scopes = append(r.scopes, g)
	}
	return g
}

// track returns the track of an event, nil if there are too many.
func (r *run) track(g *group, e *event) *track {
	if t := r.tracks[e.key]; t != nil {
		return t
	}
	if len(r.tracks) >= maxTracks {
		r.sweep(e.at())
	}
	if len(r.tracks) >= maxTracks {
		r.dropped++
		return nil
	}
	t := &track{key: e.key, group: g, recent: make([][]event, len(r.rule.Steps)), links: make([][]*link, len(r.chain))}
	if r.last {
		t.always = make([][]event, len(r.rule.Steps))
	}
	r.tracks[e.key] = t
	g.order = append(g.order, t)
	for i := range g.loose {
		r.take(t, &g.loose[i])
	}
	return t
}

// loose hands an event that goes with any key to all keys, now and later.
func (r *run) loose(g *group, e *event) {
	n, oldest := 0, 0
	for i := len(g.loose) - 1; i >= 0; i-- {
		if g.loose[i].step == e.step {
			n, oldest = n+1, i
		}
	}
	if n >= r.rule.Steps[e.step].Count+maxLinks {
		g.loose = slices.Delete(g.loose, oldest, oldest+1)
	}
	g.loose = append(g.loose, *e)
	for _, t := range g.order {
		if r.offers++; r.offers <= maxOffers {
			r.take(t, e)
		}
	}
}

// take adds an event to a track.
func (r *run) take(t *track, e *event) {
	step := &r.rule.Steps[e.step]
	if step.Always {
		r.state(t, e)
		return
	}
	t.last = e.at()
	r.settle(t, t.last)
	switch {
	case step.None:
		r.hinder(t, e.at())
	case r.rule.Any:
		r.gather(t, e)
	default:
		r.extend(t, e)
	}
}

// state notes a record that holds at any time.
func (r *run) state(t *track, e *event) {
	step := &r.rule.Steps[e.step]
	if step.None {
		t.never = true
		return
	}
	known := slices.ContainsFunc(t.always[e.step], func(o event) bool { return o.same(e) })
	if !known && len(t.always[e.step]) < step.Count {
		t.always[e.step] = append(t.always[e.step], *e)
	}
}

// far reports whether b is too long after a to belong together.
func (r *run) far(a, b time.Time) bool { return r.rule.Within > 0 && b.Sub(a) > r.rule.Within }

// sweep forgets the tracks that nothing can be added to.
func (r *run) sweep(now time.Time) {
	for _, g := range r.scopes {
		g.order = slices.DeleteFunc(g.order, func(t *track) bool {
			r.settle(t, now)
			if !r.far(t.last, now) || len(t.held) > 0 || t.never || r.last && slices.ContainsFunc(t.always, func(e []event) bool { return e != nil }) {
				return false
			}
			delete(r.tracks, t.key)
			return true
		})
	}
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
	if r.last {
		return // only then it is known whether such records were read
	}
	for len(t.held) > 0 && r.far(t.held[0].end, now) {
		r.emit(t, t.held[0])
		t.held = t.held[1:]
	}
}

// hold keeps a hit until no record that must not be there can come.
func (r *run) hold(t *track, h *hit) {
	if r.none || r.last {
		t.held = append(t.held, h)
		return
	}
	r.emit(t, h)
}

func (r *run) emit(t *track, h *hit) {
	if h.hindered || t.never {
		return
	}
	exhibits := make([]detect.Exhibit, 0, len(h.events))
	for i := range h.events {
		exhibits = append(exhibits, h.events[i].Exhibit)
	}
	for i, s := range r.rule.Steps {
		if !s.Always || s.None {
			continue
		}
		if len(t.always[i]) < s.Count {
			return
		}
		for _, e := range t.always[i] {
			exhibits = append(exhibits, e.Exhibit)
		}
	}
	if !r.rule.Together {
		r.found(r.rule.finding(exhibits))
		return
	}
	g := t.group
	if len(g.bundle) > 0 && len(g.bundle)+len(exhibits) > maxTogether {
		r.found(r.rule.finding(g.bundle))
		g.bundle = nil
	}
	g.bundle = append(g.bundle, exhibits...)
}

// end hands on everything that is left.
func (r *run) end() {
	for _, g := range r.scopes {
		proven := true
		for i, s := range r.rule.Steps {
			proven = proven && !(s.None && s.Key != nil && !g.seen[i])
		}
		for _, t := range g.order {
			if t.hit != nil {
				r.hold(t, t.hit)
			}
			for _, h := range t.held {
				if proven {
					r.emit(t, h)
				}
			}
		}
		if len(g.bundle) > 0 {
			r.found(r.rule.finding(g.bundle))
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
		if !s.None && !s.Always && len(t.recent[i]) == s.Count {
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
	where := r.compiled.steps[e.step].where
	for _, l := range slices.Backward(links) {
		if r.far(l.first, e.at()) || !l.accepts(e) {
			continue
		}
		if where == nil {
			return l
		}
		ok, err := where.holds(r.compiled.steps, e, l)
		if err != nil {
			r.fail(r.rule, e.Exhibit.Artifact, err)
		}
		if ok {
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
