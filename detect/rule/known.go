package rule

import (
	"iter"
	"time"

	"github.com/vigie-project/vigie/detect"
)

// maxParents bounds how deep a source may lie in others.
const maxParents = 16

// knowledge is what is known of the sources of a case.
type knowledge struct {
	sources map[string]detect.Source
	zones   map[string]*time.Location // by name
}

// Inform tells the set of the acquisitions of a case; a set serves one case at a
// time. It implements [detect.Informed].
func (s *Set) Inform(sources []detect.Source) {
	k := &knowledge{sources: make(map[string]detect.Source, len(sources)), zones: map[string]*time.Location{}}
	for _, src := range sources {
		k.sources[src.ID] = src
		if src.Zone == "" || src.Zone == "Local" {
			continue
		}
		if zone, err := time.LoadLocation(src.Zone); err == nil {
			k.zones[src.Zone] = zone
		}
	}
	s.known.Store(k)
}

// within yields a source and those that it lies in, from the inside.
func (k *knowledge) within(source string) iter.Seq[detect.Source] {
	return func(yield func(detect.Source) bool) {
		if k == nil {
			return
		}
		for range maxParents {
			src, ok := k.sources[source]
			if !ok || !yield(src) {
				return
			}
			source = src.Parent
		}
	}
}

// acquired returns when a source was taken from the phone or, if it does not
// say so, when the source was that it lies in; zero if that is not known.
func (k *knowledge) acquired(source string) time.Time {
	for src := range k.within(source) {
		if !src.Acquired.IsZero() {
			return src.Acquired
		}
	}
	return time.Time{}
}

// zone returns the time zone of the phone that a source is of, nil if it is not
// known.
func (k *knowledge) zone(source string) *time.Location {
	for src := range k.within(source) {
		if zone := k.zones[src.Zone]; zone != nil {
			return zone
		}
	}
	return nil
}

// root returns the outermost source that a source lies in.
func (k *knowledge) root(source string) string {
	for src := range k.within(source) {
		source = src.ID
	}
	return source
}

// scope returns what the sources have in common whose records may be together.
func (s *Set) scope(scope Scope, source string) string {
	switch scope {
	case WholeCase:
		return ""
	case Nested:
		return s.known.Load().root(source)
	}
	return source
}
