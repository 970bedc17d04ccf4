package ios

import (
	"context"
	"fmt"
	"io"
	"iter"
	"path"
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/fsevents"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// FSEvents reads what changed in the file system, by path.
var FSEvents = artifact.Parser{
	ID:    "ios.fsevents",
	Title: lang.Text{EN: "File system events", FR: "Événements du système de fichiers"},
	Doc: `fseventsd writes which paths were created, removed, renamed or modified, for the
programs that watch the file system, and keeps days to months of it. An event shows
that a file or a folder existed and was removed when nothing else is left of it: staging
folders of implants, programs in temporary folders, crash reports that were deleted.
Events have growing numbers but no times: the times of modification of the files of the
log, which are named for the number of the first event after them, bound them. Paths are
relative to the volume and can be cut. A log that begins anew, or whose files are missing,
was reset or removed.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSFilesystem, Glob: ".fseventsd/*"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/**/.fseventsd/*"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/db/fseventsd/*"},
	},
	Record: fsEventsEvent{},
	Refs: []string{
		"https://github.com/dlcowen/FSEventsParser",
		"https://developer.apple.com/documentation/coreservices/file_system_events",
	},
	Parse: fsEventsParse,
}

// fsEventsEvent is one event.
type fsEventsEvent struct {
	Path    record.Path `json:"path"`             // on the device: the stored path below the folder of the volume
	Stored  string      `json:"stored,omitempty"` // as stored, relative to the volume, if it differs
	Changes []string    `json:"changes"`          // what happened, and to what, from the flags
	Flags   string      `json:"flags"`            // as stored, hexadecimal
	ID      string      `json:"id"`               // number of the event, hexadecimal with 16 digits, as in the names of the files
	Node    string      `json:"node,omitempty"`   // number of the file in the file system, decimal; from version 2 of the pages
}

// String implements [record.Data].
func (e fsEventsEvent) String() string {
	return record.Line(fmt.Sprintf("%s: %s", e.Path, strings.Join(e.Changes, ", ")))
}

func fsEventsParse(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		if path.Base(in.Path) == "fseventsd-uuid" {
			return // names the log, which begins anew when it changes
		}
		const checkEvery = 1024
		root := fsEventsRoot(in.Path)
		n := int64(0)
		for e, err := range fsevents.Events(io.NewSectionReader(in.File, 0, in.Size)) {
			if n%checkEvery == 0 && ctx.Err() != nil {
				return
			}
			if err != nil {
				if !yield(record.Record{}, err) {
					return
				}
				continue
			}
			n++
			if !yield(in.Record(record.Origin{Row: n, Offset: e.Offset}, fsEventsRow(root, e)), nil) {
				return
			}
		}
	}
}

// fsEventsRoot returns the folder of the volume that a file of the log is of.
// The log in private/var/db is of the volume of data, which is private/var.
func fsEventsRoot(name string) string {
	if dir, ok := strings.CutSuffix(path.Dir(name), ".fseventsd"); ok {
		return strings.TrimSuffix(dir, "/")
	}
	return "private/var"
}

func fsEventsRow(root string, e fsevents.Event) fsEventsEvent {
	v := fsEventsEvent{Changes: e.Flags.Names(), Flags: fmt.Sprintf("%08x", uint32(e.Flags)), ID: fmt.Sprintf("%016x", e.ID)}
	if e.Version > 1 {
		v.Node = strconv.FormatUint(e.Node, 10)
	}
	p := strings.TrimPrefix(e.Path, "/")
	if root != "" && p != root && !strings.HasPrefix(p, root+"/") {
		p = strings.TrimSuffix(root+"/"+p, "/")
	}
	v.Path = record.Path(p)
	if p != e.Path {
		v.Stored = e.Path
	}
	return v
}
