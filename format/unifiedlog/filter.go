package unifiedlog

import (
	"encoding/binary"
	"slices"
	"strings"
	"time"
)

// A Filter selects entries. Its zero value selects all; each part that is set
// narrows. What a part says is applied where it costs least: whole files and
// compressed chunksets are skipped by it where that is possible.
type Filter struct {
	// Since and Until bound the wall clock time: at or after, and before. Entries
	// whose time is not known match.
	Since, Until time.Time
	Boots        []UUID

	// Processes are paths of executables, or their last element if they have no
	// slash. A process whose path is not known does not match.
	Processes []string
	PIDs      []uint32

	// Subsystems and Categories are whole names, or beginnings that end in "*".
	// Entries without subsystem do not match. No catalog tells the names of
	// simpledumps, so that Types without TypeSimpledump lets more be skipped.
	Subsystems []string
	Categories []string

	Types  []EventType
	Levels []Level // of messages; entries of other types than TypeLog and TypeSimpledump do not match

	// Contains is a text that messages must contain. Where the format string
	// alone tells, no message is composed.
	Contains string

	// Match, if set, decides on what passed the rest, before its message is
	// composed. It is called by all workers.
	Match func(*Entry) bool

	// Predicate, if set, decides last, on the message. It is called by all
	// workers and must not keep the bytes.
	Predicate func(message []byte) bool

	// Exhaustive reads chunksets also if their catalog says that nothing in
	// them matches.
	Exhaustive bool

	// Stats, if set, receives the counts when reading ends.
	Stats *Stats
}

// A query is a filter made ready.
type query struct {
	*Filter
	since, until int64
	types        [numTypes]bool
	levels       *[256]bool
}

func newQuery(f *Filter) *query {
	q := &query{Filter: f, since: -1 << 63, until: 1<<63 - 1}
	if !f.Since.IsZero() {
		q.since = f.Since.UnixNano()
	}
	if !f.Until.IsZero() {
		q.until = f.Until.UnixNano()
	}
	for i := range q.types {
		q.types[i] = len(f.Types) == 0 || slices.Contains(f.Types, EventType(i))
	}
	if len(f.Levels) > 0 {
		q.levels = new([256]bool)
		for _, l := range f.Levels {
			q.levels[l] = true
		}
	}
	return q
}

// boot reports whether entries of a boot are wanted.
func (q *query) boot(b *Boot) bool { return len(q.Boots) == 0 || slices.Contains(q.Boots, b.UUID) }

// kind reports whether entries of a type and level are wanted.
func (q *query) kind(t EventType, l uint8) bool {
	if !q.types[t] {
		return false
	}
	return q.levels == nil || (t == TypeLog || t == TypeSimpledump) && q.levels[l]
}

// process reports whether entries of a process are wanted.
func (q *query) process(p *Process) bool {
	if len(q.PIDs) > 0 && !slices.Contains(q.PIDs, p.PID) {
		return false
	}
	if len(q.Processes) == 0 {
		return true
	}
	path := p.Path()
	name := baseName(path)
	return path != "" && slices.ContainsFunc(q.Processes, func(s string) bool { return s == path || s == name })
}

// named reports whether entries with these names are wanted.
func (q *query) named(subsystem, category string) bool {
	return matchName(q.Subsystems, subsystem) && matchName(q.Categories, category)
}

// byNames reports whether names matter.
func (q *query) byNames() bool { return len(q.Subsystems)+len(q.Categories) > 0 }

func matchName(list []string, name string) bool {
	return len(list) == 0 || slices.ContainsFunc(list, func(s string) bool {
		if head, ok := strings.CutSuffix(s, "*"); ok {
			return strings.HasPrefix(name, head)
		}
		return s == name
	})
}

// A view is a catalog as a query sees it.
type view struct {
	*catalog
	selective bool // some process is not wanted
	wanted    map[uint16]bool
	launchd   map[uint16]bool
}

// view applies the query to a catalog.
func (q *query) view(c *catalog) *view {
	v := &view{catalog: c, wanted: map[uint16]bool{}, launchd: map[uint16]bool{}}
	for _, p := range c.procs {
		p.wanted = q.process(p)
		v.wanted[p.index] = v.wanted[p.index] || p.wanted
		v.launchd[p.index] = v.launchd[p.index] || p.PID == 1
		v.selective = v.selective || !p.wanted
		for i := range p.subsystems {
			s := &p.subsystems[i]
			s.wanted = q.named(s.subsystem, s.category)
		}
	}
	return v
}

// skip reports whether a chunkset can hold nothing that is wanted, by what the
// catalog says of it.
func (q *query) skip(v *view, s *subChunk, b *Boot) bool {
	if q.Exhaustive {
		return false
	}
	if q.since != -1<<63 || q.until != 1<<63-1 {
		if lo, hi, ok := b.between(s.start, s.end); ok && (hi < q.since || lo >= q.until) {
			return true
		}
	}
	if v.selective && !anyIndex(s.processes, v.wanted) {
		return true
	}
	if !q.byNames() || q.types[TypeSimpledump] && anyIndex(s.processes, v.launchd) {
		return false // the names of simpledumps are in no catalog
	}
	return !v.anyName(q.Subsystems, s) || !v.anyName(q.Categories, s)
}

func anyIndex(list []byte, set map[uint16]bool) bool {
	for ; len(list) >= 2; list = list[2:] {
		if set[binary.LittleEndian.Uint16(list)] {
			return true
		}
	}
	return false
}

// anyName reports whether a chunkset uses one of the names.
func (v *view) anyName(names []string, s *subChunk) bool {
	if len(names) == 0 {
		return true
	}
	for list := s.strings; len(list) >= 2; list = list[2:] {
		if matchName(names, v.text(binary.LittleEndian.Uint16(list))) {
			return true
		}
	}
	return slices.Contains(names, "")
}
