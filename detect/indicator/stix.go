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
	allow   *allowance
	version string
	known   map[ref]stixState
	named   map[ref]string // what indicators can belong to
	groups  [][]ref        // owners that indicators share; the first is empty
	groupOf map[string]uint32
	stale   []int // replaced positions, to be taken out
}

// A stixState is what is remembered of one indicator while its file is read.
type stixState struct {
	modified int64  // nanoseconds since 1970, 0 if it was only referred to
	position uint32 // in the feed, from 1
	owners   uint32 // group
}

// Limits of the relationships of one indicator.
const (
	maxOwners = 16
	maxNames  = 200 // bytes
)

func newStixLoader(l *loader) *stixLoader {
	return &stixLoader{loader: l, allow: &allowance{l.in, maxWhole}, known: map[ref]stixState{}, named: map[ref]string{}, groups: [][]ref{nil}, groupOf: map[string]uint32{}}
}

// json reads a JSON file: a bundle, one STIX object or a list of them, or MISP.
func (l *loader) json() error {
	s := newStixLoader(l)
	dec := json.NewDecoder(s.allow)
	tok, err := dec.Token()
	if err != nil {
		return fmt.Errorf("read JSON: %w", err)
	}
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
		s.allow.left = maxWhole
	}
	if _, err := dec.Token(); err != nil {
		return s.broken(dec, err)
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
	for {
		if s.allow.left = maxObject; !dec.More() {
			break
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return err
		}
		if s.report.Objects >= maxObjects {
			return fmt.Errorf("more than %d objects", maxObjects)
		}
		s.object(raw)
	}
	s.allow.left = maxWhole
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
	if o.ID != "" && !s.newest(r, o) {
		s.report.note(Revoked, "replaced by a later version", o.ID)
		return
	}
	if o.Revoked {
		s.report.note(Revoked, "revoked by its source", o.ID)
		s.feed.revoked[o.ID] = o.changed()
		return
	}
	if lang := o.PatternType + o.PatternLang; lang != "" && lang != "stix" {
		s.report.note(Ignored, "pattern in the language "+clip(lang, 40), o.ID)
		return
	}
	if slices.Contains(o.IndicatorTypes, "benign") || slices.Contains(o.Labels, "benign") {
		s.report.note(Ignored, "marked as benign by its source", o.ID)
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
	if slices.Contains(o.IndicatorTypes, "anomalous-activity") {
		in.Cap = detect.NeedsExpert
	}
	s.feed.Indicators = append(s.feed.Indicators, in)
	st := s.known[r]
	st.position = uint32(len(s.feed.Indicators))
	s.known[r] = st
}

// changed returns when the object was last modified.
func (o *stixObject) changed() time.Time {
	if o.Modified.IsZero() {
		return o.Created
	}
	return o.Modified
}

// newest reports whether an object is the newest version of its indicator so
// far, and takes out the one before.
func (s *stixLoader) newest(r ref, o *stixObject) bool {
	st := s.known[r]
	at := int64(1)
	if t := o.changed(); !t.IsZero() {
		at = max(t.UnixNano(), 1)
	}
	if st.modified != 0 && (at < st.modified || at == st.modified && !o.Revoked) {
		return false
	}
	if st.position != 0 {
		s.report.note(Revoked, "replaced by a later version", o.ID)
		s.stale = append(s.stale, int(st.position)-1)
	}
	st.modified, st.position = at, 0
	s.known[r] = st
	return true
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
