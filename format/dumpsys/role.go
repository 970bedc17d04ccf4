package dumpsys

import (
	"iter"
	"strings"

	"github.com/vigie-project/vigie/format/lines"
)

// A Role is a part of the system that an app plays for one user. A role that no
// app has is one too, without holder.
type Role struct {
	Line   int
	User   int    // -1 if not recorded
	Name   string // "android.app.role.SMS"
	Holder string // package; "" if none
}

// Roles yields the roles of the section of the service role, of Android 10 and
// later.
func Roles(text iter.Seq[lines.Line]) iter.Seq2[Role, error] {
	return func(yield func(Role, error) bool) {
		r := report{service: "role"}
		for b := range Blocks(r.watch(text), 0) {
			if strings.HasPrefix(b.Text, "ROLE ") {
				r.found = true
			}
			if b.Text != "{" {
				continue
			}
			r.lost(b)
			for _, user := range dual(b, "").Objects {
				if user.Key != "user_states" {
					continue
				}
				id := -1
				if v := user.value("user_id"); v != "" {
					id = integer(v)
				}
				for _, o := range user.Objects {
					name := o.value("name")
					if o.Key != "roles" || name == "" {
						r.unknown(o.Line, o.Key)
						continue
					}
					holders := o.values("holders")
					if len(holders) == 0 {
						holders = []string{""}
					}
					for _, h := range holders {
						if !yield(Role{o.Line, id, name, h}, nil) {
							return
						}
					}
				}
			}
		}
		finish(&r, "\"ROLE STATE\"", yield)
	}
}
