package rule

import (
	"time"

	"github.com/vigie-project/vigie/detect"
)

// maxParents bounds how deep a source may lie in others.
const maxParents = 16

// knowledge is what is known of the sources of a case.
type knowledge struct {
	sources map[string]detect.Source
}

// Inform tells the set of the acquisitions of a case. It implements
// [detect.Informed].
func (s *Set) Inform(sources []detect.Source) {
	k := &knowledge{sources: make(map[string]detect.Source, len(sources))}
	for _, src := range sources {
		k.sources[src.ID] = src
	}
	s.known.Store(k)
}

// acquired returns when a source was taken from the phone or, if it does not
// say so, when the source was that it lies in; zero if that is not known.
func (k *knowledge) acquired(source string) time.Time {
	if k == nil {
		return time.Time{}
	}
	for range maxParents {
		src, ok := k.sources[source]
		if !ok || !src.Acquired.IsZero() {
			return src.Acquired
		}
		source = src.Parent
	}
	return time.Time{}
}

// root returns the outermost source that a source lies in.
func (k *knowledge) root(source string) string {
	if k == nil {
		return source
	}
	for range maxParents {
		src, ok := k.sources[source]
		if !ok || src.Parent == "" {
			break
		}
		source = src.Parent
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
