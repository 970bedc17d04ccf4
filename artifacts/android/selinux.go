package android

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// SELinux reads the mode of SELinux.
var SELinux = artifact.Parser{
	ID:    "android.selinux",
	Title: lang.Text{EN: "Mode of SELinux", FR: "Mode de SELinux"},
	Doc: `SELinux confines every process of Android. AndroidQF asks with getenforce whether it
refuses what its rules forbid ("Enforcing", the only mode of phones as they are sold
since Android 5) or only notes it ("Permissive"), as on phones whose protections were
taken off. What stands there may also be an error message.`,
	Inputs: []artifact.Pattern{{Kinds: evidence.AndroidQF, Glob: "androidqf/selinux.txt"}},
	Record: selinuxMode{},
	Refs:   []string{"https://source.android.com/docs/security/features/selinux"},
	Parse:  selinuxParse,
}

// selinuxMode is the mode at the time of the acquisition.
type selinuxMode struct {
	Mode string `json:"mode"` // as printed: "Enforcing", "Permissive", "Disabled"
}

// String implements [record.Data].
func (m selinuxMode) String() string { return record.Line("SELinux: " + m.Mode) }

func selinuxParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		for l, err := range from.Lines(in.File) {
			if err != nil {
				yield(record.Record{}, fmt.Errorf("read the mode of SELinux: %w", err))
				return
			}
			mode := strings.TrimSpace(l.String())
			switch mode {
			case "":
				continue
			case "Enforcing", "Permissive", "Disabled":
			default:
				if !yield(record.Record{}, fmt.Errorf("read the mode of SELinux, line %d: unknown form: %q", l.Number, record.Line(mode))) {
					return
				}
				continue
			}
			if !yield(in.Record(from.AtLine(l), selinuxMode{mode}), nil) {
				return
			}
		}
	}
}
