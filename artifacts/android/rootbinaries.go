package android

import (
	"context"
	"fmt"
	"iter"
	"path"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// RootBinaries reads which programs for root AndroidQF found.
var RootBinaries = artifact.Parser{
	ID:    "android.rootbinaries",
	Title: lang.Text{EN: "Programs that give root", FR: "Programmes donnant les droits root"},
	Doc: `AndroidQF looks with which for programs that come with root access, such as su, busybox
and magisk, in the search path of adb, and notes the paths it finds. A phone whose owner
gained root shows them too, and some vendors ship busybox. Root that hides itself, or
whose programs lie elsewhere, is not found: an empty list rules nothing out.`,
	Inputs: []artifact.Pattern{{Kinds: evidence.AndroidQF, Glob: "androidqf/root_binaries.json"}},
	Record: rootBinariesProgram{},
	Refs:   []string{"https://github.com/mvt-project/androidqf"},
	Parse:  rootBinariesParse,
}

// rootBinariesProgram is one program that was found.
type rootBinariesProgram struct {
	Path record.Path    `json:"path"` // line of the output of which
	Name record.Process `json:"name"` // last element of the path
}

// String implements [record.Data].
func (p rootBinariesProgram) String() string {
	return record.Line("program for root: " + string(p.Path))
}

func rootBinariesParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		for e, err := range from.Elements(in.File) {
			if err == nil && e.JSON[0] != '"' {
				err = fmt.Errorf("read program %d: it is no text", e.Number)
			}
			if err != nil {
				if !yield(record.Record{}, err) {
					return
				}
				continue
			}
			for line := range strings.Lines(e.Text()) { // which -a prints all it finds
				if line = strings.TrimSpace(line); line == "" {
					continue
				}
				p := rootBinariesProgram{record.Path(line), record.Process(path.Base(line))}
				if !yield(in.Record(record.Origin{Row: e.Number, Offset: e.Offset}, p), nil) {
					return
				}
			}
		}
	}
}
