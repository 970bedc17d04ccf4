package indicator

import (
	"embed"
	"net/netip"
	"strconv"
	"time"

	"github.com/vigie-project/vigie/catalogue"
	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

//go:embed texts/*.toml
var textFiles embed.FS

var texts = catalogue.New(textFiles)

// groups names the texts of each way to match.
var groups = [numHow]string{
	sameHost: "host", subdomain: "host", sameURL: "url", belowURL: "url", sameAddress: "address", inRange: "address",
	sameEmail: "email", emailHost: "email", emailSubdomain: "email", samePhone: "phone", sameApp: "app",
	appOfProcess: "app", appNamed: "process", samePath: "path", belowPath: "path", endOfPath: "path", sameName: "name",
	sameProcess: "process", cutProcess: "process", inPath: "process", sameHash: "digest", sameCertificate: "certificate",
	sameProfile: "profile", sameProperty: "property", byPattern: "pattern",
}

// counts says how many texts of benign causes a group has, if not one.
var counts = map[string]int{"host": 2, "url": 2, "email": 2, "phone": 2, "process": 2}

// explain writes the finding of a hit. Reasons are IDs of texts of confidence
// that follow the one of the way to match.
func explain(f *Feed, in *Indicator, kind Kind, key string, h *hit, confidence string, reasons []string, exhibits []detect.Exhibit) detect.Finding {
	group := groups[h.how]
	d := in.Details
	if d == nil {
		d = &Details{}
	}
	value := in.Value
	if kind != Pattern && in.compound != nil {
		value = display(kind, key)
	}
	data := map[string]any{
		"Observed": record.Line(shorten(h.observed)), "Value": record.Line(shorten(value)), "Feed": f.Name,
		"Threat": d.Threat, "Confidence": strconv.Itoa(d.Confidence), "Field": "", "From": day(in.From), "Until": day(in.Until),
	}
	field := ""
	if h.field != nil {
		field = h.field.name
		data["Field"] = field
	}
	out := detect.Finding{
		Detector: "indicator/" + f.Name + "/" + in.ID,
		Title:    texts.Text("title."+group, data),
		Why:      texts.Text("why."+group, data),
		Threat:   d.Threat,
		Refs:     append([]string(nil), d.Refs...),
		Match: &detect.Match{Type: typeName(kind, key), Value: value, Feed: f.Name, ID: in.ID, Field: field,
			Observed: h.observed, How: howNames[h.how]},
		Exhibits: exhibits,
	}
	out.Confidence = texts.Text("confidence."+confidence, data)
	for _, r := range append(reasons, circumstances(in, exhibits)...) {
		t := texts.Text("confidence."+r, data)
		out.Confidence.EN += " " + t.EN
		out.Confidence.FR += " " + t.FR
	}
	for i := range max(counts[group], 1) {
		out.Benign = append(out.Benign, texts.Text("benign."+group+strconv.Itoa(i+1), data))
	}
	out.Next = []lang.Text{texts.Text("next."+group+"1", data), texts.Text("next.expert", data)}
	return out
}

// display writes the key of an atom for people.
func display(kind Kind, key string) string {
	if kind != Address && kind != Range || len(key) < 16 {
		return key
	}
	ip := netip.AddrFrom16([16]byte([]byte(key[:16]))).Unmap()
	if kind == Range {
		return netip.PrefixFrom(ip, int(key[16])).String()
	}
	return ip.String()
}

// maxShown bounds a value shown in a text, in bytes.
const maxShown = 160

func shorten(s string) string {
	if len(s) <= maxShown {
		return s
	}
	cut := maxShown
	for cut > 0 && s[cut]&0xc0 == 0x80 {
		cut--
	}
	return s[:cut] + "…"
}

func day(unix int64) string {
	if unix == 0 {
		return ""
	}
	return time.Unix(unix, 0).UTC().Format(time.DateOnly)
}

// circumstances lists what the records themselves say about how sure it is.
func circumstances(in *Indicator, exhibits []detect.Exhibit) (ids []string) {
	for _, e := range exhibits {
		switch e.Origin.State {
		case record.Deleted:
			ids = append(ids, "deleted")
		case record.Logged:
			ids = append(ids, "logged")
		}
	}
	if in.From == 0 && in.Until == 0 {
		return ids
	}
	switch at := exhibits[0].Time; {
	case at.IsZero():
		ids = append(ids, "undated")
	case in.From != 0 && at.Unix() < in.From:
		ids = append(ids, "before")
	case in.Until != 0 && at.Unix() >= in.Until:
		ids = append(ids, "after")
	}
	return ids
}
