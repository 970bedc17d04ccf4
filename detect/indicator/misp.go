package indicator

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/detect"
)

// mispKinds maps the types of MISP attributes, and of parts of composite ones,
// to kinds. The types are those of the MISP core format.
var mispKinds = map[string]Kind{
	"domain": Domain, "hostname": Domain, "ip-dst": Address, "ip-src": Address, "ip": Address, "url": URL, "uri": URL,
	"email": Email, "email-src": Email, "email-dst": Email, "email-reply-to": Email, "whois-registrant-email": Email,
	"phone-number": Phone, "filename": FileName, "file": FileName, "path": Path, "directory": Path,
	"md5": Hash, "sha1": Hash, "sha256": Hash, "sha512": Hash, "mobile-application-id": App, "process": Process,
	"process-name": Process, "x509-fingerprint-md5": Certificate, "x509-fingerprint-sha1": Certificate,
	"x509-fingerprint-sha256": Certificate, "package-name": App, "bundle-id": App, "configuration-profile": Profile,
}

type mispAttribute struct {
	UUID     string   `json:"uuid"`
	Type     string   `json:"type"`
	Value    string   `json:"value"`
	Comment  string   `json:"comment"`
	Category string   `json:"category"`
	ToIDs    mispBool `json:"to_ids"`
	Deleted  mispBool `json:"deleted"`
}

// A mispBool is a flag that some versions write as a number or as text.
type mispBool string

// UnmarshalJSON implements [json.Unmarshaler].
func (b *mispBool) UnmarshalJSON(data []byte) error {
	*b = mispBool(strings.Trim(string(data), `"`))
	return nil
}

func (b mispBool) set() bool   { return b == "true" || b == "1" }
func (b mispBool) unset() bool { return b == "false" || b == "0" }

type mispEvent struct {
	UUID      string            `json:"uuid"`
	Info      string            `json:"info"`
	Attribute []json.RawMessage `json:"Attribute"`
	Object    []struct {
		Name      string            `json:"name"`
		Attribute []json.RawMessage `json:"Attribute"`
	} `json:"Object"`
	Tag []struct {
		Name string `json:"name"`
	} `json:"Tag"`
	Galaxy []struct {
		Type    string `json:"type"`
		Cluster []struct {
			Value string `json:"value"`
		} `json:"GalaxyCluster"`
	} `json:"Galaxy"`
}

// misp reads one member of the outermost object of a MISP file.
func (s *stixLoader) misp(dec *json.Decoder, key string, rest map[string]json.RawMessage) error {
	s.report.Format = "MISP"
	if key != "response" {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return err
		}
		if key == "Event" {
			return s.event(raw)
		}
		whole, err := json.Marshal(map[string]json.RawMessage{key: raw, "info": orNull(rest["info"]), "uuid": orNull(rest["uuid"])})
		if err != nil {
			return err
		}
		return s.event(whole) // an event without its name around it
	}
	tok, err := dec.Token()
	if err != nil {
		return err
	}
	for (tok == json.Delim('{') || tok == json.Delim('[')) && dec.More() {
		if err := s.response(dec, tok == json.Delim('{')); err != nil {
			return err
		}
		s.allow.left = maxWhole
	}
	if _, delim := tok.(json.Delim); delim {
		_, err = dec.Token()
	}
	return err
}

// response reads one member of an answer of MISP: an event, or attributes.
func (s *stixLoader) response(dec *json.Decoder, object bool) error {
	if !object {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return err
		}
		var e struct{ Event json.RawMessage }
		if json.Unmarshal(raw, &e) != nil || e.Event == nil {
			e.Event = raw
		}
		return s.event(e.Event)
	}
	key, err := dec.Token()
	if err != nil {
		return err
	}
	var raw json.RawMessage
	if err := dec.Decode(&raw); err != nil {
		return err
	}
	switch key {
	case "Event":
		return s.event(raw)
	case "Attribute":
		return s.event([]byte(`{"Attribute":` + string(raw) + `}`))
	}
	return nil
}

func orNull(raw json.RawMessage) json.RawMessage {
	if raw == nil {
		return json.RawMessage("null")
	}
	return raw
}

func (s *stixLoader) event(raw json.RawMessage) error {
	var e mispEvent
	if err := json.Unmarshal(raw, &e); err != nil && e.Info == "" && e.Attribute == nil {
		s.report.note(Refused, "event cannot be read", clip(string(raw), maxShown))
		return nil
	}
	d := Details{Threat: clip(strings.TrimSpace(e.Info), maxNames)}
	for _, t := range e.Tag {
		if len(d.Types) < 16 {
			d.Types = append(d.Types, clip(t.Name, 80))
		}
	}
	for _, a := range e.Attribute {
		s.attribute(a, d)
	}
	for _, o := range e.Object {
		for _, a := range o.Attribute {
			s.attribute(a, d)
		}
	}
	if s.report.Objects > maxObjects {
		return fmt.Errorf("more than %d attributes", maxObjects)
	}
	return nil
}

func (s *stixLoader) attribute(raw json.RawMessage, d Details) {
	s.report.Objects++
	var a mispAttribute
	if err := json.Unmarshal(raw, &a); err != nil && (a.Type == "" || a.Value == "") {
		s.report.note(Refused, "attribute cannot be read", clip(string(raw), maxShown))
		return
	}
	if a.Deleted.set() {
		s.report.note(Revoked, "deleted by its source", a.UUID)
		return
	}
	s.mispValue(a.Type, a.Value, a.UUID, clip(a.Comment, maxShown), !a.ToIDs.unset(), d)
}

// mispValue adds an attribute. One that its source does not want to be used for
// detection ("to_ids") is context: research links, victims, registrants.
func (l *loader) mispValue(typ, value, id, comment string, toIDs bool, d Details) {
	d.Description = comment
	limit := detect.Grade(0)
	if !toIDs || typ == "whois-registrant-email" || typ == "email-dst" {
		limit = detect.NeedsExpert
	}
	types, values := []string{typ}, []string{value}
	if strings.Contains(typ, "|") {
		types, values = strings.Split(typ, "|"), strings.Split(value, "|")
	}
	used := false
	for i := range min(len(types), len(values)) {
		kind, ok := mispKinds[types[i]]
		if !ok {
			continue
		}
		used = true
		place := id
		if i > 0 {
			place += "." + strconv.Itoa(i)
		}
		l.value(kind, values[i], place, l.intern(d), limit)
	}
	switch {
	case !used:
		l.report.note(Ignored, "attribute of type "+clip(typ, 60), id+": "+value)
	case limit != 0:
		l.report.note(Noted, "not meant for detection by its source: context only", id+": "+value)
	}
}
