package indicator

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/vigie-project/vigie/detect"
)

// A stixObject is what is read of one object of a bundle.
type stixObject struct {
	Type        string    `json:"type"`
	SpecVersion string    `json:"spec_version"`
	ID          string    `json:"id"`
	Modified    time.Time `json:"modified"`
	Created     time.Time `json:"created"`
	Revoked     bool      `json:"revoked"`

	Name           string   `json:"name"`
	Description    string   `json:"description"`
	Pattern        string   `json:"pattern"`
	PatternType    string   `json:"pattern_type"`
	PatternLang    string   `json:"pattern_lang"`
	ValidFrom      stixTime `json:"valid_from"`
	ValidUntil     stixTime `json:"valid_until"`
	Confidence     int      `json:"confidence"`
	IndicatorTypes []string `json:"indicator_types"`
	Labels         []string `json:"labels"`
	KillChain      []struct {
		Phase string `json:"phase_name"`
	} `json:"kill_chain_phases"`
	References []struct {
		URL string `json:"url"`
	} `json:"external_references"`

	RelationshipType string   `json:"relationship_type"`
	SourceRef        string   `json:"source_ref"`
	TargetRef        string   `json:"target_ref"`
	ObjectRefs       []string `json:"object_refs"`
}

// A stixTime is a time that a damaged one does not keep from the rest.
type stixTime struct{ unix int64 }

// UnmarshalJSON implements [json.Unmarshaler].
func (t *stixTime) UnmarshalJSON(data []byte) error {
	var s string
	if json.Unmarshal(data, &s) == nil {
		if at, err := time.Parse(time.RFC3339Nano, s); err == nil {
			t.unix = at.Unix()
		}
	}
	return nil
}

// A ref is a STIX ID in 17 bytes: millions of relationships must be remembered.
type ref [17]byte

// refTypes numbers the types of objects that give names, from the most telling.
var refTypes = []string{"malware", "tool", "campaign", "intrusion-set", "threat-actor", "infrastructure", "report", "grouping", "indicator"}

const refOther = 255

func parseRef(id string) (r ref) {
	typ, uuid, _ := strings.Cut(id, "--")
	r[0] = refOther
	if i := slices.Index(refTypes, typ); i >= 0 {
		r[0] = byte(i)
	}
	var b [16]byte
	if len(uuid) == 36 {
		if n, err := hex.Decode(b[:], []byte(strings.ReplaceAll(uuid, "-", ""))); err == nil && n == 16 {
			copy(r[1:], b[:])
			return r
		}
	}
	copy(r[1:], digest16(id))
	return r
}

// A stixLoader reads the objects of bundles.
type stixLoader struct {
	*loader
	version  string
	position map[ref]int       // of indicators in the feed
	modified map[ref]time.Time // of indicators
	named    map[ref]string    // what indicators can belong to
	owners   map[ref][]ref     // of indicators, until named
	stale    []int             // replaced positions, to be taken out
}

// Limits of the relationships of one indicator.
const (
	maxOwners = 16
	maxNames  = 200 // bytes
)

func newStixLoader(l *loader) *stixLoader {
	return &stixLoader{loader: l, position: map[ref]int{}, modified: map[ref]time.Time{}, named: map[ref]string{},
		owners: map[ref][]ref{}}
}

// json reads a JSON file: a bundle, one STIX object or a list of them, or MISP.
func (l *loader) json() error {
	dec := json.NewDecoder(l.in)
	tok, err := dec.Token()
	if err != nil {
		return fmt.Errorf("read JSON: %w", err)
	}
	s := newStixLoader(l)
	if tok == json.Delim('[') {
		err = s.objects(dec)
	} else {
		err = s.top(dec)
	}
	s.finish()
	return err
}

// top reads the members of the outermost object as they come.
func (s *stixLoader) top(dec *json.Decoder) error {
	rest := map[string]json.RawMessage{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return s.broken(dec, err)
		}
		switch key {
		case "objects":
			if tok, err := dec.Token(); err != nil || tok != json.Delim('[') {
				return s.broken(dec, errors.Join(err, errors.New("objects is no list")))
			}
			err = s.objects(dec)
		case "response", "Event", "Attribute", "Object":
			err = s.misp(dec, key.(string), rest)
		default:
			var raw json.RawMessage
			if err = dec.Decode(&raw); err == nil && len(rest) < 100 && len(raw) < 1<<20 {
				rest[key.(string)] = raw
			}
		}
		if err != nil {
			return s.broken(dec, err)
		}
	}
	if s.report.Format != "" {
		return nil
	}
	if whole, err := json.Marshal(rest); err == nil && rest["type"] != nil {
		s.report.Format = "STIX 2"
		if string(rest["type"]) != `"bundle"` {
			s.object(whole)
		}
		return nil
	}
	return errors.New("JSON of an unknown form: neither STIX nor MISP")
}

// broken notes where the file is damaged; what was read before is kept.
func (s *stixLoader) broken(dec *json.Decoder, err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("read JSON at byte %d, the rest is not read: %w", dec.InputOffset(), err)
}

// objects reads a list of objects up to its end, each by itself.
func (s *stixLoader) objects(dec *json.Decoder) error {
	if s.report.Format == "" {
		s.report.Format = "STIX 2"
	}
	for dec.More() {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return err
		}
		if s.report.Objects >= maxObjects {
			return fmt.Errorf("more than %d objects", maxObjects)
		}
		s.object(raw)
	}
	_, err := dec.Token()
	return err
}

func (s *stixLoader) object(raw json.RawMessage) {
	s.report.Objects++
	var o stixObject
	if err := json.Unmarshal(raw, &o); err != nil {
		var wrong *json.UnmarshalTypeError
		if !errors.As(err, &wrong) || o.Type == "" {
			retry(raw, &o)
		}
	}
	if o.Type == "" {
		s.report.note(Refused, "object without a type", clip(string(raw), maxShown))
		return
	}
	if o.SpecVersion > s.version {
		s.version = o.SpecVersion
	}
	switch o.Type {
	case "indicator":
		s.indicator(&o)
	case "relationship":
		s.relationship(&o)
	case "malware", "tool", "campaign", "intrusion-set", "threat-actor", "infrastructure", "report", "grouping":
		r := parseRef(o.ID)
		s.named[r] = clip(strings.TrimSpace(o.Name), maxNames)
		for _, id := range o.ObjectRefs {
			s.own(parseRef(id), r)
		}
		s.report.note(Ignored, o.Type+": gives names to indicators", o.ID)
	case "bundle":
		s.nested(raw)
	default:
		s.report.note(Ignored, clip(o.Type, 60)+": no indicator", o.ID)
	}
}

// retry reads the members that matter one by one, so that one of a wrong type
// does not hide the others.
func retry(raw json.RawMessage, o *stixObject) {
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil {
		return
	}
	for key, to := range map[string]any{"type": &o.Type, "id": &o.ID, "pattern": &o.Pattern, "pattern_type": &o.PatternType,
		"valid_from": &o.ValidFrom, "valid_until": &o.ValidUntil, "revoked": &o.Revoked, "name": &o.Name, "modified": &o.Modified,
		"source_ref": &o.SourceRef, "target_ref": &o.TargetRef, "object_refs": &o.ObjectRefs, "relationship_type": &o.RelationshipType} {
		_ = json.Unmarshal(m[key], to)
	}
}

func (s *stixLoader) nested(raw json.RawMessage) {
	var b struct {
		Objects []json.RawMessage `json:"objects"`
	}
	if json.Unmarshal(raw, &b) != nil {
		s.report.note(Refused, "bundle inside a bundle cannot be read", "")
		return
	}
	for _, o := range b.Objects {
		if strings.Contains(clip(string(o), 200), `"bundle"`) {
			s.report.note(Refused, "bundle inside a bundle cannot be read", "")
			continue
		}
		s.object(o)
	}
}

func (s *stixLoader) indicator(o *stixObject) {
	r := parseRef(o.ID)
	at := o.Modified
	if at.IsZero() {
		at = o.Created
	}
	if when, ok := s.modified[r]; ok && o.ID != "" {
		if at.Before(when) || !o.Revoked && at.Equal(when) {
			s.report.note(Revoked, "replaced by a later version", o.ID)
			return
		}
		if i, ok := s.position[r]; ok {
			s.report.note(Revoked, "replaced by a later version", o.ID)
			s.stale = append(s.stale, i)
			delete(s.position, r)
		}
	}
	if o.ID != "" {
		s.modified[r] = at
	}
	if o.Revoked {
		s.report.note(Revoked, "revoked by its source", o.ID)
		s.feed.revoked[o.ID] = at
		return
	}
	if lang := o.PatternType + o.PatternLang; lang != "" && lang != "stix" {
		s.report.note(Ignored, "pattern in the language "+clip(lang, 40), o.ID)
		return
	}
	in, notes, err := compilePattern(o.Pattern)
	if err != nil {
		outcome := Refused
		if errors.Is(err, errUnsupported) {
			outcome = Ignored
		}
		s.report.note(outcome, reason(err), o.ID+": "+o.Pattern)
		return
	}
	for _, n := range notes {
		s.report.note(Noted, "part of a pattern cannot be used: "+n, o.ID+": "+o.Pattern)
	}
	if in.ExactOf {
		s.report.note(Noted, noteExact, o.ID+": "+in.Value)
	}
	in.ID, in.From, in.Until = o.ID, o.ValidFrom.unix, o.ValidUntil.unix
	in.Details = s.intern(o.details())
	if slices.Contains(o.IndicatorTypes, "benign") || slices.Contains(o.Labels, "benign") {
		s.report.note(Ignored, "marked as benign by its source", o.ID)
		return
	}
	if slices.Contains(o.IndicatorTypes, "anomalous-activity") {
		in.Cap = detect.NeedsExpert
	}
	s.position[r] = len(s.feed.Indicators)
	s.feed.Indicators = append(s.feed.Indicators, in)
}

// reason shortens an error to what others have in common with it.
func reason(err error) string {
	s := err.Error()
	if rest, ok := strings.CutPrefix(s, "parse pattern: byte "); ok {
		if _, text, ok := strings.Cut(rest, ": "); ok {
			return "no pattern: " + clip(text, 120)
		}
	}
	return clip(s, 160)
}

func (o *stixObject) details() (d Details) {
	d.Description, d.Confidence = o.Description, min(max(o.Confidence, 0), 100)
	if d.Description == "" && o.Name != "" && !strings.Contains(o.Pattern, o.Name) {
		d.Description = o.Name
	}
	d.Types = append(append(d.Types, o.IndicatorTypes...), o.Labels...)
	for _, k := range o.KillChain {
		d.Types = append(d.Types, k.Phase)
	}
	for _, r := range o.References {
		if strings.HasPrefix(r.URL, "http") && len(r.URL) < 500 && len(d.Refs) < 8 {
			d.Refs = append(d.Refs, r.URL)
		}
	}
	if len(d.Types) > 16 {
		d.Types = d.Types[:16]
	}
	return d
}

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

func (s *stixLoader) own(indicator, owner ref) {
	if o := s.owners[indicator]; owner[0] != refOther && len(o) < maxOwners && !slices.Contains(o, owner) {
		s.owners[indicator] = append(o, owner)
	}
}

// finish gives the indicators their names, and takes out replaced ones.
func (s *stixLoader) finish() {
	if strings.HasPrefix(s.report.Format, "STIX") && s.version != "" {
		s.report.Format = "STIX " + clip(s.version, 8)
	}
	threats := map[string]map[*Details]*Details{}
	for r, i := range s.position {
		name := s.threat(s.owners[r])
		if name == "" {
			continue
		}
		in := &s.feed.Indicators[i]
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
