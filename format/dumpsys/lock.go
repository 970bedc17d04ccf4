package dumpsys

import (
	"iter"
	"strings"
	"time"

	"github.com/vigie-project/vigie/format/lines"
)

// A Lock is the screen lock of one user.
type Lock struct {
	Line       int
	User       int
	Changed    time.Time // when PIN, pattern or password was set, clock without zone; zero if not recorded
	Credential string    // "NONE", "PIN", "PATTERN", "PASSWORD"; "" if not recorded
	Other      []Pair
}

// Locks yields the screen locks of the section of the service lock_settings, of
// Android 9 and later.
func Locks(text iter.Seq[lines.Line]) iter.Seq2[Lock, error] {
	return func(yield func(Lock, error) bool) {
		r := report{service: "lock_settings"}
		for b := range Blocks(r.watch(text), 2) {
			if strings.HasPrefix(b.Text, "Current lock settings service state") {
				r.found = true
			}
			id, ok := strings.CutPrefix(b.Text, "User ")
			user := integer(strings.TrimSuffix(id, ":"))
			if !ok || user < 0 || b.Indent == 0 || len(b.Nodes) == 0 {
				continue
			}
			r.found = true
			l := Lock{Line: b.Line, User: user}
			for _, n := range b.Nodes {
				key, value, _ := Field(n.Text)
				switch key {
				case "LSKF last changed", "Last changed":
					at := value[:min(len(value), len(time.DateTime))]
					if t, ok := ParseTime(at); ok {
						l.Changed = t
					}
					l.Other = append(l.Other, Pair{key, value})
				case "CredentialType":
					l.Credential = value
				default:
					l.Other = append(l.Other, other(n))
				}
			}
			if !yield(l, nil) {
				return
			}
		}
		finish(&r, "\"Current lock settings service state\"", yield)
	}
}
