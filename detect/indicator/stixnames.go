package indicator

import (
	"slices"
	"strings"
)

func (s *stixLoader) relationship(o *stixObject) {
	if o.Revoked {
		s.report.note(Revoked, "relationship revoked by its source", o.ID)
		return
	}
	from, to := parseRef(o.SourceRef), parseRef(o.TargetRef)
	s.report.note(Ignored, "relationship: gives names to indicators", o.ID)
	if o.RelationshipType == "duplicate-of" || o.RelationshipType == "derived-from" {
		return
	}
	indicator := byte(slices.Index(refTypes, "indicator"))
	if from[0] == indicator {
		s.own(from, to)
	}
	if to[0] == indicator {
		s.own(to, from)
	}
}

// own notes that an indicator belongs to something that has a name.
func (s *stixLoader) own(indicator, owner ref) {
	st := s.known[indicator]
	group := s.groups[st.owners]
	if owner[0] == refOther || len(group) >= maxOwners || slices.Contains(group, owner) {
		return
	}
	group = append(slices.Clone(group), owner)
	var key []byte
	for _, r := range group {
		key = append(key, r[:]...)
	}
	id, ok := s.groupOf[string(key)]
	if !ok {
		id = uint32(len(s.groups))
		s.groups = append(s.groups, group)
		s.groupOf[string(key)] = id
	}
	st.owners = id
	s.known[indicator] = st
}

// finish gives the indicators their names, and takes out replaced ones.
func (s *stixLoader) finish() {
	if strings.HasPrefix(s.report.Format, "STIX") && s.version != "" {
		s.report.Format = "STIX " + clip(s.version, 8)
	}
	threats := map[string]map[*Details]*Details{}
	for _, st := range s.known {
		if st.position == 0 || st.owners == 0 {
			continue
		}
		name := s.threat(s.groups[st.owners])
		if name == "" {
			continue
		}
		in := &s.feed.Indicators[st.position-1]
		byDetails := threats[name]
		if byDetails == nil {
			byDetails = map[*Details]*Details{}
			threats[name] = byDetails
		}
		d := byDetails[in.Details]
		if d == nil {
			c := *in.Details
			c.Threat = name
			d = &c
			byDetails[in.Details] = d
		}
		in.Details = d
	}
	slices.Sort(s.stale)
	for _, i := range slices.Backward(s.stale) {
		s.feed.Indicators = slices.Delete(s.feed.Indicators, i, i+1)
	}
}

// threat names the owners of an indicator: tools first, then who uses them. The
// name of a report counts only if nothing else has one.
func (s *stixLoader) threat(owners []ref) string {
	owners = slices.Clone(owners)
	slices.SortStableFunc(owners, func(a, b ref) int { return int(a[0]) - int(b[0]) })
	var out []string
	for _, o := range owners {
		weak := o[0] >= byte(slices.Index(refTypes, "infrastructure"))
		if name := s.named[o]; name != "" && !slices.Contains(out, name) && !(weak && len(out) > 0) {
			out = append(out, name)
		}
	}
	return clip(strings.Join(out, ", "), 2*maxNames)
}
