package detect

import (
	"iter"
	"time"
)

// maxParents bounds how deep a source may lie in others.
const maxParents = 16

// A Source is what detectors may know of an acquisition before they see its
// records.
type Source struct {
	ID       string    // [record.Origin.Source] of its records
	Parent   string    // ID of the source that it lies in; "" for none
	Acquired time.Time // when it was taken from the phone, as it says itself; zero if it does not
	Zone     string    // IANA time zone of the phone, as it says itself; "" if it does not
}

// An Informed detector or correlator wants to know the acquisitions of a case.
// Inform returns one that does, for this case alone, and leaves the receiver as
// it is: examinations at the same time do not disturb each other.
type Informed[T any] interface {
	Inform(sources *Sources) T
}

// Sources is what is known of the acquisitions of a case. Nil is a case of which
// nothing is known. It is not changed once made.
type Sources struct {
	byID  map[string]Source
	zones map[string]*time.Location // by name
}

// NewSources returns what is known of these acquisitions.
func NewSources(list []Source) *Sources {
	k := &Sources{byID: make(map[string]Source, len(list)), zones: map[string]*time.Location{}}
	for _, src := range list {
		k.byID[src.ID] = src
		if src.Zone == "" || src.Zone == "Local" {
			continue
		}
		if zone, err := time.LoadLocation(src.Zone); err == nil {
			k.zones[src.Zone] = zone
		}
	}
	return k
}

// within yields a source and those that it lies in, from the inside.
func (k *Sources) within(source string) iter.Seq[Source] {
	return func(yield func(Source) bool) {
		if k == nil {
			return
		}
		for range maxParents {
			src, ok := k.byID[source]
			if !ok || !yield(src) {
				return
			}
			source = src.Parent
		}
	}
}

// Acquired returns when a source was taken from the phone or, if it does not
// say so, when the source was that it lies in; zero if that is not known.
func (k *Sources) Acquired(source string) time.Time {
	for src := range k.within(source) {
		if !src.Acquired.IsZero() {
			return src.Acquired
		}
	}
	return time.Time{}
}

// Zone returns the time zone of the phone that a source is of, nil if it is not
// known.
func (k *Sources) Zone(source string) *time.Location {
	for src := range k.within(source) {
		if zone := k.zones[src.Zone]; zone != nil {
			return zone
		}
	}
	return nil
}

// Root returns the outermost source that a source lies in.
func (k *Sources) Root(source string) string {
	for src := range k.within(source) {
		source = src.ID
	}
	return source
}
