package dumpsys

import (
	"iter"
	"strings"

	"github.com/vigie-project/vigie/format/lines"
)

// maxValue limits the length of a property that spans several lines.
const maxValue = 1 << 20

// A Property is one system property.
type Property struct {
	Line        int
	Name, Value string // the value can be empty and can have line feeds
}

// Properties yields the lines "[name]: [value]" of getprop. The value ends with
// the first line that ends with a bracket.
func Properties(text iter.Seq[lines.Line]) iter.Seq2[Property, error] {
	return func(yield func(Property, error) bool) {
		r := report{service: "getprop"}
		var p *Property
		var value strings.Builder // of p, of more lines than one
		for l := range r.watch(text) {
			line := l.String()
			if p == nil || propertyStart(line) {
				if p != nil {
					p.Value += value.String()
					r.unknown(p.Line, p.Name+": value without end")
					if !yield(*p, nil) {
						return
					}
				}
				value.Reset()
				name, first, ok := strings.Cut(line, "]: [")
				if p = nil; !ok || !strings.HasPrefix(name, "[") {
					if strings.TrimSpace(line) != "" {
						r.unknown(l.Number, line)
					}
					continue
				}
				r.found = true
				p = &Property{l.Number, name[1:], first}
				if v, ok := strings.CutSuffix(strings.TrimRight(first, " "), "]"); ok {
					if p.Value = v; !yield(*p, nil) {
						return
					}
					p = nil
				}
				continue
			}
			if value.Len() < maxValue {
				value.WriteString("\n" + line)
			}
			if strings.HasSuffix(strings.TrimRight(line, " "), "]") {
				p.Value += strings.TrimSuffix(strings.TrimRight(value.String(), " "), "]")
				if !yield(*p, nil) {
					return
				}
				p = nil
			}
		}
		if p != nil {
			p.Value += value.String()
			r.unknown(p.Line, p.Name+": value without end")
			if !yield(*p, nil) {
				return
			}
		}
		finish(&r, "property", yield)
	}
}

// propertyStart reports whether a line is a property of its own, so that a value
// without end does not swallow those below it.
func propertyStart(line string) bool {
	return strings.HasPrefix(line, "[") && strings.Contains(line, "]: [") && strings.HasSuffix(line, "]")
}
