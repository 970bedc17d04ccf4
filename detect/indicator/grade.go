package indicator

import (
	_ "embed"
	"strings"
	"sync"

	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/record"
)

// grades are the highest grades of each way to match.
var grades = [numHow]detect.Grade{
	sameHost: detect.Confirmed, subdomain: detect.Strong, sameURL: detect.Confirmed, belowURL: detect.Strong,
	sameAddress: detect.Strong, inRange: detect.NeedsExpert, sameEmail: detect.Confirmed, emailHost: detect.Strong,
	emailSubdomain: detect.NeedsExpert, samePhone: detect.Confirmed, sameApp: detect.Confirmed, appOfProcess: detect.Confirmed,
	samePath: detect.Confirmed, belowPath: detect.Strong, endOfPath: detect.Strong, sameName: detect.Strong,
	sameProcess: detect.Strong, cutProcess: detect.NeedsExpert, inPath: detect.Context, appNamed: detect.Context,
	sameHash: detect.Confirmed, sameCertificate: detect.Confirmed, sameProfile: detect.Confirmed,
	sameProperty: detect.Confirmed, byPattern: detect.Strong,
}

// grade returns the grade of a hit, and the reasons that lowered it, as IDs of
// texts of confidence.
func grade(f *Feed, in *Indicator, key string, h *hit) (g detect.Grade, why []string) {
	g = grades[h.how]
	limit := func(to detect.Grade, reason string) {
		g = min(g, to)
		why = append(why, reason)
	}
	if h.loose && g > detect.NeedsExpert {
		limit(g-1, "loose")
	}
	if h.inside {
		limit(detect.Strong, "inside")
	}
	if h.field != nil && h.field.kind == record.KindMention {
		limit(detect.NeedsExpert, "mention")
	}
	switch h.how {
	case sameProcess, cutProcess, inPath, appNamed, sameName:
		switch {
		case systemName(key):
			limit(detect.Context, "system")
		case genericName(key), len(key) <= 3 && h.how != sameProcess:
			limit(detect.NeedsExpert, "generic")
		}
	case sameHost, subdomain, emailHost, emailSubdomain:
		if sharedHost(key) {
			limit(detect.Context, "shared")
		}
	case sameURL, belowURL:
		host := key[:hostLen(key)]
		switch {
		case len(key) == len(host)+1 && sharedHost(host):
			limit(detect.Context, "shared")
		case shortener(host):
			why = append(why, "short-link")
		}
	}
	if c := in.Details.confidence(); c > 0 && c < 30 {
		limit(detect.NeedsExpert, "low")
	}
	if limits := min(orMax(in.Cap), orMax(f.Cap)); limits < g {
		limit(limits, "capped")
	}
	return g, why
}

func orMax(g detect.Grade) detect.Grade {
	if g == 0 {
		return detect.Confirmed
	}
	return g
}

func (d *Details) confidence() int {
	if d == nil {
		return 0
	}
	return d.Confidence
}

// names.txt lists, under [headings], names that mean little by themselves.
//
//go:embed names.txt
var namesText string

var names = sync.OnceValue(func() map[string]map[string]bool {
	out := map[string]map[string]bool{}
	var section map[string]bool
	for line := range strings.Lines(namesText) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			section = map[string]bool{}
			out[strings.Trim(line, "[]")] = section
		default:
			for _, w := range strings.Fields(line) {
				section[w] = true
			}
		}
	}
	return out
})

// systemName reports whether iOS or Android themselves have a process or a file
// of this name.
func systemName(s string) bool { return names()["system"][s] }

// genericName reports whether a name is so common that others use it.
func genericName(s string) bool { return names()["generic"][strings.ToLower(s)] }

// sharedHost reports whether a host serves everybody.
func sharedHost(s string) bool { return names()["shared"][s] || shortener(s) }

func shortener(s string) bool { return names()["short"][s] }
