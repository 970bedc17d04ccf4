package imessage

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/vigie-project/vigie/format/plist"
)

// Limits of what is kept of one message; Messages allows five edits.
const (
	maxVersions = 256
	maxBody     = 1 << 20
)

// A Summary is the column message_summary_info of a message that was edited, or
// parts of which were unsent (iOS 16 and later).
type Summary struct {
	Edits     []Edit      // key "ec": edited parts, by number
	Retracted []int       // key "rp": numbers of unsent parts; not checked with a sample
	Original  []PartRange // key "otr": where the parts lay in the first text; likewise
	Other     []string    // further keys, whose meaning is not established
}

// An Edit is the history of one part of a message.
type Edit struct {
	Part     int       // number of the part
	Versions []Version // the first one is the original text
}

// A Version is one text of a part.
type Version struct {
	Date float64 // key "d", seconds since 2001-01-01 UTC
	GUID string  // key "bcg", of another message that this version refers to
	Body Body    // key "t", as attributedBody
}

// At returns when the version was written, in UTC; zero if not recorded.
func (v Version) At() time.Time {
	if v.Date == 0 {
		return time.Time{}
	}
	return plist.CocoaTime(v.Date)
}

// A PartRange is a part of the first text of a message: keys "lo" and "le", taken
// for UTF-16 units as all ranges of NSString.
type PartRange struct {
	Part, Start, Length int
}

// ParseSummary decodes message_summary_info, a binary property list. With an
// error it returns what could be read; the error joins all that could not.
func ParseSummary(data []byte) (Summary, error) {
	v, err := plist.Parse(data)
	if err != nil {
		return Summary{}, fmt.Errorf("parse message summary: %w", err)
	}
	if v.Kind() != plist.Dict {
		return Summary{}, fmt.Errorf("parse message summary: %v where a dict belongs", v.Kind())
	}
	var s Summary
	var problems []error
	for key, val := range v.Items() {
		switch key {
		case "ec":
			s.Edits, err = edits(val)
			problems = append(problems, err)
		case "rp":
			for part := range val.Elems() {
				problems = append(problems, part.Err())
				s.Retracted = append(s.Retracted, int(part.Int()))
			}
		case "otr":
			s.Original, err = ranges(val)
			problems = append(problems, err)
		default:
			s.Other = append(s.Other, key)
		}
	}
	if err := errors.Join(problems...); err != nil {
		return s, fmt.Errorf("parse message summary: %w", err)
	}
	return s, nil
}

// edits reads the histories of the parts.
func edits(v plist.Value) ([]Edit, error) {
	var list []Edit
	var problems []error
	total := 0
	for key, history := range v.Items() {
		part, err := strconv.Atoi(key)
		if err != nil {
			problems = append(problems, fmt.Errorf("read edited part %.20q: no number", key))
			part = -1
		}
		e := Edit{Part: part}
		for event := range history.Elems() {
			if total++; total > maxVersions {
				problems = append(problems, fmt.Errorf("read edited part %d: more than %d versions", part, maxVersions))
				return append(list, e), errors.Join(problems...)
			}
			ver, err := version(event)
			if err != nil {
				problems = append(problems, fmt.Errorf("read version %d of part %d: %w", len(e.Versions), part, err))
			}
			e.Versions = append(e.Versions, ver)
		}
		list = append(list, e)
	}
	slices.SortStableFunc(list, func(a, b Edit) int { return a.Part - b.Part })
	return list, errors.Join(problems...)
}

func version(v plist.Value) (Version, error) {
	if v.Kind() != plist.Dict {
		return Version{}, errors.Join(v.Err(), fmt.Errorf("%v where a dict belongs", v.Kind()))
	}
	ver := Version{Date: v.Get("d").Float(), GUID: v.Get("bcg").String()}
	var err error
	switch t := v.Get("t"); {
	case t.Len() > maxBody:
		err = fmt.Errorf("body of %d bytes: too large", t.Len())
	case t.Kind() == plist.Data:
		ver.Body, err = ParseBody(t.Data())
	}
	return ver, err
}

// ranges reads where the parts lay.
func ranges(v plist.Value) ([]PartRange, error) {
	var list []PartRange
	var problems []error
	for key, r := range v.Items() {
		part, err := strconv.Atoi(key)
		if err != nil {
			problems = append(problems, fmt.Errorf("read range of part %.20q: no number", key))
			continue
		}
		list = append(list, PartRange{part, int(r.Get("lo").Int()), int(r.Get("le").Int())})
	}
	slices.SortStableFunc(list, func(a, b PartRange) int { return a.Part - b.Part })
	return list, errors.Join(problems...)
}
