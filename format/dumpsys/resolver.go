package dumpsys

import (
	"fmt"
	"iter"
	"strings"

	"github.com/vigie-project/vigie/format/lines"
)

// maxDetails limits the lines kept below one row of a resolver table.
const maxDetails = 4096

// A Resolver is one row of a resolver table: a component that answers an intent.
type Resolver struct {
	Line      int
	Table     string // "Activity Resolver Table", "Preferred Activities User 0"
	Group     string // "Non-Data Actions", "Schemes", "Full MIME Types"
	Key       string // the action, scheme or type
	ID        string // identity hash of the component, hexadecimal
	Component string // "pkg/.Class"
	Note      string // "(2 filters)", "filter 40696b18"
	Details   []string
}

// Resolvers yields the rows of the tables of activities, receivers, services,
// providers and preferred activities of the service package.
func Resolvers(text iter.Seq[lines.Line]) iter.Seq2[Resolver, error] {
	return func(yield func(Resolver, error) bool) {
		r := report{service: "package"}
		var row, last Resolver
		keyed := false // row has a key, which can be empty
		flush := func() bool {
			ok := last.Component == "" || yield(last, nil)
			last = Resolver{}
			return ok
		}
		for l := range Under(r.watch(text), resolverTable) {
			n := indentation(l.Text)
			line := strings.TrimSpace(l.String())
			if line == "" {
				continue
			}
			if id, component, note, ok := resolverRow(line); ok && keyed {
				if !flush() {
					return
				}
				last = row
				last.Line, last.ID, last.Component, last.Note = l.Number, id, component, note
				continue
			}
			name, heading := strings.CutSuffix(line, ":")
			switch {
			case n.columns == 0:
				r.found = true
				row, keyed = Resolver{Table: name}, false
			case heading && n.columns < 6:
				row.Group, row.Key, keyed = name, "", false
			case heading && (n.columns == 6 || !strings.Contains(name, " ") && (last.Component == "" || n.columns < 8)):
				row.Key, keyed = name, true
			case last.Component != "" && n.columns > 8 && len(last.Details) < maxDetails && len(line) < maxLine:
				last.Details = append(last.Details, line)
				continue
			default:
				r.unknown(l.Number, line)
			}
			if !flush() {
				return
			}
		}
		if flush() {
			finish(&r, "resolver table", yield)
		}
	}
}

func resolverTable(heading string) bool {
	return strings.HasSuffix(heading, "Resolver Table:") || strings.HasPrefix(heading, "Preferred Activities")
}

// resolverRow reads "1a2b3c4 com.example.mail/.Compose (2 filters)".
func resolverRow(line string) (id, component, note string, ok bool) {
	id, rest, ok := strings.Cut(line, " ")
	if !ok || len(id) > 16 || strings.Trim(id, "0123456789abcdef") != "" {
		return "", "", "", false
	}
	component, note, _ = strings.Cut(rest, " ")
	slash := strings.IndexByte(component, '/')
	return id, component, note, slash > 0 && slash < len(component)-1
}

// ResolverTable returns a decoder of the rows of the tables whose name begins so,
// such as "Activity Resolver Table". It gives an error if other tables have rows
// and these have none.
func ResolverTable(table string) func(iter.Seq[lines.Line]) iter.Seq2[Resolver, error] {
	return func(text iter.Seq[lines.Line]) iter.Seq2[Resolver, error] {
		return func(yield func(Resolver, error) bool) {
			any, found := false, false
			for r, err := range Resolvers(text) {
				any = any || err == nil
				here := err == nil && strings.HasPrefix(r.Table, table)
				found = found || here
				if (err != nil || here) && !yield(r, err) {
					return
				}
			}
			if any && !found {
				yield(Resolver{}, fmt.Errorf("read %s: no rows among those of other tables", table))
			}
		}
	}
}
