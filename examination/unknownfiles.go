package examination

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/evidence"
)

// maxUnknownNames bounds the names in the note on loose files of no artifact.
const maxUnknownNames = 10

// companions are ends of the names of files that are read with another.
var companions = []string{"-wal", "-shm", "-journal"}

// unknownFiles notes which loose files are of no artifact: whoever hands over a
// file expects that it is read. Other acquisitions hold mostly such files, and
// private artifacts are no reason: the ledger has them.
func unknownFiles(src *evidence.Source, parsers []*artifact.Parser) []evidence.Note {
	if src.Kind != evidence.IOSFiles {
		return nil
	}
	known := map[string]bool{}
	for _, j := range engine.NewPlan(src, parsers, func(*artifact.Parser) bool { return true }).Jobs {
		for _, f := range j.Files {
			known[f.Path] = true
		}
	}
	var names []string
	_ = src.WalkFiles(func(path string, _ int64) error { // what cannot be listed is in the ledger
		main := path
		for _, end := range companions {
			main = cmp.Or(strings.TrimSuffix(main, end), main)
		}
		if !known[path] && !known[main] {
			names = append(names, strings.TrimPrefix(path, "files/"))
		}
		return nil
	})
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	detail := strings.Join(names[:min(len(names), maxUnknownNames)], ", ")
	if more := len(names) - maxUnknownNames; more > 0 {
		detail += fmt.Sprintf(", and %d more", more)
	}
	return []evidence.Note{{Code: "files-unknown", Detail: detail, Count: int64(len(names))}}
}
