package dumpsys

import (
	"iter"
	"strings"

	"github.com/vigie-project/vigie/format/lines"
)

// An Authority is a name under which an app gives data to others.
type Authority struct {
	Line      int
	Name      string // "com.example.files"; several are separated by ";"
	Component string // "pkg/.Provider"
	Other     []string
}

// Authorities yields the authorities of content providers of the section of the
// service package. A section without the list is no error: services print parts
// of it only when asked to.
func Authorities(text iter.Seq[lines.Line]) iter.Seq2[Authority, error] {
	return func(yield func(Authority, error) bool) {
		r := report{service: "package", found: true}
		pick := func(heading string) bool { return strings.HasPrefix(heading, "ContentProvider Authorities:") }
		for b := range Blocks(Under(r.watch(text), pick), 2) {
			if b.Indent == 0 {
				continue
			}
			r.lost(b)
			name, ok := strings.CutPrefix(b.Text, "[")
			name, ok2 := strings.CutSuffix(name, "]:")
			if !ok || !ok2 || len(b.Nodes) == 0 {
				r.node(b)
				continue
			}
			for _, n := range b.Nodes {
				a := Authority{Line: n.Line, Name: name}
				body, ok := strings.CutPrefix(n.Text, "Provider{")
				if _, a.Component, _ = strings.Cut(strings.TrimSuffix(body, "}"), " "); !ok || !strings.Contains(a.Component, "/") {
					r.node(n)
					continue
				}
				for _, c := range n.Nodes {
					a.Other = append(a.Other, c.Text)
				}
				if !yield(a, nil) {
					return
				}
			}
		}
		finish(&r, "", yield)
	}
}
