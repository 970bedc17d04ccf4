package evidence

import (
	"fmt"

	"github.com/vigie-project/vigie/format/unifiedlog"
)

// LogNotes returns what the counts of a unified log, whose store is the folder at
// a path, say of what was read: entries that lack their text or arguments, and that
// are not where the catalogs say. All of these can be read; what cannot is an error.
func LogNotes(path string, s *unifiedlog.Stats) (list []Note) {
	add := func(n Note, count uint64) {
		if n.Count = int64(min(count, 1<<62)); count > 0 {
			n.Path = path
			list = append(list, n)
		}
	}
	add(Note{Code: "log-strings-absent", Detail: fmt.Sprintf("of %d entries looked at; %d different texts", s.Entries, s.NoFormats)}, s.NoStrings+s.BadOffsets)
	add(Note{Code: "log-arguments-absent", Detail: fmt.Sprintf("of %d entries looked at", s.Entries)}, s.MissingOversize)
	add(Note{Code: "log-catalog-differs", Detail: fmt.Sprintf("%d parts of processes and %d entries by their time", s.UnlistedPages, s.OutsideWindow)}, s.UnlistedPages+s.OutsideWindow)
	add(Note{Code: "log-parts-unknown", Detail: "parts of a kind that is not known"}, s.UnknownChunks)
	return list
}
