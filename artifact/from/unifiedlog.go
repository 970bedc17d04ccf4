package from

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/unifiedlog"
	"github.com/vigie-project/vigie/record"
)

// A LogStore is the store of unified logs that an input is a file of.
type LogStore struct {
	*unifiedlog.Archive
	in   *artifact.Input
	root string // folder of the store, on the device
}

// UnifiedLog opens the store of which in is a log file. It returns nil if in is not the
// first log file of its store, or no log file at all: entries belong together
// across files, and so a parser reads a store as a whole when it is given the first
// of them. Of the errors, [unifiedlog.ErrNoLogs] is none here.
func UnifiedLog(in *artifact.Input) (*LogStore, error) {
	if !strings.HasSuffix(in.Path, ".tracev3") {
		return nil, nil
	}
	root := unifiedlog.Root(in.Path)
	first, err := firstLog(in.Source.FS, root)
	if err != nil || first != in.Path {
		return nil, err
	}
	sub, err := fs.Sub(in.Source.FS, root)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	a, err := unifiedlog.Open(sub)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	return &LogStore{a, in, root}, nil
}

// firstLog returns the path of the first log file of a store.
func firstLog(fsys fs.FS, root string) (string, error) {
	var names []string
	for _, dir := range []string{root, root + "/diagnostics", root + "/Diagnostics"} {
		for _, sub := range []string{"", "HighVolume", "Persist", "Signpost", "Special"} {
			entries, err := fs.ReadDir(fsys, path.Join(dir, sub))
			if err != nil {
				continue
			}
			for _, e := range entries {
				if n := e.Name(); !e.IsDir() && strings.HasSuffix(n, ".tracev3") && !strings.HasPrefix(n, "._") {
					names = append(names, path.Join(dir, sub, n))
				}
			}
		}
	}
	if len(names) == 0 {
		return "", nil
	}
	return slices.Min(names), nil
}

// Path returns the path on the device of a file of the store.
func (l *LogStore) Path(f *unifiedlog.File) string { return path.Join(l.root, f.Name) }

// At says where an entry is stored: the offset is that of its chunkset in the file, and
// the table names the chunkset and the offset in what it decompresses to.
func (l *LogStore) At(e *unifiedlog.Entry) record.Origin {
	return record.Origin{Path: l.Path(e.File), Table: fmt.Sprintf("chunkset %d at %d", e.Chunkset, e.Offset), Offset: e.FileOffset()}
}

// Note notes what the counts of the entries read say of them.
func (l *LogStore) Note(s *unifiedlog.Stats) {
	if l.in.Note == nil {
		return
	}
	for _, n := range evidence.LogNotes(l.root, s) {
		l.in.Note(n)
	}
}
