package dumpsys

import (
	"iter"
	"strings"

	"github.com/vigie-project/vigie/format/lines"
)

// A Projection is an app that records or shows the screen elsewhere at the time of
// the dump.
type Projection struct {
	Line    int
	Package string
	UID     int    // -1 if not recorded
	Type    string // "TYPE_SCREEN_CAPTURE", "TYPE_MIRRORING"
}

// Projections yields the projection of the section of the service
// media_projection, of which there is at most one.
func Projections(text iter.Seq[lines.Line]) iter.Seq2[Projection, error] {
	return func(yield func(Projection, error) bool) {
		r := report{service: "media_projection"}
		in := false
		for l := range r.watch(text) {
			line := strings.TrimSpace(l.String())
			switch {
			case strings.HasPrefix(line, "MEDIA PROJECTION MANAGER"):
				r.found = true
			case strings.HasPrefix(line, "Media Projection:"):
				in = true
			case in && line != "" && line != "null":
				in = false
				body, kind, ok := strings.Cut(strings.TrimPrefix(line, "("), "): ")
				name, uid, ok2 := strings.Cut(body, ", uid=")
				if !ok || !ok2 {
					r.unknown(l.Number, line)
					continue
				}
				if !yield(Projection{l.Number, name, integer(uid), kind}, nil) {
					return
				}
			}
		}
		finish(&r, "\"MEDIA PROJECTION MANAGER\"", yield)
	}
}
