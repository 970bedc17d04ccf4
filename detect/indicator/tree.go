package indicator

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/vigie-project/vigie/detect"
)

// maxYAMLDepth bounds the nesting of a YAML file.
const maxYAMLDepth = 32

// yaml reads lists in YAML: a list of threats, each with a name and lists whose
// keys name their kind, as the stalkerware lists of ECHAP, or plain lists.
func (l *loader) yaml() error {
	l.report.Format = "YAML"
	data, err := l.whole()
	if err != nil {
		return err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return fmt.Errorf("read YAML: %w", err)
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) == 0 {
		return errors.New("YAML without content")
	}
	if isIndex(doc.Content[0]) {
		return errors.New("an index of feeds, not a feed: use the files that it names")
	}
	l.node(doc.Content[0], l.hinted(), Details{}, 0, 0)
	return nil
}

// isIndex recognises the index of the public feeds, which holds no indicators.
func isIndex(n *yaml.Node) bool {
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == "indicators" && n.Content[i+1].Kind == yaml.SequenceNode {
				return isIndex(n.Content[i+1])
			}
		}
		return false
	}
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		return false
	}
	for j := 0; j < len(n.Content[0].Content); j += 2 {
		if k := n.Content[0].Content[j].Value; k == "github" || k == "download_url" {
			return true
		}
	}
	return false
}

func (l *loader) node(n *yaml.Node, kind Kind, d Details, limit detect.Grade, depth int) {
	if depth > maxYAMLDepth || l.report.Objects > maxObjects {
		l.report.note(Refused, "nested too deep", "line "+strconv.Itoa(n.Line))
		return
	}
	switch n.Kind {
	case yaml.SequenceNode:
		for _, c := range n.Content {
			l.node(c, kind, d, limit, depth+1)
		}
	case yaml.MappingNode:
		l.mapping(n, d, limit, depth)
	case yaml.ScalarNode:
		if n.Value == "" {
			return
		}
		l.report.Objects++
		place := "line " + strconv.Itoa(n.Line)
		if kind == 0 {
			l.report.note(Ignored, "value under a key that names no kind", place+": "+n.Value)
			return
		}
		l.sniffed(kind, n.Value, place, l.intern(d), limit)
	case yaml.AliasNode:
		l.report.note(Ignored, "alias", "line "+strconv.Itoa(n.Line))
	}
}

func (l *loader) mapping(n *yaml.Node, d Details, limit detect.Grade, depth int) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if v := n.Content[i+1]; v.Kind == yaml.ScalarNode {
			switch n.Content[i].Value {
			case "name", "threat", "malware", "family":
				d.Threat = clip(v.Value, maxNames)
			case "type":
				d.Types = []string{clip(v.Value, 80)}
				if v.Value == "watchware" && limit == 0 { // sold to parents and employers
					limit = detect.Strong
				}
			case "description":
				d.Description = v.Value
			}
		}
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, v := n.Content[i].Value, n.Content[i+1]
		switch key {
		case "name", "names", "threat", "malware", "family", "type", "description", "references", "sources":
			continue
		}
		inner := limit
		kind := hinted(key)
		switch key {
		case "websites": // of who sells it: a visit is not an installation
			inner = detect.NeedsExpert
		case "certificate_organizations", "certificate_cname_re":
			kind = 0
		case "distribution":
			kind = Domain
		}
		l.node(v, kind, d, inner, depth+1)
	}
}

// openIOC maps the terms of OpenIOC to kinds.
var openIOC = map[string]Kind{
	"Network/DNS": Domain, "DnsEntryItem/Host": Domain, "DnsEntryItem/RecordName": Domain, "Network/URI": URL,
	"UrlHistoryItem/URL": URL, "UrlHistoryItem/HostName": Domain, "RouteEntryItem/Destination": Address,
	"PortItem/remoteIP": Address, "Email/From": Email, "Email/To": Email, "FileItem/Md5sum": Hash, "FileItem/Sha1sum": Hash,
	"FileItem/Sha256sum": Hash, "FileItem/FileName": FileName, "FileItem/FullPath": Path, "FileItem/FilePath": Path,
	"ProcessItem/name": Process, "ProcessItem/path": Path, "FileDownloadHistoryItem/SourceURL": URL,
}

// xml reads OpenIOC definitions and STIX 1 packages.
func (l *loader) xml() error {
	dec := xml.NewDecoder(&allowance{l.in, maxWhole})
	dec.Strict = false
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	for {
		tok, err := dec.Token()
		if err == io.EOF {
			return errors.New("XML without elements")
		}
		if err != nil {
			return fmt.Errorf("read XML: %w", err)
		}
		if e, ok := tok.(xml.StartElement); ok {
			switch e.Name.Local {
			case "ioc", "OpenIOC", "iocs":
				l.report.Format = "OpenIOC"
				return l.walk(dec, &iocReader{l: l})
			case "STIX_Package":
				l.report.Format = "STIX 1"
				return l.walk(dec, &cyboxReader{l: l})
			}
			return fmt.Errorf("XML of an unknown form: <%s>", clip(e.Name.Local, 40))
		}
	}
}

// An xmlReader is told the elements of a file as they come.
type xmlReader interface {
	start(e xml.StartElement)
	end(name, text string, line int)
}

// maxText bounds the text of an element that is kept, in bytes.
const maxText = 64 << 10

func (l *loader) walk(dec *xml.Decoder, r xmlReader) error {
	var text []byte
	for {
		tok, err := dec.RawToken()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read XML at byte %d, the rest is not read: %w", dec.InputOffset(), err)
		}
		switch t := tok.(type) {
		case xml.StartElement:
			text = text[:0]
			r.start(t)
		case xml.CharData:
			if len(text)+len(t) <= maxText {
				text = append(text, t...)
			}
		case xml.EndElement:
			line, _ := dec.InputPos()
			r.end(t.Name.Local, strings.TrimSpace(string(text)), line)
			text = text[:0]
		}
		if l.report.Objects > maxObjects {
			return fmt.Errorf("more than %d objects", maxObjects)
		}
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// An iocReader reads OpenIOC. Some publishers leave the content empty and put
// the value in the ID of the item.
type iocReader struct {
	l                     *loader
	threat                string
	id, condition, search string
	and                   bool
}

func (r *iocReader) start(e xml.StartElement) {
	switch e.Name.Local {
	case "Indicator":
		r.and = r.and || strings.EqualFold(attribute(e, "operator"), "AND")
	case "IndicatorItem":
		r.id, r.condition, r.search = attribute(e, "id"), attribute(e, "condition"), ""
	case "Context":
		r.search = attribute(e, "search")
	}
}

func (r *iocReader) end(name, text string, line int) {
	switch name {
	case "description":
		if r.threat == "" {
			r.threat = clip(text, maxNames)
		}
	case "Indicator":
		r.and = false
	case "Content":
		place := r.id
		if text == "" {
			text, place = r.id, ""
		}
		if place == "" || place == text {
			place = "line " + strconv.Itoa(line)
		}
		r.item(text, place)
	}
}

func (r *iocReader) item(value, place string) {
	r.l.report.Objects++
	kind, ok := openIOC[r.search]
	switch {
	case !ok:
		r.l.report.note(Ignored, "OpenIOC term "+clip(r.search, 60), place+": "+value)
	case r.and:
		r.l.report.note(Refused, "part of a conjunction of OpenIOC", place+": "+value)
	case r.condition != "is" && r.condition != "":
		r.l.report.note(Refused, "OpenIOC condition "+clip(r.condition, 40), place+": "+value)
	default:
		r.l.value(kind, value, place, r.l.intern(Details{Threat: r.threat}), 0)
	}
}

// cybox maps the elements of CybOX objects that hold one value to kinds.
var cybox = map[string]Kind{
	"DomainNameObjectType/Value": Domain, "HostnameObjectType/Hostname_Value": Domain, "URIObjectType/Value": URL,
	"AddressObjectType/Address_Value": Address, "FileObjectType/Simple_Hash_Value": Hash, "FileObjectType/File_Name": FileName,
	"FileObjectType/File_Path": Path, "EmailMessageObjectType/Address_Value": Email, "ProcessObjectType/Name": Process,
}

// A cyboxReader reads the observables of STIX 1.
type cyboxReader struct {
	l      *loader
	threat string
	object string // type of the current object
	id     string
	used   bool
}

func (r *cyboxReader) start(e xml.StartElement) {

	switch e.Name.Local {
	case "Properties":
		_, typ, _ := strings.Cut(attribute(e, "type"), ":")
		if typ == "" {
			typ = attribute(e, "type")
		}
		r.object, r.used = typ, false
		r.l.report.Objects++
	case "Observable", "Indicator":
		if id := attribute(e, "id"); id != "" {
			r.id = id
		}
	}
}

func (r *cyboxReader) end(name, text string, line int) {

	if name == "Title" && r.threat == "" {
		r.threat = clip(text, maxNames)
	}
	if name == "Properties" {
		if !r.used && r.object != "" {
			r.l.report.note(Ignored, "object of type "+clip(r.object, 60), "line "+strconv.Itoa(line))
		}
		r.object = ""
		return
	}
	kind, ok := cybox[r.object+"/"+name]
	if !ok || text == "" {
		return
	}
	r.used = true
	place := r.id
	if place == "" {
		place = "line " + strconv.Itoa(line)
	}
	for i, v := range strings.Split(text, "##comma##") { // the way of CybOX 2.1 to list values
		if i > 0 {
			place += "." + strconv.Itoa(i)
		}
		if kind == Address && strings.Contains(v, "@") {
			kind = Email
		}
		r.l.value(kind, v, place, r.l.intern(Details{Threat: r.threat}), 0)
	}
}
