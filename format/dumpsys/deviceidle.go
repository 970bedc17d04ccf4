package dumpsys

import (
	"iter"
	"strings"

	"github.com/vigie-project/vigie/format/lines"
)

// An Exemption is an app in one of the lists of apps that may work while the
// phone sleeps, of the service deviceidle.
type Exemption struct {
	Line int
	List string // "Whitelist user apps", "Whitelist system apps"
	App  string // package, or the number of an app in lists of app IDs
}

// Exemptions yields the lists of the section of the service deviceidle. Lists of
// app IDs repeat those of packages and are left out.
func Exemptions(text iter.Seq[lines.Line]) iter.Seq2[Exemption, error] {
	return func(yield func(Exemption, error) bool) {
		r := report{service: "deviceidle"}
		for b := range Blocks(r.watch(text), 2) {
			head, ok := strings.CutSuffix(b.Text, ":")
			if head == "Settings" {
				r.found = true
			}
			h := strings.ToLower(head)
			if !ok || !strings.Contains(h, "whitelist") && !strings.Contains(h, "allowlist") || !strings.HasSuffix(h, "apps") {
				continue
			}
			r.found = true
			r.lost(b)
			for _, n := range b.Nodes {
				if strings.ContainsAny(n.Text, " =:") {
					r.node(n)
					continue
				}
				if !yield(Exemption{n.Line, head, n.Text}, nil) {
					return
				}
			}
		}
		finish(&r, "\"Settings:\"", yield)
	}
}
